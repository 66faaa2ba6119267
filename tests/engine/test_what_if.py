"""What if a value were another.

System under test: the plate example. By hand: the levers' effects are first-order, so for an emission
factor, on which the total depends linearly, one percent more adds exactly a hundredth of the effect.
"""

from __future__ import annotations

import pytest

from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.sampling.what_if import WhatIf
from footprint.solving.evaluate import Nominal
from footprint.study.definition import default_study


@pytest.fixture(scope="module")
def nominal(demo_store: Store) -> Nominal:
    with demo_store.read() as session:
        return calculate_study(session, default_study("plate")).nominal


@pytest.fixture(scope="module")
def plate(nominal: Nominal) -> WhatIf:
    return WhatIf(nominal)


def test_unchanged_is_the_result_with_its_stages(plate: WhatIf, nominal: Nominal) -> None:
    found = plate.outcome({})
    assert found.total == pytest.approx(float(nominal.total), rel=1e-13)
    stages = {stage: float(value) for stage, value in nominal.sums_by("stage").items()}
    assert dict(found.by_stage) == pytest.approx(stages, rel=1e-12)
    assert found.productive


def test_the_largest_lever_comes_first_and_primary_metal_is_it(plate: WhatIf) -> None:
    effects = [abs(lever.effect) for lever in plate.levers]
    assert effects == sorted(effects, reverse=True)
    assert "primary" in plate.levers[0].factor
    assert 0 not in effects


def test_a_factor_moves_the_total_by_its_effect(plate: WhatIf, nominal: Nominal) -> None:
    emission = [lever for lever in plate.levers if lever.value is None]
    total = float(nominal.total)
    for lever in emission[:5]:
        moved = plate.outcome({lever.factor: 1.01}).total
        assert moved - total == pytest.approx(lever.effect / 100, rel=1e-8)


def test_the_effects_of_emission_factors_and_direct_emissions_are_the_total(
    plate: WhatIf, nominal: Nominal
) -> None:
    """Law: the total is linear in its factors, so their effects add up to what rests on them."""
    by_factor = sum(lever.effect for lever in plate.levers if lever.value is None)
    rows = sum(float(row.kg_co2e) for row in nominal.contributions if row.factor)
    assert by_factor == pytest.approx(rows, rel=1e-12)


def test_less_heat_than_melting_takes_is_no_result_of_a_plant(plate: WhatIf) -> None:
    """A tenth of the gas melts nothing (AL-MELT-001); with half of it the furnace still can."""
    (gas,) = [
        lever.factor for lever in plate.levers if "melting/natural_gas/inventory" in lever.slots
    ]
    assert plate.outcome({gas: 0.5}).possible
    found = plate.outcome({gas: 0.1})
    assert found.productive
    assert not found.possible
