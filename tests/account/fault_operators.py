"""The kinds of faults, by group: each an operator that takes a place in a plant and spoils it.

The kinds were chosen from the models, the derivation, the allocation and the resolver alone, and
from mistakes made in such code before; not from what closure or possibility look at. Kinds of the
group `shared` put the same wrong figure into both roads; `case` is the case study's own fault.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fault_plants import FaultPlant, Run

Faulty = tuple[str, FaultPlant]
"""The place that was chosen, as people write it, and the plant that is spoilt there."""
Operator = Callable[[FaultPlant, Run, Random], Faulty | None]
"""Takes a plant, the plant calculated rightly, a chance; None where it finds no such place."""
GROUPS: dict[str, dict[str, Operator]] = {
    "models": {},
    "derivation": {},
    "allocation": {},
    "slots": {},
    "case": {},
    "shared": {},
}
"""Group → name of the operator → the operator, in the order of the table."""


def operator(group: str, name: str) -> Callable[[Operator], Operator]:
    """Register an operator under its group by the name that the table prints."""

    def registered(function: Operator) -> Operator:
        GROUPS[group][name] = function
        return function

    return registered
