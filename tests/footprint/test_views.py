"""Views of a result: what a report must hold, what it may not claim, and that a stranger replays it.

System: footprint/views on the three example plants and on hand-made documents (tests/view_cases.py).
Hand calculations, AR6 (CF4 7380, CH4 27; biogenic CO2 0), kg CO2e per kg:
- MIXED: CO2 2 + CF4 0.001 x 7380 = 7.38 + CO2e only 1 + biogenic CO2 0 + biogenic CH4 0.01 x 27 = 0.27;
  total 10.65; fossil 10.38, of which gases known 9.38 and CO2e only 1; biogenic 0.27; uptake -0.5 kg;
  metal input 9.38 / 10.65 = 88.075 %. Under AR5 (CF4 6630, CH4 28): 2 + 6.63 + 1 + 0.28 = 9.91.
- Shares of -1 and 3: -50 % and 150 % of 2; of -1 and 1: undefined.
"""

from __future__ import annotations

import ast
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from result_cases import (
    changed,
    factor_record,
    pin_record,
    resolved,
)
from view_cases import MIXED, calculation

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, Language, text
from factor_db.foundation.rules import rules
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.cli.results.view import view as view_command
from footprint.result.document import ResultDocument
from footprint.study.definition import default_study
from footprint.ui.calculate.reports import TITLES as REPORT_TITLES
from footprint.views.explain import ALL, explanation, figures_document, steps, view_document
from footprint.views.figure import View
from footprint.views.markdown import markdown
from footprint.views.printed import printed
from footprint.views.registry import STANDARDS, view_of

REPLAY = Path(__file__).parents[2] / "docs" / "replay.py"
ALMOST = Decimal("1E-24")
# The views that report any result, an estimate too; others ask for facts of their own.
REPORTS = ("iso14067", "gbt44905", "iai")
PRODUCTS = ("plate", "extrusion", "recycled_ingot")
Calculated = Callable[..., ResultDocument]
REQUIRED = [name for name in rules() if name.startswith(("ISO-RESULT-", "ISO-REPORT-"))]


@pytest.fixture(scope="module")
def calculated(demo_store: Store) -> Calculated:
    known: dict[Any, ResultDocument] = {}

    def document(product: str, samples: int = 0, **changes: str) -> ResultDocument:
        key = (product, samples, *sorted(changes.items()))
        if key not in known:
            with demo_store.read() as session:
                study = replace(default_study(product), **changes)
                known[key] = calculate_study(session, study, samples=samples).result
        return known[key]

    return document


def value(view: View, name: str) -> Decimal:
    return view.figure(name).value


def words_of(view: View, lang: Language = "en") -> str:
    return markdown(view, lang)


def replayed(view: View, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "figures.json"
    file.write_text(json.dumps({"figures": figures_document(view.figures)}), encoding="utf-8")
    command = [sys.executable, "-I", str(REPLAY), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# ---- what an ISO report holds -------------------------------------------------------------------


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_required_item_is_in_the_report(calculated: Calculated, product: str) -> None:
    """In the tables, in Markdown and on the pages of the PDF, in both languages."""
    document = calculated(product, samples=150)
    view = view_of(document, "iso14067")
    answered = {name: table for table in view.tables for name in (table.rule, *table.covers)}
    assert len(REQUIRED) == 25
    assert set(REQUIRED) <= set(answered)
    for lang in LANGUAGES:
        page, pages = markdown(view, lang), pdf_pages(printed(view, lang))
        for number, table in enumerate(view.tables, start=1):
            assert table.rows or table.intro, table.code
            assert f"## {number}. {table.title[lang]}" in page
            assert squeezed(table.title[lang]) in squeezed("".join(pages))
        assert text("VIEW_PARTIAL", lang) in page
        assert all(
            squeezed(text("CERTIFICATE_ILLUSTRATIVE_NOTICE", lang)) in squeezed(found)
            for found in pages
        )


def pdf_pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def squeezed(content: str) -> str:
    return "".join(content.replace("\u200b", "").split())


@pytest.mark.parametrize("product", PRODUCTS)
def test_report_and_calculation_agree_to_the_last_digit(
    calculated: Calculated, product: str
) -> None:
    document = calculated(product, samples=150)
    view = view_of(document, "iso14067")
    assert value(view, "total") == document.total.value
    for column, sums in (("stage", document.by_stage), ("gas", document.by_gas)):
        for code, stated in sums.items():
            assert value(view, f"{column}.{code}") == stated
    for number, row in enumerate(document.contributions, start=1):
        assert value(view, f"row.{number}") == row.kg_co2e
    shares = [
        figure.value
        for figure in view.figures
        if figure.name.startswith("stage.") and figure.unit == "%"
    ]
    assert abs(sum(shares) - 100) < ALMOST
    known = value(view, "co2e_only.share") / 100
    assert abs(known - document.coverage.not_rebased.share) < ALMOST
    # The mean factor of power is the life cycle of generation and delivery: 0.5777 + 0.0327.
    assert value(view, "electricity.mean").quantize(Decimal("1E-20")) == Decimal("0.6104")


def test_each_other_choice_stands_beside_with_its_result(
    calculated: Calculated,
) -> None:
    document = calculated("plate", samples=150)
    view = view_of(document, "iso14067")
    total = document.total.value
    for row in document.choices.alternatives:
        name = f"alternative.{row.choice}.{row.value}"
        if row.total is None:
            with pytest.raises(KeyError):
                view.figure(name)
        else:
            difference = (row.total / total - 1) * 100
            assert value(view, name) == row.total
            assert abs(value(view, f"{name}.difference") - difference) < ALMOST
    page = words_of(view)
    assert (
        "no result, no factor for Electricity from every source · life cycle of the residual mix"
        in page
    )
    assert document.total.interval is not None
    assert value(view, "interval.low") == document.total.interval.low
    assert "150 samples, seed 1" in page


def test_fossil_and_biogenic_stand_apart() -> None:
    view = view_of(calculation(MIXED), "iso14067")
    by_hand = {
        "total": "10.65",
        "fossil": "10.38",
        "fossil.gases": "9.38",
        "fossil.co2e_only": "1",
        "biogenic": "0.27",
        "biogenic_co2.uptake": "-0.5",
        "biogenic_co2.release": "0",
        "stage.metal_input": "9.38",
        "gas.cf4.kg": "0.001",
        "gas.cf4": "7.38",
    }
    assert {name: value(view, name) for name in by_hand} == {
        name: Decimal(text) for name, text in by_hand.items()
    }
    assert value(view, "stage.metal_input.share").quantize(Decimal("0.001")) == Decimal("88.075")
    page = words_of(view)
    assert (
        "| Direct land-use change (dLUC) | Neither inventory nor background factors state it, which is not zero. | not assessed | – |"
        in page
    )
    assert "−0.5 kg CO2" in page
    assert "This calculation was not sampled and has no interval" in page


def test_what_no_row_speaks_of_is_not_assessed_and_never_zero() -> None:
    view = view_of(calculation(MIXED[:3]), "iso14067")
    assert not [figure.name for figure in view.figures if figure.name.startswith("biogenic")]
    (separate,) = [table for table in view.tables if table.code == "separate"]
    shown = {row[0]["en"]: row[2] for row in separate.rows if not isinstance(row[0], str)}
    not_assessed = [name for name, cell in shown.items() if not isinstance(cell, str)]
    assert not_assessed == [
        "Biogenic greenhouse gases",
        "Direct land-use change (dLUC)",
        "Air transport",
        "Optional: iLUC, land use, biogenic carbon in the product",
    ]


# ---- the GWP set of a report --------------------------------------------------------------------


def test_a_report_weighs_the_gases_of_another_set_anew() -> None:
    document = calculation(MIXED, gwp_set="AR5")
    assert document.total.value == Decimal("9.91")
    view = view_of(document, "iso14067")
    assert value(view, "total") == Decimal("10.65")
    assert "weighs the masses of gases anew by AR6; the calculation itself used AR5" in words_of(
        view
    )
    own = view_of(document, "iso14067", gwp_set="AR5")
    assert value(own, "total") == Decimal("9.91")
    assert "not the latest of the IPCC" in words_of(own)


def test_weighed_anew_a_result_is_that_of_the_set_itself(
    calculated: Calculated,
) -> None:
    """The smelter's PFC make the sets differ by per cents; rows are cut as a calculation cuts them."""
    changes = {"site": "CQ-PLATE"}
    old = calculated("primary_aluminium", samples=150, gwp_set="AR5", **changes)
    new = calculated("primary_aluminium", samples=150, **changes)
    assert old.total.value != new.total.value
    for standard in REPORTS:
        views = [view_of(document, standard) for document in (old, new)]
        rows = [
            [f.value for f in view.figures if f.name.startswith(("row.", "total"))]
            for view in views
        ]
        assert rows[0] == rows[1]
    report = view_of(old, "iso14067")
    assert old.total.interval is not None
    assert str(old.total.interval.low)[:6] not in report.headline["en"]
    assert "Interval and range are given under AR5" in words_of(report)
    assert "This is an estimate and can be neither certified nor declared" in words_of(report)


# ---- edges --------------------------------------------------------------------------------------


def test_a_result_without_rows_is_reported_and_its_shares_are_undefined() -> None:
    for standard, product in (
        ("iso14067", "plate"),
        ("gbt44905", "primary_liquid"),
        ("iai", "primary_liquid"),
    ):
        view = view_of(calculation((), product=product), standard)
        assert value(view, "total") == 0
        assert not [figure.name for figure in view.figures if figure.name.endswith(".share")]
        assert "shares and differences are undefined" in words_of(view)
        assert printed(view, "zh")


def test_a_credit_that_cancels_leaves_shares_undefined_and_one_that_does_not_says_so() -> None:
    credit = "melting|casthouse|scrap_post_consumer|co2|fossil|upstream|-1"
    zero = view_of(
        calculation(
            (credit, credit.replace("melting|casthouse", "charging|metal_input").replace("-1", "1"))
        ),
        "iso14067",
    )
    assert value(zero, "total") == 0
    assert "stage.casthouse.share" not in {figure.name for figure in zero.figures}
    view = view_of(
        calculation((credit, "charging|metal_input|primary_ingot|co2|fossil|upstream|3")),
        "iso14067",
    )
    assert value(view, "stage.casthouse.share") == -50
    assert value(view, "stage.metal_input.share") == 150
    page = words_of(view)
    assert "| Casthouse | Melting | −1.0000 | −50.0 % |" in page
    assert "shares relate to the net total, so one part may exceed 100 %" in page


def test_absent_ratings_are_named_as_absent() -> None:
    quality = {"pds": "12.5", "dqr": {"technological": "2"}}
    page = words_of(view_of(changed(calculation(MIXED), quality=quality), "iso14067"))
    assert "| Primary data share (PDS) | 12.5 % |" in page
    assert "| Technological rating (1 best, 5 worst) | 2.00 |" in page
    assert "| Temporal rating | – |" in page
    page = words_of(view_of(calculation(MIXED), "iso14067"))
    assert "| Primary data share (PDS) | 0.0 % |" in page
    assert "Ratings are absent" in page


def test_a_document_that_does_not_add_up_is_refused() -> None:
    document = calculation(MIXED)
    first, *others = document.contributions
    altered = replace(first, kg_co2e=Decimal(3))
    with pytest.raises(BadInput, match="VIEW_SUMS"):
        view_of(document.model_copy(update={"contributions": (altered, *others)}), "iso14067")
    altered = replace(first, kg_gas=Decimal(3))  # stated sums agree, but the mass was altered
    with pytest.raises(BadInput, match="VIEW_ROW"):
        view_of(document.model_copy(update={"contributions": (altered, *others)}), "iso14067")


def test_names_cannot_change_the_layout() -> None:
    named = {"organisation_en": "A | B <b>#panic()\n## Fake"}
    view = view_of(changed(calculation(MIXED), site=named), "iso14067")
    assert "| Organisation | A \\| B &lt;b&gt;#panic() ## Fake |" in words_of(view)
    assert "#panic()" in "".join(pdf_pages(printed(view, "en")))


def test_names_make_no_reader_fetch_a_picture_or_follow_a_link() -> None:
    named = {"organisation_en": "![x](https://example.org/x.png) [y](z) `c`"}
    view = view_of(changed(calculation(MIXED), site=named), "iso14067")
    assert r"| Organisation | !\[x\](https://example.org/x.png) \[y\](z) \`c\` |" in words_of(view)


def test_sources_list_each_supplier_of_a_blend_and_the_sites_own_by_ledger() -> None:
    """A factor that only another choice would use is in the pins and no source of this result."""
    ingot = ("primary_ingot", "inventory", "t/t")
    parts = [
        {"share": share, "factor": factor_record(name, *ingot)}
        for name, share in (("smelter.north", "0.6"), ("smelter.south", "0.4"))
    ]
    ledger = {"citation": "plant.xlsx", "file_sha256": "f" * 64}
    power = ("electricity", "inventory", "kWh/t")
    pins = [
        pin_record(factor_record("blend", *ingot), process="charging", parts=parts),
        pin_record(factor_record("own.power", *power, source=ledger), process="melting"),
        pin_record(factor_record("unused", *power), process="electrolysis"),
    ]
    filled = [
        resolved("charging/primary_ingot/inventory", "supplier", "blend@1"),
        resolved("melting/electricity/inventory", "own", "own.power@1"),
    ]
    document = changed(calculation(MIXED), inputs={"pins": pins}, coverage={"resolved": filled})
    (table,) = [found for found in view_of(document, "iso14067").tables if found.code == "sources"]
    listed = [str(row[1]) for row in table.rows]
    assert [line.rpartition("[")[2] for line in listed] == [
        "blend@1]",
        "smelter.north@1]",
        "smelter.south@1]",
    ]
    assert (
        f"Site ledger plant.xlsx: 1 factors derived from its cells; SHA-256 of the file {'f' * 64}."
        in table.intro[0]["en"]
    )


def test_what_the_buyer_of_scrap_takes_up_stands_with_the_allocation() -> None:
    sold = [{"process": "plate_sawing", "kg_co2e_per_t": "14243.935"}]
    document = changed(calculation(MIXED), sold_scrap=sold)
    assert "its buyer takes up 14243.9 kg CO2e/t" in words_of(view_of(document, "iso14067"))


def test_unknown_standards_options_and_figures_are_refused() -> None:
    with pytest.raises(BadInput, match="VIEW_UNKNOWN"):
        view_of(calculation(MIXED), "iso14068")
    with pytest.raises(BadInput, match="VIEW_OPTION"):
        view_of(calculation(MIXED), "iso14067", colour="red")
    with pytest.raises(BadInput, match="VIEW_FIGURE_UNKNOWN"):
        steps(view_of(calculation(MIXED), "iso14067"), "nothing")


# ---- explaining and replaying -------------------------------------------------------------------


@pytest.mark.parametrize("standard", REPORTS)
def test_a_stranger_replays_every_figure(
    calculated: Calculated, standard: str, tmp_path: Path
) -> None:
    document = calculated("primary_aluminium", samples=150, site="CQ-PLATE")
    view = view_of(document, standard)
    done = replayed(view, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == f"{len(view.figures)} of {len(view.figures)} figures replayed"
    last = view.figures[-1]
    wrong = replace(last, value=last.value + Decimal("1E-24"))
    done = replayed(replace(view, figures=(*view.figures[:-1], wrong)), tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{last.name}: ")


def test_the_replay_script_is_short_and_owes_us_nothing() -> None:
    source = REPLAY.read_text(encoding="utf-8")
    assert source.count("\n") < 60
    imported = {
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported <= sys.stdlib_module_names


REPLAYING = runpy.run_path(str(REPLAY))
_ROWS = st.lists(
    st.builds(
        lambda place, gas, origin, kilograms: f"{place}|{gas}|{origin}|upstream|{kilograms}",
        st.sampled_from(
            [
                "melting|casthouse|natural_gas",
                "charging|metal_input|silicon",
                "hot_rolling|rolling|electricity",
            ]
        ),
        st.sampled_from(["co2", "ch4", "n2o", "cf4", "co2e", "co2_biogenic"]),
        st.sampled_from(["fossil", "process", "biogenic"]),
        st.decimals(min_value=-5, max_value=500, places=6, allow_nan=False).map(
            lambda number: f"{number:f}"
        ),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(rows=_ROWS)
def test_parts_make_the_total_whatever_the_rows(rows: list[str]) -> None:
    document = calculation(rows)
    view = view_of(document, "iso14067")
    values = {figure.name: figure.value for figure in view.figures}
    total = values["total"]
    assert total == document.total.value
    assert values["fossil"] + values.get("biogenic", Decimal(0)) == total
    for family in ("stage.", "process."):
        parts = [f.value for f in view.figures if f.name.startswith(family) and f.unit != "%"]
        assert sum(parts, Decimal(0)) == total
    assert REPLAYING["replay"](figures_document(view.figures)) == []


def test_an_explanation_names_step_rule_formula_and_inputs() -> None:
    view = view_of(calculation(MIXED), "iso14067")
    needed = steps(view, "stage.metal_input.share")
    assert [figure.name for figure in needed] == [
        *(f"row.{number}" for number in range(1, 6)),
        *("stage.metal_input", "stage.casthouse", "stage.finishing"),
        *("total", "stage.metal_input.share"),
    ]
    lines = list(explanation(needed, "en"))
    assert lines[-8:] == [
        "Step 10  stage.metal_input.share  share of Metal input",
        f"  = {view.figure('stage.metal_input.share').value} %",
        "  Rule ISO-RESULT-005",
        "  Formula part / whole * percent",
        "    part = 9.38  <- stage.metal_input (step 6)",
        "    whole = 10.65  <- total (step 9)",
        "    percent = 100",
        "",
    ]
    assert any(
        line.startswith(
            "  Rule ISO-RESULT-005 (ISO 14067:2018; GB/T 24067-2024; 7.2, to be checked): Each"
        )
        for line in lines
    )
    chinese = list(explanation(needed, "zh"))
    assert "  规则 ISO-RESULT-005" in chinese
    assert any("7.2, 待核对）：各生命周期阶段" in line for line in chinese)
    assert steps(view, ALL) == view.figures


def test_the_same_result_gives_the_same_bytes() -> None:
    first, second = (view_of(calculation(MIXED), "iso14067") for _ in range(2))
    for lang in LANGUAGES:
        assert markdown(first, lang) == markdown(second, lang)
        assert printed(first, lang) == printed(second, lang)
    assert json.dumps(view_document(first)) == json.dumps(view_document(second))


def test_a_standard_is_offered_wherever_standards_are() -> None:
    """The help of `view` and the tab of the pages name every view, in any order."""
    (option,) = get_type_hints(view_command, include_extras=True)["standard"].__metadata__
    assert set(option.help.split(" | ")) == set(STANDARDS)
    assert set(REPORT_TITLES) == set(STANDARDS)
