"""CBAM of a smelter, from the real chain and its models: carbon, PFC by method, power.

System under test: `primary_aluminium` at a site in Chongqing with the shipped factors, own cells and own
casting. Per t of metal, CWPB:
  overvoltage 10 mV, current efficiency 94 %: CF4 = 1.16 x 10 / 94 = 0.12340 kg, C2F6 = x 0.121 = 0.014932
  -> (0.1234043 x 6630 + 0.0149319 x 11100) / 1000 = 0.98391 t CO2e
  slope 0.2 min: CF4 = 0.143 x 0.2 = 0.0286 kg, C2F6 = 0.0034606 -> 0.2280307 t CO2e
  anode: the inventory counts 3.666666 kg CO2 per kg of carbon, CBAM 3.664.
Electricity of the cells: coal against hydropower moves the footprint by tonnes and CBAM by nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from cbam_cases import replayed
from result_cases import result_of

from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.errors import BadInput
from footprint.figures.document import figures_of
from footprint.result.document import ResultDocument
from footprint.result.inputs import Inputs
from footprint.solving.evaluate import evaluate
from footprint.study.definition import default_study
from footprint.views.cbam import view
from footprint.views.cbam.pfc import require_percent
from lca_models.system.resolve import Resolver, Where

WHERE = Where("CQ-SMELTER", "CN-CQ", "2026-01-01", "2026-12-31")
OVERVOLTAGE = {
    "cf4.anode_effect_overvoltage/property": Decimal(10),
    "liquid_aluminium.current_efficiency/property": Decimal(94),
}
MINUTES = {"cf4.anode_effect_minutes/property": Decimal("0.2")}
INGOT = "76011010"


def smelted(
    overrides: Mapping[str, Decimal], *, gwp_set: str = "AR6", **choices: str
) -> ResultDocument:
    """A calculation document of the chain, as `footprint calculate` writes it, without a store.

    The values stand for readings of the smelter: set by hand they would make an estimate, of which
    no CBAM figure is made, so the document says it is none.
    """
    study = default_study("primary_aluminium")
    study = replace(
        study,
        gwp_set=gwp_set,
        overrides=dict(overrides),
        choices=replace(study.choices, smelter_technology="CWPB", **choices),
    )
    resolver = Resolver(reference_factors(), WHERE, study.overrides)
    nominal = evaluate(study, WHERE, resolver.pin)
    inputs = Inputs(study=study, where=WHERE, pins=nominal.pins)
    figures = {**dict(figures_of(nominal, [])), "estimate": False, "inputs": inputs}
    return result_of(study.product, []).model_copy(update=figures)


@pytest.fixture(scope="module")
def by_overvoltage() -> ResultDocument:
    return smelted(OVERVOLTAGE, pfc_method="overvoltage")


def pfc_t_co2e(document: ResultDocument) -> Decimal:
    figures = view(document).figures
    return sum(
        (f.value for f in figures if f.rule == "CBAM-GWP-001"),
        Decimal(0),
    )


def test_overvoltage_to_the_printed_digit(by_overvoltage: ResultDocument) -> None:
    found = view(by_overvoltage)
    assert found.figure("pfc.cf4").value.quantize(Decimal("0.00001")) == Decimal("0.12340")
    assert pfc_t_co2e(by_overvoltage).quantize(Decimal("0.00001")) == Decimal("0.98391")


def test_slope_by_hand_and_low_voltage_on_top() -> None:
    document = smelted(MINUTES, pfc_method="slope")
    assert view(document).figure("pfc.cf4").value == Decimal("0.0286")
    assert pfc_t_co2e(document) == Decimal("0.22803066")
    assert any("Low-voltage" in note["en"] for note in view(document).notes)
    low = smelted(
        {**MINUTES, "electrolysis/low_voltage_cf4/inventory": Decimal("0.01")}, pfc_method="slope"
    )
    assert pfc_t_co2e(low) == Decimal("0.22803066") + Decimal("0.0663")
    assert not any("Low-voltage" in note["en"] for note in view(low).notes)


@pytest.mark.parametrize("method", ["default", "amount"])
def test_another_source_of_pfc_is_named_as_an_estimate(method: str) -> None:
    document = smelted({}, pfc_method=method)
    assert any(f"'{method}'" in note["en"] for note in view(document).notes)
    assert pfc_t_co2e(document) > 0


def test_the_percent_trap_is_caught_three_times(by_overvoltage: ResultDocument) -> None:
    """0.94 would give 12.34 kg CF4: the calculation refuses it, and so does the view of a result."""
    trap = {**OVERVOLTAGE, "liquid_aluminium.current_efficiency/property": Decimal("0.94")}
    with pytest.raises(BadInput) as caught:
        smelted(trap, pfc_method="overvoltage")
    assert caught.value.code == "CURRENT_EFFICIENCY"
    with pytest.raises(BadInput) as caught:
        require_percent(Decimal("0.94"))
    assert caught.value.code == "CBAM_CURRENT_EFFICIENCY"
    altered = _with_pin(by_overvoltage, "liquid_aluminium.current_efficiency", "0.94")
    with pytest.raises(BadInput) as caught:
        view(altered)
    assert caught.value.code == "CBAM_CURRENT_EFFICIENCY"


def test_a_cf4_row_that_does_not_follow_from_the_method_is_refused(
    by_overvoltage: ResultDocument,
) -> None:
    with pytest.raises(BadInput) as caught:
        view(_with_pin(by_overvoltage, "cf4.anode_effect_overvoltage", "11"))
    assert caught.value.code == "CBAM_PFC_ROW"


def _with_pin(document: ResultDocument, flow: str, value: str) -> ResultDocument:
    amounts = {"amounts": {"value": Decimal(value)}}
    pins = [
        replace(pin, factor=pin.factor.model_copy(update=amounts)) if pin.slot.flow == flow else pin
        for pin in document.inputs.pins
    ]
    inputs = document.inputs.model_copy(update={"pins": tuple(pins)})
    return document.model_copy(update={"inputs": inputs})


def test_power_moves_the_footprint_and_leaves_cbam_unchanged(
    by_overvoltage: ResultDocument,
) -> None:
    coal, hydro = (
        smelted(OVERVOLTAGE, pfc_method="overvoltage", smelter_power=power)
        for power in ("coal", "hydro")
    )
    footprints = [item.total.value for item in (coal, hydro)]
    assert footprints[0] - footprints[1] > 5
    results = {view(item).figure("see.2026").value for item in (by_overvoltage, coal, hydro)}
    assert len(results) == 1


def test_the_gwp_set_of_the_calculation_does_not_matter(by_overvoltage: ResultDocument) -> None:
    fifth = smelted(OVERVOLTAGE, pfc_method="overvoltage", gwp_set="AR5")
    assert fifth.total.value != by_overvoltage.total.value
    assert view(fifth).figures == view(by_overvoltage).figures


def test_anode_carbon_takes_the_ratio_of_the_regulation(by_overvoltage: ResultDocument) -> None:
    """Net anode x (1 - sulphur - ash) x 3.664, and the casting house takes 1 t of metal per t."""
    slots = (
        *("electrolysis/anode_carbon", "anode_carbon.sulphur_content", "anode_carbon.ash_content"),
    )
    anode, sulphur, ash = (_pinned(by_overvoltage, slot) for slot in slots)
    carbon = anode * (1 - sulphur - ash)
    figure = view(by_overvoltage).figure("direct.electrolysis.anode_carbon")
    assert figure.rule == "CBAM-CARBON-001"
    assert figure.value == carbon * Decimal("3.664") == Decimal("1.469762304")


def _pinned(document: ResultDocument, slot: str) -> Decimal:
    process, _, flow = slot.rpartition("/")
    (found,) = [
        pin.factor.value
        for pin in document.inputs.pins
        if (pin.slot.flow, pin.slot.process) == (flow, process)
    ]
    return found


def test_only_cells_and_casting_count_and_the_benchmark_is_primary(
    by_overvoltage: ResultDocument,
) -> None:
    found = view(by_overvoltage, cn=INGOT, price="80")
    streams = [
        f.name for f in found.figures if f.name.startswith("direct.") and f.name.count(".") > 1
    ]
    assert {name.split(".")[1] for name in streams} == {"electrolysis", "primary_casting"}
    assert found.figure("benchmark.actual").value == Decimal("1.423")
    assert found.figure("default.share").value == 0
    assert replayed(found) == {figure.name: figure.value for figure in found.figures}
    (table,) = [item for item in found.tables if item.code == "communication"]
    cells = {row[1]: row[3] for row in table.rows if row[0] == "B_EmInst"}
    assert (cells["AJ"], cells["AK"], cells["AL"], cells["AM"]) == ("10", "94", "1.16", "0.121")
