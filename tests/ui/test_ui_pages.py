"""The pages, driven without a browser: what they show is what the command line prints."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Metric

from footprint.cli.main import main
from footprint.study.definition import default_study
from footprint.ui.request import Request, offered_choices, shipped_choice
from lca_models.catalogue import PRODUCTS

ENTRY = Path(__file__).resolve().parents[2] / "app.py"
HAN = re.compile(r"[\u4e00-\u9fff]")
QUESTION = {"product": "plate", "site": "CQ-PLATE"}
SECONDS = 30


def _factors() -> None:
    from footprint.ui.factors.page import page

    page()


def _verify() -> None:
    from footprint.ui.verify.page import page

    page()


def _opened(app: AppTest, **address: str) -> AppTest:
    for name, value in address.items():
        app.query_params[name] = value
    shown = app.run(timeout=SECONDS)
    assert not shown.exception
    return shown


def _calculate(**address: str) -> AppTest:
    return _opened(AppTest.from_file(str(ENTRY)), **address)


def _words(app: AppTest) -> list[str]:
    kinds = (app.title, app.subheader, app.caption, app.warning, app.info, app.error, app.markdown)
    labels = [item.label for item in (*app.metric, *app.selectbox, *app.tabs, *app.button)]
    return [item.value for kind in kinds for item in kind] + labels


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--json"])
    assert left.value.code == 0
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    return document


@pytest.mark.usefixtures("pages")
def test_the_page_shows_the_hash_and_the_total_of_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = _printed(capsys, "calculate", "plate", "--gwp", "AR5", "--scrap-rule", "cbam-zero")
    app = _calculate(**QUESTION, gwp_set="AR5", scrap_rule="cbam-zero")
    codes = [item.value for item in app.code]
    assert printed["result_hash"] in codes
    assert printed["calculation"] in codes
    total = printed["total"]
    assert isinstance(total, dict)
    assert app.metric[0].value.startswith(f"{float(total['value']):.3f} kg")


@pytest.mark.parametrize("product", PRODUCTS)
def test_choices_left_as_shipped_are_the_question_of_the_command_line(product: str) -> None:
    """`surface` of an extrusion was sent as `metered` where nothing was chosen: another hash."""
    left = tuple((name, shipped_choice(product, name)) for name in offered_choices(product))
    asked = Request(product, "CQ-1", left).study()
    assert asked == replace(default_study(product), site="CQ-1")


@pytest.mark.usefixtures("pages")
def test_calculate_asks_first_and_answers_after_one_press() -> None:
    app = _calculate()
    assert not app.metric
    product = app.selectbox[0]
    assert (product.value, app.selectbox[1].value) == ("plate", "CQ-PLATE")
    assert set(product.options) == {
        *("铝厚板", "铝挤压型材", "再生铝锭", "再生铝液"),
        "代处理铝灰渣（每吨铝灰渣）",
    }
    app.button[0].click().run(timeout=SECONDS)
    assert not app.exception
    assert app.metric[0].label == "部分碳足迹（AR6）"
    assert app.query_params["site"] == "CQ-PLATE"
    assert app.warning[0].value.startswith("示例数据")


@pytest.mark.usefixtures("pages")
def test_a_report_on_the_page_is_the_one_of_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Only its headings are smaller on the page."""
    app = _calculate(**QUESTION)
    keep = next(button for button in app.button if button.label == "存入数据库")
    keep.click().run(timeout=SECONDS)
    calculation = str(_printed(capsys, "calculate", "plate")["calculation"])
    for standard, cn in (("iso14067", ""), ("cbam", "76061292")):
        app.selectbox(key="calculate:standard@zh").set_value(standard).run(timeout=SECONDS)
        if cn:
            app.text_input(key="calculate:report-cn").input(cn).run(timeout=SECONDS)
            app.text_input(key="calculate:report-year").input("2026").run(timeout=SECONDS)
        file = tmp_path / f"{standard}.md"
        asked = ["--cn", cn, "--year", "2026"] if cn else []
        with pytest.raises(SystemExit) as left:
            main(["view", calculation, "--standard", standard, *asked, "--out", str(file)])
        assert left.value.code == 0
        shown = [item.value.replace("\n###", "\n#").removeprefix("##") for item in app.markdown]
        assert file.read_text(encoding="utf-8").strip() in [item.strip() for item in shown]


@pytest.mark.usefixtures("pages")
def test_another_product_takes_its_site_along_and_hides_the_old_result() -> None:
    app = _calculate(**QUESTION)
    app.selectbox[0].set_value("recycled_ingot").run(timeout=SECONDS)
    assert app.selectbox[1].value == "CQ-RECYCLED"
    assert not app.metric


@pytest.mark.usefixtures("pages")
def test_samples_add_an_interval_and_leave_the_total() -> None:
    plain = _calculate(**QUESTION)
    sampled = _calculate(**QUESTION, samples="1000")
    assert plain.metric[1].value == "—"
    assert plain.metric[0].value == sampled.metric[0].value
    low, high = (float(end) for end in sampled.metric[1].value.split(" – "))
    assert low < float(sampled.metric[0].value.split()[0]) < high


@pytest.mark.usefixtures("pages")
def test_an_empty_slot_is_listed_in_words_and_gives_no_total() -> None:
    app = _calculate(**QUESTION, electricity_rule="residual")
    assert not app.metric
    assert "缺失不等于零" in app.warning[0].value
    assert list(app.table[0].value.iloc[0])[1:3] == ["用电量(各来源合计)", "剩余组合的全生命周期"]


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("name", "value"), [("scrap_rule", "moonshine"), ("gwp_set", "AR9"), ("surface", "gold")]
)
def test_a_crooked_link_is_answered_by_a_message(name: str, value: str) -> None:
    app = _calculate(**QUESTION, **{name: value})
    assert value in app.error[0].value.replace("\\", "")
    assert not app.metric


@pytest.mark.usefixtures("home")
def test_a_store_without_sites_leads_to_the_ledger_page() -> None:
    app = _calculate()
    assert "还没有可计算的场地" in app.info[0].value
    (link,) = app.get("page_link")
    assert link.proto.label.startswith("从台账开始")
    assert not app.selectbox


@pytest.mark.usefixtures("pages")
def test_english_leaves_no_chinese_behind() -> None:
    app = _calculate(**QUESTION, lang="en")
    # A report cites Chinese sources by their own titles.
    words = [text for text in _words(app) if not text.startswith("### Carbon footprint study")]
    assert [text for text in words if HAN.search(text)] == []
    assert app.query_params["lang"] == "en"
    assert app.title[0].value == "Calculate a product footprint"


@pytest.mark.usefixtures("pages")
def test_the_switch_changes_language_and_address() -> None:
    app = _calculate()
    app.button_group[0].set_value("en").run(timeout=SECONDS)
    assert app.title[0].value == "Calculate a product footprint"
    assert app.query_params["lang"] == "en"


@pytest.mark.usefixtures("pages")
def test_keeping_a_calculation_offers_it_for_a_certificate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = _calculate(product="liquid_alloy", site="CQ-RECYCLED")
    keep = next(button for button in app.button if button.label == "存入数据库")
    keep.click().run(timeout=SECONDS)
    assert not app.exception
    printed = _printed(capsys, "calculate", "liquid_alloy")
    assert app.success[0].value == f"已存入，计算号以 {str(printed['calculation'])[:16]} 开头。"
    assert str(printed["calculation"]) in [item.value for item in app.code]


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("text", ["电力 重庆", "chongqing electricity", "elec.cn.co2.chongqing"])
def test_factors_are_found_by_chinese_english_and_code(text: str) -> None:
    app = _opened(AppTest.from_function(_factors), q=text)
    refs = list(app.dataframe[0].value["ref"])
    assert refs
    assert all(ref.startswith("elec.cn.co2.chongqing") for ref in refs)


@pytest.mark.usefixtures("pages")
def test_filters_come_from_the_link_and_narrow_the_table() -> None:
    app = _opened(AppTest.from_function(_factors), site="CQ-PLATE", kind="parameter")
    frame = app.dataframe[0].value
    assert len(frame) > 0
    assert all(ref.startswith("cq-plate.2025.") for ref in frame["ref"])


@pytest.mark.usefixtures("pages")
def test_a_factor_leads_to_its_ledger_cells_and_its_history() -> None:
    """Melting electricity: 12 months of kWh over 12 months of melt, so 24 cells."""
    app = _opened(AppTest.from_function(_factors), ref="cq-plate.2025.melting.electricity@1")
    assert app.subheader[0].value == "CQ-PLATE 熔炼 用电量(各来源合计) 2025"
    cells = app.dataframe[1].value
    assert len(cells) == 24
    assert set(cells["flow"]) == {"用电量(各来源合计)", "熔体"}
    states = [list(table.value.iloc[:, 1]) for table in app.table if len(table.value.columns) == 4]
    assert states == [["草稿", "已提交", "已审核", "已发布"]]


@pytest.mark.usefixtures("pages")
def test_nothing_found_and_unknown_references_are_messages() -> None:
    assert _opened(AppTest.from_function(_factors), q="unobtainium").info
    app = _opened(AppTest.from_function(_factors), ref="no.such.factor@1")
    assert "no.such.factor@1" in app.error[0].value


@pytest.mark.usefixtures("pages")
def test_text_from_a_link_is_never_markup() -> None:
    """An image in a shown text would make the browser ask another machine."""
    app = _opened(AppTest.from_function(_factors), ref="![x](https://example.org/x.png)")
    assert r"\!\[x\]" in app.error[0].value
    assert "![x](" not in app.error[0].value


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("name", ["certificate.json", "certificate.pdf"])
def test_a_good_certificate_is_intact_but_illustrative(certificate_folder: Path, name: str) -> None:
    app = _uploaded((certificate_folder / name).read_bytes(), name)
    assert "完整，示例数据" in app.warning[0].value
    assert not app.success
    assert app.metric[0].value == "12.538 kg CO₂e/kg"
    said = dict(app.table[0].value.itertuples(index=False))
    assert (said["持有单位"], said["期间"]) == ("示例铝板厂", "2025-01-01 – 2025-12-31")
    marks = list(app.table[1].value["结论"])
    assert len(marks) >= 9
    assert all("✓ 通过" in mark for mark in marks)


@pytest.mark.usefixtures("pages")
def test_a_changed_figure_fails_in_words_symbol_and_colour(certificate_folder: Path) -> None:
    data = (certificate_folder / "certificate.json").read_bytes()
    value = re.search(rb'"total":\{"interval":null,"unit":"kg CO2e","value":"(\d+)', data)
    assert value is not None
    forged = data[: value.start(1)] + b"9" + data[value.end(1) :]
    app = _uploaded(forged, "certificate.json")
    assert "核验未通过" in app.error[0].value
    assert not app.metric  # no value of a changed file
    table = app.table[0].value.set_index("检查")["结论"]
    assert table["签名完好"] == ":red[✗ 未通过]"


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("data", [b"", b"{", b"%PDF-1.7 nothing", b"[" * 5000, b"\xff\xfe\x00"])
def test_rubbish_is_refused_with_a_named_check(data: bytes) -> None:
    app = _uploaded(data, "certificate.json")
    assert app.error
    assert "✗ 未通过" in app.table[0].value["结论"].iloc[0]


@pytest.mark.usefixtures("pages")
def test_only_the_issuer_handed_in_counts(certificate_folder: Path) -> None:
    certificate = (certificate_folder / "certificate.json").read_bytes()
    issuer = (certificate_folder / "issuer.json").read_bytes()
    assert _uploaded(certificate, "certificate.json", issuer).warning
    refused = _uploaded(certificate, "certificate.json", b'{"name": "somebody"}')
    assert refused.error
    assert not refused.table


def _uploaded(data: bytes, name: str, issuer: bytes | None = None) -> AppTest:
    app = _opened(AppTest.from_function(_verify))
    app.file_uploader[0].upload(name, data)
    if issuer is not None:
        app.file_uploader[1].upload("issuer.json", issuer)
    app.run(timeout=SECONDS)
    assert not app.exception
    return app


def _metric(app: AppTest, label: str) -> Metric:
    return next(item for item in app.metric if item.label == label)


@pytest.mark.usefixtures("pages")
def test_a_slider_changes_the_total_it_shows_and_not_the_result() -> None:
    """The first lever is the primary ingot: 10 % more of it adds a tenth of its contribution."""
    app = _calculate(**QUESTION, lang="en")
    before = app.metric[0].value
    assert _metric(app, "Total after the change").value == before
    slider = app.slider[0]
    assert "ingot" in slider.label.lower() or "aluminium" in slider.label.lower()
    moved = slider.set_value(10).run(timeout=SECONDS)
    assert not moved.exception
    assert moved.metric[0].value == before
    changed = _metric(moved, "Total after the change")
    after = float(changed.value.split()[0])
    assert after > 1.05 * float(before.split()[0])
    assert changed.delta == f"{after - float(before.split()[0]):+.3f}"
