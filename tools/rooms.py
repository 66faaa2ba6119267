"""Draw the house: rooms, their modules, floors, arrows and circles, read from the imports.

Run as `python -m tools.rooms [PACKAGE …]`; without one, the packages whose rooms have an order by
contract. A room is what stands directly inside a package: a folder with all it holds, or a module.
An arrow is one room that imports another; a room's floor is the longest way down from it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

TOP = Path(__file__).parents[1]
HOUSE = ("factor_db", "lca_models", "footprint")
PACKAGES = ("factor_db.ledger", "factor_db.factors", "lca_models", "footprint")
Arrows = Mapping[str, set[str]]


@dataclass(frozen=True)
class Drawing:
    """The rooms of one package: how many modules each holds, and which others it imports."""

    package: str
    modules: Mapping[str, int]
    arrows: Arrows

    def circle(self) -> list[str]:
        """Return rooms that import each other in a circle; empty where there is none."""
        try:
            TopologicalSorter(self.arrows).prepare()
        except CycleError as found:
            return [str(room) for room in found.args[1]]
        return []

    def floors(self) -> dict[str, int]:
        """Return the floor of each room, 0 at the ground; raises CycleError on a circle."""
        found: dict[str, int] = {}
        for room in TopologicalSorter(self.arrows).static_order():
            found[room] = 1 + max((found[below] for below in self.arrows[room]), default=-1)
        return found


def modules_of(top: Path = TOP) -> dict[str, Path]:
    """Return every module of the house, dotted name → file; a folder's own name is its front."""
    found = {}
    for root in HOUSE:
        for path in sorted((top / root).rglob("*.py")):
            parts = path.relative_to(top).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules of the house that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for item in node.names:
                whole = f"{node.module}.{item.name}"
                yield whole if whole in modules else node.module
        elif isinstance(node, ast.Import):
            yield from (item.name for item in node.names)


def drawing(package: str, modules: Mapping[str, Path]) -> Drawing:
    """Return the rooms of a package and the arrows between them."""
    depth = package.count(".") + 2

    def room(module: str) -> str:
        return ".".join(module.split(".")[:depth])

    inside = {name: path for name, path in modules.items() if name.startswith(f"{package}.")}
    rooms = [room(name) for name in inside]
    counts = {name: rooms.count(name) for name in dict.fromkeys(rooms)}
    arrows: dict[str, set[str]] = {name: set() for name in counts}
    for name, path in inside.items():
        below = {room(other) for other in imports_of(path, modules) if other in inside}
        arrows[room(name)] |= below - {room(name)}
    return Drawing(package, counts, arrows)


def lines(drawn: Drawing) -> Iterator[str]:
    """Yield the drawing in words, the highest floor first."""
    arrows = sum(map(len, drawn.arrows.values()))
    circle = drawn.circle()
    if circle:
        yield f"{drawn.package}: {len(drawn.modules)} rooms, {arrows} arrows, circle {circle}"
        return
    floors = drawn.floors()
    highest = max(floors.values()) + 1
    yield f"{drawn.package}: {len(floors)} rooms, {highest} floors, {arrows} arrows"
    for room in sorted(floors, key=lambda name: (-floors[name], name)):
        name, count = room.removeprefix(f"{drawn.package}."), drawn.modules[room]
        below = (other.removeprefix(f"{drawn.package}.") for other in sorted(drawn.arrows[room]))
        yield f"  {floors[room]:2} {name:20} {count:3}  {' '.join(below)}".rstrip()


def main(packages: Iterable[str]) -> None:
    """Print the drawings."""
    modules = modules_of()
    for package in packages:
        print("\n".join(lines(drawing(package, modules))))


if __name__ == "__main__":
    main(sys.argv[1:] or PACKAGES)
