"""Two product codes of one mill by hand: each code closes, under every way of selling scrap.

System (t, and t CO2e per t): 100 ingot at 10 become 100 slab. Hot rolling takes 50 for code A and
50 for B: A makes 40 plate and sells 10 scrap with power of 40; B makes 30 and sells 20 with 90.
Sawing makes 30 of A, selling 10 scrap, and 30 of B. By hand:

  cut-off: the scrap leaves with nothing, the plate carries all.
    f_A = (50 x 10 + 40) / 30 = 18          f_B = (50 x 10 + 90) / 30 = 19.6667
    30 f_A + 30 f_B = 1130 = 100 x 10 + 130 of power; all together 1130 / 60 = 18.8333
  pre-consumer-mass: scrap takes what the metal entering its step carries, each code's its own.
    rolled: A (40 x 10 + 40) / 40 = 11, B (30 x 10 + 90) / 30 = 13, together 830 / 70 = 11.8571
    sawing changes neither: f_A = 11, f_B = 13; A's scrap takes 10 x 11 = 110, by the mean 118.5714
    1130 = 30 x 11 + 30 x 13 + 30 x 10 (scrap of rolling) + 110
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from fault_plants import CODES, FaultPlant, Run, fault_plant, right_run
from faults_of_data import _refactored
from plants import Amount, worths

from factor_db.factors.derive.metal_guard import require_balanced_products
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.closure.lines import Closure, PartedFlow
from footprint.judgement.verdict import reasons_against

A, B = CODES
FREE = ("natural_gas", "diesel")


def _book(plant: FaultPlant, process: str, **flows: Mapping[str, Amount]) -> None:
    """Write a step booked by code; what it does not report is 0. `sold` is scrap sold."""
    for flow, amounts in flows.items():
        for code, amount in amounts.items():
            name, role = ("internal_scrap", "co-product") if flow == "sold" else (flow, "")
            plant.add(process, name, amount, role, product=code)
    for code, flow in vocabulary().process_flows:
        if code == process and flow not in flows and flow != "sold_scrap":
            plant.add(process, flow, 0)


def mill(scrap_rule: str = "cut-off", *, metal_of_a: int = 50) -> FaultPlant:
    plant = FaultPlant(method="mass", products=("plate",), scrap_rule=scrap_rule, codes=CODES)
    plant.values = worths(
        primary_ingot__cradle_to_gate=10_000,
        electricity__life_cycle=1,
        electricity__delivery=0,
        **{f"{fuel}.net_calorific_value__property": 36 for fuel in FREE},
    )
    plant.step("charging", 100, primary_ingot=100)
    plant.step("melting", 100, charge_metal=100)
    plant.step("refining", 100, molten_metal=100)
    plant.step("slab_casting", 100, refined_metal=100)
    plant.step("scalping", 100, slab=100)
    plant.step("slab_homogenising", 100, scalped_slab=100)
    _book(
        plant,
        "hot_rolling",
        hot_rolled_plate={A: 40, B: 30},
        homogenised_slab={A: metal_of_a, B: 100 - metal_of_a},
        sold={A: 10, B: 20},
        electricity={A: 40_000, B: 90_000},
    )
    _book(
        plant,
        "plate_sawing",
        sawn_plate={A: 30, B: 30},
        hot_rolled_plate={A: 40, B: 30},
        sold={A: 10},
    )
    _book(plant, "plate_packing", plate={A: 30, B: 30}, sawn_plate={A: 30, B: 30})
    return plant


def _closes(run: Run) -> bool:
    return abs(run.closure.parted) <= run.closure.account.total * Decimal("1E-15")


def _codes_of(run: Run) -> list[float]:
    return [float(nominal.total) for nominal in run.coded["plate"].values()]


def test_the_sum_over_codes_is_the_whole() -> None:
    run = mill().run()
    assert _codes_of(run) == pytest.approx([18, 59 / 3], rel=1e-15)
    assert float(run.general["plate"].total) == pytest.approx(113 / 6, rel=1e-15)
    assert run.closure.account.total == 1_130_000
    assert _closes(run)
    assert run.closure.codes == ()


def test_scrap_of_a_code_takes_the_footprint_of_its_own_metal() -> None:
    run = mill("pre-consumer-mass").run()
    assert _codes_of(run) == pytest.approx([11, 13], rel=1e-15)
    assert float(run.general["plate"].total) == pytest.approx(83 / 7, rel=1e-15)
    taken = sum(float(line.kg_co2e) for line in run.closure.lines if line.kind == "sold_scrap")
    assert taken == pytest.approx(410_000, rel=1e-12)
    assert _closes(run)
    assert abs(run.closure.residual) <= run.closure.account.total * Decimal("1E-15")


@pytest.mark.parametrize("rule", ["cut-off", "pre-consumer-mass", "co-product", "cbam-zero"])
def test_codes_close_under_every_scrap_rule(rule: str) -> None:
    run = mill(rule).run()
    assert _closes(run)
    assert run.against_closure() == ()


@pytest.mark.parametrize("seed", [15, 21, 30, 36])
def test_codes_of_plants_of_chance_close(seed: int) -> None:
    """Plants in which two codes sell scrap that carries a burden: by metal, and as a co-product."""
    assert fault_plant(seed).scrap_rule in {"pre-consumer-mass", "co-product"}
    run = right_run(seed)
    assert _closes(run)
    assert run.closure.codes == ()


def test_a_pooled_figure_leaves_the_sum_and_is_named_with_code_step_and_cells() -> None:
    """Power of rolling pooled: 130 / 70 for each; A should have 40 / 40, B 90 / 30.

    A: (130 / 70 x 40 - 40) / (30 x f_A), f_A = (500 + 520 / 7) / 30: 34.2857 of 574.2857 = 5.9701 %.
    """
    right = mill()
    pooled = _refactored(
        right,
        lambda item: (
            Decimal(130_000) / 70
            if (item.process, item.flow) == ("hot_rolling", "electricity") and item.product
            else None
        ),
    )
    run = pooled.run()
    assert _closes(run)  # what A has too much B has too little
    study = run.coded["plate"][A].study
    of_a, of_b = reasons_against(study, run.closure)
    assert (of_a.code, of_b.code) == ("CLOSURE_CODE", "CLOSURE_CODE")
    cells = [row.cell for row in right.rows if (row.flow, row.product) == ("electricity", A)]
    assert cells[0] in of_a.params.pop("cells")
    assert of_a.params == {
        "product": A,
        "flow": "electricity",
        "process": "hot_rolling",
        "kg_co2e": "34286",
        "share": "5.9701",
    }


def test_metal_booked_on_the_wrong_code_is_impossible_and_refused_by_the_derivation() -> None:
    """A made 40 plate and 10 scrap of 25 t: 0.625 t in per tonne, the rest came from nowhere."""
    plant = mill(metal_of_a=25)
    run = plant.run()
    assert "POSSIBLE_METAL" in run.against_possibility()
    with pytest.raises(BadInput) as caught:
        require_balanced_products(plant.rows)
    assert caught.value.code == "LEDGER_PRODUCT_BALANCE"


def test_many_small_partings_are_a_reason_together() -> None:
    """Three flows part by 0.04 % each: 0.12 % is more than 0.1 %, though none is half of it."""
    run = mill().run()
    small = run.closure.account.total * Decimal("0.0004")
    open_flows = tuple(
        PartedFlow(flow, small, ("melting",), ()) for flow in ("argon", "lime", "water")
    )
    closure: Closure = replace(run.closure, open=open_flows)
    (reason,) = reasons_against(run.general["plate"].study, closure)
    assert (reason.code, reason.params["share"]) == ("CLOSURE_OPEN", "0.04")
