"""Three different choices in a row on every control of every page, each held against the command line.

A page that throws away every second choice shows a right number for the wrong question, which a
test with one change per page cannot see. So each control is changed three times without a reload,
and after every change the boxes, the address and the figure must be those of `footprint … --json`
with the same choices. Then Back, Forward, a reload and a second tab must show the same again.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from factor_db.foundation.messages import text
from factor_db.foundation.names import Kind, name_or_code
from footprint.cli.main import main
from footprint.ui.request import SAMPLES, offered_choices, shipped_choice

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.usefixtures("pages")
TIMES = 3
ROW_PX = 33
SITES = {"plate": "CQ-PLATE", "extrusion": "CQ-EXTRUSION", "recycled_ingot": "CQ-RECYCLED"}
Printed = Callable[..., tuple[int, Any]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """Run a command and return its exit code and what it printed, read as JSON where it is."""

    def run(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([*arguments, "--json"])
        code, out = int(left.value.code or 0), capsys.readouterr().out
        return code, json.loads(out) if out.lstrip().startswith(("{", "[")) else out

    return run


@dataclass(frozen=True)
class Question:
    """What the Calculate page is asked."""

    product: str
    choices: dict[str, str] = field(default_factory=dict)
    samples: int = 0

    def arguments(self) -> list[str]:
        """Return the question as the command line takes it."""
        words = ["calculate", self.product, "--site", SITES[self.product]]
        for name, value in self.choices.items():
            words += ["--gwp", value] if name == "gwp_set" else ["--choice", f"{name}={value}"]
        return [*words, "--samples", str(self.samples)]

    def changed(self, name: str, value: str) -> Question:
        """Return the question with another value of one control."""
        if name == "samples":
            return replace(self, samples=int(value))
        if name == "product":
            kept = {n: v for n, v in self.choices.items() if n in offered_choices(value)}
            return replace(self, product=value, choices=kept)
        return replace(self, choices={**self.choices, name: value})


def _box(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label, exact=True)


def _choose(page: Page, label: str, option: str) -> None:
    from playwright.sync_api import expect

    # While a busy machine draws the page anew, what was drawn before may still stand beside it.
    expect(_box(page, label)).to_have_count(1)
    _box(page, label).click()
    _box(page, label).fill(option)  # a long list shows what is looked for only
    page.get_by_role("option", name=option, exact=True).click()
    _shows(page, label, option)


def _shows(page: Page, label: str, option: str) -> None:
    """The box shows an option."""
    from playwright.sync_api import expect

    expect(_box(page, label)).to_have_value(option)


def _parameters(page: Page) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def _address_says(page: Page, **expected: str) -> None:
    """The address comes to name these parameters with these values; empty: not at all."""

    def says(url: str) -> bool:
        found = parse_qs(urlsplit(url).query)
        return all(found.get(name, [""]) == [value] for name, value in expected.items())

    page.wait_for_url(says)


def _label(name: str) -> str:
    return text("UI_PRODUCT", "zh") if name == "product" else name_or_code("choice", name, "zh")


def _option(name: str, value: str) -> str:
    if name == "samples":
        count = int(value)
        return text("UI_SAMPLES", "zh", count=count) if count else text("UI_SAMPLES_NONE", "zh")
    return name_or_code("product" if name == "product" else "value", value, "zh", "short")


def _values(question: Question, name: str) -> list[str]:
    """Three values in a row, each other than the one before, the first other than at the start."""
    if name == "product":
        return ["extrusion", "recycled_ingot", "plate"]
    if name == "samples":
        offered, start = [str(count) for count in SAMPLES], "0"
    else:
        offered = list(offered_choices(question.product)[name])
        start = shipped_choice(question.product, name)
    others = [value for value in offered if value != start]
    row = [*others, start][:TIMES]
    return (row * TIMES)[:TIMES] if len(row) < TIMES else row


def _press(page: Page) -> None:
    page.get_by_role("button", name="计算", exact=True).click()


def _require_answer(page: Page, question: Question, printed: Printed) -> None:
    """The figures, the boxes and the address are those of the question on the command line."""
    from playwright.sync_api import expect

    code, document = printed(*question.arguments())
    metrics = page.get_by_test_id("stMetricValue")
    if code == 0:
        expect(metrics.first).to_contain_text(f"{float(document['total']['value']):.3f}")
        interval = document["total"]["interval"]
        ends = [f"{float(interval[end]):.2f}" for end in ("low", "high")] if interval else ["—"]
        expect(metrics.nth(1)).to_have_text(" – ".join(ends))
        page.get_by_text(f"部分碳足迹（{document['gwp_set']}）").first.wait_for()
    else:
        expect(page.get_by_test_id("stAlert").first).to_contain_text(
            "缺失不等于零" if code == 3 else ""
        )
        expect(metrics).to_have_count(0)
    asked = {"product": question.product, **question.choices, "samples": str(question.samples)}
    for name, value in asked.items():
        _shows(page, _label(name), _option(name, value))
    _address_says(page, **asked, site=SITES[question.product])


def _answered(page: Page, address: str, question: Question) -> None:
    asked = {"product": question.product, "site": SITES[question.product], **question.choices}
    page.goto(f"{address}/?{'&'.join(f'{name}={value}' for name, value in asked.items())}")
    page.get_by_test_id("stMetricValue").first.wait_for()


CONTROLS = [("plate", name) for name in ("product", *offered_choices("plate"), "samples")]


@pytest.mark.parametrize(("product", "name"), [*CONTROLS, ("extrusion", "surface")])
def test_three_choices_in_a_row_on_a_control_of_calculate(
    page: Page, address: str, printed: Printed, product: str, name: str
) -> None:
    from playwright.sync_api import expect

    question = Question(product)
    _answered(page, address, question)
    values = _values(question, name)
    assert len(values) == TIMES
    assert all(one != other for one, other in pairwise(values))
    for value in values:
        question = question.changed(name, value)
        _choose(page, _label(name), _option(name, value))
        page.get_by_text(text("UI_CALCULATE_CHANGED", "zh")).wait_for()
        expect(page.get_by_test_id("stMetricValue")).to_have_count(0)
        _press(page)
        _require_answer(page, question, printed)


def test_choices_on_several_controls_back_forward_reload_and_a_second_tab(
    page: Page, address: str, printed: Printed
) -> None:
    """Scrap by mass, then CBAM's, then AR5, then market power and samples; then all the way back."""
    question = Question("plate")
    _answered(page, address, question)
    asked = [question]
    for name, value in (
        ("scrap_rule", "pre-consumer-mass"),
        ("scrap_rule", "cbam-zero"),
        ("gwp_set", "AR5"),
        ("samples", "1000"),
    ):
        question = question.changed(name, value)
        _choose(page, _label(name), _option(name, value))
        _press(page)
        _require_answer(page, question, printed)
        asked.append(question)
    for earlier in reversed(asked[1:-1]):
        page.go_back()
        _require_answer(page, earlier, printed)
    for later in asked[2:]:
        page.go_forward()
        _require_answer(page, later, printed)
    page.reload()
    _require_answer(page, question, printed)
    other = page.context.new_page()
    other.goto(page.url)
    _require_answer(other, question, printed)
    _choose(other, _label("gwp_set"), _option("gwp_set", "AR4"))
    _press(other)
    _require_answer(other, question.changed("gwp_set", "AR4"), printed)
    _require_answer(page, question, printed)


def test_a_shared_result_survives_a_visit_to_another_page_and_another_language(
    page: Page, address: str, printed: Printed
) -> None:
    question = Question("plate", {"scrap_rule": "cbam-zero", "gwp_set": "AR5"})
    _answered(page, address, question)
    for link in ("因子", "对照", "核验"):
        page.get_by_role("link", name=re.compile(link)).click()
        page.get_by_test_id("stMetricValue").first.wait_for(state="detached")
        page.get_by_role("link", name="计算", exact=True).click()
        _require_answer(page, question, printed)
    page.get_by_role("radio", name="English").click()
    page.get_by_role("heading", name="Calculate a product footprint").wait_for()
    page.get_by_role("radio", name="中文").click()
    page.get_by_role("heading", name="计算产品碳足迹").wait_for()
    _require_answer(page, question, printed)


@pytest.mark.parametrize(
    "said", ["gwp_set=AR9", "scrap_rul=cbam-zero", "surface=anodised", "samples=7", "site=NOWHERE"]
)
def test_an_address_with_what_is_not_offered_is_refused_in_words(
    page: Page, address: str, printed: Printed, said: str
) -> None:
    """`surface` is a choice of profiles and none of plate."""
    page.goto(f"{address}/?product=plate&site=CQ-PLATE&{said}")
    page.get_by_text("因此不显示结果").wait_for()
    assert page.get_by_test_id("stMetricValue").count() == 0
    _choose(page, _label("gwp_set"), _option("gwp_set", "AR5"))
    _press(page)
    _require_answer(page, Question("plate", {"gwp_set": "AR5"}), printed)


def test_three_moves_in_a_row_of_the_sliders_of_what_if(
    page: Page, address: str, printed: Printed
) -> None:
    """Each lever here fills one slot, so `--set slot=value` with ten percent more is the same."""
    from playwright.sync_api import expect

    _answered(page, address, Question("plate"))
    page.get_by_role("tab", name=text("UI_TAB_WHAT_IF", "zh")).click()
    sliders = page.get_by_role("slider")
    expect(sliders).to_have_count(TIMES)
    shown = page.get_by_test_id("stMetric").filter(has_text=text("UI_WHAT_IF_TOTAL", "zh"))
    totals = [shown.get_by_test_id("stMetricValue").inner_text()]
    for place in range(TIMES):
        for _ in range(2):  # each press is awaited: two at once may be answered as one or as two
            sliders.nth(place).press("ArrowRight")
            expect(shown.get_by_test_id("stMetricValue")).not_to_have_text(totals[-1])
            totals.append(shown.get_by_test_id("stMetricValue").inner_text())
    page.wait_for_url(lambda url: len(re.findall(":2(?=,|&|$)", unquote(url))) == TIMES)
    moves = _parameters(page)["what_if"]
    assert [item.rpartition(":")[2] for item in moves.split(",")] == ["2", "2", "2"]
    page.reload()
    page.get_by_role("tab", name=text("UI_TAB_WHAT_IF", "zh")).click()
    expect(shown.get_by_test_id("stMetricValue")).to_have_text(totals[-1])
    page.go_back()
    expect(shown.get_by_test_id("stMetricValue")).to_have_text(totals[-2])


def test_three_searches_and_three_filters_in_a_row(
    page: Page, address: str, printed: Printed
) -> None:
    _, every = printed("factor", "search", "")
    page.goto(f"{address}/factors")
    box = page.get_by_role("textbox", name="查找")
    for words in ("ingot", "electricity", "magnesium"):
        box.fill(words)
        box.press("Enter")
        _, found = printed("factor", "search", words)
        assert 0 < len(found) < len(every)
        _require_factors(page, found)
        _address_says(page, q=words)
        assert box.input_value() == words
    page.go_back()
    _require_factors(page, printed("factor", "search", "electricity")[1])
    assert box.input_value() == "electricity"
    box.fill("")
    box.press("Enter")
    _require_factors(page, every)
    for name, values in {
        "kind": ("emission", "parameter", "inventory"),
        "geography": ("CN", "GLO", "CN-CQ"),
        "state": ("published", "reviewed", "published"),
        "site": ("CQ-PLATE", "CQ-RECYCLED", "CQ-EXTRUSION"),
    }.items():
        offered = {item: _of(every, name, item) for item in values if _of(every, name, item)}
        for value, left in offered.items():
            _choose(page, text(f"UI_FILTER_{name.upper()}", "zh"), _filter_words(name, value))
            _require_factors(page, left)
            _address_says(page, **{name: value})
        _choose(page, text(f"UI_FILTER_{name.upper()}", "zh"), text("UI_ALL", "zh"))
        _require_factors(page, every)


def _of(lines: Iterable[dict[str, Any]], name: str, value: str) -> list[dict[str, Any]]:
    return [line for line in lines if line[name] == value]


def _filter_words(name: str, value: str) -> str:
    kinds: dict[str, Kind] = {"kind": "factor_kind", "state": "state"}
    return name_or_code(kinds[name], value, "zh") if name in kinds else value


def _require_factors(page: Page, found: list[dict[str, Any]]) -> None:
    page.get_by_text(text("UI_FOUND", "zh", count=len(found)), exact=True).wait_for()
    table = page.get_by_test_id("stDataFrame").first
    # A plant's own come first, then footprints, emissions, inventories; contents of alloys last.
    kinds = ("product", "emission", "inventory", "parameter")
    top, *_ = sorted(found, key=lambda item: (not item["site"], kinds.index(item["kind"])))
    first = f"{top['id']}@{top['version']}"
    table.get_by_text(first, exact=True).first.wait_for(state="attached")


def _require_record(page: Page, ref: str) -> None:
    page.get_by_role("table").get_by_text(ref, exact=True).wait_for()
    _address_says(page, ref=ref)


def test_three_records_in_a_row_and_back(page: Page, address: str, printed: Printed) -> None:
    """A row ticked opens its record; another search closes it; Back opens it again, ticked."""
    page.goto(f"{address}/factors?q=重庆 电力")
    _, found = printed("factor", "search", "重庆 电力")
    refs = [f"{line['id']}@{line['version']}" for line in found][:TIMES]
    for row, ref in enumerate(refs):
        table = page.get_by_test_id("stDataFrame").first
        table.get_by_text(ref, exact=True).first.wait_for(state="attached")
        table.locator(".dvn-scroller").click(position={"x": ROW_PX / 2, "y": ROW_PX * (row + 1.5)})
        _require_record(page, ref)
    page.go_back()
    _require_record(page, refs[1])
    page.go_back()
    _require_record(page, refs[0])
    page.go_forward()
    _require_record(page, refs[1])
    page.reload()
    _require_record(page, refs[1])
    box = page.get_by_role("textbox", name="查找")
    box.fill("ingot")
    box.press("Enter")
    page.get_by_role("table").first.wait_for(state="detached")
    _address_says(page, ref="", q="ingot")


def test_three_products_and_three_pairs_in_a_row_on_benchmark(
    page: Page, address: str, printed: Printed
) -> None:
    from playwright.sync_api import expect

    page.goto(f"{address}/benchmark")
    document: dict[str, Any] = {}
    for product in ("extrusion", "recycled_ingot", "plate"):
        _choose(page, text("UI_BENCHMARK_PRODUCT", "zh"), name_or_code("product", product, "zh"))
        _, document = printed("benchmark", product, "--site", SITES[product])
        _require_benchmark(page, document)
        _address_says(page, product=product, site=SITES[product], a=document["own"], b="")
    alone = text("UI_BENCHMARK_NO_SITE", "zh")
    for site in (alone, "CQ-PLATE", alone):
        _choose(page, text("UI_BENCHMARK_SITE", "zh"), site)
        expect(page.get_by_text("没有本产品的计算")).to_have_count(1 if site == alone else 0)
    _choose(page, text("UI_BENCHMARK_SITE", "zh"), "CQ-PLATE")
    lines = [line for line in document["lines"] if line["ref"] != document["own"]]
    pairs = [(document["own"], line["ref"]) for line in lines[:2]]
    pairs.append((lines[0]["ref"], lines[1]["ref"]))
    names = {line["ref"]: f"[{line['number']}] {line['label']}" for line in document["lines"]}
    _store_own(printed)
    for a, b in pairs:
        _choose(page, text("UI_COMPARE_FIRST", "zh"), names[a])
        _choose(page, text("UI_COMPARE_SECOND", "zh"), names[b])
        _require_pair(page, printed, (a, b), is_converted=False)
    for is_converted in (True, False, True):
        page.get_by_test_id("stCheckbox").locator("label").first.click()
        _require_pair(page, printed, pairs[-1], is_converted=is_converted)
        _address_says(page, convert="yes" if is_converted else "")
    page.go_back()
    _require_pair(page, printed, pairs[-1], is_converted=False)
    page.go_forward()
    page.reload()
    _require_pair(page, printed, pairs[-1], is_converted=True)
    other = page.context.new_page()
    other.goto(page.url)
    _require_pair(other, printed, pairs[-1], is_converted=True)


def _store_own(printed: Printed) -> None:
    """The command line compares stored calculations."""
    code, _ = printed("calculate", "plate", "--site", "CQ-PLATE", "--samples", "1000")
    assert code == 0


def _require_benchmark(page: Page, document: dict[str, Any]) -> None:
    page.get_by_text(document["lines"][0]["label"]).first.wait_for(state="attached")
    table = page.get_by_test_id("stTable").first
    for line in document["lines"]:
        table.get_by_text(line["label"].partition(" [")[0]).first.wait_for(state="attached")


def _require_pair(
    page: Page, printed: Printed, pair: tuple[str, str], *, is_converted: bool
) -> None:
    _, document = printed("compare", *pair, *(["--convert"] if is_converted else []))
    (found,) = document["pairs"]
    count = len(found["mismatches"])
    page.get_by_text(text(f"COMPARE_STATUS_{found['status']}", "zh", count=count)).wait_for()
    for item in found["mismatches"]:
        page.get_by_text(item["message_zh"], exact=False).first.wait_for()


def test_three_certificates_in_a_row_and_three_issuers(
    page: Page, address: str, certificate_folder: Path, tmp_path: Path
) -> None:
    good = certificate_folder / "certificate.json"
    forged, stranger = tmp_path / "forged.json", tmp_path / "stranger.json"
    forged.write_bytes(good.read_bytes().replace(b"CQ-PLATE", b"CQ-PLATF", 1))
    stranger.write_text(json.dumps({"name": "somebody"}), encoding="utf-8")
    page.goto(f"{address}/verify")
    pickers = page.locator("input[type=file]")
    for path in (certificate_folder / "certificate.pdf", forged, good):
        pickers.first.set_input_files(path)
        _require_verdict(page, str(path))
    pickers.nth(1).set_input_files(certificate_folder / "issuer.json")
    _require_verdict(page, str(good), "--issuer", str(certificate_folder / "issuer.json"))
    pickers.nth(1).set_input_files(stranger)
    page.get_by_test_id("stTable").first.wait_for(state="detached")
    pickers.nth(1).set_input_files(certificate_folder / "issuer.json")
    _require_verdict(page, str(good), "--issuer", str(certificate_folder / "issuer.json"))


def _require_verdict(page: Page, *arguments: str) -> None:
    """The page says of every check what `verify` says.

    It runs in a process of its own: checking a PDF wants to start an event loop, and the driver of
    the browser has one running in this thread.
    """
    from playwright.sync_api import expect

    script = "import sys; from footprint.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", script, "verify", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    code, report = done.returncode, json.loads(done.stdout)
    passed = sum(check["ok"] for check in report["checks"])
    expect(page.get_by_text("✓ 通过", exact=True)).to_have_count(passed)
    expect(page.get_by_text("✗ 未通过", exact=True)).to_have_count(len(report["checks"]) - passed)
    assert (page.get_by_text("✗ 核验未通过").count() == 0) is (code == 0)
