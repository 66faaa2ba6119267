"""Solving many variants of one product system at once: the one order of elimination, over arrays.

A result is the same alone, in any block and on any machine. `engine.programs.elimination` would not
do: its order follows what varies, and that is another thing in another block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from footprint.solving.elimination import Values, solve_in_order

# EJ: a pivot loses at most this many of float64's digits, which leaves agreement far below 1e-9.
LEAST_PIVOT = 2.0**-20


def solve_variants(
    size: int, links: Sequence[tuple[int, int, Values]], final: int, demand: float
) -> tuple[list[Values], NDArray[np.bool_]]:
    """Return each process's activity, and where the solution is not to be trusted.

    Link amounts are float64 or arrays over the variants, and so is what comes back. What is not
    trusted (a small or negative pivot, a process running backwards) is for the exact way to judge.
    """
    doubtful = np.zeros((), dtype=bool)

    def doubt_small(_pivot: int, head: Values) -> None:
        nonlocal doubtful
        doubtful = np.asarray(doubtful | ~(head >= LEAST_PIVOT))

    wanted: list[Values] = [np.float64(0)] * size
    wanted[final] = np.float64(demand)
    activity = solve_in_order(
        links,
        wanted,
        one=np.float64(1),
        judge_pivot=doubt_small,
        # Of an array some may be zero and others not; each variant goes the same way.
        is_zero=lambda _factor: False,
    )
    for value in activity:
        doubtful = np.asarray(doubtful | ~(value >= 0))
    return activity, doubtful
