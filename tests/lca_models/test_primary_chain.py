"""The chain of primary aluminium by hand, and its carbon.

System under test: the shipped world inventories (IAI 2015 world column) with round factors.
Per t of anode: heavy oil 681 MJ x 0.0774 + diesel 5.9 x 0.0741 + gas 1747 x 0.0561 = 151.15329,
power 110 kWh x 0.6104 = 67.144; together 218.29729. Baked anode per t of metal: net 463 kg over the
831 kg of coke and pitch in a tonne, the rest butts (test_anode_carbon): 218.29729 x 463 / 831 =
121.62652860 kg CO2e/t Al.
Per t of liquid aluminium: anode carbon 463 kg x (1 - 0.02 - 0.004) x 44/12 = 1656.92267; CF4
0.0741 x 7380 = 546.858; C2F6 0.00425 x 12 400 = 52.7; power 14 210 kWh x 0.6104 = 8673.784.
Electrolysis 10 930.26467, with its anodes 11 051.89120 kg CO2e/t (supply of coke, pitch, fluoride,
cathode and steel at 0).
Transport: bauxite 8000 km by sea at 2.847 t/t alumina is 22 776 tkm/t, x 0.00433 = 98.62 kg/t alumina.
Baking: 20 kg of pitch carbon and 15 kg of packing carbon per t of anode: 35 x 44/12 = 128.33 kg CO2.
Carbon: C in the anode = C in its CO2 + sulphur + ash.
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.factors.record.reference import characterisation, reference_factors
from factor_db.foundation.errors import BadInput
from lca_models.catalogue import CHAIN_PRODUCTS, product_system
from lca_models.primary_aluminium import TRANSPORT, anode_carbon_share, anode_co2_kg_per_t
from lca_models.system.amounts import Amounts
from lca_models.system.compile import (
    DECIMAL_ARITHMETIC,
    CompiledSystem,
    compile_system,
    slots_needed,
)
from lca_models.system.resolve import Resolver, Where
from lca_models.system.unit_process import Choices

FACTORS = {
    "heavy_oil/combustion": {"co2": Decimal("0.0774")},
    "diesel/combustion": {"co2": Decimal("0.0741")},
    "natural_gas/combustion": {"co2": Decimal("0.0561")},
    "electricity/life_cycle": {"co2e": Decimal("0.5777")},
    "electricity/delivery": {"co2e": Decimal("0.0327")},
}
WORLD = Resolver(reference_factors(), Where("S", "GLO", "2025-01-01", "2025-12-31"))


def _world(product: str = "primary_liquid") -> CompiledSystem:
    system = product_system(product, Choices())
    pins = {slot.key: WORLD.pin(slot) for slot in system.amount_slots()}
    values = {key: pin.value() for key, pin in pins.items() if pin}
    factors = {slot.key: FACTORS.get(slot.key, {}) for slot in system.emission_slots()}
    return compile_system(system, values, factors, DECIMAL_ARITHMETIC)


def _by_process(kit: SimpleNamespace, compiled: CompiledSystem) -> dict[str, Decimal]:
    gwp, activity = characterisation("AR6"), kit.exact_activity(compiled)
    found = dict.fromkeys(compiled.processes, Decimal(0))
    for burden in compiled.burdens:
        code = compiled.processes[burden.process_index]
        for gas, kilograms in burden.gases.items():
            found[code] += kilograms * gwp[gas] * activity[code]
    return found


def test_electrolysis_and_anode_of_the_world_chain_by_hand(kit: SimpleNamespace) -> None:
    found = _by_process(kit, _world())
    assert round(found["anode_production"], 8) == Decimal("121.62652860")
    assert round(found["electrolysis"], 5) == Decimal("10930.26467")
    both = found["anode_production"] + found["electrolysis"]
    assert round(both, 5) == Decimal("11051.89120")


def test_liquid_metal_is_the_ingot_without_its_casting(kit: SimpleNamespace) -> None:
    """World casting takes 1 t of liquid metal per t, so the chains differ by casting alone."""
    liquid, ingot = _by_process(kit, _world()), _by_process(kit, _world("primary_aluminium"))
    casting = ingot.pop("primary_casting")
    assert casting > 0
    assert ingot == liquid
    system = product_system("primary_liquid", Choices())
    assert (system.final, system.version) == ("electrolysis", "primary_liquid-2")
    assert {process.code for process in system.processes if process.own} == {"electrolysis"}


@pytest.mark.parametrize("product", CHAIN_PRODUCTS)
def test_transport_and_baking_are_absent_until_stated(product: str) -> None:
    system = product_system(product, Choices())
    optional = {slot.key for slot in system.amount_slots() if slot.optional}
    assert optional == {
        *(f"{step}/{flow}/inventory" for step in ("alumina_refining", "electrolysis") for flow in TRANSPORT),
        "anode_production/pitch_volatiles/inventory",
        "anode_production/packing_coke/inventory",
        "electrolysis/low_voltage_cf4/inventory",
    }  # fmt: skip
    flows = {burden.flow for burden in _world(product).burdens}
    assert not flows & {*TRANSPORT, "pitch_volatiles", "packing_coke", "low_voltage_cf4"}


def test_a_stated_voyage_asks_for_its_factor_and_counts(kit: SimpleNamespace) -> None:
    system = product_system("primary_liquid", Choices())
    sea = "alumina_refining/sea_transport/inventory"
    values = kit.filled(system, {sea: "22776"})
    assert [slot.key for slot in slots_needed(Amounts(system, values, DECIMAL_ARITHMETIC))] == [
        "sea_transport/life_cycle"
    ]
    pin = WORLD.pin(next(s for s in system.emission_slots() if s.flow == "sea_transport"))
    assert pin is not None
    gases = {"sea_transport/life_cycle": pin.gases()}
    compiled = compile_system(system, values, gases, DECIMAL_ARITHMETIC)
    (row,) = [burden for burden in compiled.burdens if burden.gases.get("co2e")]
    assert (row.scope, row.link, row.part) == ("3", "upstream", "upstream")
    assert round(row.gases["co2e"], 2) == Decimal("98.62")


def test_baking_carbon_becomes_co2_of_the_anode_plant(kit: SimpleNamespace) -> None:
    system = product_system("primary_liquid", Choices())
    given = {
        "anode_production/pitch_volatiles/inventory": "20",
        "anode_production/packing_coke/inventory": "15",
        "anode_carbon.co2_per_carbon/property": "3.666666667",
    }
    compiled = compile_system(system, kit.filled(system, given), {}, DECIMAL_ARITHMETIC)
    rows = [burden for burden in compiled.burdens if burden.gases.get("co2")]
    assert {(row.flow, row.scope, row.link) for row in rows} == {
        ("pitch_volatiles", "3", "upstream"),
        ("packing_coke", "3", "upstream"),
    }
    assert round(sum(row.gases["co2"] for row in rows), 2) == Decimal("128.33")


@given(
    kilograms=st.decimals("350", "600", places=2),
    sulphur=st.decimals("0", "0.05", places=4),
    ash=st.decimals("0", "0.02", places=4),
)
def test_the_carbon_balance_of_the_anode_closes(
    kilograms: Decimal, sulphur: Decimal, ash: Decimal
) -> None:
    """Anode = carbon of its CO2 (x 12/44) + sulphur + ash, to 1e-9 of it (44/12 has ten digits)."""
    values = {
        "electrolysis/anode_carbon/inventory": kilograms,
        "anode_carbon.sulphur_content/property": sulphur,
        "anode_carbon.ash_content/property": ash,
        "anode_carbon.co2_per_carbon/property": Decimal("3.666666667"),
    }
    co2 = anode_co2_kg_per_t().evaluate(values, DECIMAL_ARITHMETIC)
    assert anode_carbon_share().evaluate(values, DECIMAL_ARITHMETIC) == 1 - sulphur - ash
    found = co2 * 12 / 44 + kilograms * (sulphur + ash)
    assert abs(found / kilograms - 1) < Decimal("1E-9")


@pytest.mark.parametrize("sulphur", ["2", "-0.02"])
def test_sulphur_in_per_cent_is_refused_and_makes_no_negative_co2(
    sulphur: str, kit: SimpleNamespace
) -> None:
    system = product_system("primary_aluminium", Choices())
    values = kit.filled(system, {"anode_carbon.sulphur_content/property": sulphur})
    with pytest.raises(BadInput) as caught:
        compile_system(system, values, {}, DECIMAL_ARITHMETIC)
    assert caught.value.code == "ANODE_CARBON"
    assert "anode_carbon.ash_content/property" in caught.value.params["slots"]


def test_the_anode_of_a_modelled_precursor_is_checked_too() -> None:
    modelled = product_system("plate", Choices(primary_source="modelled"))
    assert {item.code for item in modelled.constraints} == {"ANODE_CARBON"}
    assert product_system("plate", Choices()).constraints == ()
