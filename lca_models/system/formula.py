"""Slots and formulas: what a model asks for, and the small arithmetic over it.

A formula knows + − × ÷, min, max, slots and the literals 0 and 1. Every other number is a factor in
the database, so no value can hide in a model. The same formula is evaluated on decimals, on floats
and on arrays of samples.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


class Formula:
    """Anything that can be evaluated once its slots have values."""

    def __add__(self, other: Formula) -> Formula:
        return Operation("+", self, other)

    def __sub__(self, other: Formula) -> Formula:
        return Operation("-", self, other)

    def __mul__(self, other: Formula) -> Formula:
        return Operation("*", self, other)

    def __truediv__(self, other: Formula) -> Formula:
        return Operation("/", self, other)

    def __neg__(self) -> Formula:
        return Operation("-", ZERO, self)

    def slots(self) -> Iterator[Slot]:
        """Yield the slots of the formula, left to right; a slot used twice appears twice."""
        raise TypeError(f"{type(self).__name__} is not a formula of this language")

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys of the slots, each once: what the value rests on."""
        return tuple(dict.fromkeys(slot.key for slot in self.slots()))

    def evaluate(self, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> Any:
        """Return the value, given slot keys → numbers and one of the ARITHMETIC tables."""
        raise TypeError(f"{type(self).__name__} is not a formula of this language")


@dataclass(frozen=True, slots=True)
class Slot(Formula):
    """What a model asks for: a quantity of a flow, at a process or (empty process) anywhere.

    An `optional` slot is of something a plant may not have at all. Where nothing fills it, the
    model is the one without it, and the result lists it as not stated (rule PCF-MISSING-002);
    unless it is `balanced`: the metal balance of its step proves that it is not there.
    """

    process: str
    flow: str
    quantity: str
    unit: str
    optional: bool = field(default=False, compare=False)
    balanced: bool = field(default=False, compare=False)
    key: str = field(init=False, repr=False, compare=False)
    """The slot as people write it: `process/flow/quantity` or `flow/quantity`."""

    def __post_init__(self) -> None:
        key = "/".join(filter(None, (self.process, self.flow, self.quantity)))
        object.__setattr__(self, "key", key)

    def slots(self) -> Iterator[Slot]:
        yield self

    def evaluate(self, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> Any:
        return values[self.key]

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class Literal(Formula):
    """The number 0 or 1; a model may hold no other."""

    value: int

    def __post_init__(self) -> None:
        if self.value not in (0, 1):
            raise ValueError(f"a model may hold only the literals 0 and 1, not {self.value}")

    def slots(self) -> Iterator[Slot]:
        return iter(())

    def evaluate(self, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> Any:
        return arithmetic["literal"](self.value)

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Operation(Formula):
    """Two formulas joined by `+ - * / min max`."""

    name: str
    left: Formula
    right: Formula

    def slots(self) -> Iterator[Slot]:
        waiting: list[Formula] = [self]
        while waiting:
            formula = waiting.pop()
            if isinstance(formula, Operation):
                waiting += (formula.right, formula.left)
            else:
                yield from formula.slots()

    def evaluate(self, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> Any:
        left = self.left.evaluate(values, arithmetic)
        return arithmetic[self.name](left, self.right.evaluate(values, arithmetic))

    def __str__(self) -> str:
        if self.name in {"min", "max"}:
            return f"{self.name}({self.left}, {self.right})"
        return f"({self.left} {self.name} {self.right})"


ZERO = Literal(0)
ONE = Literal(1)


def lower(first: Formula, second: Formula) -> Formula:
    """Return the formula of the lower of two values."""
    return Operation("min", first, second)


def upper(first: Formula, second: Formula) -> Formula:
    """Return the formula of the higher of two values."""
    return Operation("max", first, second)


def total(*terms: Formula) -> Formula:
    """Return the formula of a sum; the sum of nothing is 0."""
    result: Formula = ZERO
    for index, term in enumerate(terms):
        result = term if index == 0 else result + term
    return result


def arithmetic_of(
    literal: Callable[[int], Any],
    lowest: Callable[[Any, Any], Any] = min,
    highest: Callable[[Any, Any], Any] = max,
) -> Mapping[str, Any]:
    """Return the operations for one kind of number; arrays pass numpy.minimum and numpy.maximum."""
    return {
        "literal": literal,
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "min": lowest,
        "max": highest,
    }
