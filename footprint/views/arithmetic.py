"""The arithmetic of a figure: names, 0 and 1, + - * / and brackets, min, max, sum and cut.

`cut(x, quantum)` rounds x half-even to a multiple of a power of ten, as contribution rows are cut.
All in decimals of 34 digits; `sum` adds its arguments from left to right.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from functools import lru_cache, reduce

from factor_db.foundation.canonical import EXACT

_SIGNS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "sum": lambda *values: reduce(operator.add, values, Decimal(0)),
    "cut": lambda value, quantum: value.quantize(quantum),
}


def evaluate(formula: str, values: Mapping[str, Decimal]) -> Decimal:
    """Return a formula's value over named decimals.

    Raises ValueError for a formula not of this language, KeyError for a name without a value,
    ArithmeticError where it divides by zero.
    """
    with localcontext(EXACT):
        return _value(_parsed(formula), values)


def names_in(formula: str) -> set[str]:
    """Return the names a formula stands on."""
    called = {node.func for node in ast.walk(_parsed(formula)) if isinstance(node, ast.Call)}
    return {
        node.id
        for node in ast.walk(_parsed(formula))
        if isinstance(node, ast.Name) and node not in called
    }


@lru_cache(maxsize=1024)
def _parsed(formula: str) -> ast.expr:
    try:
        return ast.parse(formula, mode="eval").body
    except SyntaxError:
        raise ValueError(f"formula {formula!r} cannot be read") from None


def _value(node: ast.expr, values: Mapping[str, Decimal]) -> Decimal:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value in (0, 1):
        return Decimal(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        return _SIGNS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = _FUNCTIONS.get(node.func.id)
        if function is not None:
            return function(*(_value(argument, values) for argument in node.args))
    raise ValueError(f"{ast.unparse(node)!r} is not of this arithmetic")
