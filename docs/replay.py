"""Replay the figures of a view, with nothing but Python's own decimals.

    footprint view CALCULATION --standard iso14067 --explain all --json > figures.json
    python docs/replay.py figures.json

Each figure is calculated again from its formula and inputs, in decimals of 34 digits, and must come
out the same to the last digit. Prints what differs, and leaves with 1 if anything does.
"""

import json
import re
import sys
from decimal import Context, Decimal, localcontext
from functools import reduce

ALLOWED = re.compile(r"([a-z_][a-z0-9_]*|[01]|[-+(),]|[*/](?![*/])|\s)*")
LITERAL = re.compile(r"(?<![a-z0-9_])[01](?![a-z0-9_])")
FUNCTIONS = {
    "Decimal": Decimal,
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "sum": lambda *values: reduce(lambda one, other: one + other, values, Decimal(0)),
    "cut": lambda value, quantum: value.quantize(quantum),  # half to even
}


def calculate(formula, values):
    """Return the value of a formula of + - * / brackets min max sum cut, and of nothing else."""
    if not ALLOWED.fullmatch(formula):
        raise ValueError(f"not of this arithmetic: {formula}")
    written = LITERAL.sub(lambda digit: f"Decimal({digit[0]})", formula)
    return eval(written, {"__builtins__": {}, **FUNCTIONS, **values})


def replay(figures):
    """Return a line for each figure that does not come out as stated."""
    known, differing = {}, []
    with localcontext(Context(prec=34)):
        for figure in figures:
            values = {
                name: known[item["figure"]] if isinstance(item, dict) else Decimal(item)
                for name, item in figure["inputs"].items()
            }
            found = known[figure["name"]] = calculate(figure["formula"], values)
            if found != Decimal(figure["value"]):
                differing.append(f"{figure['name']}: {found} instead of {figure['value']}")
    return differing


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        stated = json.load(file)["figures"]
    faults = replay(stated)
    print(*faults, f"{len(stated) - len(faults)} of {len(stated)} figures replayed", sep="\n")
    sys.exit(1 if faults else 0)
