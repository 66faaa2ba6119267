"""Solving a compiled system.

System under test: three processes. B takes 1.25 t of A per t and returns 0.25 t to the pool P;
A takes 1 t of P. One t of B therefore needs 1.25 t of A and 1.25 − 0.25 = 1 t of P.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from footprint.solving.solve import solve_exactly
from lca_models.system.compile import CompiledSystem

SHARES = st.decimals(min_value=0, max_value="0.9", places=6, allow_nan=False, allow_infinity=False)


def system(*links: tuple[int, int, object], size: int = 3) -> CompiledSystem:
    names = tuple("PABCDEFG"[:size])
    return CompiledSystem("x", "x-1", names, size - 1, links, ())


LOOP = system((2, 1, Decimal("1.25")), (2, 0, Decimal("-0.25")), (1, 0, Decimal(1)))
ONE_OF_B = [Decimal(0), Decimal(0), Decimal(1)]


def test_internal_scrap_lowers_what_the_pool_must_buy() -> None:
    assert solve_exactly(LOOP, ONE_OF_B) == [Decimal(1), Decimal("1.25"), Decimal(1)]


def test_a_loop_that_eats_itself_is_named() -> None:
    """A and B feed each other; P is bought and C only takes from them: neither is in the loop."""
    eating = system(
        (1, 2, Decimal(1)), (2, 1, Decimal(1)), (1, 0, Decimal(1)), (3, 2, Decimal(1)), size=4
    )
    with pytest.raises(BadInput, match="SYSTEM_SINGULAR") as caught:
        solve_exactly(eating, [Decimal(0), Decimal(0), Decimal(0), Decimal(1)])
    assert caught.value.params["loop"] == "A, B"


def test_more_returns_than_charge_is_refused() -> None:
    backwards = system((1, 0, Decimal("-0.5")), size=2)
    with pytest.raises(BadInput, match="SYSTEM_BACKWARDS"):
        solve_exactly(backwards, [Decimal(0), Decimal(1)])


@given(st.lists(SHARES, min_size=4, max_size=4))
def test_supply_meets_demand(amounts: list[Decimal]) -> None:
    """Law: activity less what the links take equals the demand, to 1e-30, for any productive chain."""
    a, b, c, back = amounts
    chain = system((3, 2, a), (2, 1, b), (1, 0, c), (0, 2, back), size=4)
    demand = [Decimal(0), Decimal(0), Decimal(0), Decimal(1)]
    activity = solve_exactly(chain, demand)
    with localcontext(EXACT):
        for process in range(4):
            taken = sum(
                (v * activity[user] for user, maker, v in chain.links if maker == process),
                Decimal(0),
            )
            assert abs(activity[process] - taken - demand[process]) < Decimal("1E-30")
