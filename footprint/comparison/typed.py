"""A value typed in by hand, such as one of a declaration that may not be handed on as a table.

Unquoted numbers are read as they are written, never as binary floats.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from factor_db.foundation.errors import BadInput
from footprint.comparison.data import parts_in, product_classes
from footprint.comparison.faults import ENDS, TEXTS, faults_of
from footprint.comparison.value import NO_SCRAP, TYPED_IN, Interval, Parts, Value


def read_value(path: Path) -> Value:
    """Read a value file; raises BadInput when it is absent or unreadable, or with every fault.

    Amounts are kg CO2e per kg of product, gases kg per kg. `known` and `outside` are keyed by the
    parts of the boundary they hold, several joined by semicolons.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise BadInput("FILE_ABSENT", path=path) from None
    except (
        OSError,
        ValueError,
        RecursionError,
    ) as error:  # of bytes, of TOML, of a number without end
        raise BadInput("FILE_UNREADABLE", path=path, reason=error) from None
    if faults := faults_of(content):
        raise BadInput("COMPARE_FILE", path=path.name, faults="; ".join(faults))
    return _value(content, path.name)


def _value(content: Mapping[str, Any], name: str) -> Value:
    texts: dict[str, Any] = {key: str(content.get(key, "")) for key in TEXTS}
    if not product_classes()[texts["product_class"].partition("/")[0]].charges_scrap:
        texts["scrap_rule"] = NO_SCRAP
    for lang in ("zh", "en"):
        texts[f"name_{lang}"] = texts[f"name_{lang}"] or texts["label"]
    interval = content.get("interval")
    return Value(
        ref=name,
        kind=TYPED_IN,
        parts=frozenset(content["parts"]) if content.get("parts") else None,
        value=Decimal(content["value"]),
        interval=Interval(*(Decimal(interval[key]) for key in ENDS)) if interval else None,
        known=_amounts(content, "known"),
        outside=_amounts(content, "outside"),
        gases={gas: Decimal(item) for gas, item in content.get("gases", {}).items()},
        **texts,
    )


def _amounts(content: Mapping[str, Any], table: str) -> dict[Parts, Decimal]:
    return {parts_in(key): Decimal(item) for key, item in content.get(table, {}).items()}
