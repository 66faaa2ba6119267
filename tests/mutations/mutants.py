"""Mutants of the modules that carry numbers: one place of one line changed by one operator.

They are drawn once by a mutation tool (`drawing.py`) and kept in `mutants.csv` as the line before
and after, so that any Python can plant them without the tool, wherever the line has moved to.
"""

from __future__ import annotations

import ast
import csv
import os
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOUND = HERE / "mutants.csv"
MODULES: dict[str, list[str]] = {
    module: entry["tests"]
    for module, entry in tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8")).items()
}
"""Module → the test files that hold it, in the order in which they are run."""
SURVIVED, TOO_LONG = "survived", "ran too long"
_END_OF_MODULE = 10**9


@dataclass(frozen=True)
class Mutant:
    """A line of a function before and after, and what became of it.

    `function` is empty for a line of the module itself; `caught_by` names the first test that
    failed, or `SURVIVED`, which `why` then explains.
    """

    number: int
    module: str
    function: str
    before: str
    after: str
    operator: str
    caught_by: str = ""
    why: str = ""


def stored() -> list[Mutant]:
    """Return the mutants of the file, by number."""
    with FOUND.open(encoding="utf-8", newline="") as file:
        return [Mutant(**{**row, "number": int(row["number"])}) for row in csv.DictReader(file)]  # type: ignore[arg-type]


def keep(mutants: Iterable[Mutant]) -> None:
    """Write the file of the mutants, whole or not at all."""
    beside = FOUND.with_suffix(f".{os.getpid()}")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Mutant)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(mutant) for mutant in mutants)
    beside.replace(FOUND)


def functions(source: str) -> dict[str, tuple[int, int]]:
    """Return function → its first and last line (from 1); a method as `Class.method`, a module as ""."""
    found = {"": (1, _END_OF_MODULE)}

    def walk(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                name = f"{inside}.{child.name}".lstrip(".")
                found[name] = child.lineno, child.end_lineno or child.lineno
                walk(child, name)
            else:
                walk(child, inside)

    walk(ast.parse(source), "")
    return found


def planted(mutant: Mutant, source: str) -> str | None:
    """Return the source with the mutant's line changed, or None where that line stands no more.

    A line that stands several times in its function is changed where it stands first.
    """
    first, last = functions(source).get(mutant.function, (1, 0))
    lines = source.splitlines(keepends=True)
    for place in range(first - 1, min(last, len(lines))):
        if lines[place].strip() == mutant.before:
            lines[place] = lines[place].replace(mutant.before, mutant.after)
            return "".join(lines)
    return None


def line_of(mutant: Mutant) -> int:
    """Return the line at which a mutant stands in the tree as it is, 0 where it is gone."""
    source = (ROOT / mutant.module).read_text(encoding="utf-8")
    changed = planted(mutant, source)
    pairs = zip(source.splitlines(), (changed or source).splitlines(), strict=True)
    return next((number for number, (old, new) in enumerate(pairs, 1) if old != new), 0)
