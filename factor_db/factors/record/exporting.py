"""Handing factors on: only what its licence lets anyone republish as a table.

`redistribution` says so factor by factor: `table` may go out; `single_value` may be cited in a
result but not listed; `owner` belongs to the enterprise whose data it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import canonical_json, decimal_text
from factor_db.foundation.spreadsheets import safe_text

_COLUMNS = (
    "ref",
    "name_zh",
    "name_en",
    "flow",
    "quantity",
    "unit",
    "amounts",
    "gwp_set",
    "geography",
    "data_year",
    "boundary",
    "source",
    "licence",
    "sha256",
)


@dataclass(frozen=True, slots=True)
class OpenFactors:
    """What may go out, sorted by reference, and how many were held back by their licence."""

    factors: tuple[Factor, ...]
    held_back: int


def open_factors(factors: Iterable[Factor]) -> OpenFactors:
    """Split factors by their licence; nothing but `table` goes out."""
    listed = sorted(factors, key=lambda factor: factor.ref)
    free = tuple(factor for factor in listed if factor.redistribution == "table")
    return OpenFactors(free, len(listed) - len(free))


def as_json_lines(factors: Sequence[Factor]) -> bytes:
    """Return one canonical record a line, each with its hash."""
    lines = [canonical_json({**factor.record(), "sha256": factor.sha256}) for factor in factors]
    return b"".join(line + b"\n" for line in lines)


def as_csv(factors: Sequence[Factor]) -> bytes:
    """Return a table in UTF-8 for people (RFC 4180); texts that look like formulas are defused."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([safe_text(_cell(factor, name)) for name in _COLUMNS] for factor in factors)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _cell(factor: Factor, name: str) -> str:
    if name == "amounts":
        return "; ".join(f"{gas} {decimal_text(value)}" for gas, value in factor.amounts.items())
    if name == "source":
        return " ".join(filter(None, (factor.source.citation, factor.source.locator)))
    return str(getattr(factor, name))
