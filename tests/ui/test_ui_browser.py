"""The pages in a real browser: click paths, links, uploads, and no request to anywhere else.

Needs Chromium (`FOOTPRINT_CHROMIUM`, or `chromium` on the path); without it the tests are skipped
and say so.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.study.definition import default_study

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROW_PX = 33


def _total(page: Page) -> str:
    return page.get_by_test_id("stMetricValue").first.inner_text()


def _select_first_row(page: Page, cell: str) -> None:
    """Tick the first row of the visible grid once it shows a cell's text.

    The grid is a canvas that cannot be clicked by text; a hidden table beside it says what it drew.
    """
    grid = page.get_by_test_id("stDataFrame").locator("visible=true").first
    grid.get_by_text(cell, exact=True).first.wait_for(state="attached")
    grid.locator(".dvn-scroller").click(position={"x": ROW_PX / 2, "y": ROW_PX * 1.5})


def test_calculate_trace_switch_language_and_come_back(
    page: Page, address: str, pages_home: Path
) -> None:
    store = Store.at(pages_home)
    with store.read() as session:
        expected = calculate_study(session, default_study("plate")).document
    store.close()
    page.goto(address)
    page.get_by_role("button", name="计算", exact=True).click()
    page.get_by_test_id("stMetricValue").first.wait_for()
    assert _total(page).startswith(f"{float(expected['total']['value']):.3f}")
    page.locator("canvas, .vega-embed svg").first.wait_for()

    page.get_by_role("tab", name="每个数字的来源").click()
    _select_first_row(page, "原铝锭")
    page.get_by_role("heading", name="配料 · 原铝锭").wait_for()
    page.get_by_text(re.compile(r"台账 plate_mill\.xlsx 的 \d+ 个单元格")).first.wait_for()

    page.get_by_role("radio", name="English").click()
    page.get_by_role("heading", name="Calculate a product footprint").wait_for()
    page.get_by_role("tab", name="Record").click()
    page.get_by_test_id("stCode").get_by_text(expected["result_hash"], exact=True).wait_for()
    assert "lang=en" in page.url
    assert "site=CQ-PLATE" in page.url

    page.get_by_role("link", name="Factors").click()
    page.get_by_role("heading", name="Factors").wait_for()
    page.get_by_role("link", name="Calculate").click()
    page.get_by_test_id("stMetricValue").first.wait_for()
    assert "lang=en" in page.url


def test_a_link_repeats_a_calculation(page: Page, address: str) -> None:
    page.goto(f"{address}/?lang=en&product=recycled_ingot&site=CQ-RECYCLED&gwp_set=AR5")
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("Partial footprint (AR5)").wait_for()
    page.get_by_role("tab", name="Record").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the calculation (JSON)").click()
    document = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert document["product"] == "recycled_ingot"
    page.get_by_test_id("stCode").get_by_text(document["result_hash"], exact=True).wait_for()


def test_search_a_factor_and_open_its_record(page: Page, address: str) -> None:
    page.goto(f"{address}/factors")
    box = page.get_by_role("textbox", name="查找")
    box.fill("重庆 电力 2023")
    box.press("Enter")
    page.get_by_text("找到 1 个因子").wait_for()
    _select_first_row(page, "elec.cn.co2.chongqing.2023@1")
    page.get_by_role("heading", name=re.compile("重庆电力平均二氧化碳排放因子")).wait_for()
    page.get_by_text("状态历史").wait_for()
    page.wait_for_url(re.compile("ref=elec.cn.co2.chongqing.2023"))


def test_verify_a_certificate_and_a_forgery(
    page: Page, address: str, certificate_folder: Path, tmp_path: Path
) -> None:
    page.goto(f"{address}/verify")
    picker = page.locator("input[type=file]").first
    picker.set_input_files(certificate_folder / "certificate.pdf")
    page.get_by_text("✓ 完整，示例数据").wait_for()
    page.get_by_text("不证明数值正确").first.wait_for()
    page.get_by_text("✓ 通过").first.wait_for()
    assert page.get_by_text("✓ 通过").count() >= 10

    forged = tmp_path / "forged.json"
    data = (certificate_folder / "certificate.json").read_bytes()
    forged.write_bytes(data.replace(b"CQ-PLATE", b"CQ-PLATF", 1))
    page.goto(f"{address}/verify")
    page.locator("input[type=file]").first.set_input_files(forged)
    page.get_by_text("✗ 核验未通过").wait_for()
    page.get_by_text("✗ 未通过", exact=True).first.wait_for()
