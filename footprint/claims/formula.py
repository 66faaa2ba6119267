"""The arithmetic of a claim: + - * / and brackets over names, with no number but 0 and 1.

A name may carry dots (a factor) and a unit in square brackets, into which its value is brought.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from factor_db.foundation.canonical import EXACT

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)(?:\[(?P<unit>[^\]]+)\])?"
    r"|(?P<literal>[01])|(?P<sign>[-+*/()]))"
)
Lookup = Callable[[str, str], Decimal]


def tokens(formula: str) -> list[dict[str, str]]:
    """Return the tokens of a formula: dicts of name and unit, literal, or sign."""
    found: list[dict[str, str]] = []
    position = 0
    while position < len(formula.rstrip()):
        match = _TOKEN.match(formula, position)
        if match is None:
            raise ValueError(f"claim formula unreadable at {formula[position:]!r}")
        found.append({key: text for key, text in match.groupdict().items() if text})
        position = match.end()
    return found


def evaluate(formula: str, lookup: Lookup) -> Decimal:
    """Return the value; `lookup(name, unit)` gives each operand, unit empty where none is asked.

    Raises ValueError for a formula that is not of this language.
    """
    reader = _Reader(tokens(formula), lookup)
    value = reader.total()
    if reader.rest:
        raise ValueError(f"claim formula {formula!r} goes on after its end")
    return value


class _Reader:
    """Recursive descent over the tokens, exact decimals throughout."""

    def __init__(self, found: list[dict[str, str]], lookup: Lookup) -> None:
        self.rest = found[::-1]
        self.lookup = lookup

    def total(self) -> Decimal:
        value = self._product()
        while sign := self._sign("+-"):
            term = self._product()
            value = EXACT.add(value, term) if sign == "+" else EXACT.subtract(value, term)
        return value

    def _product(self) -> Decimal:
        value = self._operand()
        while sign := self._sign("*/"):
            term = self._operand()
            value = EXACT.multiply(value, term) if sign == "*" else EXACT.divide(value, term)
        return value

    def _operand(self) -> Decimal:
        if self._sign("("):
            value = self.total()
            if not self._sign(")"):
                raise ValueError("claim formula lacks a closing bracket")
            return value
        token = self.rest.pop() if self.rest else {}
        if "literal" in token:
            return Decimal(token["literal"])
        if "name" in token:
            return self.lookup(token["name"], token.get("unit", ""))
        raise ValueError("claim formula lacks an operand")

    def _sign(self, allowed: str) -> str:
        if self.rest and self.rest[-1].get("sign", " ") in allowed:
            return self.rest.pop()["sign"]
        return ""
