"""Own scrap sold and bought back: what it does to a number, and that no certificate rests on it.

System: a mill that charges ingot at 10 t CO2e/t and casts, rolls and packs without energy; of 120 t
rolled 100 are plate and 20 scrap. By hand, t CO2e per 100 t of plate:

kept as internal scrap   100 t ingot + 20 t own scrap: 100 x 10 = 1000 under every rule
sold and bought back     100 t ingot + 20 t scrap at its seller's 3 t CO2e/t = 1060 for 120 t rolled;
                         co-product gives plate 1060 x 100 / 120 = 883.33: 12 % below the truth
cut-off                  100 x 10 + 20 x 0 = 1000, as it should be
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from plants import Plant, worths

from factor_db.foundation.canonical import canonical_json, strict_json
from footprint.account.verdict import CodedReason, reasons_against
from footprint.study import Study
from lca_models.unit_process import Choices

BUYER = "佛山某再生有限公司"
BURDENED = ("pre-consumer-mass", "co-product")
ROUTE = (
    *(("melting", "charge_metal"), ("refining", "molten_metal"), ("slab_casting", "refined_metal")),
    *(("scalping", "slab"), ("slab_homogenising", "scalped_slab")),
)


def named(plant: Plant, process: str, flow: str, amount: int, role: str, party: str) -> None:
    plant.add(process, flow, amount, role)
    said = strict_json(plant.rows[-1].payload.encode())
    plant.rows[-1].payload = canonical_json({**said, "counterparty": party}).decode()


def mill(sold_to: str, bought_from: str, *, flow: str = "scrap_pre_consumer") -> Plant:
    """Return the mill that sells 20 t scrap to one party and buys 20 t from another."""
    plant = Plant()
    plant.values = worths(
        primary_ingot__cradle_to_gate=10000,
        scrap_pre_consumer__cradle_to_gate=3000,
        **{"natural_gas.net_calorific_value__property": 36},
        **{"diesel.net_calorific_value__property": 43},
    )
    plant.step("charging", 120, primary_ingot=100)
    named(plant, "charging", flow, 20, "input", bought_from)
    for process, metal in ROUTE:
        plant.step(process, 120, **{metal: 120})
    plant.step("hot_rolling", 100, homogenised_slab=120)
    named(plant, "hot_rolling", "internal_scrap", 20, "co-product", sold_to)
    plant.step("plate_sawing", 100, hot_rolled_plate=100)
    plant.step("plate_packing", 100, sawn_plate=100)
    return plant


def judged(plant: Plant, rule: str) -> tuple[Decimal, tuple[CodedReason, ...]]:
    choices = {"temper": "F", "scrap_rule": rule}
    closure, results = plant.close("plate", **choices)
    reasons = reasons_against(Study("plate", choices=Choices(**choices)), closure)
    return results["plate"].total, reasons


@pytest.mark.parametrize("rule", BURDENED)
def test_scrap_bought_back_closes_twelve_percent_low_and_is_barred(rule: str) -> None:
    total, (reason,) = judged(mill(BUYER, BUYER), rule)
    assert round(total, 4) == Decimal("8.8333")
    assert reason.code == "CLOSURE_SCRAP_RETURNED"
    assert reason.params["party"] == BUYER
    assert (reason.params["sold"], reason.params["bought"]) == ("20", "20")
    assert reason.params["cells"].count("ledger!") == 2


def test_cut_off_needs_no_bar() -> None:
    assert judged(mill(BUYER, BUYER), "cut-off") == (Decimal(10), ())


@pytest.mark.parametrize("flow", ["scrap_post_consumer", "scrap_turnings", "scrap_painted"])
def test_own_scrap_under_another_name_of_scrap_is_own_scrap(flow: str) -> None:
    _, (reason,) = judged(mill(BUYER, BUYER, flow=flow), "co-product")
    assert reason.code == "CLOSURE_SCRAP_RETURNED"


@pytest.mark.parametrize("written", ["佛山某再生", " 佛山某再生(有限公司)", "佛山某再生有限公司 "])
def test_one_firm_written_in_several_ways_is_one(written: str) -> None:
    _, (reason,) = judged(mill(BUYER, written), "co-product")
    assert reason.code == "CLOSURE_SCRAP_RETURNED"


@pytest.mark.parametrize(
    ("sold_to", "bought_from"),
    [
        ("Huaxin Aluminium Co., Ltd.", "Huaxin Aluminium Ltd"),
        ("某某再生有限责任公司", "某某再生有限公司"),
    ],
)
def test_another_legal_form_makes_no_other_firm(sold_to: str, bought_from: str) -> None:
    _, (reason,) = judged(mill(sold_to, bought_from), "co-product")
    assert reason.code == "CLOSURE_SCRAP_RETURNED"


@pytest.mark.parametrize(("sold_to", "bought_from"), [("", BUYER), (BUYER, ""), ("", "")])
def test_whoever_sells_and_buys_scrap_names_the_parties(sold_to: str, bought_from: str) -> None:
    _, (reason,) = judged(mill(sold_to, bought_from), "co-product")
    assert reason.code == "CLOSURE_SCRAP_UNNAMED"


def test_other_parties_are_others() -> None:
    assert judged(mill(BUYER, "云南某铝业有限公司"), "co-product")[1] == ()
