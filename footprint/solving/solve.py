"""Solving a compiled product system: how much each process runs for one unit of the product.

The nominal result is exact: decimals of 34 digits, eliminated in the fixed order of the processes,
so every machine finds the same digits. `footprint.sampling.batch` solves many at once in float64
and must agree to 1e-9.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from footprint.solving.elimination import solve_in_order

if TYPE_CHECKING:
    from lca_models.system.compile import CompiledSystem

ZERO = Decimal(0)


def solve_exactly(
    system: CompiledSystem, demand: Sequence[Decimal], *, signed: bool = False
) -> list[Decimal]:
    """Return each process's activity (units of its product) that meets the demand, exactly.

    `signed` lets values below 0 pass: a burden may be one, where a waste gives metal back; how much
    a process runs may not. Raises BadInput when a loop has no solution, or when it would need a
    process to run backwards.
    """

    def require_solution(pivot: int, head: Decimal) -> None:
        if not head:
            loop = loop_through(system, pivot)
            raise BadInput("SYSTEM_SINGULAR", process=system.processes[pivot], loop=loop)

    with localcontext(EXACT):
        activity = solve_in_order(
            system.links,
            demand,
            one=Decimal(1),
            judge_pivot=require_solution,
            is_zero=lambda factor: not factor,
        )
    for place, value in enumerate(activity):
        if value < 0 and not signed:
            loop = loop_through(system, place)
            raise BadInput("SYSTEM_BACKWARDS", process=system.processes[place], loop=loop)
    return activity


def solve_for_one(system: CompiledSystem) -> list[Decimal]:
    """Return each process's activity behind one unit (tonne) of the final product, exactly.

    Raises as `solve_exactly`.
    """
    demand = [ZERO] * len(system.processes)
    demand[system.final_index] = Decimal(1)
    return solve_exactly(system, demand)


def loop_through(system: CompiledSystem, process: int) -> str:
    """Return the processes that feed each other round through this one, by name."""
    uses = [(consumer, provider) for consumer, provider, amount in system.links if amount != 0]
    upstream = _reached(process, uses)
    downstream = _reached(process, [(provider, consumer) for consumer, provider in uses])
    return ", ".join(system.processes[place] for place in sorted(upstream & downstream))


def _reached(start: int, arrows: Sequence[tuple[int, int]]) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        new = {end for begin, end in arrows if begin == here} - found
        found |= new
        waiting.extend(new)
    return found
