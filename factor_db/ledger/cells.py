"""Cells as a file gives them, and the only readings of a cell as text, number, month or date.

A reading either is unambiguous or is None: nothing is guessed, an unreadable number is a fault.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

CellValue = str | int | float | bool | date | datetime | time | timedelta | None

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NOT_FINITE = re.compile(r"[+-]?(inf|infinity|nan|∞)", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})(?:-|/|年)(\d{1,2})月?")
_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")
# Beyond any plant's year in any unit of the table; keeps later exact arithmetic small.
MAX_EXPONENT = 18
MAX_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: where it stands and what it holds."""

    ref: str
    value: CellValue


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of the ledger sheet: its number and its cells by canonical column."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """One key and value of the site header, with the place of the value."""

    sheet: str
    key: Cell
    value: Cell


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as numbered rows of values, first column A."""

    sheet: str
    rows: Sequence[tuple[int, Sequence[CellValue]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet below its headings: its name, column → letters, and its rows."""

    sheet: str
    columns: Mapping[str, str]
    rows: tuple[RawRow, ...]


@dataclass(frozen=True, slots=True)
class RawLedger:
    """A file read into cells: site entries and the tables of its sheets, nothing judged yet.

    `ledger` is None when the sheet or one of its headings is missing; `optional` holds the sheets
    of `sheets.OPTIONAL_SHEETS` that are there, by code.
    """

    site_sheet: str
    site: tuple[SiteEntry, ...]
    ledger: Table | None
    optional: Mapping[str, Table] = field(default_factory=dict)


def column_letters(index: int) -> str:
    """Return the spreadsheet letters of a column counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def text_of(value: CellValue) -> str:
    """Return a cell as trimmed text; a whole number has no `.0`, a date is ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def is_not_finite(value: CellValue) -> bool:
    """Tell whether a cell says infinity or not-a-number."""
    return bool(_NOT_FINITE.fullmatch(text_of(value)))


def decimal_of(value: CellValue) -> Decimal | None:
    """Return a cell as a decimal, or None when it has no single reading.

    Full-width digits and thousands separators in groups of three are read; `1,5`, `1 234`,
    `1.234,5`, percent signs, dates and booleans are not.
    """
    if isinstance(value, bool | date | time | timedelta):  # a datetime is a date
        return None
    if isinstance(value, float):
        # A spreadsheet keeps binary floats; the shortest decimal that reads back is what was typed.
        value = text_of(value) if value.is_integer() else repr(value)
    text = unicodedata.normalize("NFKC", text_of(value))
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif not _PLAIN.fullmatch(text):
        return None
    number = Decimal(text)
    too_long = len(number.as_tuple().digits) > MAX_DIGITS
    if too_long or (number and abs(number.adjusted()) > MAX_EXPONENT):
        return None
    return number


def month_of(value: CellValue) -> str | None:
    """Return a cell as `YYYY-MM`: a date cell, `2025-01`, `2025/1`, `2025年1月` or a full date."""
    if isinstance(value, date):
        return f"{value.year:04d}-{value.month:02d}"
    if not isinstance(value, str):
        return None
    text = unicodedata.normalize("NFKC", value).strip()
    found = _MONTH.fullmatch(text)
    if found and 1 <= int(found[2]) <= 12 and int(found[1]) >= 1:
        return f"{found[1]}-{int(found[2]):02d}"
    day = date_of(value)
    return f"{day.year:04d}-{day.month:02d}" if day else None


def date_of(value: CellValue) -> date | None:
    """Return a cell as a date: a date cell, `2025-01-31`, `2025/1/31` or `2025年1月31日`."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", value).strip())
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    return date(year, month, day)
