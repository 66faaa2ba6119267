"""Whose power the cells use, by hand, and the limits a model's numbers must keep.

System under test: 13 500 kWh/t of liquid aluminium and nothing else; kg CO2e per kWh: grid 0.5777
plus delivery 0.0327, coal 0.9240, hydro 0.0141, wind 0.0324.
Mix 0.5 coal, 0.3 hydro, 0.1 wind, 0.1 grid: 13 500 x (0.5 x 0.9240 + 0.3 x 0.0141 + 0.1 x 0.0324 +
0.1 x 0.6104) = 13 500 x 0.53051 = 7161.885 kg CO2e/t. Only the grid's share is delivered.
Shares 0.6 + 0.3 = 0.9 are refused, never normalised to 2/3 and 1/3.
Own hydropower 0.6 of the site's kWh beside a mix of 0.6 hydro and 0.4 grid would make hydro
0.6 + 0.4 x 0.6 = 0.84 of the cells' power: the pair has no meaning and no system.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import catalogue, error_text
from factor_db.foundation.rules import rule
from lca_models.catalogue import CHAIN_PRODUCTS, available_choices, product_system
from lca_models.smelter import POWER_TYPES
from lca_models.system.compile import DECIMAL_ARITHMETIC, FLOAT_ARITHMETIC, compile_system
from lca_models.system.constraints import Constraint, RuleNumber, require_constraints
from lca_models.system.formula import ONE, ZERO, Slot, total
from lca_models.system.unit_process import Choices, ProductSystem

KWH = "electrolysis/electricity/inventory"
FACTORS = {
    "electricity/life_cycle": {"co2e": Decimal("0.5777")},
    "electricity/delivery": {"co2e": Decimal("0.0327")},
    "electricity_coal/life_cycle": {"co2e": Decimal("0.9240")},
    "electricity_hydro/life_cycle": {"co2e": Decimal("0.0141")},
    "electricity_wind/life_cycle": {"co2e": Decimal("0.0324")},
}


def _system(power: str, product: str = "primary_liquid") -> ProductSystem:
    return product_system(product, Choices(smelter_power=power))


def _share(power: str) -> str:
    return f"electricity{'' if power == 'grid' else '_' + power}.smelter_share/property"


def _kg_co2e(power: str, shares: Mapping[str, str], kwh: str = "13500") -> Decimal:
    system = _system(power)
    values = {slot.key: Decimal(0) for slot in system.amount_slots() if not slot.optional}
    values |= {KWH: Decimal(kwh), **{_share(key): Decimal(value) for key, value in shares.items()}}
    compiled = compile_system(system, values, FACTORS, DECIMAL_ARITHMETIC)
    amounts = [burden.gases.get("co2e", Decimal(0)) for burden in compiled.burdens]
    return sum(amounts, Decimal(0))


def test_a_mix_by_hand() -> None:
    shares = {"coal": "0.5", "hydro": "0.3", "wind": "0.1", "grid": "0.1"}
    assert _kg_co2e("mix", shares) == Decimal("7161.885")


@given(power=st.sampled_from(["grid", "coal", "hydro"]), kwh=st.decimals("1", "20000", places=1))
def test_a_mix_of_one_is_the_pure_choice(power: str, kwh: Decimal) -> None:
    assert _kg_co2e("mix", {power: "1"}, str(kwh)) == _kg_co2e(power, {}, str(kwh))


@given(st.lists(st.integers(1, 100), min_size=2, max_size=4))
def test_a_mix_lies_between_its_parts(parts: list[int]) -> None:
    powers = ("coal", "hydro", "wind", "grid")[: len(parts)]
    *given, last = powers
    shares = {p: Decimal(n) / sum(parts) for p, n in zip(given, parts, strict=False)}
    shares[last] = 1 - sum(shares.values(), Decimal(0))
    each = [_kg_co2e("mix", {power: "1"}) for power in powers]
    found = _kg_co2e("mix", {power: str(share) for power, share in shares.items()})
    assert min(each) <= found <= max(each)


@pytest.mark.parametrize(
    ("shares", "code", "value"),
    [
        ({"coal": "0.6", "hydro": "0.3"}, "POWER_SHARES", "0.9"),
        ({"coal": "60", "hydro": "40"}, "POWER_SHARES", "100"),
        ({"coal": "0.6", "hydro": "0.4000000011"}, "POWER_SHARES", "1.0000000011"),
        ({}, "POWER_SHARES", "0"),
        ({"coal": "1.5", "hydro": "-0.5"}, "POWER_SHARE_RANGE", "1.5"),
    ],
)
def test_shares_that_make_no_whole_are_refused(
    shares: dict[str, str], code: str, value: str
) -> None:
    with pytest.raises(BadInput) as caught:
        _kg_co2e("mix", shares)
    assert (caught.value.code, caught.value.params["value"]) == (code, value)
    for lang in ("zh", "en"):
        assert value in error_text(caught.value, lang)


def test_a_share_may_be_off_by_the_tolerance_of_the_rule_and_is_not_mended() -> None:
    assert rule("AL-POWER-001").number("tolerance") == Decimal("1E-9")
    thirds = {"coal": "0.3333333333", "hydro": "0.3333333333", "wind": "0.3333333333"}
    expected = 13500 * Decimal("0.3333333333") * Decimal("0.9705")
    assert _kg_co2e("mix", thirds) == expected


def test_only_the_cells_change_their_power() -> None:
    for power in ("coal", "hydro", "mix"):
        system = _system(power, "primary_aluminium")
        for process in system.processes:
            flows = {e.flow for e in process.exchanges if hasattr(e, "parts")}
            own_types = {flow for flow in flows if flow.startswith("electricity_")}
            assert bool(own_types) == (process.code == "electrolysis")
            if process.code != "electrolysis":
                assert "electricity" in flows


@pytest.mark.parametrize("product", CHAIN_PRODUCTS)
@pytest.mark.parametrize("electricity_rule", ["own", "market", "residual"])
@pytest.mark.parametrize("power", ["mix", "hydro", "coal"])
def test_power_of_own_cells_is_said_once(product: str, electricity_rule: str, power: str) -> None:
    with pytest.raises(BadInput) as caught:
        product_system(product, Choices(smelter_power=power, electricity_rule=electricity_rule))
    assert caught.value.code == "SMELTER_POWER_TWICE"
    for lang in ("zh", "en"):
        told = error_text(caught.value, lang)
        assert f"smelter_power={power}" in told
        assert f"electricity_rule={electricity_rule}" in told
    for choices in (Choices(smelter_power=power), Choices(electricity_rule=electricity_rule)):
        assert "AL-POWER-003" in product_system(product, choices).rules


def test_a_mill_states_its_own_power_beside_its_suppliers() -> None:
    """The smelter of bought metal is another site: its cells never take the mill's shares."""
    choices = Choices(primary_source="modelled", smelter_power="mix", electricity_rule="own")
    cells = product_system("plate", choices).process("electrolysis")
    slots = {slot.key for exchange in cells.exchanges for slot in exchange.amount.slots()}
    assert _share("hydro") in slots
    assert not [key for key in slots if ".own_" in key]


def test_shares_that_an_equality_ties_are_known_by_name() -> None:
    """Drawing the coal share alone would break the sum: whoever draws asks what is tied."""
    system = _system("mix")
    assert system.tied_slots() == {_share(power) for power in ("grid", *POWER_TYPES)}
    assert _system("grid").tied_slots() == frozenset()


A, B = Slot("", "a", "property", "1"), Slot("", "b", "property", "1")
EFFICIENCY = RuleNumber("AL-CE-001", "lowest")


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        (Constraint("X", total(A, B), ONE, ONE, "AL-POWER-001"), ("0.25", "0.75"), ("0.2", "0.7")),
        (Constraint("X", A, None, B, "AL-ANODE-001"), ("-9", "2"), ("3", "2")),
        (Constraint("X", A, B, None, "AL-ANODE-001"), ("3", "2"), ("1.999999", "2")),
        (Constraint("X", A, EFFICIENCY, None, "AL-CE-001"), ("75", "0"), ("74.9", "0")),
    ],
)
def test_a_constraint_holds_on_decimals_and_floats(
    constraint: Constraint, good: tuple[str, str], bad: tuple[str, str]
) -> None:
    for number, arithmetic in ((Decimal, DECIMAL_ARITHMETIC), (float, FLOAT_ARITHMETIC)):
        values = [
            dict(zip(("a/property", "b/property"), map(number, pair), strict=True))
            for pair in (good, bad)
        ]
        require_constraints([constraint], values[0], arithmetic)
        with pytest.raises(BadInput, match="X"):
            require_constraints([constraint], values[1], arithmetic)
    with pytest.raises(BadInput):
        require_constraints(
            [Constraint("X", A, ZERO, ONE, "AL-ANODE-001")],
            {"a/property": float("nan")},
            FLOAT_ARITHMETIC,
        )


def test_the_slots_of_a_constraint_are_asked_for() -> None:
    limit = Constraint("X", A, ZERO, B, "AL-ANODE-001")
    system = ProductSystem("p", "p-1", "f", (), constraints=(limit,))
    assert [slot.key for slot in system.amount_slots()] == ["a/property", "b/property"]


@pytest.mark.parametrize("product", CHAIN_PRODUCTS)
def test_every_limit_has_a_message_in_both_languages_and_a_rule(product: str) -> None:
    for power in available_choices(product)["smelter_power"]:
        choices = Choices(smelter_power=power, pfc_method="overvoltage", smelter_technology="CWPB")
        system = product_system(product, choices)
        assert system.constraints
        for constraint in system.constraints:
            assert {"zh", "en"} <= set(catalogue()[constraint.code])
            assert rule(constraint.rule).id in system.rules
