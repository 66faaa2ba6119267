"""A package file that Brightway 2 (bw2io 0.8) and 2.5 (bw2io 0.9) both read, with its method.

bw2io's own exporter writes what its line of Brightway stores: 2.5 names classes that 2.4.7 does not
have, and its method refers to gases by the numbers of one project, which 2.4.7 takes for new flows
and scores 0. Here classes bear the names both know, and the method refers to (database, code).
"""

from __future__ import annotations

import bz2
import json
from typing import Any

from lca_models.brightway.inventory import Inventory
from lca_models.brightway.loading import FOREGROUND, GASES
from lca_models.brightway.nodes import (
    activity_nodes,
    database_fields,
    gas_nodes,
    method_fields,
    method_rows,
    parameter_fields,
)

# bw2io 0.9 reads the old module's name as its own; bw2io 0.8 knows no other.
_DATABASE_CLASS = {"module": "bw2data.backends.peewee.database", "name": "SQLiteBackend"}
_METHOD_CLASS = {"module": "bw2data.method", "name": "Method"}


def package_objects(inventory: Inventory) -> list[dict[str, Any]]:
    """Return gases, processes and method, in the order in which they can be loaded."""
    common = {"backend": "sqlite", "format": "footprint"}
    parameters = [parameter_fields(item) for item in inventory.parameters_of("")]
    foreground = common | database_fields(inventory) | {"parameters": parameters}
    return [
        _object(GASES, _DATABASE_CLASS, common, gas_nodes(inventory)),
        _object(FOREGROUND, _DATABASE_CLASS, foreground, activity_nodes(inventory)),
        _object(inventory.method, _METHOD_CLASS, method_fields(inventory), method_rows(inventory)),
    ]


def package_bytes(inventory: Inventory) -> bytes:
    """Return the package file: JSON in bzip2, the same bytes for the same inventory."""
    return bz2.compress(json.dumps(packed(package_objects(inventory))).encode())


def packed(value: Any) -> Any:
    """Return a value as JSON that knows tuples and keys of any kind, as bw2io writes it."""
    if isinstance(value, tuple):
        return {"__tuple__": True, "data": [packed(item) for item in value]}
    if isinstance(value, dict):
        keys, values = list(value), list(value.values())
        return {"__dict__": True, "keys": packed(keys), "values": packed(values)}
    return [packed(item) for item in value] if isinstance(value, list) else value


def unpacked(value: Any) -> Any:
    """Return what `packed` was given."""
    if isinstance(value, dict):
        if "__tuple__" in value:
            return tuple(unpacked(value["data"]))
        return dict(zip(unpacked(value["keys"]), unpacked(value["values"]), strict=True))
    return [unpacked(item) for item in value] if isinstance(value, list) else value


def _object(name: Any, kind: dict[str, str], metadata: dict[str, Any], data: Any) -> dict[str, Any]:
    return {"name": name, "class": dict(kind), "metadata": metadata, "data": data}
