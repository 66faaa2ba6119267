"""What is wrong with a value file: every fault at once, as `key: what stands there (what may)`.

First the types, key by key; what is of another type is named and takes no part in the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT, decimal_text, decimal_value
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from footprint.comparison.data import part_names, parts_in, product_classes
from footprint.comparison.value import published_values
from footprint.study.definition import GWP_SETS
from footprint.validation.split import characterised

TEXTS = (
    *("name_zh", "name_en", "label", "product_class", "boundary", "scrap_rule"),
    *("electricity_rule", "allocation", "gwp_set", "year", "geography", "source"),
)
ENDS = ("low", "high", "level")
EXPLANATION = "explanation"
"""Key of the word that an unusual value needs."""
_NEEDED = ("label", "product_class", "value", "source")
_BY_PART = ("known", "outside")
_TABLES = (*_BY_PART, "gases", "interval")
_SHOWN = 60
Content = Mapping[str, Any]


def number_of(item: Any) -> Decimal | None:
    """Return a whole or decimal number of a TOML file, None for anything else or out of bounds."""
    if isinstance(item, bool) or not isinstance(item, int | Decimal):
        return None
    try:
        return decimal_value(str(item))
    except BadInput:
        return None


def faults_of(content: Content) -> list[str]:
    """Return every fault of a value file's content, none for a sound one.

    A value that states its gases and its GWP set is their sum (rule PCF-COMPARE-002).
    """
    known = {*TEXTS, *_TABLES, "parts", "value", EXPLANATION}
    faults = [f"{key}: ?" for key in sorted(set(content) - known)]
    faults += [f"{key}: -" for key in _NEEDED if content.get(key, "") == ""]
    sound = _sound(content)
    interval = sound.get("interval", {})
    return [
        *faults,
        *_of_types(content),
        *_of_codes(sound),
        *_of_interval(interval),
        *_of_gases(sound),
        *_of_size(sound, str(content.get(EXPLANATION, "")).strip()),
    ]


def _of_types(content: Content) -> Iterator[str]:
    for key, item in content.items():
        if key in TEXTS and not _is_text(key, item):
            yield _fault(key, item, '"…"')
        elif key == "parts" and not _is_list_of_texts(item):
            yield _fault(key, item, '["…"]')
        elif key == "value" and item != "" and number_of(item) is None:
            yield _fault(key, item, "0.0")
        elif key in _TABLES and not isinstance(item, Mapping):
            yield _fault(key, item, f"[{key}]")
        elif key in _TABLES:
            for name, amount in item.items():
                if number_of(amount) is None:
                    yield _fault(f"{key}.{name}", amount, "0.0")


def _is_text(key: str, item: Any) -> bool:
    whole_year = key == "year" and isinstance(item, int) and not isinstance(item, bool)
    return isinstance(item, str) or whole_year


def _is_list_of_texts(item: Any) -> bool:
    return isinstance(item, list) and all(isinstance(part, str) for part in item)


def _sound(content: Content) -> Content:
    """Return what is of the right type, amounts as decimals."""
    found: dict[str, Any] = {
        key: item for key, item in content.items() if key in TEXTS and _is_text(key, item)
    }
    if _is_list_of_texts(content.get("parts")):
        found["parts"] = content["parts"]
    if (value := number_of(content.get("value"))) is not None:
        found["value"] = value
    for key in _TABLES:
        if isinstance(table := content.get(key), Mapping):
            found[key] = {name: number_of(item) for name, item in table.items()}
    return found


def _of_codes(sound: Content) -> Iterator[str]:
    """Name an unknown product class, GWP set, gas or part."""
    code = str(sound.get("product_class", "")).partition("/")[0]
    if code and code not in product_classes():
        yield _fault("product_class", code, ", ".join(product_classes()))
    elif code:
        yield from _of_parts(sound, product_classes()[code].scheme)
    gwp_set = sound.get("gwp_set", "")
    if gwp_set and gwp_set not in GWP_SETS:
        yield _fault("gwp_set", gwp_set, ", ".join(GWP_SETS))
    known = _gases(gwp_set)
    for gas in sorted(set(sound.get("gases", {})) - known):
        yield f"gases: {gas} ({', '.join(sorted(known))})"


def _gases(gwp_set: str) -> set[str]:
    sets = (gwp_set,) if gwp_set in GWP_SETS else GWP_SETS
    return {gas for name in sets for gas in characterisation(name)}


def _of_parts(sound: Content, scheme: str) -> Iterator[str]:
    """Name unknown parts, parts counted twice, and amounts outside the boundary they belong to."""
    known = frozenset(part_names(scheme))
    inside = frozenset(sound.get("parts", ()))
    for part in sorted(inside - known):
        yield _fault("parts", part, ", ".join(sorted(known)))
    for table in _BY_PART:
        seen: set[str] = set()
        for key in sound.get(table, {}):
            parts = parts_in(key)
            misplaced = parts - inside if table == "known" else parts & inside
            if not parts or parts - known or parts & seen or misplaced:
                yield f"{table}: {key}"
            seen |= parts


def _of_interval(table: Mapping[str, Decimal | None]) -> Iterator[str]:
    """Name missing and unknown ends, ends the wrong way round, a level that is no probability."""
    if not table:
        return
    yield from (f"interval.{key}: -" for key in ENDS if key not in table)
    yield from (f"interval.{key}: ?" for key in sorted(set(table) - set(ENDS)))
    low, high, level = (table.get(key) for key in ENDS)
    if low is not None and high is not None and low > high:
        yield f"interval: {decimal_text(low)} > {decimal_text(high)} (low <= high)"
    if level is not None and not 0 < level < 1:
        yield _fault("interval.level", decimal_text(level), "0 < level < 1")


def _of_gases(sound: Content) -> Iterator[str]:
    """Compare the value with the sum of its gases, within the share of the rule or its rounding."""
    gases, value, gwp_set = (sound.get(key) for key in ("gases", "value", "gwp_set"))
    if not gases or value is None or gwp_set not in GWP_SETS:
        return
    if None in gases.values() or set(gases) - _gases(gwp_set):
        return
    total = characterised(gases, gwp_set)
    share = rule("PCF-COMPARE-002").number("gases_share")
    last_digit = Decimal(1).scaleb(int(value.as_tuple().exponent))
    tolerance = max(EXACT.multiply(share, abs(value)), last_digit / 2)
    if abs(EXACT.subtract(total, value)) > tolerance:
        told = f"value = {decimal_text(value)} ± {decimal_text(tolerance)}"
        yield f"gases: Σ {gwp_set} = {decimal_text(total)} ({told})"


def _of_size(sound: Content, explanation: str) -> Iterator[str]:
    """Refuse a value below 0; ask about 0 and what is far beyond all published of its family.

    Rule: PCF-COMPARE-003.
    """
    value, code = sound.get("value"), str(sound.get("product_class", "")).partition("/")[0]
    if value is None or code not in product_classes():
        return
    if value < 0:
        yield _fault("value", decimal_text(value), ">= 0 kg CO2e/kg")
        return
    family = product_classes()[code].family
    every = published_values().values()
    sizes = [item.value for item in every if item.class_of.family == family]
    sizes = sizes or [item.value for item in every]
    multiple = rule("PCF-COMPARE-003").number("far_beyond")
    low = EXACT.divide(min(sizes), multiple)
    high = EXACT.multiply(max(sizes), multiple)
    if not low <= value <= high and not explanation:
        allowed = f"{decimal_text(low)} … {decimal_text(high)} kg CO2e/kg, {EXPLANATION} = …"
        yield _fault("value", decimal_text(value), allowed)


def _fault(key: str, item: Any, allowed: str) -> str:
    return f"{key}: {str(item)[:_SHOWN]} ({allowed})"
