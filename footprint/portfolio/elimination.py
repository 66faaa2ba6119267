"""Solving many variants of one product system at once, element by element in a fixed order.

The order is that of `solve_exactly`, and only + - * / of float64 are used: no library's choice of
block or thread moves a bit, so a result is the same alone, in any block and on any machine.
`engine.programs.elimination` would not do: its order follows what varies, and that is another
thing in another block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# EJ: a pivot loses at most this many of float64's digits, which leaves agreement far below 1e-9.
LEAST_PIVOT = 2.0**-20


def solve_variants(
    size: int, links: Sequence[tuple[int, int, Any]], final: int, demand: float
) -> tuple[list[Any], Any]:
    """Return each process's activity, and where the solution is not to be trusted.

    Link amounts are float64 or arrays over the variants, and so is what comes back. What is not
    trusted (a small or negative pivot, a process running backwards) is for the exact way to judge.
    """
    rows: list[dict[int, Any]] = [{place: np.float64(1)} for place in range(size)]
    right: list[Any] = [np.float64(0)] * size
    right[final] = np.float64(demand)
    for consumer, provider, amount in links:
        rows[provider][consumer] = rows[provider].get(consumer, np.float64(0)) - amount
    doubtful: Any = np.False_
    for pivot in range(size):
        head = rows[pivot].get(pivot, np.float64(0))
        doubtful = doubtful | ~(head >= LEAST_PIVOT)
        for row in range(pivot + 1, size):
            if pivot in rows[row]:
                _subtract(rows, right, row, pivot, rows[row].pop(pivot) / head)
    activity: list[Any] = [np.float64(0)] * size
    for row in reversed(range(size)):
        known: Any = np.float64(0)
        for column, value in sorted(rows[row].items()):
            if column > row:
                known = known + value * activity[column]
        activity[row] = (right[row] - known) / rows[row].get(row, np.float64(0))
        doubtful = doubtful | ~(activity[row] >= 0)
    return activity, doubtful


def _subtract(rows: list[dict[int, Any]], right: list[Any], row: int, pivot: int, by: Any) -> None:
    for column, value in sorted(rows[pivot].items()):
        if column > pivot:
            rows[row][column] = rows[row].get(column, np.float64(0)) - by * value
    right[row] = right[row] - by * right[pivot]
