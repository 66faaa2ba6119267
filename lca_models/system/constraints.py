"""What the numbers of a model must satisfy: shares that make a whole, ranges that exclude a slip.

A constraint compares a formula with its bounds before anything is compiled. Nothing is mended:
shares that do not add up are refused, never normalised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from lca_models.system.formula import Formula, Slot


@dataclass(frozen=True, slots=True)
class RuleNumber(Formula):
    """A number of the rule register: the bound of a range. No amount of a model may use it.

    `value` is what a record states; without it the register of today is read.
    """

    rule: str
    parameter: str
    value: Decimal | None = field(default=None, compare=False)

    def number(self) -> Decimal:
        """Return the value stated, else the register's."""
        return rule(self.rule).number(self.parameter) if self.value is None else self.value

    def slots(self) -> Iterator[Slot]:
        return iter(())

    def evaluate(self, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> Any:
        return arithmetic["literal"](self.number())

    def __str__(self) -> str:
        return f"{self.rule}.{self.parameter}"


@dataclass(frozen=True, slots=True)
class Constraint:
    """A formula that must lie between two bounds; None leaves that side open.

    `code` is the message when it does not: its text may use `value`, `low`, `high`, `slots` and
    `rule`. `rule` is why, and its parameter `tolerance` (none: 0) is what each bound gives way by.
    Formula and bounds do not divide: a divisor that may be 0 belongs on the other side.
    `tolerance` is what a record states of it; without it the register of today is read.
    """

    code: str
    formula: Formula
    low: Formula | None
    high: Formula | None
    rule: str
    tolerance: Decimal | None = field(default=None, compare=False)

    def give(self) -> Decimal:
        """Return what each bound gives way by: 0 where the rule has no tolerance."""
        if self.tolerance is not None:
            return self.tolerance
        return Decimal(rule(self.rule).parameters.get("tolerance", 0))

    @property
    def is_equality(self) -> bool:
        """Tell whether both bounds are the same formula."""
        return self.low is not None and self.low == self.high

    def slots(self) -> Iterator[Slot]:
        """Yield the slots of the formula and of its bounds."""
        for formula in (self.formula, self.low, self.high):
            if formula is not None:
                yield from formula.slots()


def require_constraints(
    constraints: Iterable[Constraint], values: Mapping[str, Any], arithmetic: Mapping[str, Any]
) -> None:
    """Refuse the first constraint that the values break: BadInput with its own code.

    It judges single numbers. Samples are not held to ranges: their nominal values were, and one may
    step over by the width of its distribution; what an equality ties is closed in every draw.
    """
    for constraint in constraints:
        value = constraint.formula.evaluate(values, arithmetic)
        low, high = (
            value if bound is None else bound.evaluate(values, arithmetic)
            for bound in (constraint.low, constraint.high)
        )
        tolerance = constraint.give()
        give = arithmetic["literal"](tolerance) if tolerance else low - low
        # Written so that a value that is no number at all fails too.
        if not low - give <= value <= high + give:
            raise BadInput(
                constraint.code,
                value=_text(value),
                low="-" if constraint.low is None else _text(low),
                high="-" if constraint.high is None else _text(high),
                slots=", ".join(dict.fromkeys(slot.key for slot in constraint.formula.slots())),
                rule=constraint.rule,
            )


def _text(value: Any) -> str:
    return decimal_text(value) if isinstance(value, Decimal) else str(value)
