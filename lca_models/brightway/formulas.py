"""Our formulas in the syntax of bw2parameters: names made of slot keys, the same operations.

bw2parameters evaluates with Python's own arithmetic, so a formula written here gives on floats the
same bits as `Formula.evaluate` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lca_models.system.formula import Formula, Literal, Operation, Slot

_NOT_IN_A_NAME = re.compile(r"[^0-9A-Za-z_]")


def parameter_names(keys: Iterable[str]) -> dict[str, str]:
    """Return key → parameter name, each different: `melting/electricity/inventory` becomes
    `melting__electricity__inventory`.

    Two keys that would share a name get a number behind it, in the order given.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key in dict.fromkeys(keys):
        plain = name = _NOT_IN_A_NAME.sub("_", key.replace("/", "__"))
        count = 1
        while name.lower() in taken:
            count += 1
            name = f"{plain}_{count}"
        taken.add(name.lower())
        names[key] = name
    return names


def formula_text(formula: Formula, names: Mapping[str, str]) -> str:
    """Return a formula as bw2parameters reads it; `names` is slot key → parameter name.

    Every operation keeps its parentheses. TypeError for what is no formula of our language.
    """
    if isinstance(formula, Slot):
        return names[formula.key]
    if isinstance(formula, Literal):
        return str(formula.value)
    if not isinstance(formula, Operation):
        raise TypeError(f"{type(formula).__name__} has no text in bw2parameters")
    left, right = formula_text(formula.left, names), formula_text(formula.right, names)
    if formula.name in {"min", "max"}:
        return f"{formula.name}({left}, {right})"
    return f"({left} {formula.name} {right})"
