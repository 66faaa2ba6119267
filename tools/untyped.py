"""Name what passes between rooms untyped: `python -m tools.untyped` prints each place.

A name passes between rooms where a module of one room takes it from another, or where what so
passes names it in an annotation. Of a function every parameter and what it returns is looked at, of
a class its bases, public fields and methods, of an alias what it stands for. Untyped is `Any`, and
a dictionary of which the keys alone are known: bare, or to `object`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.rooms import HOUSE, PACKAGES, modules_of

_DICTIONARIES = ("dict", "Mapping", "MutableMapping")
_CALLED_UNNAMED = ("__init__", "__call__", "__getitem__", "__iter__")
Name = tuple[str, str]
"""A module and a name at its top."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something untyped passes: the name, the parameter or field, and its annotation."""

    module: str
    name: str
    part: str
    annotation: str

    @property
    def dotted(self) -> str:
        """The name with its module: what a list of places names."""
        return ".".join(filter(None, (self.module, self.name, self.part)))

    @property
    def room(self) -> str:
        """The room that hands it out."""
        return room_of(self.module)


@dataclass(frozen=True, slots=True)
class Module:
    """What a module defines at its top, what each name it imports stands for, what it uses."""

    name: str
    definitions: Mapping[str, ast.stmt]
    imported: Mapping[str, str]
    used: frozenset[str]


def room_of(module: str) -> str:
    """Return the room of a module: what stands directly in the innermost divided package."""
    inside = [name for name in (*PACKAGES, *HOUSE) if module.startswith(f"{name}.")]
    depth = max((name.count(".") + 2 for name in inside), default=1)
    return ".".join(module.split(".")[:depth])


def read_module(name: str, path: Path, modules: Mapping[str, Path]) -> Module:
    """Read a module from its source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {
                item.asname or item.name: f"{node.module}.{item.name}" for item in node.names
            }
        elif isinstance(node, ast.Import):
            imported |= {item.asname or item.name: item.name for item in node.names}
    used = set(imported.values())
    for node in ast.walk(tree):  # `module.name` of a module that was imported whole
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = imported.get(node.value.id, "")
            if whole in modules:
                used.add(f"{whole}.{node.attr}")
    return Module(name, dict(_defined(tree)), imported, frozenset(used))


def _defined(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node
        elif isinstance(node, ast.Assign):
            yield from ((item.id, node) for item in node.targets if isinstance(item, ast.Name))


@dataclass(frozen=True)
class House:
    """Every module of the house, read."""

    modules: Mapping[str, Module]

    def home(self, dotted: str) -> Name | None:
        """Return where a dotted name is defined, past the modules that only hand it on."""
        front, _, last = dotted.rpartition(".")
        module = self.modules.get(front)
        if module is None:
            return None
        if last in module.definitions:
            return front, last
        return self.home(module.imported[last]) if last in module.imported else None

    def meaning(self, module: str, name: str) -> Name | None:
        """Return where a name in a module's annotation is defined, None outside the house."""
        here = self.modules[module]
        if name in here.definitions:
            return module, name
        first, _, rest = name.partition(".")
        whole = ".".join(filter(None, (here.imported.get(first, ""), rest)))
        return self.home(whole) if whole else None

    def passing(self) -> set[Name]:
        """Return every name that passes between rooms."""
        taken = [
            home
            for module in self.modules.values()
            for dotted in module.used
            if (home := self.home(dotted)) and room_of(home[0]) != room_of(module.name)
        ]
        found: set[Name] = set()
        while taken:
            module, name = home = taken.pop()
            if home in found:
                continue
            found.add(home)
            for _, annotation in shown(self.modules[module].definitions[name]):
                named = (self.meaning(module, item) for item in names_in(annotation))
                taken += [item for item in named if item]
        return found

    def is_open(self, module: str, annotation: ast.expr) -> bool:
        """Tell whether an annotation, or an alias it names, leaves open what it holds."""
        return _open_itself(annotation) or any(
            self.is_open(home, value)
            for name in names_in(annotation)
            for home, value in self._alias(module, name)
            if value is not annotation
        )

    def _alias(self, module: str, name: str) -> Iterator[tuple[str, ast.expr]]:
        home = self.meaning(module, name)
        node = self.modules[home[0]].definitions[home[1]] if home else None
        if home and isinstance(node, ast.Assign) and _is_alias(node):
            yield home[0], node.value

    def untyped(self) -> list[Place]:
        """Return every untyped place between rooms, in the order of the modules."""
        return [
            Place(module, name, part, ast.unparse(annotation))
            for module, name in sorted(self.passing())
            for part, annotation in shown(self.modules[module].definitions[name])
            if self.is_open(module, annotation)
        ]


def shown(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield each annotation that a definition shows to who takes it, with where it stands."""
    if isinstance(node, ast.FunctionDef):
        taken = node.args
        more = [item for item in (taken.vararg, taken.kwarg) if item]
        for item in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *more):
            if item.annotation:
                yield item.arg, _parsed(item.annotation)
        if node.returns:
            yield "return", _parsed(node.returns)
    elif isinstance(node, ast.ClassDef):
        yield from (("base", base) for base in node.bases)
        for inner in node.body:
            yield from _shown_in_class(inner)
    elif isinstance(node, ast.AnnAssign):
        yield "", _parsed(node.annotation)
    elif isinstance(node, ast.Assign) and _is_alias(node):
        yield "", node.value


def _shown_in_class(inner: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
        if not inner.target.id.startswith("_"):
            yield inner.target.id, _parsed(inner.annotation)
    elif isinstance(inner, ast.FunctionDef) and _is_called(inner.name):
        yield from ((f"{inner.name}.{part}", found) for part, found in shown(inner))


def _is_called(name: str) -> bool:
    return not name.startswith("_") or name in _CALLED_UNNAMED


def _parsed(annotation: ast.expr) -> ast.expr:
    """Return what an annotation written as a text says."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation


def _is_alias(node: ast.Assign) -> bool:
    """Tell whether an assignment may name a type: `A | B`, `A[B]` or `Any` itself."""
    value = node.value
    if isinstance(value, ast.Name):
        return value.id == "Any"
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.BitOr)
    return isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name | ast.Attribute)


def _nodes(annotation: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an annotation; what is called in it, such as a validator, is no type."""
    yield annotation
    if not isinstance(annotation, ast.Call):
        for inner in ast.iter_child_nodes(annotation):
            yield from _nodes(inner)


def names_in(annotation: ast.expr) -> Iterator[str]:
    """Yield the names of an annotation, dotted where they are."""
    for node in _nodes(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def _open_itself(annotation: ast.expr) -> bool:
    filled: set[int] = set()
    for node in _nodes(annotation):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            filled.add(id(node.value))
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            last = inner[-1] if inner else node.slice
            if node.value.id in _DICTIONARIES and ast.unparse(last) == "object":
                return True
        elif isinstance(node, ast.Name):
            bare = node.id in _DICTIONARIES and id(node) not in filled
            if node.id == "Any" or bare:
                return True
    return False


def untyped() -> list[Place]:
    """Return every place where something untyped passes between rooms of the house."""
    modules = modules_of()
    return House(
        {name: read_module(name, path, modules) for name, path in modules.items()}
    ).untyped()


def main() -> None:
    """Print every place, and how many there are."""
    found = untyped()
    for place in found:
        print(f"{place.dotted}: {place.annotation}")
    print(len(found))


if __name__ == "__main__":
    main()
