"""A study evaluated in batches.

System under test: the three example results. The batch must agree with the exact decimals of
`footprint.solving.evaluate`, row by row, and with `calculate --set` for a slot that is set.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.sampling import batch
from footprint.sampling.batch import BatchSystem, batch_system, evaluate_batch
from footprint.solving.evaluate import Nominal
from footprint.study.definition import default_study
from lca_models.system.unit_process import Input

PRODUCTS = ("plate", "extrusion", "recycled_ingot")
SCALES = np.array([1.0, 0.9, 1.25])


@pytest.fixture(scope="module")
def nominals(demo_store: Store) -> dict[str, Nominal]:
    with demo_store.read() as session:
        return {name: calculate_study(session, default_study(name)).nominal for name in PRODUCTS}


@pytest.fixture(params=PRODUCTS)
def nominal(request: pytest.FixtureRequest, nominals: dict[str, Nominal]) -> Nominal:
    return nominals[request.param]


def everything(nominal: Nominal, scales: np.ndarray = SCALES) -> dict[str, Any]:
    """Leave every slot open that is not 0: amounts and factors alike times the scales."""
    amounts = {pin.slot.key: Decimal(1) for pin in nominal.pins} | nominal.amounts()
    return {key: float(amount) * scales for key, amount in amounts.items() if amount}


def test_nothing_varied_is_the_exact_total(nominal: Nominal) -> None:
    found = evaluate_batch(nominal, {})
    assert found.totals == pytest.approx([float(nominal.total)], rel=1e-14)
    assert found.productive.all()
    assert found.residual < 1e-14
    assert found.dense == 0


def test_every_slot_open_still_gives_the_exact_rows(nominal: Nominal) -> None:
    """Rows of the nominal sample are those of the contribution table; every sample's add up."""
    values = everything(nominal)
    system = batch_system(nominal, values)
    rows = system.contributions(values, 3)
    assert [tuple(label.values()) for label in system.labels] == [
        tuple(getattr(row, name) for name in system.labels[0]) for row in nominal.contributions
    ]
    exact = [float(row.kg_gas) for row in nominal.contributions]
    assert rows[:, 0] == pytest.approx(exact, rel=1e-12, abs=1e-15)
    found = system.evaluate(values, 3)
    assert system.weights() @ rows == pytest.approx(found.totals, rel=1e-12)
    assert found.residual < 1e-12


@pytest.mark.parametrize("value", ["0", "0.25", "3.5"])
def test_a_set_slot_is_what_calculate_finds(demo_store: Store, nominals: Any, value: str) -> None:
    """Natural gas of the melting furnace, also exactly 0: `calculate --set` to 1e-12."""
    nominal = nominals["plate"]
    slot = next(p.slot.key for p in nominal.pins if p.slot.flow == "natural_gas" and p.slot.process)
    study = replace(nominal.study, overrides={slot: Decimal(value)}, accept_doubts=True)
    with demo_store.read() as session:
        exact = calculate_study(session, study).nominal.total
    found = evaluate_batch(nominal, {slot: np.array([float(value)])})
    assert found.totals == pytest.approx([float(exact)], rel=1e-12)


def test_gases_may_be_given_one_by_one(nominals: dict[str, Nominal]) -> None:
    """Doubling each gas of a factor is doubling the factor."""
    nominal = nominals["plate"]
    key = next(key for key, gases in nominal.gases().items() if len(gases) > 1)
    apart = {gas: np.array([2 * float(kg)]) for gas, kg in nominal.gases()[key].items()}
    together = evaluate_batch(nominal, {key: np.array([2.0])}).totals
    assert evaluate_batch(nominal, {key: apart}).totals == pytest.approx(together, rel=1e-14)
    assert together[0] > float(nominal.total)


def test_samples_stand_for_themselves(nominal: Nominal) -> None:
    """A sample's total depends neither on its place nor on its company."""
    draws = np.random.default_rng(1).lognormal(0, 0.05, 2500)
    whole = evaluate_batch(nominal, everything(nominal, draws)).totals
    some = evaluate_batch(nominal, everything(nominal, draws[1100:1200][::-1])).totals
    assert (some == whole[1100:1200][::-1]).all()


def test_a_sample_without_a_solution_is_marked_and_counted(nominals: dict[str, Nominal]) -> None:
    """More scrap returned than metal charged makes the pool run backwards."""
    nominal = nominals["plate"]
    metal = [p for p in nominal.pins if p.slot.quantity == "inventory" and p.slot.unit == "t/t"]
    returned = next(p.slot.key for p in metal if "internal" in p.slot.flow)
    found = evaluate_batch(nominal, {returned: np.array([float(nominal.amounts()[returned]), 9.0])})
    assert found.productive.tolist() == [True, False]


def test_weak_pivots_are_solved_densely_to_the_same_totals(
    nominals: dict[str, Nominal], monkeypatch: pytest.MonkeyPatch
) -> None:
    nominal = nominals["plate"]
    values = everything(nominal)
    totals = evaluate_batch(nominal, values).totals
    monkeypatch.setattr(batch, "_SMALL_PIVOT", 2.0)
    dense = evaluate_batch(nominal, values)
    assert dense.dense == 3
    assert dense.totals == pytest.approx(totals, rel=1e-12)


def test_arrays_of_different_lengths_are_refused(nominals: dict[str, Nominal]) -> None:
    nominal = nominals["plate"]
    one, two = sorted(nominal.gases())[:2]
    with pytest.raises(ValueError, match="different lengths"):
        evaluate_batch(nominal, {one: np.ones(2), two: np.ones(3)})


def test_the_total_follows_the_demand(nominal: Nominal) -> None:
    """Law: twice the emission factors and direct emissions are twice the total (it is linear)."""
    factors = {key: np.array([2.0]) for key in nominal.gases()}
    system = BatchSystem(nominal, dict.fromkeys(factors))
    rows = system.contributions(factors, 1)[:, 0] * system.weights()
    exact = [float(row.kg_co2e) for row in nominal.contributions]
    doubled = [2 * x if r["factor"] else x for x, r in zip(exact, system.labels, strict=True)]
    assert rows == pytest.approx(doubled, rel=1e-12)


def test_an_input_that_was_nothing_and_has_no_factor_makes_no_sample(nominals: Any) -> None:
    """Zinc is 0 in the plate's charge and no factor was asked for: 5 of it must not count as nothing."""
    nominal = nominals["plate"]
    pinned = {pin.slot.key for pin in nominal.pins}
    empty = {key for key, value in nominal.amounts().items() if value == 0}
    exposed = next(
        slot.key
        for process in nominal.system.processes
        for exchange in process.exchanges
        if isinstance(exchange, Input) and any(p.slot.key not in pinned for p in exchange.parts)
        for slot in exchange.amount.slots()
        if slot.key in empty
    )
    found = evaluate_batch(nominal, {exposed: np.array([0.0, 5.0])})
    assert found.productive.tolist() == [True, False]
    assert found.totals[0] == pytest.approx(float(nominal.total), rel=1e-13)


def test_gases_not_given_stay_those_of_the_factor(nominals: dict[str, Nominal]) -> None:
    nominal = nominals["plate"]
    key = next(key for key, gases in nominal.gases().items() if len(gases) > 1)
    gas, kg = next(iter(nominal.gases()[key].items()))
    found = evaluate_batch(nominal, {key: {gas: np.array([float(kg)])}})
    assert found.totals == pytest.approx([float(nominal.total)], rel=1e-13)


def test_values_that_do_not_fit_what_was_opened_are_refused(nominals: dict[str, Nominal]) -> None:
    nominal = nominals["plate"]
    key, other = sorted(nominal.gases())[:2]
    system = BatchSystem(nominal, {key: None})
    for values, samples in (
        ({key: np.ones(3)}, 2),
        ({key: np.ones(1)}, 2),
        ({other: np.ones(2)}, 2),
        ({}, 2),
    ):
        with pytest.raises(ValueError, match=r"shape|opened"):
            system.evaluate(values, samples)
    with pytest.raises(ValueError, match="no number"):
        BatchSystem(nominal, {"no/such/slot": None})


def test_single_precision_is_widened_before_it_is_used(nominals: dict[str, Nominal]) -> None:
    nominal = nominals["plate"]
    key = sorted(nominal.gases())[0]
    narrow = np.array([1.1], dtype=np.float32)
    wide = evaluate_batch(nominal, {key: narrow.astype(np.float64)}).totals
    assert evaluate_batch(nominal, {key: narrow}).totals == pytest.approx(wide, rel=1e-15)


def test_one_singular_sample_leaves_its_neighbours_their_answer() -> None:
    matrices = np.array([np.eye(2), np.ones((2, 2)), 2 * np.eye(2)])
    loads = np.ones((3, 2, 1))
    found = batch._solved(matrices, loads)[:, 0, 0]
    assert found.tolist()[::2] == [1.0, 0.5]
    assert np.isnan(found[1])
