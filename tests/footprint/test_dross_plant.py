"""Dross of whole plants, ledger to result: the route is the ledger's, and each melt has its dross.

System under test: ledger → checks → derivation → publication → calculation and its closure. By
hand, from cells and published factors (`plant_cases.account_t_co2e`), kg CO2e of the year:

own furnace    the example extruder treats its own dross (0.5 t metal, 80 m3 gas, 200 kg salt and
               0.7 t slag per tonne) and charges the metal for as much less ingot; its study names no
               route. Nothing is handed over, so per tonne it is the account without treated dross.
half away      the example recycler's furnace and the metal it gives shrink by half, more scrap is
               prepared; the other half of its dross is handed over: account without dross, plus half
               the dross made x its treatment.
taken in       the recycler's furnace treats half as much again, of others, and charges that metal
               too for less scrap: products alone make up the account, nothing is left to a service.
given back     the same furnace, and the metal of the others' half goes back, which the stock sheet
               says: the service has its third of what the furnace used, the products what they had
               in the example, and nothing was tolled.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from plant_cases import EXACTLY, Plant, account_t_co2e, assert_equal, calculated, per_kg, study_of

from factor_db.factors.record.reference import characterisation
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult

FURNACE = ("dross", "dross_treated", "recovered_metal", "natural_gas", "electricity", "flux_salt",
           "salt_slag")  # fmt: skip
PREPARATION = ("scrap_decoating", "scrap_shredding", "scrap_sorting", "scrap_collection")
NO_DROSS = {"dross": "0"}
TREATMENT = "dross/treatment"


def charge_instead(plant: Plant, tonnes: Decimal) -> None:
    """Charge so much more recovered metal, and as much less ingot or prepared scrap."""
    prepared = plant.total("charging", "prepared_scrap")
    flow = "prepared_scrap" if prepared else "primary_ingot"
    bought = plant.total("charging", flow)
    share = str((bought - tonnes) / bought)
    plant.scale("charging", flow, share)
    for process in PREPARATION if prepared else ():
        for name in sorted({row["flow"] for row in plant.rows if row["process"] == process}):
            if "." not in name:
                plant.scale(process, name, share)
    if plant.of("charging", "recovered_metal"):
        metal = plant.total("charging", "recovered_metal")
        plant.scale("charging", "recovered_metal", str((metal + tonnes) / metal))
    else:
        plant.add("charging", "recovered_metal", tonnes)


def recycler(furnace: str, *, charged: bool) -> Plant:
    """Return the example recycler with its furnace scaled, and its metal charged or given back."""
    plant = Plant("recycling_plant")
    metal = plant.total("dross_recovery", "recovered_metal")
    for flow in FURNACE:
        plant.scale("dross_recovery", flow, furnace)
    others = metal * (Decimal(furnace) - 1)
    if charged:
        charge_instead(plant, others)
    else:
        plant.stock("recovered_metal", "0", used=metal, tolling_out=str(others))
    return plant


def closure(result: CalculationResult) -> dict[str, Any]:
    found: dict[str, Any] = result.document["closure"]
    return found


def carried(result: CalculationResult, kind: str, process: str = "") -> Fraction:
    """Return t CO2e of a closure's lines of a kind."""
    lines = [line for line in closure(result)["lines"] if line["kind"] == kind]
    some = [line for line in lines if process in ("", line["process"])]
    return sum((Fraction(line["kg_co2e"]) for line in some), Fraction(0)) / 1000


def account_by_hand(
    store: Store, plant: Plant, folder: Path, result: CalculationResult
) -> Fraction:
    """Return t CO2e of the rows without dross; diesel at the published calorific value."""
    ledger = plant.check(folder).ledger
    assert ledger is not None
    liquid = calculated(store, study_of("liquid_alloy", result.nominal.study.site))
    pins = {pin.slot.key: pin for pin in liquid.nominal.pins}
    per_mj = sum(
        Fraction(kg) * Fraction(characterisation("AR6")[gas])
        for part in ("combustion", "upstream")
        for gas, kg in pins[f"diesel/{part}"].gases().items()
    )
    megajoules = Fraction(pins["diesel.net_calorific_value/property"].value())
    given = {**NO_DROSS, "diesel": str(per_mj * megajoules / 1000)}
    return account_t_co2e(store, ledger.rows, given=given)


def test_a_furnace_in_the_ledger_is_the_route(store: Store, tmp_path: Path) -> None:
    plant = Plant("extrusion_plant")
    dross = plant.total("melting", "dross")
    per_tonne = {"dross": 1, "dross_treated": 1, "recovered_metal": "0.5", "natural_gas": 80,
                 "electricity": 60, "flux_salt": 200, "salt_slag": "0.7"}  # fmt: skip
    for flow, amount in per_tonne.items():
        plant.add("dross_recovery", flow, dross * Decimal(str(amount)))
    charge_instead(plant, dross / 2)
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert result.nominal.study.choices.dross_route == "recovered"
    assert_equal(result, per_kg(store, plant, tmp_path, "profile_packing", NO_DROSS))
    assert closure(result)["closed"] is True


def test_half_of_the_dross_handed_over(store: Store, tmp_path: Path) -> None:
    plant = recycler("0.5", charged=True)
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("recycled_ingot", site))
    (pin,) = [pin for pin in result.nominal.pins if pin.slot.key == TREATMENT]
    treatment = Fraction(pin.gases()["co2e"]) / 1000
    account = account_by_hand(store, plant, tmp_path, result)
    account += Fraction(plant.total("melting", "dross")) / 2 * treatment
    assert abs(Fraction(closure(result)["account"]) / 1000 / account - 1) < EXACTLY
    assert closure(result)["closed"] is True, closure(result)["reasons"]
    assert abs(carried(result, "product") / account - 1) < Fraction(1, 1000)


@pytest.mark.parametrize("charged", [True, False])
def test_dross_of_others_taken_in_or_given_back(
    store: Store, tmp_path: Path, charged: bool
) -> None:
    plant = recycler("1.5", charged=charged)
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("recycled_ingot", site))
    account = account_by_hand(store, plant, tmp_path, result)
    assert closure(result)["closed"] is True, closure(result)["reasons"]
    assert abs(Fraction(closure(result)["account"]) / 1000 / account - 1) < EXACTLY
    service = carried(result, "product", "dross_recovery")
    own = carried(result, "product") - service
    if charged:
        assert service == 0
        assert abs(own / account - 1) < Fraction(1, 1000)
    else:
        assert "tolled_metal" not in result.document
        whole = Plant("recycling_plant")
        unchanged = account_by_hand(store, whole, tmp_path, result)
        assert abs(own / unchanged - 1) < Fraction(1, 1000)
        assert abs(service / (account - unchanged) - 1) < Fraction(1, 1000)
