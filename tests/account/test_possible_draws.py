"""Draws of an interval that no plant could have: marked, counted, and too many of them named.

System: the mill of `possible_mill.py`: 100 m3 gas of 36 MJ per tonne of melt, of which the cold
charge takes 1100 MJ (AL-MELT-001) = 30.5556 m3. By hand: gas drawn evenly between 30 and 100 m3 is
too little in 0.5556 / 70 = 0.794 % of the draws, between 20 and 120 m3 in 10.5556 / 100 = 10.56 %.
A Latin hypercube of 4000 puts one draw in each stratum: 31 or 32, and 422 or 423 draws below.
The first is within the 1 % of rule PCF-POSSIBLE-001, the second is not.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from possible_mill import mill

from footprint.closure.systems import compiled_of
from footprint.judgement.possible import impossibilities
from footprint.sampling.batch import Varied, evaluate_batch
from footprint.sampling.uncertainty import (
    ImpossibleDraws,
    compared,
    interval_or_reason,
    redrawn_interval,
    sample_totals,
    sampled_interval,
)
from footprint.solving.evaluate import Nominal, evaluate

GAS = "melting/natural_gas/inventory"
INGOT = "primary_ingot/cradle_to_gate"
SLAB = "hot_rolling/homogenised_slab/inventory"
SCRAP = "hot_rolling/internal_scrap/inventory"
VARIED = (GAS, SLAB, SCRAP, "scalping/slab/inventory", "plate_sawing/hot_rolled_plate/inventory")
MILL = mill().calculate("plate", temper="F")


def with_gas(low: int, high: int) -> Nominal:
    stated = {GAS: {"kind": "uniform", "minimum": str(low), "maximum": str(high)}}
    return replace(MILL, study=replace(MILL.study, distributions=stated))


def test_a_few_impossible_draws_are_counted_and_left_out() -> None:
    found = sampled_interval(with_gas(30, 100), samples=4000, seed=1, sampling="quasi")
    assert found.impossible in (31, 32)
    assert found.non_productive == 0
    totals = sample_totals(with_gas(30, 100), samples=4000, seed=1, sampling="quasi")
    assert np.isnan(totals).sum() == found.impossible
    # The least draw kept has 30.5556 m3: 69.4444 m3 x 36 MJ x 0.066 kg x 1.2 t melt less, per t.
    assert np.nanmin(totals) == pytest.approx(float(MILL.total) - 0.198, abs=2e-4)


def test_above_one_percent_there_is_no_interval_and_why_is_named() -> None:
    nominal = with_gas(20, 120)
    with pytest.raises(ImpossibleDraws) as caught:
        sampled_interval(nominal, samples=4000, seed=1, sampling="quasi")
    assert caught.value.params["impossible"] in (422, 423)
    assert (caught.value.params["share"], caught.value.params["most"]) == ("10.6", "1")
    interval, reason = interval_or_reason(nominal, samples=4000, seed=1, sampling="quasi")
    assert interval is None
    assert reason is not None
    assert reason.code == "INTERVAL_IMPOSSIBLE"
    assert {k: reason.params[k] for k in ("samples", "seed", "sampling", "rule")} == {
        "samples": "4000", "seed": "1", "sampling": "quasi", "rule": "PCF-POSSIBLE-001"
    }  # fmt: skip
    with pytest.raises(ImpossibleDraws):
        compared(MILL, nominal, samples=500, seed=1)


def test_an_interval_of_before_is_drawn_again_with_all_its_draws() -> None:
    """Certificates issued before draws were judged stand: the lower end lies lower by then."""
    before = redrawn_interval(with_gas(20, 120), 4000, 1, "quasi", judged=False)
    judged = redrawn_interval(with_gas(20, 120), 4000, 1, "quasi")
    assert before.impossible == 0
    assert before.low < judged.low


def test_a_negative_row_or_total_is_impossible() -> None:
    """Ingot at -1 times its burden makes its row and the total negative, at -1e-6 its row alone."""
    found = evaluate_batch(MILL, {INGOT: np.array([1.0, 0.0, -1.0, -1e-6])})
    assert found.possible.tolist() == [True, True, False, False]
    assert found.productive.all()


thousandths = st.integers(min_value=0, max_value=2000).map(lambda n: Decimal(n) / 1000)


@settings(max_examples=200)
@given(st.lists(st.tuples(*[thousandths] * len(VARIED)), min_size=1, max_size=3))
def test_draws_are_judged_as_the_exact_result_is(drawn: list[tuple[Decimal, ...]]) -> None:
    """The law: a draw is possible if and only if the exact result of the same amounts is."""
    amounts = MILL.amounts()
    values: dict[str, Varied] = {
        key: np.array([float(amounts[key] * one[place]) for one in drawn])
        for place, key in enumerate(VARIED)
    }
    batch = evaluate_batch(MILL, values)
    for at, one in enumerate(drawn):
        if not batch.productive[at] or not all(one):
            continue  # no solution, or a link less: another system than the one drawn from
        exact = _with({key: amounts[key] * one[place] for place, key in enumerate(VARIED)})
        assert batch.possible[at] == (not impossibilities(exact, compiled_of(exact))), one


def _with(values: dict[str, Decimal]) -> Nominal:
    pins = {pin.slot.key: pin for pin in MILL.pins}
    for key, value in values.items():
        factor = pins[key].factor.model_copy(update={"amounts": {"value": value}})
        pins[key] = replace(pins[key], factor=factor)
    return evaluate(MILL.study, MILL.where, lambda slot: pins.get(slot.key))


@pytest.mark.parametrize(
    ("key", "factor", "possible"),
    [
        (SLAB, "1", True),
        (SLAB, "0.9951", True),  # 1.19412 t for 1.2 t: 0.49 %, of 0.5 %
        (SLAB, "0.9949", False),
        (GAS, "0.3056", True),  # 1100.16 MJ
        (GAS, "0.3055", False),
        ("scalping/slab/inventory", "0.994", False),
    ],
)
def test_the_limits_by_hand(key: str, factor: str, possible: bool) -> None:
    value = np.array([float(MILL.amounts()[key] * Decimal(factor))])
    assert evaluate_batch(MILL, {key: value}).possible.tolist() == [possible]


def test_small_gains_may_not_add_up_along_the_chain() -> None:
    """0.4 % each at scalping, rolling and sawing: 1.2 % together, above 1 %; at two of them 0.8 %."""
    low = Decimal("0.996")
    keys = ("scalping/slab/inventory", SLAB, "plate_sawing/hot_rolled_plate/inventory")
    values = {key: np.full(1, float(MILL.amounts()[key] * low)) for key in keys}
    assert evaluate_batch(MILL, {**values}).possible.tolist() == [False]
    del values[SLAB]
    assert evaluate_batch(MILL, {**values}).possible.tolist() == [True]
