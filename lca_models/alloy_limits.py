"""The limits of an alloy as bounds: what the charge brings of an element stays below its maximum.

More of an element than the alloy allows cannot be taken out by charging: such a charge does not
make the alloy, and its footprint is none of it. Rule: AL-ALLOY-002.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factor_db.factors.alloy_targets import highest_content
from lca_models.constraints import Constraint
from lca_models.formula import Formula, Slot


@dataclass(frozen=True, slots=True)
class HighestContent(Formula):
    """The most that an alloy may hold of an element, t/t: a bound, never an amount of a model."""

    alloy: str
    element: str

    def slots(self) -> Iterator[Slot]:
        return iter(())

    def evaluate(self, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> Any:
        return arithmetic["literal"](highest_content(self.alloy)[self.element])

    def __str__(self) -> str:
        return f"alloys.{self.alloy}.{self.element}"


def within_alloy(alloy: str, brought: Mapping[str, Formula]) -> Iterable[Constraint]:
    """Yield a limit for each element that the alloy limits; `brought` is t/t of charge."""
    for element, formula in brought.items():
        if element in highest_content(alloy):
            bound = HighestContent(alloy, element)
            yield Constraint("ALLOY_LIMIT", formula, None, bound, "AL-ALLOY-002")
