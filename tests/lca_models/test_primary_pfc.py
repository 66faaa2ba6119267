"""Perfluorocarbons of a smelter by each method, by hand.

System under test: the primary chain whose every other amount is 0.
Slope, PFPB_L, 0.2 anode-effect minutes per cell-day: CF4 = 0.2 x 0.122 = 0.0244 kg/t,
C2F6 = 0.0244 x 0.097 = 0.0023668 kg/t; AR5: 0.0244 x 6630 + 0.0023668 x 11 100 = 188.04348 kg CO2e/t.
Overvoltage, CWPB, 10 mV, 94 %: CF4 = 1.16 x 10 / 94 = 0.12340 kg/t (as printed), C2F6 x 0.121 =
0.014932 kg/t. The trap: 94 % written as 0.94 would give 12.340 kg/t and is refused.
Default: CF4 0.034 and C2F6 0.0034 kg/t, 263.16 kg CO2e/t under AR5, whatever the site measured.
Low voltage: 0.009 kg/t of the smelter's own adds a row of CF4 and moves no other.
Coefficients are those of Annex II B.7 of (EU) 2025/2547, read from the shipped rows.
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.factors.record.reference import characterisation, reference_factors
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import error_text
from lca_models.catalogue import product_system
from lca_models.smelter import TECHNOLOGIES
from lca_models.system.compile import DECIMAL_ARITHMETIC, CompiledSystem, compile_system
from lca_models.system.formula import Slot
from lca_models.system.resolve import Pin, Resolver, Where
from lca_models.system.unit_process import Choices

LOW_VOLTAGE = "electrolysis/low_voltage_cf4/inventory"
MINUTES = "cf4.anode_effect_minutes/property"
OVERVOLTAGE = "cf4.anode_effect_overvoltage/property"
EFFICIENCY = "liquid_aluminium.current_efficiency/property"
RESOLVER = Resolver(reference_factors(), Where("S", "CN-CQ", "2025-01-01", "2025-12-31"))
Emitted = dict[tuple[str, str], Decimal]


def _compiled(kit: SimpleNamespace, choices: Choices, given: dict[str, str]) -> CompiledSystem:
    """Compile the chain with all amounts 0 but those given; coefficients as they are shipped."""
    system = product_system("primary_liquid", choices)
    shipped = {}
    for slot in system.amount_slots():
        pin = (
            RESOLVER.pin(slot)
            if slot.quantity == "coefficient" or ".default/" in slot.key
            else None
        )
        if pin is not None:
            shipped[slot.key] = str(pin.value())
    values = kit.filled(system, {**shipped, **given})
    if LOW_VOLTAGE not in given:
        del values[LOW_VOLTAGE]
    return compile_system(system, values, {}, DECIMAL_ARITHMETIC)


def _pfc(kit: SimpleNamespace, choices: Choices, **given: str) -> Emitted:
    compiled = _compiled(kit, choices, {key.replace("__", "/"): v for key, v in given.items()})
    return {
        (burden.flow, gas): kilograms
        for burden in compiled.burdens
        for gas, kilograms in burden.gases.items()
        if gas in {"cf4", "c2f6"}
    }


def _slope(technology: str) -> Choices:
    return Choices(pfc_method="slope", smelter_technology=technology)


def _co2e(emitted: Emitted, gwp_set: str) -> Decimal:
    gwp = characterisation(gwp_set)
    return sum((kg * gwp[gas] for (_, gas), kg in emitted.items()), Decimal(0))


def test_slope_by_hand(kit: SimpleNamespace) -> None:
    found = _pfc(kit, _slope("PFPB_L"), **{MINUTES: "0.2"})
    assert found == {("cf4", "cf4"): Decimal("0.0244"), ("c2f6", "c2f6"): Decimal("0.0023668")}
    assert _co2e(found, "AR5") == Decimal("188.04348")


@pytest.mark.parametrize(
    ("technology", "slope", "ratio"),
    [
        ("CWPB", "0.143", "0.121"),
        ("PFPB_L", "0.122", "0.097"),
        ("PFPB_M", "0.104", "0.057"),
        ("SWPB", "0.233", "0.280"),
        ("VSS", "0.058", "0.086"),
        ("HSS", "0.165", "0.077"),
    ],
)
def test_each_technology_takes_the_slope_of_the_regulation(
    technology: str, slope: str, ratio: str, kit: SimpleNamespace
) -> None:
    found = _pfc(kit, _slope(technology), **{MINUTES: "1"})
    assert found[("cf4", "cf4")] == Decimal(slope)
    assert found[("c2f6", "c2f6")] == Decimal(slope) * Decimal(ratio)


@pytest.mark.parametrize(
    ("technology", "cf4", "c2f6"),
    [("CWPB", "0.12340", "0.014932"), ("SWPB", "0.38830", "0.097851")],
)
def test_overvoltage_gives_the_printed_digits(
    technology: str, cf4: str, c2f6: str, kit: SimpleNamespace
) -> None:
    choices = Choices(pfc_method="overvoltage", smelter_technology=technology)
    found = _pfc(kit, choices, **{OVERVOLTAGE: "10", EFFICIENCY: "94"})
    assert round(found[("cf4", "cf4")], 5) == Decimal(cf4)
    assert round(found[("c2f6", "c2f6")], 6) == Decimal(c2f6)


@pytest.mark.parametrize("efficiency", ["0.94", "940", "0"])
def test_a_current_efficiency_that_is_no_percent_number_is_refused(
    efficiency: str, kit: SimpleNamespace
) -> None:
    choices = Choices(pfc_method="overvoltage", smelter_technology="CWPB")
    with pytest.raises(BadInput) as caught:
        _pfc(kit, choices, **{OVERVOLTAGE: "10", EFFICIENCY: efficiency})
    assert caught.value.code == "CURRENT_EFFICIENCY"
    assert caught.value.params["value"] == efficiency
    assert "94, not 0.94" in error_text(caught.value, "en")
    assert "不是 0.94" in error_text(caught.value, "zh")


def test_a_factor_given_as_a_fraction_is_converted_and_not_trapped() -> None:
    """A site's factor in unit 1 is 94 in the slot's unit %: only a bare number can be mistaken."""
    efficiency = reference_factors()[0].model_copy(
        update={"kind": "parameter", "amounts": {"value": Decimal("0.94")}, "unit": "1"}
    )
    slot = Slot("", "liquid_aluminium.current_efficiency", "property", "%")
    assert Pin(slot, efficiency, "own").value() == 94


def test_the_default_is_the_regulators_whatever_was_measured(kit: SimpleNamespace) -> None:
    found = _pfc(kit, Choices(pfc_method="default"))
    assert found == {("cf4", "cf4"): Decimal("0.034"), ("c2f6", "c2f6"): Decimal("0.0034")}
    assert _co2e(found, "AR5") == Decimal("263.16")
    asked = {slot.key for slot in product_system("primary_liquid", Choices()).amount_slots()}
    under_default = product_system("primary_liquid", Choices(pfc_method="default"))
    now = {slot.key for slot in under_default.amount_slots()}
    assert asked - now == {"electrolysis/cf4/inventory", "electrolysis/c2f6/inventory"}


@pytest.mark.parametrize("choices", [Choices(), _slope("CWPB"), Choices(pfc_method="default")])
def test_low_voltage_is_a_row_of_its_own_and_absent_when_not_stated(
    choices: Choices, kit: SimpleNamespace
) -> None:
    without = _pfc(kit, choices)
    stated = _pfc(kit, choices, **{LOW_VOLTAGE: "0.009"})
    assert stated == {**without, ("low_voltage_cf4", "cf4"): Decimal("0.009")}
    system = product_system("primary_liquid", choices)
    assert {slot.key for slot in system.amount_slots() if slot.optional} >= {LOW_VOLTAGE}
    flows = {burden.flow for burden in _compiled(kit, choices, {}).burdens}
    assert "low_voltage_cf4" not in flows


@pytest.mark.parametrize(
    ("method", "technology"), [("slope", ""), ("overvoltage", ""), ("overvoltage", "VSS")]
)
def test_no_technology_is_guessed(method: str, technology: str) -> None:
    choices = Choices(pfc_method=method, smelter_technology=technology)
    with pytest.raises(BadInput, match="SMELTER_TECHNOLOGY") as caught:
        product_system("primary_liquid", choices)
    assert "CWPB" in caught.value.params["known"]
    # A product that does not model the chain is not asked.
    product_system("plate", choices)


def test_each_method_cites_its_rule() -> None:
    assert "AL-PFC-002" in product_system("primary_liquid", _slope("HSS")).rules
    by_voltage = Choices(pfc_method="overvoltage", smelter_technology="SWPB")
    assert {"AL-PFC-003", "AL-CE-001"} <= set(product_system("primary_liquid", by_voltage).rules)
    assert not {"AL-PFC-002", "AL-PFC-003"} & set(product_system("primary_liquid", Choices()).rules)


@given(
    technology=st.sampled_from(TECHNOLOGIES),
    minutes=st.decimals("0", "10", places=3),
    factor=st.integers(0, 9),
)
def test_slope_is_proportional_to_the_minutes(
    technology: str, minutes: Decimal, factor: int
) -> None:
    """Evaluated on the formulas alone: k times the minutes give k times both gases."""
    system = product_system("primary_liquid", _slope(technology))
    formulas = {
        exchange.flow: exchange.amount
        for exchange in system.process("electrolysis").exchanges
        if getattr(exchange, "gas", "") in {"cf4", "c2f6"}
    }

    def gases(given: Decimal) -> list[Decimal]:
        values = {LOW_VOLTAGE: Decimal(0), MINUTES: given}
        for slot in system.amount_slots():
            if slot.quantity == "coefficient":
                pin = RESOLVER.pin(slot)
                assert pin is not None
                values[slot.key] = pin.value()
        return [formulas[gas].evaluate(values, DECIMAL_ARITHMETIC) for gas in ("cf4", "c2f6")]

    assert gases(minutes * factor) == [kg * factor for kg in gases(minutes)]
