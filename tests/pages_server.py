"""The pages served on a free port, and a browser's page that may ask nobody else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

START_SECONDS = 30
ANSWER_MS = 20_000


@contextmanager
def served(home: Path, elsewhere: Path) -> Iterator[str]:
    """Serve a home's pages as `footprint serve` does, on a free port, from a folder of no project."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    entry = files("footprint.ui.app") / "entry.py"
    command = [sys.executable, "-m", "streamlit", "run", str(entry)]
    server = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=elsewhere,
        env={**os.environ, "FOOTPRINT_HOME": str(home), "FOOTPRINT_LANG": "zh"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(f"{base}/_stcore/health", server)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the pages answer; an AssertionError if they end or take too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the pages did not start: exit code {server.poll()}")


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page of a Chinese reader; afterwards no request may have left the machine."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(ANSWER_MS)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("websocket", lambda channel: asked.append(channel.url))
    yield page
    context.close()
    ours = (address, address.replace("http", "ws", 1), "data:", "blob:")
    assert asked
    assert [url for url in asked if not url.startswith(ours)] == []
