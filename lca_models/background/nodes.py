"""Names, places, units and compartments of a Brightway project's nodes, read without Brightway.

The project's SQLite file is opened read-only; each node's details lie in a pickle, which is loaded
by a reader that makes plain values only and nothing else.
"""

from __future__ import annotations

import csv
import io
import pickle
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factor_db.foundation.errors import BadInput

DATABASE_FILE = Path("lci") / "databases.db"
_HARMLESS = {("builtins", "set"), ("builtins", "frozenset"), ("collections", "OrderedDict")}
_HARMLESS |= {("datetime", "datetime"), ("datetime", "date")}
_OPTIONAL = ("database", "location", "product", "compartment", "cas", "kind")
_AT_ONCE = 500  # SQLite takes a limited number of parameters per statement


@dataclass(frozen=True, slots=True)
class Node:
    """One node: an activity, a product or an elementary flow; `number` is Brightway's id."""

    number: int
    database: str
    code: str
    name: str
    location: str
    product: str
    unit: str
    compartment: str
    cas: str
    kind: str

    @property
    def key(self) -> str:
        """The node as Brightway cites it: database and code."""
        return f"{self.database}|{self.code}"


def read_node_table(path: Path) -> dict[int, Node]:
    """Return number → node of a CSV table, for a data package that comes without a project.

    Columns: id, name, unit; and, where known, database, code, location, product, compartment, cas,
    kind. Raises BadInput (BACKGROUND_NODE_TABLE).
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        nodes = [
            Node(
                number=int(row["id"]),
                code=_text(row.get("code")) or _text(row["id"]),
                name=_text(row["name"]),
                unit=_text(row["unit"]),
                **{key: _text(row.get(key)) for key in _OPTIONAL},
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BadInput("BACKGROUND_NODE_TABLE", path=path.name, reason=reason) from None
    return {node.number: node for node in nodes}


class _PlainValues(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _HARMLESS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def read_nodes(project: Path, numbers: Iterable[int]) -> dict[int, Node]:
    """Return number → node of those that the project knows.

    Raises BadInput (BRIGHTWAY_STORE_UNREADABLE) for a file that is no such store, or one that holds
    more than plain values.
    """
    wanted, found = sorted(set(numbers)), {}
    path = project / DATABASE_FILE
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as store:
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" for _ in part)
                query = (
                    "select id, database, code, name, location, product, type, data"
                    f" from activitydataset where id in ({marks})"
                )
                for row in store.execute(query, part):
                    found[int(row[0])] = _node(*row)
        store.close()
    except (sqlite3.Error, pickle.UnpicklingError, EOFError, ValueError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BadInput("BRIGHTWAY_STORE_UNREADABLE", path=project.name, reason=reason) from None
    return found


def _node(
    number: int,
    database: str,
    code: str,
    name: str | None,
    location: str | None,
    product: str | None,
    kind: str | None,
    data: bytes,
) -> Node:
    more: Any = _PlainValues(io.BytesIO(data)).load()
    details: Mapping[str, Any] = more if isinstance(more, Mapping) else {}
    compartment = details.get("categories") or ()
    return Node(
        number=int(number),
        database=str(database),
        code=str(code),
        name=_text(name or details.get("name")),
        location=_text(location or details.get("location")),
        product=_text(product or details.get("reference product")),
        unit=_text(details.get("unit")),
        compartment="/".join(map(str, compartment)) if compartment else "",
        cas=_text(details.get("CAS number") or details.get("cas")),
        kind=_text(kind or details.get("type")),
    )


def _text(value: Any) -> str:
    return str(value).strip() if value is not None else ""
