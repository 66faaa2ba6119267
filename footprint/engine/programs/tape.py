"""Recording arithmetic once, to replay it over blocks of samples.

A `Number` is a value that varies; a plain float is one that does not. Calculating with numbers
writes one instruction each on the tape they come from; whatever involves floats alone is worked out
at once and never recorded. So a model, its formulas and the elimination of its loops are run once
in Python, and what is left is a straight line of additions and products
(`engine.programs.program`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ADD, SUBTRACT, MULTIPLY, DIVIDE, LOWER, UPPER = range(6)
INPUT = -1
_COMMUTATIVE = (ADD, MULTIPLY, LOWER, UPPER)
_FLOATS: tuple[Callable[[float, float], float], ...] = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    min,
    max,
)


@dataclass(eq=False, frozen=True, slots=True)
class Number:
    """A value that varies from sample to sample: the result of one step of a tape."""

    tape: Tape
    step: int

    def __add__(self, other: Value) -> Value:
        return self.tape.record(ADD, self, other)

    def __radd__(self, other: Value) -> Value:
        return self.tape.record(ADD, other, self)

    def __sub__(self, other: Value) -> Value:
        return self.tape.record(SUBTRACT, self, other)

    def __rsub__(self, other: Value) -> Value:
        return self.tape.record(SUBTRACT, other, self)

    def __mul__(self, other: Value) -> Value:
        return self.tape.record(MULTIPLY, self, other)

    def __rmul__(self, other: Value) -> Value:
        return self.tape.record(MULTIPLY, other, self)

    def __truediv__(self, other: Value) -> Value:
        return self.tape.record(DIVIDE, self, other)

    def __rtruediv__(self, other: Value) -> Value:
        return self.tape.record(DIVIDE, other, self)

    def __neg__(self) -> Value:
        return self.tape.record(SUBTRACT, 0.0, self)


Value = Number | float
"""A number of a tape, or a float that is the same in every sample."""


@dataclass(slots=True)
class Tape:
    """Instructions in the order they were recorded: (operation, left, right).

    Operands are numbers of this tape or floats. An input has the operation INPUT and its name.
    """

    steps: list[tuple[int, Any, Any]] = field(default_factory=list)
    _known: dict[tuple[int, Any, Any], Number] = field(default_factory=dict)

    def input(self, name: object) -> Number:
        """Return the number that stands for a named input; the same one for the same name."""
        return self._step(INPUT, name, None)

    def record(self, operation: int, left: Value, right: Value) -> Value:
        """Return the result of an operation; equal operations are recorded once."""
        if not isinstance(left, Number) and not isinstance(right, Number):
            return _FLOATS[operation](left, right)
        simple = _simplified(operation, left, right)
        if simple is not None:
            return simple
        if operation in _COMMUTATIVE and _order(right) < _order(left):
            left, right = right, left
        return self._step(operation, left, right)

    def _step(self, operation: int, left: Any, right: Any) -> Number:
        key = (operation, left, right)
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = Number(self, len(self.steps))
            self.steps.append(key)
        return number


def _order(value: Value) -> tuple[int, float]:
    return (0, value.step) if isinstance(value, Number) else (1, value)


def _simplified(operation: int, left: Value, right: Value) -> Value | None:
    """Return the result where it needs no instruction; None where it does.

    A factor of exactly 0 gives 0 (numbers are finite: a sample that is not is found by its score).
    """
    if left is right:
        return {SUBTRACT: 0.0, LOWER: left, UPPER: left}.get(operation)
    if operation == ADD:
        return right if _is(left, 0) else left if _is(right, 0) else None
    if operation == SUBTRACT:
        return left if _is(right, 0) else None
    if operation == MULTIPLY:
        if _is(left, 0) or _is(right, 0):
            return 0.0
        return right if _is(left, 1) else left if _is(right, 1) else None
    if operation == DIVIDE:
        return 0.0 if _is(left, 0) else left if _is(right, 1) else None
    return None


def _is(value: Value, wanted: int) -> bool:
    return not isinstance(value, Number) and value == wanted


def lower(left: Value, right: Value) -> Value:
    """Return the lower of two values."""
    return _bounded(LOWER, left, right)


def upper(left: Value, right: Value) -> Value:
    """Return the higher of two values."""
    return _bounded(UPPER, left, right)


def _bounded(operation: int, left: Value, right: Value) -> Value:
    for value in (left, right):
        if isinstance(value, Number):
            return value.tape.record(operation, left, right)
    return _FLOATS[operation](left, right)  # type: ignore[arg-type]
