"""The limits of an alloy as bounds: what the charge brings of an element stays below its maximum.

More of an element than the alloy allows cannot be taken out by charging: such a charge does not
make the alloy, and its footprint is none of it. Rule: AL-ALLOY-002.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from factor_db.factors.record.alloy_targets import highest_content
from lca_models.system.constraints import Constraint
from lca_models.system.formula import Formula, Slot


@dataclass(frozen=True, slots=True)
class HighestContent(Formula):
    """The most that an alloy may hold of an element, t/t: a bound, never an amount of a model.

    `value` is what a record states; without it the table of today is read.
    """

    alloy: str
    element: str
    value: Decimal | None = field(default=None, compare=False)

    def number(self) -> Decimal:
        """Return the value stated, else the table's."""
        return highest_content(self.alloy)[self.element] if self.value is None else self.value

    def slots(self) -> Iterator[Slot]:
        return iter(())

    def evaluate(self, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> Any:
        return arithmetic["literal"](self.number())

    def __str__(self) -> str:
        return f"alloys.{self.alloy}.{self.element}"


def within_alloy(alloy: str, brought: Mapping[str, Formula]) -> Iterable[Constraint]:
    """Yield a limit for each element that the alloy limits; `brought` is t/t of charge."""
    for element, formula in brought.items():
        if element in highest_content(alloy):
            bound = HighestContent(alloy, element)
            yield Constraint("ALLOY_LIMIT", formula, None, bound, "AL-ALLOY-002")
