"""What was found that documents said wrongly, each with its numbers.

By hand, co-product: by mass half of the ingot leaves as liquid alloy, so a tonne bears what it bore;
by value (300 : 100), ingots beside treated dross, the treatment bears three quarters.
Plate: 12.538 with published primary metal, 5.079 and 10.885 with the modelled chain on hydropower
and on the grid, so 5.806 between the two; closing the anode on its carbon added 0.231 kg CO2e/kg of
metal, of which 0.718 kg are bought per kg, hence 0.166 more than 4.913 and 10.719.
Recycled ingot under substitution: its scrap counts as the primary ingot of 15.947 kg CO2e/kg it
stands for, 16.7 beside a total of 0.7.
Shares: 1 and 2 of 3 are 33.33 and 66.67 %, cut 33.3 and 66.6, and the step left goes to the larger
remainder, 66.7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from co_product_cases import PLACES, SITE, share_out
from document_cases import Plants, certified, declarable
from hypothesis import given
from hypothesis import strategies as st
from result_cases import changed

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.trace.lineage import lineage_graph
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES
from factor_db.store.work import Store
from footprint.brightway.engine import brightway_document
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.calculation.replacing import what_moves
from footprint.certificate.checks.recomputing import calculation_difference
from footprint.cli.main import main
from footprint.cli.results.calculate import SCRAP_RULE_HELP
from footprint.comparison.compare import compare, compare_document
from footprint.comparison.statement import statement
from footprint.comparison.value import value_of_document
from footprint.exchange.product_factor import publishable_factor
from footprint.exchange.typed import TEMPLATE
from footprint.result.document import ResultDocument
from footprint.study.definition import Study, default_study
from footprint.ui.address import require_offered
from footprint.ui.request import offered_in_address
from footprint.views.markdown import markdown
from footprint.views.registry import view_of
from footprint.words.shown import rounded, share_texts, shares, signed
from footprint.words.told import period_words, reason_words
from lca_models.system.scrap_rules import SCRAP_RULES

PACT = {"company_id": "urn:pact:example.com:a:1", "product_id": "urn:pact:example.com:b:2"}
STEP = Decimal("0.1")
HYDRO = {"primary_source": "modelled", "smelter_power": "hydro"}


@pytest.fixture(scope="module")
def of(demo_store: Store) -> Callable[..., ResultDocument]:
    known: dict[Any, ResultDocument] = {}

    def document(product: str, **choices: str) -> ResultDocument:
        key = (product, *sorted(choices.items()))
        if key not in known:
            with demo_store.read() as session:
                study = chosen(default_study(product), choices)
                known[key] = calculate_study(session, study).result
        return known[key]

    return document


def chosen(study: Study, choices: dict[str, str]) -> Study:
    for name, value in choices.items():
        study = study.changed(name, value)
    return study


def texts(document: ResultDocument) -> dict[str, str]:
    """Return report, PACT footprint, certificate and statement in English."""
    exported = view_of(declarable(document), "pact", allow_illustrative="yes", **PACT)
    said = {**certified(document), "calculation": ""}
    return {
        "report": markdown(view_of(document, "iso14067"), "en"),
        "pact": json.dumps(exported.record, ensure_ascii=False),
        "certificate": json.dumps(said, ensure_ascii=False),
        "statement": statement(value_of_document(document), "en"),
    }


# ---- D1: the allocation is that of the pinned factors -------------------------------------------


SHARED = {"mass": "recycled_ingot", "economic": "dross_service"}


def shared(store: Store, demo_store: Store, method: str) -> ResultDocument:
    """Return a recycler's product with a co-product, derived by one method in a store of its own."""
    share_out(store, demo_store, method)
    with store.read() as session:
        study = replace(default_study(SHARED[method]), site=SITE)
        return calculate_study(session, study).result


@pytest.mark.parametrize(
    ("method", "words", "part", "borne"),
    [("mass", "By mass", "1/2", "1"), ("economic", "By economic", "3/4", "0.75")],
)
def test_shared_factors_are_never_called_subdivision(
    store: Store,
    demo_store: Store,
    of: Callable[..., ResultDocument],
    method: str,
    words: str,
    part: str,
    borne: str,
) -> None:
    """`part` is the product's share of the step, `borne` what a tonne bears of what one alone does."""
    document = shared(store, demo_store, method)
    alone = of(SHARED[method]).total.value
    numerator, denominator = map(Decimal, part.split("/"))
    expected = alone * Decimal(borne)
    assert abs(document.total.value - expected) < Decimal("1E-18")
    choices = document.choices
    assert (choices.allocation, document.inputs.study.choices.allocation) == (
        method,
        "subdivision",
    )
    percent = f"{numerator / denominator * 100:.1f} %"
    of_step = {line.process: line.share for line in choices.allocated}[PLACES[method][0]]
    assert of_step == numerator / denominator
    # Ingots out of dross that went into them do not close: its documents are read as if they did.
    closing = changed(document, closure={"reasons": []})
    for name, said in texts(document if method == "mass" else closing).items():
        assert words in said, name
        assert "nothing left to allocate" not in said, name
        assert percent in said or name == "statement", name
    assert calculation_difference(document.record()) == ""
    altered = changed(document, choices={"allocation": "subdivision"})
    assert calculation_difference(altered.record()) == "choices.allocation"


def test_the_gate_compares_the_derived_method(
    store: Store, demo_store: Store, of: Callable[..., ResultDocument]
) -> None:
    values = [value_of_document(of("recycled_ingot")), None]
    values[1] = value_of_document(shared(store, demo_store, "mass"))
    (pair,) = compare([item for item in values if item])
    assert [item.attribute for item in pair.mismatches] == ["allocation"]
    (pair,) = compare([item for item in values if item], conversion=True)
    assert pair.status == "not_converted"
    assert pair.converted
    assert [item.reason for item in pair.converted.obstacles] == ["COMPARE_RULE_FIXED"]


def test_a_factor_handed_over_states_the_derived_method(
    store: Store, demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = shared(store, demo_store, "mass")
    sound = changed(document, unused_field_data=[], estimate=False)
    monkeypatch.setattr("footprint.exchange.product_factor.load_calculation", lambda *_: sound)
    with store.work("exporter") as work:
        monkeypatch.setattr(type(work), "require_owner", lambda *_: None)
        ref = publishable_factor(work, document.calculation)
        assert load_factor(find_version(work.session, ref)).allocation_rule == "mass"


# ---- D2: every choice that moved the number is named --------------------------------------------


def test_the_smelters_power_is_named_wherever_the_number_stands(
    of: Callable[..., ResultDocument],
) -> None:
    published, hydro = of("plate"), of("plate", **HYDRO)
    assert [rounded(d.total.value, Decimal("0.001")) for d in (published, hydro)] == [
        "12.538",
        "5.079",
    ]
    for name, said in texts(hydro).items():
        assert "Hydropower" in said, name
    for name, said in texts(published).items():
        assert "Smelter power" not in said, name


def test_a_choice_without_evidence_stands_beside_the_number(
    of: Callable[..., ResultDocument],
) -> None:
    hydro = of("plate", **HYDRO)
    sentence = (
        "Chosen without evidence: Primary metal data: Modelled chain, Smelter power: Hydropower."
    )
    for name, said in texts(hydro).items():
        assert sentence in said, name
    power = {"choice": "smelter_power", "value": "hydro"}
    alone = changed(hydro, choices={"unevidenced": [power]})
    for name, said in texts(alone).items():
        assert "Chosen without evidence: Smelter power: Hydropower." in said, name
    assert all("without evidence" not in said for said in texts(of("plate")).values())


def test_another_smelter_bars_a_comparison_until_it_is_converted(
    of: Callable[..., ResultDocument],
) -> None:
    grid = value_of_document(of("plate", primary_source="modelled"))
    hydro = value_of_document(of("plate", **HYDRO))
    assert f"{grid.value - hydro.value:.3f}" == "5.806"
    (pair,) = compare([grid, hydro])
    assert (pair.status, [item.attribute for item in pair.mismatches]) == (
        "refused",
        ["smelter_power"],
    )
    (pair,) = compare([value_of_document(of("plate")), hydro], conversion=True)
    assert (pair.status, pair.difference) == ("converted", 0)
    assert pair.converted
    assert [step.attribute for step in pair.converted.steps_b] == ["primary_source"]


# ---- D3, D4: boundary and class follow from what ran --------------------------------------------


def test_a_rule_for_power_invents_no_part_of_the_boundary(
    of: Callable[..., ResultDocument],
) -> None:
    location = value_of_document(of("plate"))
    own = value_of_document(of("plate", electricity_rule="own"))
    assert location.parts == own.parts
    assert "site services" not in statement(own, "en")
    (pair,) = compare([location, own])
    assert [item.attribute for item in pair.mismatches] == ["electricity_rule"]


def test_plate_is_called_heat_treated_only_where_it_was(
    demo_store: Store, of: Callable[..., ResultDocument]
) -> None:
    as_made = Plants(demo_store).document("plate", "temper", "F")
    value = value_of_document(as_made)
    assert statement(value, "en").partition(":")[0].endswith("hot-rolled plate, not heat-treated")
    assert "heat_treatment" not in (value.parts or ())
    treated = statement(value_of_document(of("plate")), "zh")
    assert "热处理厚板" in treated
    assert "热处理厚板" not in statement(value, "zh")


# ---- D5: substitution stands apart --------------------------------------------------------------


def test_substitution_is_printed_beside_the_result(
    of: Callable[..., ResultDocument], demo_home: Path, home: Path, capsys: Any, monkeypatch: Any
) -> None:
    document = of("recycled_ingot", scrap_rule="substitution")
    beside = certified(document)["result"]["outside"]
    assert beside["rounded"].startswith("+16.7")
    plain = certified(of("recycled_ingot"))
    assert "outside" not in plain["result"]
    (line,) = [row for row in plain["choices"]["alternatives"] if row["value"] == "substitution"]
    assert (line["differencePercent"], line["outside"]) == ("0.0", beside["value"])
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    with pytest.raises(SystemExit):
        main(["--lang", "en", "calculate", "recycled_ingot", "--scrap-rule", "substitution"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "Substitution, beside the result: +16.7" in shown
    assert "(PCF-SCRAP-SUBSTITUTION)" in shown


# ---- D6: what else was said ---------------------------------------------------------------------


def test_conversion_keeps_what_still_differs(
    demo_store: Store, of: Callable[..., ResultDocument]
) -> None:
    groups = ("new_metal", "clean_scrap", "coated_scrap", "fine_scrap")
    losses = {f"{group}.melt_loss/property": Decimal("0.02") for group in groups}
    choices = {"scrap_rule": "pre-consumer-mass", "melt_loss": "by_charge"}
    study = replace(chosen(default_study("plate"), choices), overrides=losses)
    with demo_store.read() as session:
        other = calculate_study(session, study).result
    assert other.unused_field_data == ("cq-plate.2025.melting.charge_metal@1",)  # barred as such
    sound = changed(other, unused_field_data=[])
    values = [value_of_document(item) for item in (of("plate"), sound)]
    (pair,) = compare_document(compare(values, conversion=True)).record()["pairs"]
    assert pair["status"] == "converted"
    assert pair["notes"] == ["melt_loss"]
    assert pair["notes_en"] == [
        "Melt loss (As measured at the site / By the losses of each kind of charge)"
    ]


def test_under_another_set_no_total_is_called_this_result(
    of: Callable[..., ResultDocument],
) -> None:
    document = of("plate", gwp_set="AR5")
    for lang, claim, said in (
        ("en", "this result |", "as calculated (AR5)"),
        ("zh", "本结果 |", "计算所用（AR5）"),
    ):
        page = markdown(view_of(document, "iso14067"), lang)  # type: ignore[arg-type]
        assert claim not in page
        assert said in page
        own = markdown(view_of(document, "iso14067", gwp_set="AR5"), lang)  # type: ignore[arg-type]
        assert claim in own


def test_the_lines_of_a_cbam_page_add_up(of: Callable[..., ResultDocument]) -> None:
    view = view_of(of("plate"), "cbam", year="2026")
    (table,) = [item for item in view.tables if item.code == "precursors"]
    *lines, total = [Decimal(str(row[-1])) for row in table.rows]
    assert len(lines) >= 3
    assert abs(sum(lines) - total) < Decimal("0.000002")


def test_a_background_value_set_by_hand_is_no_lack_of_own_data(
    demo_store: Store,
) -> None:
    study = replace(
        default_study("plate"), overrides={"primary_ingot/cradle_to_gate": Decimal(9000)}
    )
    with demo_store.read() as session:
        document = calculate_study(session, study).result
    page = markdown(view_of(document, "iso14067"), "en")
    assert "values were set by hand (Primary aluminium ingot · cradle to gate)" in page
    assert "own processes lack own data" not in page


# ---- D7, P10: how numbers are shown -------------------------------------------------------------


def test_shares_by_hand() -> None:
    assert shares([Decimal(1), Decimal(2)]) == [Decimal("33.3"), Decimal("66.7")]
    assert share_texts([Decimal(3), Decimal("-1")]) == ["150.0", "-50.0"]
    assert share_texts([Decimal("0.0001"), Decimal("9.9999")]) == ["< 0.1", "100.0"]
    assert share_texts([Decimal(0), Decimal(1)]) == ["0.0", "100.0"]
    assert shares([Decimal(1), Decimal(-1)]) == []
    assert shares([Decimal(1)], Decimal(3)) == [Decimal("33.3")]


@given(st.lists(st.decimals("-50", "1000", places=6), min_size=1, max_size=40))
def test_shares_of_a_whole_make_a_hundred(parts: list[Decimal]) -> None:
    total = sum(parts, Decimal(0))
    found = shares(parts)
    if total:
        assert sum(found) == 100
        for part, share in zip(parts, found, strict=True):
            assert abs(share - part / total * 100) <= STEP
    else:
        assert found == []


@pytest.mark.parametrize(
    ("value", "shown", "difference"),
    [
        ("-0.0004", "> -0.001", "> -0.001"),
        ("0.0004", "< 0.001", "< 0.001"),
        ("0", "0.000", "0.000"),
        ("-0.0005001", "-0.001", "-0.001"),
        ("1.2345", "1.234", "+1.234"),
    ],
)
def test_nothing_is_told_from_next_to_nothing(value: str, shown: str, difference: str) -> None:
    digits = Decimal("0.001")
    assert rounded(Decimal(value), digits) == shown
    assert signed(Decimal(value), digits) == difference


def test_a_fault_reads_as_words() -> None:
    assert reason_words("SUPPLIER_RULES_MIXED")["en"].startswith("a supplier's footprint was made")
    assert reason_words("SOMETHING_NEW")["zh"] == "无法计算"
    slot = reason_words("charge.chromium_content/property, electricity/residual_life_cycle")
    assert slot["en"] == (
        "no factor for charge · content of Chromium, "
        "Electricity from every source · life cycle of the residual mix"
    )


def test_the_period_says_how_long_it_is() -> None:
    def words(start: str, end: str) -> str:
        dates = (datetime.fromisoformat(item).date() for item in (start, end))
        return period_words(*dates)["en"]

    assert words("2025-01-01", "2025-12-31") == "covers 12 months"
    assert words("2024-11-01", "2025-02-28") == "covers 4 months"
    assert words("2025-02-01", "2025-02-28") == "covers 1 month"
    assert words("2025-01-01", "2025-01-30") == "covers 30 days"


def test_the_hash_of_another_engine_is_of_what_it_shows(demo_store: Store) -> None:
    with demo_store.read() as session:
        result = calculate_study(session, default_study("plate"))
    shown = brightway_document(result)
    own = result.result
    same = shown.contributions == own.contributions
    assert (shown.result_hash == own.result_hash) == same
    assert not same
    assert shown.engine is not None
    assert shown.engine.exact_result_hash == own.result_hash


def test_an_address_with_a_choice_the_page_lacks_is_refused() -> None:
    address = {"product": "plate", "site": "CQ-PLATE", "scrap_rule": "cbam-zero"}
    offered = {"product": ["plate"], **offered_in_address("plate", ["CQ-PLATE"])}
    require_offered(address, offered)
    for name, value in (("smelter_power", "hydro"), ("temper", "F")):
        with pytest.raises(BadInput) as raised:
            require_offered({**address, name: value}, offered)
        assert raised.value.code == "UI_ADDRESS_NAME"
        assert (raised.value.params["name"], raised.value.params["value"]) == (name, value)


def test_one_total_has_one_rounding_and_its_period(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    import shutil

    home = tmp_path / "own"
    shutil.copytree(published_home, home)
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    with pytest.raises(SystemExit):
        main(["--lang", "en", "calculate", "plate"])
    assert "12.5381 kg CO2e/kg" in capsys.readouterr().out
    opened = Store.at(home)
    with opened.work("exporter") as work:
        result = calculate_study(work.session, default_study("plate"))
        name = store_calculation(work, result)
        pin = next(pin for pin in result.nominal.pins if pin.slot.flow == "primary_ingot")
        graph = lineage_graph(work.session, name)
        other = pin.factor.model_copy(update={"version": 2})
        moved = what_moves(work.session, pin.factor.ref, other)
    opened.close()
    assert [n.detail for n in graph.nodes if n.kind == "calculation"] == [
        "plate CQ-PLATE 12.5381 kg CO2e/kg"
    ]
    assert {row.period for row in moved} == {"2025"}


# ---- lists in words -----------------------------------------------------------------------------


def test_help_and_template_list_every_scrap_rule() -> None:
    assert SCRAP_RULE_HELP.split(" | ") == list(SCRAP_RULES)
    (line,) = [line for line in TEMPLATE.splitlines() if "scrap_rule =" in line]
    assert re.findall(r"[a-z-]+", line.partition("#")[2].rpartition("#")[2]) == list(SCRAP_RULES)


def test_every_language_has_every_sentence(of: Callable[..., ResultDocument]) -> None:
    value = value_of_document(of("plate", **HYDRO))
    for lang, word in zip(LANGUAGES, ("水电", "Hydropower"), strict=True):
        assert word in statement(value, lang)
