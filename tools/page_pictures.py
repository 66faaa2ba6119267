"""Make the pictures of the pages in `docs/img/` anew, in both languages, from the demonstration.

    make demo && .venv/bin/python -m tools.page_pictures

Needs Chromium (`FOOTPRINT_CHROMIUM`, or `chromium` on the path). Open each picture afterwards.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError

from playwright.sync_api import Page, sync_playwright

from footprint.certificate.checks.labelling import label_of

ROOT = Path(__file__).parents[1]
DEMO, PICTURES = ROOT / "demo", ROOT / "docs" / "img"
CERTIFICATE = DEMO / "certificates" / "plate" / "certificate.pdf"
WIDTH, HEIGHT = 1440, 900
START_SECONDS = 60
SETTLED_MS = 2500
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
RESULT = "?product=plate&site=CQ-PLATE&samples=1000"
TABS = {"zh": "签发证书", "en": "Certificate"}


def main() -> None:
    """Serve a copy of the demonstration and write a picture of each page."""
    (PICTURES / "label.png").write_bytes(label_of(CERTIFICATE.read_bytes(), "png"))
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        home = Path(folder) / "home"
        shutil.copytree(DEMO / "home", home)
        server, address = _served(home)
        chromium = os.environ.get("FOOTPRINT_CHROMIUM") or shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            for lang in TABS:
                context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
                _draw(context.new_page(), address, lang)
                context.close()
        finally:
            browser.close()
            server.terminate()
            server.wait()


def _draw(page: Page, address: str, lang: str) -> None:
    page.set_default_timeout(START_SECONDS * 1000)
    page.goto(f"{address}/{RESULT}&lang={lang}")
    page.get_by_test_id("stMetric").first.wait_for()
    _picture(page, "calculate", lang)
    page.get_by_role("tab", name=TABS[lang]).click()
    page.mouse.wheel(0, HEIGHT)
    _picture(page, "issue", lang)
    for name in ("ledger", "factors", "certificates", "benchmark"):
        page.goto(f"{address}/{name}?lang={lang}")
        page.get_by_role("heading", level=1).wait_for()
        _picture(page, name, lang)
    page.goto(f"{address}/verify?lang={lang}")
    page.locator("input[type=file]").first.set_input_files(CERTIFICATE)
    page.get_by_test_id("stMetric").wait_for()
    _picture(page, "verify", lang)


def _picture(page: Page, name: str, lang: str) -> None:
    page.wait_for_timeout(SETTLED_MS)  # charts draw themselves after the page
    page.screenshot(path=PICTURES / f"{name}.{lang}.png")


def _served(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("footprint")), "serve", "--port", str(port)]
    server = subprocess.Popen(command, env={**os.environ, "FOOTPRINT_HOME": str(home)})
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return server, address
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the pages did not start")


if __name__ == "__main__":
    main()
