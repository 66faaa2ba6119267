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
from footprint.comparison.data import part_names, parts_in, product_classes
from footprint.comparison.value import NO_SCRAP, TYPED_IN, Interval, Parts, Value
from footprint.study import GWP_SETS

_TEXTS = (
    *("name_zh", "name_en", "label", "product_class", "boundary", "scrap_rule"),
    *("electricity_rule", "allocation", "gwp_set", "year", "geography", "source"),
)
_NEEDED = ("label", "product_class", "value", "source")
_TABLES = {"parts", "known", "outside", "gases", "interval"}


def read_value(path: Path) -> Value:
    """Read a value file; raises BadInput when it is absent, unreadable or has unknown keys.

    Amounts are kg CO2e per kg of product, gases kg per kg. `known` and `outside` are keyed by the
    parts of the boundary they hold, several joined by semicolons.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise BadInput("FILE_ABSENT", path=path) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=error) from None
    _require_sound(content, path.name)
    return _value(content, path.name)


def _require_sound(content: Mapping[str, Any], name: str) -> None:
    faults = [f"{key}: ?" for key in sorted(set(content) - {*_TEXTS, *_TABLES, "value"})]
    faults += [f"{key}: -" for key in _NEEDED if not content.get(key)]
    code = str(content.get("product_class", "")).partition("/")[0]
    if code and code not in product_classes():
        faults.append(f"product_class: {', '.join(product_classes())}")
    elif code:
        faults += _faults_of_parts(content, product_classes()[code].scheme)
    if content.get("gwp_set", "") not in ("", *GWP_SETS):
        faults.append(f"gwp_set: {', '.join(GWP_SETS)}")
    if faults:
        raise BadInput("COMPARE_FILE", path=name, faults="; ".join(faults))


def _faults_of_parts(content: Mapping[str, Any], scheme: str) -> list[str]:
    """Name unknown parts, parts counted twice, and amounts outside the boundary they belong to."""
    known = frozenset(part_names(scheme))
    inside = frozenset(content.get("parts", ()))
    faults = [f"parts: {part} ({', '.join(sorted(known))})" for part in sorted(inside - known)]
    for table in ("known", "outside"):
        seen: set[str] = set()
        for key in content.get(table, {}):
            parts = parts_in(key)
            misplaced = parts - inside if table == "known" else parts & inside
            if not parts or parts - known or parts & seen or misplaced:
                faults.append(f"{table}: {key}")
            seen |= parts
    return faults


def _value(content: Mapping[str, Any], name: str) -> Value:
    texts: dict[str, Any] = {key: str(content.get(key, "")) for key in _TEXTS}
    if not product_classes()[texts["product_class"].partition("/")[0]].charges_scrap:
        texts["scrap_rule"] = NO_SCRAP
    for lang in ("zh", "en"):
        texts[f"name_{lang}"] = texts[f"name_{lang}"] or texts["label"]
    gases = content.get("gases", {})
    return Value(
        ref=name,
        kind=TYPED_IN,
        parts=frozenset(content["parts"]) if content.get("parts") else None,
        value=_amount(content["value"], name, "value"),
        interval=_interval(content, name),
        known=_amounts(content, "known", name),
        outside=_amounts(content, "outside", name),
        gases={gas: _amount(item, name, f"gases.{gas}") for gas, item in gases.items()},
        **texts,
    )


def _amounts(content: Mapping[str, Any], table: str, name: str) -> dict[Parts, Decimal]:
    return {
        parts_in(key): _amount(item, name, f"{table}.{key}")
        for key, item in content.get(table, {}).items()
    }


def _interval(content: Mapping[str, Any], name: str) -> Interval | None:
    given = content.get("interval")
    if not given:
        return None
    ends = (_amount(given.get(key), name, f"interval.{key}") for key in ("low", "high", "level"))
    return Interval(*ends)


def _amount(item: Any, name: str, key: str) -> Decimal:
    is_number = isinstance(item, int | Decimal) and not isinstance(item, bool)
    if not is_number or not Decimal(item).is_finite():
        raise BadInput("COMPARE_FILE", path=name, faults=f"{key}: {item}")
    return Decimal(item)
