"""Product systems as canonical data: what a certificate carries, so that no model code is needed.

A record holds one or more systems over shared tables: slots, formulas (each a prefix list over
earlier lines, slots, the literals 0 and 1, and numbers of rules with their values), exchanges,
processes and limits. Reading it back gives the same systems; a strange record is refused by name,
and its size is bounded, so that no file keeps its reader busy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from factor_db.foundation.canonical import content_hash, decimal_text, decimal_value
from factor_db.foundation.errors import BadInput
from lca_models.system.alloy_limits import HighestContent
from lca_models.system.constraints import Constraint, RuleNumber
from lca_models.system.formula import Formula, Literal, Operation, Slot
from lca_models.system.unit_process import (
    Emission,
    Exchange,
    Input,
    Link,
    Part,
    ProductSystem,
    UnitProcess,
)

SCHEMA = "product-system/1"
OPERATIONS = ("+", "-", "*", "/", "min", "max")
# Each is far above any model of this package: some 600 formulas, 30 deep, 11 systems of 16 steps.
MOST_LINES, MOST_DEPTH, MOST_NODES = 20_000, 200, 1_000_000
MOST_STEPS, MOST_SYSTEMS = 100, 50
_TABLES = ("slots", "formulas", "exchanges", "processes", "limits", "systems")
_TEXT = re.compile(r"[^\x00-\x1f]{0,200}")
Record = dict[str, Any]


def record_of(systems: Sequence[ProductSystem]) -> Record:
    """Return the record of systems, the first of them first, as JSON types."""
    writer = _Writer()
    lines = [writer.system(system) for system in systems]
    return {"schema": SCHEMA, **writer.tables, "systems": lines}


def record_and_places(systems: Sequence[ProductSystem]) -> tuple[Record, list[int]]:
    """Return the record in which equal systems stand once, and the place in it of each given."""
    writer = _Writer()
    # Over shared tables two systems have the same line exactly when they have the same hash.
    places = [writer.placed(system) for system in systems]
    return {"schema": SCHEMA, **writer.tables}, places


def system_hash(system: ProductSystem) -> str:
    """Return the hash of a system's content, whatever stands beside it in a record."""
    return content_hash("product system", record_of([system]))


def systems_of(record: Any) -> tuple[ProductSystem, ...]:
    """Return the systems of a record; raises BadInput (MODEL_RECORD) for one that is none."""
    return _Reader(record).systems()


class _Writer:
    """The tables of a record as they grow; equal things stand in them once."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Any]] = {name: [] for name in _TABLES}
        self._places: dict[tuple[str, Any], int] = {}
        # A part that many formulas share is walked once; the systems written keep it alive.
        self._walked: dict[int, int] = {}

    def system(self, system: ProductSystem) -> Record:
        return {
            "product": system.product,
            "version": system.version,
            "final": system.final,
            "processes": [self._process(item) for item in system.processes],
            "scrap": [self._process(item) for item in system.scrap],
            "rules": list(system.rules),
            "limits": [self._limit(item) for item in system.constraints],
        }

    def placed(self, system: ProductSystem) -> int:
        line = self.system(system)
        return self._place("systems", repr(line), line)

    def _place(self, table: str, key: Any, line: Any) -> int:
        lines = self.tables[table]
        place = self._places.setdefault((table, key), len(lines))
        if place == len(lines):
            lines.append(line)
        return place

    def _slot(self, slot: Slot) -> int:
        key = (slot.process, slot.flow, slot.quantity, slot.unit, slot.optional, slot.balanced)
        known = self._places.get(("slots", key))
        if known is not None:
            return known
        line: Record = {
            "process": slot.process,
            "flow": slot.flow,
            "quantity": slot.quantity,
            "unit": slot.unit,
            **{name: True for name in ("optional", "balanced") if getattr(slot, name)},
        }
        return self._place("slots", key, line)

    def _formula(self, formula: Formula) -> int:
        place = self._walked.get(id(formula))
        if place is None:
            place = self._walked[id(formula)] = self._place_of_formula(formula)
        return place

    def _place_of_formula(self, formula: Formula) -> int:
        line: list[Any]
        match formula:
            case Slot():
                line = ["slot", self._slot(formula)]
            case Literal():
                line = ["literal", formula.value]
            case RuleNumber():
                line = ["rule", formula.rule, formula.parameter, decimal_text(formula.number())]
            case HighestContent():
                line = ["alloy", formula.alloy, formula.element, decimal_text(formula.number())]
            case Operation():
                line = [formula.name, self._formula(formula.left), self._formula(formula.right)]
            case _:
                raise TypeError(f"{type(formula).__name__} is not a formula of this language")
        return self._place("formulas", tuple(line), line)

    def _process(self, process: UnitProcess) -> int:
        line = {
            "code": process.code,
            "stage": process.stage,
            "product": process.product,
            "own": process.own,
            "exchanges": [self._exchange(item) for item in process.exchanges],
        }
        return self._place("processes", repr(line), line)

    def _exchange(self, item: Exchange) -> int:
        line = self._exchange_line(item)
        return self._place("exchanges", repr(line), line)

    def _exchange_line(self, item: Exchange) -> Record:
        amount = self._formula(item.amount)
        if isinstance(item, Link):
            return {"kind": "link", "process": item.process, "amount": amount, "role": item.role}
        if isinstance(item, Emission):
            return {
                "kind": "emission",
                "flow": item.flow,
                "gas": item.gas,
                "amount": amount,
                "origin": item.origin,
                "link": item.link,
            }
        return {
            "kind": "input",
            "flow": item.flow,
            "unit": item.unit,
            "amount": amount,
            "parts": [
                {"name": part.name, "slot": self._slot(part.slot), "scope": part.scope}
                for part in item.parts
            ],
            "role": item.role,
            "link": item.link,
            "origin": item.origin,
            "rule": item.rule,
        }

    def _limit(self, item: Constraint) -> int:
        bounds = (item.low, item.high)
        low, high = (None if bound is None else self._formula(bound) for bound in bounds)
        line = {
            "code": item.code,
            "formula": self._formula(item.formula),
            "low": low,
            "high": high,
            "rule": item.rule,
            "tolerance": decimal_text(item.give()),
        }
        return self._place("limits", repr(line), line)


def _refused(field: str) -> BadInput:
    return BadInput("MODEL_RECORD", field=field)


class _Reader:
    """A record being read: every value is checked before it is used."""

    def __init__(self, record: Any) -> None:
        if not isinstance(record, Mapping) or set(record) != {"schema", *_TABLES}:
            raise _refused("record")
        if record["schema"] != SCHEMA:
            raise _refused("schema")
        for name in _TABLES:
            if not isinstance(record[name], list) or len(record[name]) > MOST_LINES:
                raise _refused(name)
        self._record = record
        self._slots = self._lines("slots", self._slot)
        self._formulas: list[Formula] = []
        self._sizes: list[int] = []
        self._depths: list[int] = []
        self._weights: list[int] = []
        self._nodes = 0
        for place, line in enumerate(record["formulas"]):
            self._add_formula(line, f"formulas.{place}")
        self._sizes_of: list[int] = []
        self._exchanges = self._lines("exchanges", self._exchange)
        self._processes = self._lines("processes", self._process)
        self._limits = self._lines("limits", self._limit)

    def systems(self) -> tuple[ProductSystem, ...]:
        if not 0 < len(self._record["systems"]) <= MOST_SYSTEMS:
            raise _refused("systems")
        return tuple(self._lines("systems", self._system))

    def _lines(self, table: str, read: Callable[[Any, str], Any]) -> list[Any]:
        return [read(line, f"{table}.{place}") for place, line in enumerate(self._record[table])]

    def _slot(self, line: Any, path: str) -> Slot:
        texts, flags = ("process", "flow", "quantity", "unit"), ("optional", "balanced")
        if not isinstance(line, Mapping) or not set(texts) <= set(line) <= {*texts, *flags}:
            raise _refused(path)
        if any(line.get(name, True) is not True for name in flags):
            raise _refused(path)
        process, flow, quantity, unit = (_text(line, name, path) for name in texts)
        optional, balanced = (name in line for name in flags)
        return Slot(process, flow, quantity, unit, optional, balanced)

    def _add_formula(self, line: Any, path: str) -> None:
        if not isinstance(line, list) or not line:
            raise _refused(path)
        size = depth = 1
        formula: Formula
        match line:
            case ["slot", place]:
                formula = _at(self._slots, place, path)
            case ["literal", 0 | 1 as value] if type(value) is int:
                formula = Literal(value)
            case ["rule", str(name), str(parameter), str(value)]:
                formula = RuleNumber(name, parameter, decimal_value(value))
            case ["alloy", str(name), str(element), str(value)]:
                formula = HighestContent(name, element, decimal_value(value))
            case [str(name), left, right] if name in OPERATIONS:
                pair = _at(self._formulas, left, path), _at(self._formulas, right, path)
                formula = Operation(name, *pair)
                size = 1 + self._sizes[left] + self._sizes[right]
                depth = 1 + max(self._depths[left], self._depths[right])
            case _:
                raise _refused(path)
        if size > MOST_LINES or depth > MOST_DEPTH:
            raise _refused(path)
        self._formulas.append(formula)
        self._sizes.append(size)
        self._depths.append(depth)

    def _formula(self, line: Mapping[str, Any], name: str, path: str) -> Formula:
        place = line[name]
        found: Formula = _at(self._formulas, place, f"{path}.{name}")
        self._nodes += self._sizes[place]
        return found

    def _process(self, line: Any, path: str) -> UnitProcess:
        _require_keys(line, {"code", "stage", "product", "own", "exchanges"}, path)
        if not isinstance(line["own"], bool) or not isinstance(line["exchanges"], list):
            raise _refused(path)
        exchanges = tuple(_at(self._exchanges, place, path) for place in line["exchanges"])
        self._weights.append(sum(self._sizes_of[place] for place in line["exchanges"]))
        code, stage, product = (_text(line, name, path) for name in ("code", "stage", "product"))
        return UnitProcess(code, stage, product, exchanges, line["own"])

    def _exchange(self, line: Any, path: str) -> Exchange:
        before, found = self._nodes, self._read_exchange(line, path)
        self._sizes_of.append(self._nodes - before)
        return found

    def _read_exchange(self, line: Any, path: str) -> Exchange:
        kind = line.get("kind") if isinstance(line, Mapping) else None
        if kind == "link":
            _require_keys(line, {"kind", "process", "amount", "role"}, path)
            target, role = (_text(line, name, path) for name in ("process", "role"))
            return Link(target, self._formula(line, "amount", path), role)
        if kind == "emission":
            stated = _texts(line, ("flow", "gas", "origin", "link"), {"kind", "amount"}, path)
            return Emission(amount=self._formula(line, "amount", path), **stated)
        if kind != "input":
            raise _refused(path)
        names = ("flow", "unit", "role", "link", "origin", "rule")
        stated = _texts(line, names, {"kind", "amount", "parts"}, path)
        if not isinstance(line["parts"], list):
            raise _refused(path)
        parts = tuple(self._part(item, path) for item in line["parts"])
        return Input(amount=self._formula(line, "amount", path), parts=parts, **stated)

    def _part(self, line: Any, path: str) -> Part:
        _require_keys(line, {"name", "slot", "scope"}, path)
        slot = _at(self._slots, line["slot"], path)
        return Part(_text(line, "name", path), slot, _text(line, "scope", path))

    def _limit(self, line: Any, path: str) -> Constraint:
        names = {"code", "formula", "low", "high", "rule", "tolerance"}
        _require_keys(line, names, path)
        low, high = (
            None if line[name] is None else self._formula(line, name, path)
            for name in ("low", "high")
        )
        return Constraint(
            _text(line, "code", path),
            self._formula(line, "formula", path),
            low,
            high,
            _text(line, "rule", path),
            decimal_value(_text(line, "tolerance", path)),
        )

    def _system(self, line: Any, path: str) -> ProductSystem:
        texts = ("product", "version", "final")
        lists = ("processes", "scrap", "rules", "limits")
        _require_keys(line, {*texts, *lists}, path)
        if not all(isinstance(line[name], list) for name in lists):
            raise _refused(path)
        rules = tuple(_text({"rule": item}, "rule", path) for item in line["rules"])
        processes, scrap = (
            tuple(_at(self._processes, place, f"{path}.{name}") for place in line[name])
            for name in ("processes", "scrap")
        )
        self._nodes += sum(self._weights[place] for name in lists[:2] for place in line[name])
        if self._nodes > MOST_NODES or any(len(line[name]) > MOST_STEPS for name in lists):
            raise _refused("size")
        limits = tuple(_at(self._limits, place, f"{path}.limits") for place in line["limits"])
        product, version, final = (_text(line, name, path) for name in texts)
        system = ProductSystem(product, version, final, processes, rules, limits, scrap)
        _require_linked(system, path)
        return system


def _require_linked(system: ProductSystem, path: str) -> None:
    """Refuse a system whose links lead out of it, or that names a process twice."""
    codes = [process.code for process in system.processes]
    known = set(codes)
    if len(codes) != len(known) or system.final not in known:
        raise _refused(f"{path}.processes")
    for process in (*system.processes, *system.scrap):
        if process.code not in known:
            raise _refused(f"{path}.scrap")
        for item in process.exchanges:
            if isinstance(item, Link) and item.process not in known:
                raise _refused(f"{path}.processes")


def _at(table: Sequence[Any], place: Any, path: str) -> Any:
    if type(place) is not int or not 0 <= place < len(table):
        raise _refused(path)
    return table[place]


def _text(line: Mapping[str, Any], name: str, path: str) -> str:
    value = line[name]
    if not isinstance(value, str) or not _TEXT.fullmatch(value):
        raise _refused(f"{path}.{name}")
    return value


def _texts(line: Any, names: tuple[str, ...], others: set[str], path: str) -> dict[str, str]:
    """Return the texts of a line that has these names, the others, and nothing else."""
    _require_keys(line, {*names, *others}, path)
    return {name: _text(line, name, path) for name in names}


def _require_keys(line: Any, names: set[str], path: str) -> None:
    if not isinstance(line, Mapping) or set(line) != names:
        raise _refused(path)
