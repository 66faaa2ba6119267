"""Canonical JSON (RFC 8785), domain-separated hashes and the one decimal notation.

Every hash, signature and stored payload of the product goes through this module,
so the same content gives the same bytes on every machine and Python version.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce
from typing import Any

import rfc8785

from factor_db.foundation.errors import BadInput

HASH_SCHEMA_VERSION = 1
# 34 digits are IEEE 754 decimal128: enough for every product of this field, the same everywhere.
EXACT = Context(prec=34, rounding=ROUND_HALF_EVEN)
LARGEST_EXPONENT = 40
FEW_DIGITS = 4
_NUMBER = re.compile(r"[+-]?[0-9]{1,80}(\.[0-9]{0,80})?([eE][+-]?[0-9]{1,3})?")


_BEYOND_PLANE_0 = re.compile("[\U00010000-\U0010ffff]")
_LARGEST_INTEGER = 2**53 - 1
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def decimal_text(value: Decimal) -> str:
    """Write a decimal in its one canonical notation: plain digits, no exponent, no trailing zeros.

    Raises BadInput for NaN and infinities.
    """
    if not value.is_finite():
        raise BadInput("NUMBER_NOT_FINITE", value=str(value))
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the sum without rounding: 34 digits hold 10 before and 24 after the point."""
    return reduce(EXACT.add, values, Decimal(0))


def few_digits(value: Decimal, digits: int = FEW_DIGITS) -> str:
    """Return a number with so many significant digits, half to even, in canonical notation."""
    return decimal_text(Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(value))


def decimal_value(text: str) -> Decimal:
    """Read a decimal number of ASCII digits; raises BadInput for anything else or out of bounds.

    The bound keeps a hostile exponent from filling the memory when it is written out.
    """
    if not _NUMBER.fullmatch(text):
        raise BadInput("NUMBER_UNREADABLE", value=text[:40])
    value = Decimal(text)
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        raise BadInput("NUMBER_OUT_OF_BOUNDS", value=text[:40])
    return value


def plain(value: Any) -> Any:
    """Turn a value into JSON types: decimals become strings, tuples lists; floats are refused.

    A binary float has no single decimal reading, so it may not enter anything that is hashed.
    """
    # Nearly all of a document is texts, objects and lists of exactly these types.
    kind = type(value)
    if kind is str:
        return value
    if kind is dict:
        return {
            key if type(key) is str else str(key): item if type(item) is str else plain(item)
            for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return [item if type(item) is str else plain(item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise ValueError(f"{value} is beyond the integers that every JSON reader keeps")
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a value whose numbers are integers or decimals."""
    content = plain(value)
    text = _write(content)
    # The C writer sorts keys by code point, RFC 8785 by UTF-16 unit: the same up to U+FFFF.
    return rfc8785.dumps(content) if _BEYOND_PLANE_0.search(text) else text.encode()


def sha256_hex(data: bytes) -> str:
    """Return the plain SHA-256 of a file's bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def content_hash(kind: str, value: Any) -> str:
    """Return the SHA-256 of a value, separated by its kind and the hash schema version.

    Two values of different kinds never share a hash, even when their JSON is the same.
    """
    prefix = f"footprint/{kind}/v{HASH_SCHEMA_VERSION}\n".encode()
    return sha256_hex(prefix + canonical_json(value))


def _no_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise BadInput("JSON_DUPLICATE_KEY", key=repeated)
    return dict(pairs)


def strict_json(data: bytes) -> Any:
    """Parse JSON, refusing duplicate keys, NaN and infinities (raises BadInput)."""

    def refuse(constant: str) -> Any:
        raise BadInput("NUMBER_NOT_FINITE", value=constant)

    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_no_duplicate_keys, parse_constant=refuse
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadInput("JSON_UNREADABLE", reason=str(error)) from None
