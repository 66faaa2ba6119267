"""Links between processes solved in the fixed order of the processes, in decimals or in arrays.

Only + - * / in one order: no library's choice of block or thread moves a digit. The nominal result
is solved in it with decimals (`solve.py`), the variants of a portfolio with float64 arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Values = np.float64 | NDArray[np.float64]
"""A number of all variants, or one for each, shape (variants,)."""
Number = TypeVar("Number", Decimal, Values)


def solve_in_order(
    links: Iterable[tuple[int, int, Number]],
    demand: Sequence[Number],
    *,
    one: Number,
    judge_pivot: Callable[[int, Number], None],
    is_zero: Callable[[Number], bool],
) -> list[Number]:
    """Return each process's activity (units of its product) that meets the demand.

    Parameters
    ----------
    links : consumer, provider, amount of the provider's product per unit of the consumer's.
    demand : units of each process's product, in the order of the processes.
    one : the 1 of the arithmetic.
    judge_pivot : is called with each pivot before anything is divided by it, and may raise.
    is_zero : tells where nothing is to be subtracted, so that a row stays as short as it is.
    """
    size, zero = len(demand), one - one
    rows = [{place: one} for place in range(size)]
    right = list(demand)
    for consumer, provider, amount in links:
        rows[provider][consumer] = rows[provider].get(consumer, zero) - amount
    for pivot in range(size):
        head = rows[pivot].get(pivot, zero)
        judge_pivot(pivot, head)
        for row in range(pivot + 1, size):
            if pivot not in rows[row]:
                continue
            by = rows[row].pop(pivot) / head
            if not is_zero(by):
                _subtract(rows, row, pivot, by, zero)
                right[row] = right[row] - by * right[pivot]
    activity = [zero] * size
    for row in reversed(range(size)):
        known = zero
        for column, value in sorted(rows[row].items()):
            if column > row:
                known = known + value * activity[column]
        activity[row] = (right[row] - known) / rows[row].get(row, zero)
    return activity


def _subtract(
    rows: list[dict[int, Number]], row: int, pivot: int, by: Number, zero: Number
) -> None:
    """Take a multiple of the pivot's row from a row below it."""
    for column, value in sorted(rows[pivot].items()):
        if column > pivot:
            rows[row][column] = rows[row].get(column, zero) - by * value
