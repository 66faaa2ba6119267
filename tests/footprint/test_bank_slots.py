"""A study whose factor is a product of a sampled background.

System under test: the plate example, its grid power taken from activity `a` of a two-product database: a
takes 0.4 of b, b takes 0.5 of a, 3 and 5 kg CO2 of their own. By hand the nominal score is
(3 + 0.4 × 5) / (1 − 0.5 × 0.4) = 6.25 kg per unit, and sample s moves the plate's total by the power
it takes times the difference of the drawn score from it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from bank_matrices import Matrices, Product
from scipy import sparse

from factor_db.factors.record.factor import Derivation
from factor_db.foundation.errors import BadInput
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.engine.backgrounds.bank import Bank, bank_draws
from footprint.engine.backgrounds.bank_build import BankOrder, build_bank
from footprint.engine.backgrounds.draws import BackgroundUncertainty
from footprint.publish.uncertainty_document import Sampling, uncertainty_document
from footprint.sampling.bank_slots import bank_slots
from footprint.sampling.parameters import plan_of
from footprint.sampling.uncertainty import sampled_interval
from footprint.solving.evaluate import Nominal
from footprint.study.definition import default_study

SHA256 = "3" * 64
SAMPLES = 200
SCORE = 6.25


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    technosphere = sparse.csc_array(np.array([[1.0, -0.5], [-0.4, 1.0]]))
    emitted = sparse.csc_array(np.array([[3.0, 5.0]]))
    matrices = Matrices(
        "two", SHA256, (Product("a"), Product("b")), technosphere, emitted, {"co2": np.ones(1)}
    )
    sigma = np.where(technosphere.data == -0.4, 1.2, 0.0)
    folder = tmp_path_factory.mktemp("banks") / "bank"
    order = BankOrder(["a"], samples=SAMPLES, seed=3)
    built = build_bank(folder, matrices, BackgroundUncertainty(sigma, np.full(2, 0.2)), order)
    assert built is not None
    return built


@pytest.fixture(scope="module")
def plate(demo_store: Store) -> Nominal:
    """The plate result with its grid power as a factor made of the background's product `a`."""
    with demo_store.read() as session:
        nominal = calculate_study(session, default_study("plate")).nominal
    made = Derivation(formula="x", inputs=({"background": SHA256}, {"activity": "a"}))
    pins = tuple(
        replace(
            pin,
            factor=pin.factor.model_copy(
                update={"derivation": made, "amounts": {"co2": Decimal("6.25")}}
            ),
        )
        if pin.slot.flow == "electricity" and "value" not in pin.factor.amounts
        else pin
        for pin in nominal.pins
    )
    assert sum(one != other for one, other in zip(pins, nominal.pins, strict=True)) >= 1
    return replace(nominal, pins=pins)


def test_sample_by_sample_the_total_moves_with_the_bank(plate: Nominal, bank: Bank) -> None:
    banked = bank_slots(plate, bank)
    alone = replace(plan_of(plate, banked), parameters=())
    found = alone.sampled(SAMPLES, 1, "random")
    nothing = replace(plan_of(plate), parameters=()).sampled(1, 1, "random").totals[0]
    scores = bank_draws(bank, "a")["co2"]
    assert found.productive.tolist() == bank.productive.tolist()
    sound = bank.productive
    assert 0 < (~sound).sum() < SAMPLES
    per_kilogram = (found.totals[sound] - nothing) / (scores[sound] - SCORE)
    assert per_kilogram == pytest.approx(per_kilogram[0], rel=1e-6)
    assert per_kilogram[0] > 0


def test_banked_slots_are_no_parameters_and_fewer_samples_are_the_first_ones(
    plate: Nominal, bank: Bank
) -> None:
    banked = bank_slots(plate, bank)
    plan = plan_of(plate, banked)
    drawn = {slot for item in plan.parameters for slot in item.slots}
    assert not drawn & set(banked.draws)
    whole = plan.sampled(SAMPLES, 5, "random").totals
    few = plan.sampled(10, 5, "random").totals
    assert np.array_equal(few, whole[:10], equal_nan=True)
    interval = sampled_interval(plate, samples=SAMPLES, seed=5, banked=banked)
    assert interval.non_productive == int((~bank.productive).sum())


def test_a_bank_that_is_too_small_or_serves_nothing_is_refused(plate: Nominal, bank: Bank) -> None:
    with pytest.raises(BadInput, match="BANK_TOO_FEW"):
        plan_of(plate, bank_slots(plate, bank)).sampled(SAMPLES + 1, 1, "random")
    other = Bank(
        Path(bank.folder),
        {**bank.record, "settings": {**bank.record["settings"], "background_sha256": "4" * 64}},
    )
    with pytest.raises(BadInput, match="BANK_UNUSED"):
        bank_slots(plate, other)


def test_a_bank_excludes_what_it_cannot_serve(plate: Nominal, bank: Bank) -> None:
    """Sobol rows redraw parameters, a second study has no bank, a slot has one distribution."""
    how = Sampling(200, 1, "random")
    for options in ({"sobol": True}, {"against": plate}):
        with pytest.raises(BadInput, match="BANK_WITH"):
            uncertainty_document(plate, how, bank=bank.folder, **options)
    slot = next(iter(bank_slots(plate, bank).draws))
    stated = {slot: {"kind": "uniform", "minimum": "1", "maximum": "2"}}
    spread = replace(plate, study=replace(plate.study, distributions=stated))
    with pytest.raises(BadInput, match="DISTRIBUTION_BANKED"):
        plan_of(spread, bank_slots(spread, bank))


def test_the_ranking_leaves_out_what_the_bank_draws(plate: Nominal, bank: Bank) -> None:
    document = uncertainty_document(plate, Sampling(200, 1, "random"), bank=bank.folder)
    ranked = {slot for item in document["ranking"] for slot in item["slots"]}
    assert document["banked"]
    assert not ranked & set(document["banked"])
