"""Faults planted by seed: at least 95 % of those that move a total are caught, and the page says so.

System: plants of `fault_plants.py`, each spoilt at one place by one operator. A fault counts where
it moves the total of a product or code by 0.5 % or more and both roads do not share it. Every tenth
fault is planted here and must come out as the file says, all of them in the soak; the right plants
have nothing against them, so that what is found was planted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from fault_plants import fault_plant, right_run
from planted_faults import (
    ALLOWANCE,
    APART,
    BELOW,
    DRAWN,
    MOVING,
    NEITHER,
    PAGE,
    PLANTS,
    SAME_FIGURES,
    SHARED,
    Verdict,
    is_caught,
    is_moving,
    page_with,
    stored,
    verdict,
)

STEP = 1 if os.environ.get("FOOTPRINT_SOAK") else 10
LEAST_PERCENT = 95


def _moving(found: Iterable[Verdict]) -> list[Verdict]:
    return [item for item in found if item.group not in APART and is_moving(item)]


def test_at_least_95_percent_of_what_moves_a_total_is_caught() -> None:
    moving = _moving(stored())
    assert len(moving) == MOVING
    assert 100 * sum(map(is_caught, moving)) >= LEAST_PERCENT * len(moving)


def test_the_case_study_is_caught_in_every_plant() -> None:
    cases = [item for item in stored() if item.group == "case"]
    assert cases
    assert all(is_caught(item) for item in cases)


def test_what_is_caught_by_neither_has_a_reason() -> None:
    why = {item.why.partition(":")[0] for item in stored() if item.caught == NEITHER}
    assert why <= {SAME_FIGURES, ALLOWANCE, BELOW}


def test_the_page_shows_the_table_of_the_file() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with(page, stored())


def test_the_file_stops_at_the_last_fault_that_was_asked_for() -> None:
    drawn = [item for item in stored() if item.group not in APART]
    assert [item.number for item in drawn] == list(range(len(drawn)))
    assert is_moving(drawn[-1])
    assert [item.number for item in stored() if item.group == "shared"] == list(range(SHARED))


@pytest.mark.soak
@pytest.mark.parametrize("seed", PLANTS[:: (STEP + 1) // 2])
def test_a_right_plant_has_nothing_against_it(seed: int) -> None:
    run = right_run(seed)
    assert (run.against_closure(), run.against_possibility(), run.unused()) == ((), (), ())
    assert fault_plant(seed).products


@pytest.mark.soak
@pytest.mark.parametrize("known", stored()[::STEP], ids=lambda item: f"{item.group}-{item.number}")
def test_a_planted_fault_comes_out_as_the_file_says(known: Verdict) -> None:
    kinds = known.group if known.group in APART else DRAWN
    assert verdict(known.number, kinds) == known
