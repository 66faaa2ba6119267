"""Typed reading of a calculation document: a fault names its field and is never a traceback."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Context, Decimal, Inexact
from typing import Any

from factor_db.foundation.errors import BadInput

JsonObject = Mapping[str, Any]

# A plain decimal of bounded length: a hostile exponent could otherwise fill the memory.
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,119})?")
# Sums of contributions are exact or an error, never rounded.
SUMMING = Context(prec=400, traps=[Inexact])


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


def decimal_field(value: Any, path: str) -> Decimal:
    """Return a decimal field written as text (or already a Decimal); raises BadInput otherwise."""
    found = field(value, path)
    if isinstance(found, Decimal) and found.is_finite():
        return found
    if not isinstance(found, str) or not DECIMAL.fullmatch(found):
        raise BadInput("CERTIFICATE_FIELD", field=path)
    return Decimal(found)


def date_field(value: Any, path: str) -> date:
    """Return an ISO date field; raises BadInput otherwise."""
    try:
        return date.fromisoformat(text_field(value, path))
    except ValueError:
        raise BadInput("CERTIFICATE_FIELD", field=path) from None


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the exact sum; raises BadInput if it needs more digits than any result has."""
    total = Decimal(0)
    try:
        for value in values:
            total = SUMMING.add(total, value)
    except Inexact:
        raise BadInput("CERTIFICATE_FIELD", field="contributions.kg_co2e") from None
    return total


def sums_by(rows: Iterable[JsonObject], name: str) -> dict[str, Decimal]:
    """Sum `kg_co2e` of contribution rows by one of their text fields, exactly; keys sorted."""
    groups: dict[str, list[Decimal]] = {}
    for row in rows:
        groups.setdefault(text_field(row, name), []).append(decimal_field(row, "kg_co2e"))
    return {code: exact_sum(groups[code]) for code in sorted(groups)}
