"""The tables behind the pages.

System: a document of two contributions. Ingot 0.72 kg at 10 kg CO2e/kg = 7.2; gas 0.0040 m3 burnt,
0.8 kg CO2. Total 8.0, so the shares are 90 % and 10 %. Without the burden of scrap: 6.0, which is
-2.0 or -25 %.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from factor_db.factors.record.factor import Allocation, Derivation, Factor
from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.errors import BadInput
from factor_db.foundation.names import name_or_code
from footprint.result.coverage import Resolved
from footprint.result.document import ResultDocument
from footprint.result.rows import Contribution, FlowRow
from footprint.ui.address import require_offered
from footprint.ui.charts import CREDIT, bar_chart
from footprint.ui.factors.tables import (
    GENERAL,
    derivation_fields,
    factor_frame,
    filtered,
    options,
    scope_fields,
)
from footprint.ui.request import Request, offered_choices, offered_in_address, shipped_choice
from footprint.ui.result_tables import (
    alternatives_frame,
    breakdown,
    slots_frame,
    source_frame,
    source_rows,
)
from footprint.ui.services import FactorLine
from footprint.words.names import amount, figure, flow_name, percent, slot_words, with_unit
from lca_models.system.formula import Slot
from lca_models.system.resolve import Pin
from tests.certificate.certificate_document import CHOICES, contributions, result


def _contribution(process: str, flow: str, gas: str, factor: str, value: str) -> Contribution:
    said = {**contributions()[0], "part": "upstream", "activity_data": "primary"}
    row = {**said, "process": process, "flow": flow, "gas": gas, "factor": factor}
    return Contribution(**{**row, "kg_gas": Decimal(value), "kg_co2e": Decimal(value)})


def _flow(process: str, flow: str, amount: str, unit: str) -> FlowRow:
    return FlowRow(process, flow, Decimal(amount), unit, "input", "", "", "metered")


def _factor(name: str, unit: str, **amounts: str) -> Factor:
    some = reference_factors()[0]
    source = some.source.model_copy(update={"citation": f"source of {name}", "locator": "p. 7"})
    said = {"id": name, "version": 1, "name_zh": name, "name_en": name, "unit": unit}
    values = {gas: Decimal(value) for gas, value in amounts.items()}
    return some.model_copy(update={**said, "amounts": values, "source": source})


def _pin(process: str, flow: str, quantity: str, factor: Factor) -> Pin:
    return Pin(Slot(process, flow, quantity, factor.unit), factor, "CN")


def _resolved(slot: str) -> Resolved:
    return Resolved(slot=slot, factor="", geography="", level="", reason="")


@pytest.fixture
def document() -> ResultDocument:
    pins = (
        _pin("", "primary_ingot", "cradle_to_gate", _factor("ingot", "kg/kg", co2e="10")),
        _pin("", "natural_gas", "combustion", _factor("gas", "kg/MJ", co2="0.0556")),
        _pin("charging", "primary_ingot", "inventory", _factor("own.ingot", "t/t", value="0.72")),
        _pin("melting", "natural_gas", "inventory", _factor("own.gas", "m3/t", value="4")),
        _pin(
            "", "natural_gas.net_calorific_value", "property", _factor("ncv", "MJ/m3", value="36")
        ),
        _pin("", "electricity", "residual_life_cycle", _factor("other", "kg/kWh", co2e="1")),
    )
    alternatives = [
        {"choice": "scrap_rule", "value": "cbam-zero", "total": "6", "reason": ""},
        {
            "choice": "electricity_rule",
            "value": "residual",
            "total": None,
            "reason": "electricity/residual_life_cycle",
        },
    ]
    found = result(
        total={"value": "8", "unit": "kg CO2e", "interval": None},
        by_stage={"casthouse": "0.8", "metal_input": "7.2"},
        choices={**CHOICES, "alternatives": alternatives},
    )
    changes = {
        "contributions": (
            _contribution("melting", "natural_gas", "co2", "gas@1", "0.8"),
            _contribution("charging", "primary_ingot", "co2e", "ingot@1", "7.2"),
        ),
        "flows": (
            _flow("charging", "primary_ingot", "0.00072", "t"),
            _flow("melting", "natural_gas", "0.004", "m3"),
        ),
        "coverage": found.coverage.model_copy(
            update={"resolved": tuple(_resolved(pin.slot.key) for pin in pins[:-1])}
        ),
        "inputs": found.inputs.model_copy(update={"pins": pins}),
    }
    return found.model_copy(update=changes)


def test_contributions_come_largest_first_with_amount_factor_and_source(
    document: ResultDocument,
) -> None:
    frame = source_frame(source_rows(document), "zh")
    assert list(frame["flow"]) == ["原铝锭", "天然气"]
    assert list(frame["share"]) == pytest.approx([90.0, 10.0])
    assert list(frame["amount"]) == ["0.72 kg", "0.004 m3"]
    assert list(frame["factor_amount"]) == ["10 kg CO2e/kg", "0.0556 kg CO2/MJ"]
    assert list(frame["source"]) == ["source of ingot", "source of gas"]
    assert list(frame["activity_data"]) == ["● 实测", "● 实测"]


def test_a_row_names_what_its_amount_rests_on_and_nothing_of_the_alternatives(
    document: ResultDocument,
) -> None:
    rests_on = [[pin.factor.id for pin in item.activity] for item in source_rows(document)]
    assert rests_on == [["own.ingot"], ["own.gas", "ncv"]]


def test_breakdown_is_sorted_and_its_shares_are_of_the_total(document: ResultDocument) -> None:
    parts = breakdown(document, "by_stage", "stage", "en")
    assert list(parts["name"]) == ["Metal input", "Casthouse"]
    assert list(parts["share"]) == pytest.approx([90.0, 10.0])


def test_alternatives_state_the_difference_or_what_is_missing(document: ResultDocument) -> None:
    frame = alternatives_frame(document, "en")
    assert frame["difference"][0] == pytest.approx(-2.0)
    assert frame["difference_share"][0] == pytest.approx(-25.0)
    assert "life cycle of the residual mix" in frame["note"][1]


def test_missing_slots_read_as_process_flow_and_quantity() -> None:
    frame = slots_frame(["melting/electricity/inventory", "argon/upstream"], "zh")
    assert list(frame["process"]) == ["熔炼", ""]
    assert list(frame["flow"]) == ["用电量(各来源合计)", "氩气"]
    assert list(frame["quantity"]) == ["单位产品用量", "上游供应"]


def test_a_credit_has_its_own_colour_and_starts_its_label_at_zero(
    document: ResultDocument,
) -> None:
    by_stage = {"metal_input": Decimal("9.0"), "finishing": Decimal("-1.0")}
    credited = document.model_copy(update={"by_stage": by_stage})
    chart = bar_chart(breakdown(credited, "by_stage", "stage", "en"), "kg").to_dict()
    (rows,) = chart["datasets"].values()
    assert [(row["end"], row["label"].split()[0]) for row in rows] == [
        (9.0, "9.000"),
        (0, "-1.000"),
    ]
    assert CREDIT in str(chart["layer"][0]["encoding"]["color"])


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.000718", "0.000718"), ("12345.678", "12,350"), ("0.00001234", "1.234e-5"), ("0", "0")],
)
def test_amounts_keep_four_significant_digits(value: str, shown: str) -> None:
    assert amount(value) == shown


def test_figures_percent_and_ratios() -> None:
    assert figure("12.5380556") == "12.538"
    assert percent(Decimal("0.9728")).replace("\N{NO-BREAK SPACE}", " ") == "97.3 %"
    assert with_unit("0.5", "1") == "0.5"


def test_codes_read_as_words_and_unknown_codes_as_themselves() -> None:
    assert flow_name("natural_gas.net_calorific_value", "en") == "Natural gas · net calorific value"
    assert (
        slot_words("melting/electricity/inventory", "zh")
        == "熔炼 · 用电量(各来源合计) · 单位产品用量"
    )
    assert name_or_code("stage", "moon_mining", "zh") == "moon_mining"


def test_an_address_says_its_request_in_words_that_the_page_offers() -> None:
    request = Request("plate", "CQ-PLATE", (("gwp_set", "AR5"), ("scrap_rule", "cbam-zero")), 1000)
    said = request.to_address()
    assert said == {
        "product": "plate",
        "site": "CQ-PLATE",
        "samples": "1000",
        "gwp_set": "AR5",
        "scrap_rule": "cbam-zero",
    }
    require_offered(said, {"product": ["plate"], **offered_in_address("plate", ["CQ-PLATE"])})
    study = request.study()
    assert (study.gwp_set, study.choices.scrap_rule, study.site) == ("AR5", "cbam-zero", "CQ-PLATE")


def test_an_address_cannot_ask_for_an_unbounded_number_of_samples() -> None:
    with pytest.raises(BadInput) as refused:
        require_offered({"samples": "999999999"}, offered_in_address("plate", ["X"]))
    assert refused.value.code == "UI_ADDRESS_VALUE"
    assert "5000" in refused.value.params["known"]


def test_only_choices_with_more_than_one_value_are_offered() -> None:
    assert "surface" not in offered_choices("plate")
    assert "surface" in offered_choices("extrusion")
    assert shipped_choice("plate", "gwp_set") == "AR6"


def test_filters_keep_the_lines_that_match_all() -> None:
    lines = [
        FactorLine({"kind": kind, "site": site}, kind, state, "")
        for kind, site, state in (
            ("emission", "", "published"),
            ("inventory", "CQ-PLATE", "draft"),
            ("inventory", "CQ-PLATE", "published"),
        )
    ]
    assert options(lines, "site") == [GENERAL, "CQ-PLATE"]
    assert len(filtered(lines, {"site": "CQ-PLATE", "state": ""})) == 2
    assert filtered(lines, {"kind": "inventory", "state": "published"}) == [lines[2]]
    assert filtered(lines, {"site": GENERAL}) == [lines[0]]


def test_a_factor_record_shows_names_and_no_codes() -> None:
    """Gases go by symbol, classes of a mixture and the way of sharing out by name."""
    factors = {factor.id: factor for factor in reference_factors()}
    mixed = factors["result.primary.china.peng2022"]
    assert "captive coal power 53.4% × 21.8" in scope_fields(mixed, "en")["UNCERTAINTY"]
    assert "自备煤电 53.4% × 21.8" in scope_fields(mixed, "zh")["UNCERTAINTY"]
    shared = Allocation(method="causal", share=Decimal("0.4"))
    made = mixed.model_copy(update={"derivation": Derivation(formula="a / b", allocation=shared)})
    assert derivation_fields(made, "zh")["ALLOCATION"] == "按因果关系 0.4"
    record = {**mixed.record(), "amounts": {"ch4_fossil": "2", "co2": "3"}}
    (shown,) = factor_frame([FactorLine(record, mixed.ref, "published", "")], "zh")["number"]
    assert shown == "CH4 2  CO2 3"
