"""The one language of written formulas: of the figures of a view, of rules' examples, of claims.

    sum     = product {("+" | "-") product}
    product = operand {("*" | "/") operand}
    operand = "-" operand | "(" sum ")" | "0" | "1" | function "(" [sum {"," sum}] ")" | name
    name    = word {"." word} ["[" unit "]"]

No number but 0 and 1 stands in a formula, so that each has a name and a source. Functions are
`min`, `max`, `sum`, which adds its arguments from left to right, and `cut(x, quantum)`, which
rounds x half-even to a multiple of a power of ten, as contribution rows are cut. A dotted name is a
factor's; a unit in square brackets is the one its value is brought into. Decimals of 34 digits.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache, reduce

from factor_db.foundation.canonical import EXACT

Lookup = Callable[[str, str], Decimal]
"""Gives the value of an operand by its name and unit; the unit is empty where none is asked."""

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*)(?:\[(?P<unit>[^\]]+)\])?"
    r"|(?P<literal>[01])(?![0-9a-z_.])|(?P<sign>[-+*/(),]))"
)
_SIGNS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "sum": lambda *values: reduce(operator.add, values, Decimal(0)),
    "cut": lambda value, quantum: value.quantize(quantum),
}


@dataclass(frozen=True, slots=True)
class _Name:
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two values joined by a sign."""

    sign: str
    left: _Node
    right: _Node


@dataclass(frozen=True, slots=True)
class _Call:
    function: str
    arguments: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Minus:
    value: _Node


_Node = _Name | _Pair | _Call | _Minus | Decimal


def evaluate(formula: str, lookup: Lookup) -> Decimal:
    """Return a formula's value over operands, which are looked up from left to right.

    Raises ValueError for a formula not of this language, ArithmeticError where it divides by zero,
    and what `lookup` raises.
    """
    with localcontext(EXACT):
        return _value(_parsed(formula), lookup)


def evaluate_named(formula: str, values: Mapping[str, Decimal]) -> Decimal:
    """Return a formula's value over plain names; one with a dot or a unit is refused.

    Raises as `evaluate`, and KeyError for a name without a value.
    """

    def named(name: str, unit: str) -> Decimal:
        if unit or "." in name:
            raise ValueError(f"formula {formula!r} names {name!r}, which is no plain name")
        return values[name]

    return evaluate(formula, named)


def names_in(formula: str) -> set[str]:
    """Return the names a formula stands on."""
    return {node.name for node in _nodes(_parsed(formula)) if isinstance(node, _Name)}


def tokens(formula: str) -> list[dict[str, str]]:
    """Return the tokens of a formula: dicts of name and unit, literal, or sign."""
    found: list[dict[str, str]] = []
    position, end = 0, len(formula.rstrip())
    while position < end:
        match = _TOKEN.match(formula, position)
        if match is None:
            raise ValueError(f"formula unreadable at {formula[position:]!r}")
        found.append({key: text for key, text in match.groupdict().items() if text})
        position = match.end()
    return found


@lru_cache(maxsize=1024)
def _parsed(formula: str) -> _Node:
    reader = _Reader(tokens(formula))
    found = reader.sum()
    if reader.rest:
        raise ValueError(f"formula {formula!r} goes on after its end")
    return found


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, found: list[dict[str, str]]) -> None:
        self.rest = found[::-1]

    def sum(self) -> _Node:
        found = self._product()
        while sign := self._sign("+-"):
            found = _Pair(sign, found, self._product())
        return found

    def _product(self) -> _Node:
        found = self._operand()
        while sign := self._sign("*/"):
            found = _Pair(sign, found, self._operand())
        return found

    def _operand(self) -> _Node:
        if self._sign("-"):
            return _Minus(self._operand())
        if self._sign("("):
            found = self.sum()
            self._close()
            return found
        token = self.rest.pop() if self.rest else {}
        if "literal" in token:
            return Decimal(token["literal"])
        if "name" not in token:
            raise ValueError("formula lacks an operand")
        if self._sign("("):
            return self._call(token["name"])
        return _Name(token["name"], token.get("unit", ""))

    def _call(self, function: str) -> _Call:
        if function not in _FUNCTIONS:
            raise ValueError(f"formula calls {function!r}, and knows {', '.join(_FUNCTIONS)}")
        if self._sign(")"):
            return _Call(function, ())
        arguments = [self.sum()]
        while self._sign(","):
            arguments.append(self.sum())
        self._close()
        return _Call(function, tuple(arguments))

    def _close(self) -> None:
        if not self._sign(")"):
            raise ValueError("formula lacks a closing bracket")

    def _sign(self, allowed: str) -> str:
        if self.rest and self.rest[-1].get("sign", " ") in allowed:
            return self.rest.pop()["sign"]
        return ""


def _value(node: _Node, lookup: Lookup) -> Decimal:
    if isinstance(node, _Name):
        return lookup(node.name, node.unit)
    if isinstance(node, _Pair):
        return _SIGNS[node.sign](_value(node.left, lookup), _value(node.right, lookup))
    if isinstance(node, _Call):
        return _FUNCTIONS[node.function](*(_value(item, lookup) for item in node.arguments))
    if isinstance(node, _Minus):
        return -_value(node.value, lookup)
    return node


def _nodes(node: _Node) -> Iterator[_Node]:
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, _Pair):
            waiting += (found.left, found.right)
        elif isinstance(found, _Call):
            waiting += found.arguments
        elif isinstance(found, _Minus):
            waiting.append(found.value)
