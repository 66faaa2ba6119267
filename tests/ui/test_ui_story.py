"""The whole story in a browser: an empty store, a workbook, its faults, and a signed certificate.

System: the extrusion plant's example ledger dropped on the Ledger page of a store that holds no
plant. First a file with a word where an amount belongs is dropped: its cell is named and nothing is
stored. Then the plant's own: frozen, derived, submitted, confirmed alone, calculated, certified,
downloaded, verified, revoked. The second road is the command line: `footprint calculate` on the same
home gives the certificate's result hash, and `verify_file` recomputes the downloaded files.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from factor_db.foundation.canonical import strict_json
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.keys import read_issuer
from footprint.cli.main import main
from tests.pages_server import opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LEDGER = files("factor_db") / "reference" / "examples" / "extrusion_plant.xlsx"
FAULTY = """# schema_version: 2
# site_code: CQ-EXTRUSION
period,process,flow,role,amount,unit,method
2025-01,melting,natural_gas,input,twelve,m3,metered
"""
ISSUER = "重庆某挤压厂 / an extrusion plant"


@pytest.fixture
def empty_home(founded_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A founded store without a plant, without keys; the command line works in it too."""
    home = tmp_path / "home"
    shutil.copytree(founded_home, home)
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    return home


@pytest.fixture
def reader(browser: Browser, empty_home: Path, tmp_path: Path) -> Iterator[Page]:
    with served(empty_home, tmp_path) as address, opened(browser, address) as page:
        page.goto(f"{address}/ledger")
        yield page


def test_a_workbook_becomes_a_signed_certificate(
    reader: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _named_at_its_cell(reader, tmp_path)
    _frozen_and_published(reader)
    pdf, certificate, issuer = _issued(reader, tmp_path)
    credential = strict_json(certificate.read_bytes())
    with pytest.raises(SystemExit):
        main(["calculate", "extrusion", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert credential["credentialSubject"]["resultHash"] == printed["result_hash"]
    known = [read_issuer(issuer.read_bytes())]
    assert known[0]["name"].startswith(ISSUER)
    today = datetime.now(UTC).date()
    with ThreadPoolExecutor() as beside:  # the browser's driver runs an event loop in this thread
        for file in (pdf, certificate):
            assert beside.submit(verify_file, file, known, today).result().valid
    _verified_on_its_page(reader, certificate, issuer)
    _known_as_revoked(reader, certificate, issuer, _revoked(reader, tmp_path))


def _named_at_its_cell(page: Page, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.csv"
    faulty.write_text(FAULTY, encoding="utf-8")
    page.locator("input[type=file]").set_input_files(faulty)
    page.get_by_text("faulty.csv 还不能封存").wait_for()
    page.get_by_text("“twelve”不是可以确定的数值").first.wait_for()
    assert page.get_by_role("button", name="封存台账").count() == 0
    page.get_by_text("还没有封存的台账").wait_for()


def _frozen_and_published(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(str(LEDGER))
    _press(page, "封存台账")
    _press(page, "推导 2025 年因子")
    page.get_by_text("已推导 61 个因子").wait_for()
    _press(page, "送审")
    _tick(page, "没有第二个人")
    _press(page, "确认并发布")
    page.get_by_text("已发布 61").wait_for()


def _issued(page: Page, tmp_path: Path) -> tuple[Path, Path, Path]:
    page.get_by_role("link", name="计算：铝挤压型材").click()
    page.get_by_role("tab", name="签发证书").click()
    name = page.get_by_label("发行方名称")
    name.fill(ISSUER)
    name.press("Enter")
    _tick(page, "我已核对以上内容")
    _press(page, "签名并签发")
    page.get_by_text("已签发：urn:uuid:").wait_for()
    kinds = ("下载 PDF", "下载数据（JSON）", "下载发行方公钥")
    pdf, certificate, issuer = (_saved(page, name, tmp_path) for name in kinds)
    assert _saved(page, "下载标签（SVG）", tmp_path).read_bytes().startswith(b"<svg")
    return pdf, certificate, issuer


def _verified_on_its_page(page: Page, certificate: Path, issuer: Path) -> None:
    page.get_by_role("link", name="核验").click()
    uploads = page.locator("input[type=file]")
    uploads.nth(1).wait_for(state="attached")
    uploads.nth(0).set_input_files(certificate)
    uploads.nth(1).set_input_files(issuer)
    page.get_by_text("9.560").wait_for()
    page.get_by_text("示例铝挤压厂").wait_for()
    page.get_by_text(ISSUER).first.wait_for()


def _revoked(page: Page, tmp_path: Path) -> Path:
    page.get_by_role("link", name="证书", exact=True).click()
    table = page.get_by_test_id("stDataFrame")
    table.wait_for()
    table.click(position={"x": 20, "y": 50})  # the tick of its first line
    page.get_by_text("撤销这份证书").click()
    reason = page.get_by_label("原因（会写进签名的状态清单）")
    reason.fill("表计更换")
    reason.press("Enter")
    _press(page, "撤销", exact=True)
    page.get_by_text("已撤销。请下载签名的状态清单。").wait_for()
    return _saved(page, "下载状态清单", tmp_path)


def _known_as_revoked(page: Page, certificate: Path, issuer: Path, status: Path) -> None:
    """Three files one after the other; of a certificate that was withdrawn no value is repeated."""
    from playwright.sync_api import expect

    page.get_by_role("link", name="核验").click()
    for place, file in enumerate((certificate, issuer, status)):
        # At rest: of two files chosen while the page is drawn, one may be lost.
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
        uploader = page.get_by_test_id("stFileUploader").nth(place)
        uploader.locator("input[type=file]").set_input_files(file)
        expect(uploader.get_by_test_id("stFileChip")).to_have_count(1)
    page.get_by_text("✗ 已撤销或暂停").wait_for()
    assert page.get_by_test_id("stMetric").count() == 0


def _press(page: Page, name: str, *, exact: bool = False) -> None:
    page.get_by_role("button", name=name, exact=exact).click()


def _tick(page: Page, words: str) -> None:
    page.get_by_text(words).click()


def _saved(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target
