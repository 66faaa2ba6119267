"""Closure of plants nobody drew by hand: whatever a year holds, both roads meet.

Law: for every plant whose metal balances, the account of what crossed its gate equals its products
and the lines of the closed list, and no flow parts. Counts: fifty plants here, five hundred in the
soak.
"""

from __future__ import annotations

import os
from decimal import Decimal

import pytest
from random_plants import PlantOfSeed

_LEAST = Decimal("1E-15")
FEW, MANY = 50, 500


def _closes(seed: int) -> None:
    drawn = PlantOfSeed(seed)
    closure, _ = drawn.plant.close(*drawn.products, scrap_rule=drawn.scrap_rule)
    assert not closure.account.missing
    assert closure.account.total > 0
    assert closure.parted <= closure.account.total * _LEAST, closure.open
    assert abs(closure.residual) <= closure.account.total * _LEAST


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(MANY if os.environ.get("FOOTPRINT_SOAK") else FEW))
def test_a_plant_of_chance_closes(seed: int) -> None:
    _closes(seed)
