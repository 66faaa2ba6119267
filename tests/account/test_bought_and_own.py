"""Metal that a site buys and metal of the same name that it makes: what the account has of each.

System (t, and t CO2e per t): a sheet mill without a cast house rolls 100 bought coil at 8 with energy 5 to
95 and sells 5 scrap (cut-off): f_sheet = (100 x 8 + 5) / 95, account 805.
A maker of ingot that charges 10 of its own 90 ingot with 90 free scrap and melts with energy 18: the
ledger's row is the site's own metal, so the account is 18. Models take charged ingot as bought, here at
0.5, so they carry 5 that never crossed the gate, and the roads part by what the account calls own.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from plants import Plant, worths

from footprint.judgement.verdict import reasons_against
from footprint.study.definition import Study

POWER = {
    "electricity__life_cycle": 1,
    "electricity__delivery": 0,
    "natural_gas.net_calorific_value__property": 36,
    "diesel.net_calorific_value__property": 43,
}


def test_bought_coil_crosses_the_gate_at_its_footprint() -> None:
    plant = Plant(method="mass", values=worths(hot_rolled_plate__cradle_to_gate=8_000, **POWER))
    plant.step("cold_rolling", 95, purchased_coil=100, electricity=5_000)
    plant.add("cold_rolling", "internal_scrap", 5, "co-product")
    plant.step("sheet_finishing", 95, cold_rolled_sheet=95)
    plant.step("sheet_packing", 95, finished_sheet=95)
    closure, results = plant.close("sheet")
    by_hand = Fraction(100 * 8 + 5, 95)
    assert float(results["sheet"].total) == pytest.approx(float(by_hand), rel=1e-15)
    assert closure.account.total == 805_000
    assert {line.flow for line in closure.account.lines if line.kg_co2e} == {
        "purchased_coil",
        "electricity",
    }
    assert reasons_against(Study("sheet", site="S"), closure) == ()


def test_own_ingot_that_is_charged_again_is_not_closed() -> None:
    plant = Plant(method="mass", values=worths(recycled_ingot__cradle_to_gate=500, **POWER))
    plant.step("charging", 100, scrap_post_consumer=90, recycled_ingot=10)
    plant.step("melting", 90, charge_metal=100, electricity=18_000)
    plant.step("refining", 90, molten_metal=90)
    plant.step("ingot_casting", 90, refined_metal=90)
    plant.step("ingot_packing", 90, cast_ingot=90)
    closure, _ = plant.close("recycled_ingot", dross_route="treated")
    assert closure.account.total == 18_000
    reasons = reasons_against(Study("recycled_ingot", site="S"), closure)
    assert ("CLOSURE_OPEN", "recycled_ingot") in [
        (item.code, item.params["flow"]) for item in reasons
    ]
