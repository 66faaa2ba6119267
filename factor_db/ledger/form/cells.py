"""Cells as a file gives them, and the only readings of a cell as text, number, month or date.

A reading either is unambiguous or is None: nothing is guessed, an unreadable number is a fault.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

CellValue = str | int | float | bool | date | datetime | time | timedelta | None

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NOT_FINITE = re.compile(r"[+-]?(inf|infinity|nan|∞)", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})月?")
# Six or eight digits are a month or a day only within a century a plant can report.
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})?")
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?")
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


# The number of a row and its values, first column A.
Line = tuple[int, Sequence[CellValue]]


class Lines(Protocol):
    """Rows of values that can be gone through again and again; `all_text` when none is typed."""

    @property
    def all_text(self) -> bool:
        """Tell whether every value is a text."""

    @property
    def total(self) -> int:
        """Return how many rows there are at most."""

    def __iter__(self) -> Iterator[Line]:
        """Yield each row in order."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as numbered rows of values; `below` gives those after the row of that position.

    `rows` may hold the head of the sheet only. `merged` lists areas that span several rows, as
    first row, last row and column, rows by their number and columns from 0.
    """

    sheet: str
    rows: Sequence[Line]
    below: Callable[[int], Lines]
    merged: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet below its headings: its name, column → letters, and its rows.

    `merged` names the number cells (row, column) that lie in an area merged over several rows:
    whose number it is cannot be known, and that fault is recorded already.
    """

    sheet: str
    columns: Mapping[str, str]
    rows: Sequence[RawRow]
    merged: frozenset[tuple[int, str]] = frozenset()


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


@lru_cache(maxsize=1024)
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
    if type(value) is str:  # nearly every cell
        return value.strip()
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


def serial_key(text: str) -> str:
    """Return a serial as it is compared: letters and digits, full-width forms folded, upper case.

    So are the numbers of installations and meters: signs and spaces tell no two of them apart.
    """
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in folded if sign.isalnum())


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
    """Return a cell as `YYYY-MM`: a date cell, `2025-01`, `2025.1`, `2025年1月`, `202501`, a date.

    A number cell 2025.1 may be January or an October that lost its zero, so it is not read.
    """
    if isinstance(value, date):
        return f"{value.year:04d}-{value.month:02d}"
    text = _typed_date(value)
    if text is None:
        return None
    found = _MONTH.fullmatch(text) or _COMPACT.fullmatch(text)
    if found and not (found.re is _COMPACT and found[3]):
        month = int(found[2])
        return f"{found[1]}-{month:02d}" if 1 <= month <= 12 and int(found[1]) >= 1 else None
    day = date_of(value)
    return f"{day.year:04d}-{day.month:02d}" if day else None


def date_of(value: CellValue) -> date | None:
    """Return a cell as a date: a date cell, `2025-01-31`, `2025.1.31`, `2025年1月31日`, `20250131`.

    A time of midnight behind it is dropped; any other time is no date.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = _typed_date(value)
    found = None if text is None else _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
    if not found or not found[3]:
        return None
    year, month, day = (int(part) for part in found.groups())
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def _typed_date(value: CellValue) -> str | None:
    """Return what may be a typed date as plain text, None for what cannot be one."""
    if isinstance(value, bool | time | timedelta) or value is None:
        return None
    if isinstance(value, float) and not value.is_integer():
        text = repr(value)
        # One decimal digit: 2025.2 is February, 2025.1 has two readings.
        return None if text.endswith(".1") else text
    return _MIDNIGHT.sub("", unicodedata.normalize("NFKC", text_of(value)))
