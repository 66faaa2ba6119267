"""What passes between rooms is typed: `Any` and open dictionaries stand where JSON enters or leaves.

System under test: the annotations of every name one room takes from another (`tools.untyped`). The
count is tried on a house of two rooms by hand: the cellar hands out a function of 2 untyped
parameters out of 4, a class with 1 untyped field of 2, reached through what a second function
returns, and an alias that both name; the kitchen's own `Any` passes to nobody.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from tools.rooms import modules_of
from tools.untyped import House, Place, read_module, room_of, untyped

EDGES = {
    ".record.return": "JSON leaves: a part of a document, or a whole one, as it is written",
    ".from_record.record": "JSON enters: read once, with every fault at its place",
}
"""Ends of places where JSON enters or leaves, with the reason."""
PLACES = {
    "factor_db.foundation.canonical.strict_json.return": "JSON enters: bytes read, not yet a type",
    "factor_db.foundation.canonical.plain.return": "JSON leaves: what is hashed, signed, stored",
    "factor_db.foundation.canonical.plain.value": "JSON leaves: content that is to be hashed or stored",
    "factor_db.factors.record.product.amounts_of_calculation.document": "JSON enters: one stored",
    "factor_db.factors.record.product.made_by_document.document": "JSON enters: the same",
    "footprint.calculation.calculate.CalculationResult.document.return": "JSON leaves: to callers",
    "footprint.certificate.checks.verify.verify_file.status_list": "JSON enters: a stranger's list",
    "footprint.certificate.fields.JsonObject": "JSON enters: a stranger's certificate or list",
    "footprint.claims.document.claims_document.return": "JSON leaves: `claims --json`",
    "footprint.study.supplier_shares.suppliers_of.content": "JSON enters: suppliers of a study",
    "footprint.supply.described.foreign_word.content": "JSON enters: a supplier's file as it came",
    "footprint.views.explain.figures_document.return": "JSON leaves: `view --explain --json`",
    "footprint.views.explain.view_document.return": "JSON leaves: `view --json`",
    "footprint.views.figure.View.record": "JSON leaves: the file that a standard prescribes",
    "footprint.result.document.read_result.content": "JSON enters: a result that was written",
    "footprint.study.carried_model.model_from_record.record": "JSON enters: a carried model",
    "lca_models.system.record.systems_of.record": "JSON enters: the systems of a carried model",
    "lca_models.system.record.Record": "JSON leaves: the systems of a carried model",
    "lca_models.system.record.record_and_places.return": "JSON leaves: the same with its numbers",
}
"""Single places where JSON enters or leaves, with the reason."""
LEFT: dict[str, int] = {
    "footprint.account": 11,
    "footprint.engine": 8,
    "footprint.sampling": 16,
    "lca_models.system": 41,
}
"""How many untyped places each room still hands out; it only ever falls."""


def _house(top: Path, **sources: str) -> House:
    for name, source in {"__init__": "", **sources}.items():
        path = top / "footprint" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    modules = modules_of(top)
    return House({name: read_module(name, path, modules) for name, path in modules.items()})


_CELLAR = """
from __future__ import annotations
from collections.abc import Mapping
from typing import Any
Rack = Mapping[str, object]
def pour(rack: Rack, much: int, into: "dict", by: Mapping[str, int]) -> str: ...
class Bottle:
    label: Any
    year: int
    _seal: Any
def fetch() -> Bottle: ...
def unused(rack: Any) -> Any: ...
"""
_KITCHEN = """
from typing import Any
from footprint import cellar
from footprint.cellar import fetch
def cook(pot: Any) -> Any:
    return cellar.pour(fetch(), pot)
"""


def test_a_house_of_two_rooms_is_counted_as_by_hand(tmp_path: Path) -> None:
    found = _house(tmp_path, cellar=_CELLAR, kitchen=_KITCHEN).untyped()
    assert [place.dotted.removeprefix("footprint.cellar.") for place in found] == [
        "Bottle.label",
        "Rack",
        "pour.rack",
        "pour.into",
    ]
    assert {place.room for place in found} == {"footprint.cellar"}


def test_rooms_are_those_of_the_contracts() -> None:
    rooms = {
        "factor_db.store.audit": "factor_db.store",
        "factor_db.ledger.frozen.sampling": "factor_db.ledger.frozen",
        "lca_models.system.formula": "lca_models.system",
        "footprint.certificate.checks.report": "footprint.certificate",
        "footprint": "footprint",
    }
    assert {module: room_of(module) for module in rooms} == rooms


@cache
def _found() -> tuple[Place, ...]:
    return tuple(untyped())


def test_nothing_untyped_passes_between_rooms() -> None:
    places = [place for place in _found() if not place.dotted.endswith(tuple(EDGES))]
    assert dict(Counter(item.room for item in places if item.dotted not in PLACES)) == LEFT


def test_every_edge_that_is_named_is_there() -> None:
    found = {place.dotted for place in _found()}
    assert set(PLACES) - found == set()
    assert [end for end in EDGES if not any(name.endswith(end) for name in found)] == []
