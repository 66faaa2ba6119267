"""Typed reading of a credential's JSON: a fault names its field and is never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factor_db.foundation.errors import BadInput

JsonObject = Mapping[str, Any]


def field(value: Any, path: str) -> Any:
    """Return the value at a dotted path of nested objects; raises BadInput naming the path."""
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise BadInput("CERTIFICATE_FIELD", field=path)
        value = value[name]
    return value


def text_field(value: Any, path: str) -> str:
    """Return a string field; raises BadInput when it is absent or no string."""
    found = field(value, path)
    if not isinstance(found, str):
        raise BadInput("CERTIFICATE_FIELD", field=path)
    return found


def flag_field(value: Any, path: str) -> bool:
    """Return a boolean field; raises BadInput when it is absent or no boolean."""
    found = field(value, path)
    if not isinstance(found, bool):
        raise BadInput("CERTIFICATE_FIELD", field=path)
    return found


def object_field(value: Any, path: str) -> JsonObject:
    """Return an object field; raises BadInput when it is absent or no object."""
    found = field(value, path)
    if not isinstance(found, Mapping):
        raise BadInput("CERTIFICATE_FIELD", field=path)
    return found


def rows_field(value: Any, path: str) -> list[JsonObject]:
    """Return a list of objects; raises BadInput when it is absent or holds anything else."""
    found = field(value, path)
    if not isinstance(found, list | tuple) or not all(isinstance(row, Mapping) for row in found):
        raise BadInput("CERTIFICATE_FIELD", field=path)
    return list(found)
