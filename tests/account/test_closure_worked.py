"""Closure of one plant by hand: charge, own scrap, bought slab, stock, a sold intermediate.

System (t, and t CO2e per t): 105 ingot received at 10, 5 of them to stock; 100 ingot + 18 own scrap
are melted with energy 23 into 115 slab, of which 1 is sold, 5 go to stock, 1 is lost between two
scales and 108 enter the mill with 10 bought slab at 9 and energy 36. The mill makes 90 plate, gives
back 20 scrap (2 more than are charged) and sells 8 (cut-off).

By hand, c = 10 (a tonne of external charge):
  f_slab  = (118 x 10 + 23) / 115                          = 10.46087 t/t
  f_plate = (108 x f_slab + 10 x 9 + 36 - 20 x 10) / 90    = 11.73082 t/t
  account = 105 x 10 + 10 x 9 + 23 + 36                    = 1199
          = 90 f_plate + (1 sold + 5 stock + 1 weighing) f_slab + 2 x 10 scrap + 5 x 10 ingot
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from plants import Plant, worths

from footprint.closure.own_drawn import own_drawn

SLAB = Fraction(118 * 10 + 23, 115)
PLATE = (108 * SLAB + 10 * 9 + 36 - 20 * 10) / 90


@pytest.fixture
def plant() -> Plant:
    made = Plant(method="mass")
    made.values = worths(
        primary_ingot__cradle_to_gate=10_000,
        slab__cradle_to_gate=9_000,
        electricity__life_cycle=1,
        electricity__delivery=0,
        **{"natural_gas.net_calorific_value__property": 36},
        **{"diesel.net_calorific_value__property": 43},
    )
    made.step("charging", 118, primary_ingot=100, internal_scrap=18)
    made.step("melting", 115, charge_metal=118, electricity=23_000)
    made.step("refining", 115, molten_metal=115)
    made.step("slab_casting", 114, refined_metal=115)
    made.add("slab_casting", "slab", 1, "co-product")
    made.step("scalping", 118, slab=108, purchased_slab=10)
    made.step("slab_homogenising", 118, scalped_slab=118)
    made.step("hot_rolling", 90, homogenised_slab=118, internal_scrap=20, electricity=36_000)
    made.add("hot_rolling", "internal_scrap", 8, "co-product")
    made.step("plate_sawing", 90, hot_rolled_plate=90)
    made.step("plate_packing", 90, sawn_plate=90)
    made.keep("primary_ingot", receipts=105, consumption=100, closing=5)
    made.keep("slab", closing=5)
    made.keep("internal_scrap", closing=2)
    return made


def test_both_roads_meet_at_the_hand_calculation(plant: Plant) -> None:
    closure, results = plant.close("plate", temper="F")
    assert float(results["plate"].total) == pytest.approx(float(PLATE), rel=1e-15)
    assert closure.account.total == Decimal(1_199_000)
    assert abs(closure.residual) <= closure.account.total * Decimal("1E-15")
    assert abs(closure.parted) <= closure.account.total * Decimal("1E-15")


def test_every_line_is_the_hand_calculation_s(plant: Plant) -> None:
    closure, _ = plant.close("plate", temper="F")
    expected = {
        ("product", "plate"): 90 * PLATE,
        ("co_product", "refined_metal"): SLAB,
        ("own_stock", "slab"): 5 * SLAB,
        ("weighing", "slab"): SLAB,
        ("own_scrap", "internal_scrap"): Fraction(2 * 10),
        ("bought_stock", "primary_ingot"): Fraction(5 * 10),
    }
    found = {(line.kind, line.flow): float(line.kg_co2e) for line in closure.lines}
    assert found == {
        key: pytest.approx(float(tonnes * 1000), rel=1e-15) for key, tonnes in expected.items()
    }
    assert sum(expected.values()) == 1199


def test_a_deduction_too_many_parts_the_roads_at_slab(plant: Plant) -> None:
    """The model's way of old: what is bought deducted from what is made here already."""
    plant.rows = [row for row in plant.rows if (row.process, row.flow) != ("scalping", "slab")]
    plant.add("scalping", "slab", 98)
    closure, _ = plant.close("plate", temper="F")
    # The ledger now says that 98 own slabs were used: 11 t lost between two scales.
    (weighing,) = [line for line in closure.lines if line.kind == "weighing"]
    assert weighing.amount == 11


def test_own_metal_out_of_store_is_named_with_what_it_may_carry(plant: Plant) -> None:
    """3 t of plate and 7 t of slab from store, 4 t of own scrap charged that no step gave back."""
    plant.keep("plate", opening=3)
    plant.keep("slab", opening=12, closing=5)
    plant.add("charging", "internal_scrap", 6, "input")
    plant.add("charging", "primary_ingot", -6)
    closure, results = plant.close("plate", temper="F")
    found = {item.flow: item for item in own_drawn(closure.lines, closure.account.total)}
    assert {flow: item.amount for flow, item in found.items()} == {
        "plate": 3,
        "slab": 7,
        "internal_scrap": 4,
    }
    each = float(results["plate"].total) * 1000
    assert float(found["plate"].kg_co2e) == pytest.approx(3 * each, rel=1e-15)
    assert found["plate"].most_kg_co2e == 3 * 21_800
