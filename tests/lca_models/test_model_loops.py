"""The metal loops and the balances, each by hand.

Plate. Every step passes 1 t/t but: scalping takes 1.35 t slab and returns 0.35 t (so slab → plate
is 0.74 and s = 0.35); melting takes 1.019 t of charge per t of melt.
  melt 1.35, whole charge 1.35 x 1.019 = 1.37565, returned 0.35, external charge 1.02565 t/t.
  Per t of whole charge: ingot 0.60, post-consumer scrap 0.15, magnesium 0.05, internal 0.20.
  Ingot share of the external charge 0.60 / 0.80 = 0.75: 0.7692375 t; x 15 947 = 12 267.0304 kg.
  Gas at melting 80 m3/t x 36 MJ/m3 x 1.35 = 3888 MJ; x 0.05 kg/MJ = 194.4 kg CO2, scope 1.
  Power at melting 100 kWh/t x 1.35 = 135 kWh; x 0.5777 = 77.9895 kg, x 0.0327 = 4.4145 kg.
  Trucks 400 tkm per t of whole charge / 0.80 x 1.02565 = 512.825 tkm; x 0.1 = 51.2825 kg.

Extrusion. Extruding takes 1.25 t billet and returns 0.24; stretching takes 1.05 and returns 0.05;
melting takes 1.02. Billet 1.05 x 1.25 = 1.3125; returned 1.05 x 0.24 + 0.05 = 0.302;
external charge 1.3125 x 1.02 - 0.302 = 1.03675 t/t.

Recycled ingot. Melting takes 1.08 t of charge and gives 0.072 t dross; the rotary furnace takes
1.2 t of it per t it counts as treated (0.06) and returns 0.5 t/t: external charge
1.08 - 0.03 = 1.05 t/t. Prepared scrap is 0.9 of it (0.72 of
0.72 + 0.08) and needs 1.1 t collected scrap per t sorted: collected 1.05 x 0.9 x 1.1 = 1.0395 t.

Anode carbon 411 kg/t, sulphur 2 %, ash 0.4 %: 411 x 0.976 x 3.664 = 1469.762304 kg CO2/t.
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from factor_db.foundation.errors import BadInput, Incomplete
from lca_models.catalogue import PRODUCTS, product_system
from lca_models.system.amounts import Amounts
from lca_models.system.compile import (
    DECIMAL_ARITHMETIC,
    CompiledSystem,
    compile_system,
    slots_needed,
)
from lca_models.system.unit_process import Choices

PLATE = {
    "scalping/slab/inventory": "1.35",
    "scalping/internal_scrap/inventory": "0.35",
    "melting/charge_metal/inventory": "1.019",
    "melting/natural_gas/inventory": "80",
    "melting/electricity/inventory": "100",
    "natural_gas.net_calorific_value/property": "36",
    "charging/primary_ingot/inventory": "0.60",
    "charging/scrap_post_consumer/inventory": "0.15",
    "charging/magnesium/inventory": "0.05",
    "charging/truck_transport/inventory": "400",
}
FACTORS = {
    "primary_ingot/cradle_to_gate": {"co2e": Decimal(15947)},
    "magnesium/upstream": {"co2e": Decimal(28673)},
    "natural_gas/combustion": {"co2": Decimal("0.05")},
    "natural_gas/upstream": {"co2e": Decimal("0.01")},
    "electricity/life_cycle": {"co2e": Decimal("0.5777")},
    "electricity/delivery": {"co2e": Decimal("0.0327")},
    "truck_transport/life_cycle": {"co2e": Decimal("0.1")},
}


def _rows(
    compiled: CompiledSystem, activity: dict[str, Decimal], slot: str, process: str = ""
) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for burden in compiled.burdens:
        code = compiled.processes[burden.process_index]
        if burden.slot == slot and process in ("", code):
            for gas, kilograms in burden.gases.items():
                found[gas] = found.get(gas, Decimal(0)) + kilograms * activity[code]
    return found


def test_plate_with_a_scrap_loop_matches_the_hand_calculation(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices())
    values = kit.filled(system, PLATE)
    compiled = compile_system(system, values, FACTORS, DECIMAL_ARITHMETIC)
    activity = kit.exact_activity(compiled)
    assert activity["melting"] == Decimal("1.35")
    assert activity["charging"] == Decimal("1.02565")
    ingot = _rows(compiled, activity, "primary_ingot/cradle_to_gate")
    assert ingot["co2e"] == Decimal("0.7692375") * 15947
    assert _rows(compiled, activity, "natural_gas/combustion") == {"co2": Decimal("194.4")}
    assert _rows(compiled, activity, "electricity/life_cycle") == {"co2e": Decimal("77.9895")}
    assert _rows(compiled, activity, "electricity/delivery") == {"co2e": Decimal("4.4145")}
    assert _rows(compiled, activity, "truck_transport/life_cycle") == {"co2e": Decimal("51.2825")}


def test_internal_scrap_in_the_charge_changes_no_number(kit: SimpleNamespace) -> None:
    """The pool divides by external materials only, so the ledger's basis of charge cancels."""
    system = product_system("plate", Choices())
    half = {
        key: str(Decimal(value) / 2) if key.startswith("charging/") else value
        for key, value in PLATE.items()
    }
    found = []
    for given in (PLATE, half):
        compiled = compile_system(system, kit.filled(system, given), FACTORS, DECIMAL_ARITHMETIC)
        activity = kit.exact_activity(compiled)
        found.append([_rows(compiled, activity, slot) for slot in FACTORS])
    assert found[0] == found[1]


def test_extrusion_loops_match_the_hand_calculation(kit: SimpleNamespace) -> None:
    system = product_system("extrusion", Choices(surface="anodised"))
    given = {
        "extruding/heated_billet/inventory": "1.25",
        "extruding/internal_scrap/inventory": "0.24",
        "profile_stretching/raw_profile/inventory": "1.05",
        "profile_stretching/internal_scrap/inventory": "0.05",
        "melting/charge_metal/inventory": "1.02",
        "charging/scrap_post_consumer/inventory": "1",
    }
    compiled = compile_system(system, kit.filled(system, given), {}, DECIMAL_ARITHMETIC)
    activity = kit.exact_activity(compiled)
    assert activity["billet_casting"] == Decimal("1.3125")
    assert activity["charging"] == Decimal("1.03675")


@pytest.mark.parametrize("product", ["recycled_ingot", "liquid_alloy"])
def test_recovered_metal_lowers_the_scrap_that_is_bought(
    product: str, kit: SimpleNamespace
) -> None:
    system = product_system(product, Choices())
    given = {
        "melting/charge_metal/inventory": "1.08",
        "melting/dross/inventory": "0.072",
        "dross_recovery/dross/inventory": "1.2",
        "dross_recovery/recovered_metal/inventory": "0.5",
        "charging/prepared_scrap/inventory": "0.72",
        "charging/silicon/inventory": "0.08",
        "scrap_sorting/collected_scrap/inventory": "1.1",
        "scrap_collection/scrap_post_consumer/inventory": "1",
        "scrap_decoating/organic_coating/inventory": "2",
    }
    factors = {
        "silicon/upstream": {"co2e": Decimal(10000)},
        "organic_coating/combustion": {"co2": Decimal(3)},
    }
    compiled = compile_system(system, kit.filled(system, given), factors, DECIMAL_ARITHMETIC)
    activity = kit.exact_activity(compiled)
    assert activity["charging"] == Decimal("1.05")
    assert activity["dross_recovery"] == Decimal("0.06")
    assert activity["scrap_collection"] == Decimal("1.0395")
    # 2 kg coating x 3 kg CO2/kg on 0.945 t prepared scrap.
    assert _rows(compiled, activity, "organic_coating/combustion") == {"co2": Decimal("5.670")}


def test_anode_co2_follows_the_carbon_balance(kit: SimpleNamespace) -> None:
    system = product_system("primary_aluminium", Choices())
    given = {
        "electrolysis/anode_carbon/inventory": "411",
        "anode_carbon.sulphur_content/property": "0.02",
        "anode_carbon.ash_content/property": "0.004",
        "anode_carbon.co2_per_carbon/property": "3.664",
        "electrolysis/cf4/inventory": "0.034",
        "electrolysis/c2f6/inventory": "0.0034",
    }
    compiled = compile_system(system, kit.filled(system, given), {}, DECIMAL_ARITHMETIC)
    direct = {
        gas: (kilograms, burden.part, burden.scope, burden.link, burden.origin)
        for burden in compiled.burdens
        if burden.role == "emission"
        for gas, kilograms in burden.gases.items()
        if kilograms
    }
    assert direct == {
        "co2": (Decimal("1469.762304"), "process", "1", "own", "process"),
        "cf4": (Decimal("0.034"), "process", "1", "own", "process"),
        "c2f6": (Decimal("0.0034"), "process", "1", "own", "process"),
    }


@pytest.mark.parametrize(
    ("power", "slots"),
    [
        ("grid", {"electricity/life_cycle", "electricity/delivery"}),
        ("coal", {"electricity_coal/life_cycle"}),
        ("hydro", {"electricity_hydro/life_cycle"}),
    ],
)
def test_only_grid_power_of_a_smelter_is_delivered(power: str, slots: set[str]) -> None:
    system = product_system("primary_aluminium", Choices(smelter_power=power))
    values = {slot.key: Decimal(0) for slot in system.amount_slots()}
    values["electrolysis/electricity/inventory"] = Decimal(13599)
    assert {slot.key for slot in slots_needed(Amounts(system, values, DECIMAL_ARITHMETIC))} == slots


def test_modelled_primary_is_linked_and_carries_precursor_and_scope_3(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices(primary_source="modelled"))
    values, factors = kit.synthetic(system)
    compiled = compile_system(system, values, factors, DECIMAL_ARITHMETIC)
    position = {code: index for index, code in enumerate(compiled.processes)}
    pairs = {(user, provider) for user, provider, _ in compiled.links}
    assert (position["charging"], position["primary_casting"]) in pairs
    assert (position["charging"], position["electrolysis"]) in pairs
    assert "primary_ingot/cradle_to_gate" not in {burden.slot for burden in compiled.burdens}
    for burden in compiled.burdens:
        code = compiled.processes[burden.process_index]
        if not system.process(code).own:
            assert burden.scope == "3"
            direct = burden.part in {"combustion", "process"}
            smelter = code in {"electrolysis", "primary_casting"}
            assert burden.link == ("precursor" if direct and smelter else "upstream")
        elif burden.part == "combustion":
            assert burden.link == "own"


@pytest.mark.parametrize("rule", ["market", "residual"])
def test_residual_mix_is_never_replaced_by_the_location_mix(
    rule: str, kit: SimpleNamespace
) -> None:
    system = product_system("plate", Choices(electricity_rule=rule))
    with pytest.raises(Incomplete) as caught:
        compile_system(system, kit.filled(system, PLATE), FACTORS, DECIMAL_ARITHMETIC)
    assert caught.value.params["slots"] == "electricity/residual_life_cycle"


@pytest.mark.parametrize(
    "choices",
    [
        Choices(scrap_rule="half"),
        Choices(temper="T9"),
        Choices(alloying="6060"),
        Choices(electricity_rule="green"),
        Choices(allocation="mass"),
        Choices(surface="anodised"),
        Choices(primary_source="guess"),
    ],
)
def test_a_choice_that_is_not_calculated_is_refused(choices: Choices) -> None:
    with pytest.raises(BadInput) as caught:
        product_system("plate", choices)
    assert caught.value.code == "CHOICE_NOT_AVAILABLE"
    assert caught.value.params["known"]


def test_an_unknown_product_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput) as caught:
        product_system("foil", Choices())
    assert caught.value.code == "PRODUCT_UNKNOWN"
    assert all(product in caught.value.params["known"] for product in PRODUCTS)
