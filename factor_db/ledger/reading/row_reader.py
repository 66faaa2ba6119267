"""The one reader of rows: every cell by what its column holds, each fault recorded at its cell.

A sheet's room says in which order it asks its columns and what they say together; what one cell
can mean, and what is wrong with it, is told here, from the columns of `form/sheets.py`, for all
sheets alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from factor_db.foundation import units
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.cells import (
    Cell,
    RawRow,
    Table,
    date_of,
    decimal_of,
    is_not_finite,
    month_of,
    serial_key,
    text_of,
)
from factor_db.ledger.form.columns import Fault, Kind
from factor_db.ledger.form.faults import Findings, Label, Param, list_label, suggestion_label
from factor_db.ledger.form.sheets import SheetForm
from factor_db.ledger.form.vocabulary import Terms, units_for, vocabulary
from factor_db.ledger.form.word_lists import word_list

# `1e25` is a number too large, not one of the unit e25.
_NUMBER_AND_UNIT = re.compile(r"([+-]?[\d.,]+)\s*(?![eE][+-]?\d+$)([^\d\s.,+-][^\s]{0,15})")
MAX_SEARCHES = 300


class Word(NamedTuple):
    """The code of a word, or the nearest one, or None; and whether the word was known."""

    code: str | None
    known: bool


_NO_WORD = Word(None, known=False)


class Nearest:
    """Nearest names of unknown words, each searched once and no more than MAX_SEARCHES in all.

    A search costs milliseconds: a file of 50 000 different nonsense words would take minutes.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], str | None] = {}

    def name(self, terms: Terms, text: str) -> str | None:
        """Return the nearest name, None when none is near or too many were asked for."""
        key = (id(terms), text)
        if key not in self._found:
            if len(self._found) >= MAX_SEARCHES:
                return None
            self._found[key] = terms.suggestion(text)
        return self._found[key]


class SheetReader:
    """What reading the rows of one sheet has in common: its columns, months and findings.

    `months` are the site's months, empty when the header does not give them.
    """

    def __init__(
        self, table: Table, form: SheetForm, months: tuple[str, ...], findings: Findings
    ) -> None:
        self.form, self.months, self.findings = form, months, findings
        self.sheet, self.merged, self.raws = table.sheet, table.merged, table.rows
        self.nearest = Nearest()
        # Looked up once: a sheet may have a hundred thousand rows.
        self.columns = form.by_name
        self.limited = tuple((c.name, c.limit) for c in form.typed if c.kind is Kind.TEXT)
        self.words = {c.name: word_list(c.words) for c in form.typed if c.words}

    def rows(self) -> Iterator[RowReader]:
        """Yield a reader of each row."""
        return map(self.row, self.raws)

    def row(self, raw: RawRow) -> RowReader:
        """Return a reader of one row."""
        return RowReader(self, raw)


def sheet_rows(
    table: Table | None, form: SheetForm, months: tuple[str, ...], findings: Findings
) -> Iterator[RowReader]:
    """Yield a reader of each row of a sheet; of none where the sheet is not there."""
    if table is not None:
        yield from SheetReader(table, form, months, findings).rows()


class RowReader:
    """Reads one row; `faulty` once anything in it was recorded as an error."""

    __slots__ = ("faulty", "form", "of", "raw", "sheet")

    def __init__(self, of: SheetReader, raw: RawRow) -> None:
        self.of, self.raw = of, raw
        self.form, self.sheet = of.form, of.sheet
        self.faulty = False

    @property
    def number_of_row(self) -> int:
        """The number of the row on its sheet."""
        return self.raw.number

    def cell(self, column: str) -> Cell:
        """Return the cell of a column; where the row has none, its first place."""
        return cell_of(self.raw, column)

    def text(self, column: str) -> str:
        """Return a cell as trimmed text."""
        return text_in(self.raw, column)

    def refs(self) -> dict[str, str]:
        """Return column → cell (`F12`) of the cells the row has."""
        return {name: cell.ref for name, cell in self.raw.cells.items()}

    def error(self, code: str, column: str, **params: Param) -> None:
        """Record a fault at a cell."""
        self.faulty = True
        cell = self.cell(column)
        self.of.findings.error(code, self.sheet, cell.ref, text_of(cell.value), **params)

    def fault(self, fault: Fault, column: str, **params: Param) -> None:
        """Record what is wrong with a cell, in the words of its column."""
        self.error(self.of.columns[column].code(fault), column, **params)

    def complete(self, but: Sequence[str] = ()) -> None:
        """Record every obligatory cell that is empty, and every text that is too long."""
        for column in self.form.obligatory:
            if not text_in(self.raw, column) and column not in but:
                self.filled(column)
        self.short_enough()

    def filled(self, column: str) -> bool:
        """Tell whether an obligatory cell says anything; records it where not."""
        if self.text(column):
            return True
        if self.is_merged(column):  # recorded where the cells were read
            return False
        self._empty(column)
        return False

    def short_enough(self) -> None:
        """Record every text that is longer than its column takes."""
        for column, limit in self.of.limited:
            if len(text_in(self.raw, column)) > limit:
                self.fault(Fault.TOO_LONG, column, limit=limit)

    def is_merged(self, column: str) -> bool:
        """Tell whether a number stands over several rows, so that nobody knows whose it is."""
        if self.of.merged and (self.raw.number, column) in self.of.merged:
            self.faulty = True
            return True
        return False

    def word(self, column: str, otherwise: Callable[[str], str] = str) -> Word:
        """Return the code of a word, or the nearest one of a word that is not on its list.

        `otherwise` is how the text is written before it is looked up.
        """
        text = otherwise(self.text(column))
        if not text:
            return _NO_WORD
        words = self.of.words[column]
        code = words.terms.code(text)
        whole = words.properties or code is None or "." not in code
        if code is not None and whole:
            return Word(code, known=True)
        near = code
        if code is None and words.suggests:
            near = self.of.nearest.name(words.terms, text)
        if near and not words.properties:
            near = near.split(".")[0]
        known = list_label(words.printed)
        self.error(words.unknown, column, hint=suggestion_label(near), known=known)
        return Word(near, known=False)

    def month(self) -> str | None:
        """Return the month of the column `period`; None too for one outside the site's months."""
        if not self.text("period"):
            return None
        month, months = month_of(self.cell("period").value), self.of.months
        if month is None:
            self.fault(Fault.UNREADABLE, "period")
        elif months and month not in months:
            self.fault(Fault.OUTSIDE, "period", first=months[0], last=months[-1])
            return None
        return month

    def day(self, column: str) -> date | None:
        """Return a day."""
        if not self.text(column):
            return None
        day = date_of(self.cell(column).value)
        if day is None:
            self.fault(Fault.UNREADABLE, column)
        return day

    def number(self, column: str, **about: Param) -> Decimal | None:
        """Return a number within the limits of its column; None for any other, which is recorded.

        `about` is what the messages of the column say beside it.
        """
        found = self.raw.cells.get(column)
        value = None if found is None else found.value
        if self.is_merged(column) or not text_of(value):
            return None
        number = decimal_of(value)
        limits = self.of.columns[column].limits
        if number is None and is_not_finite(value):
            self._number_fault(Fault.NOT_FINITE, column, about)
        elif number is None:
            self._unreadable(column, about)
        elif number < 0 and limits.least is not None:
            self._number_fault(Fault.NEGATIVE, column, about)
        elif not limits.hold(number):
            self._number_fault(Fault.BEYOND, column, about)
        else:
            return number
        return None

    def serial(self, column: str) -> str:
        """Return the number of a document or installation as it is compared."""
        text, form = self.text(column), self.of.columns[column]
        key = serial_key(text)
        if text and not key and form.obligatory:
            self._empty(column)
        if len(key) > form.limit:
            self.fault(Fault.TOO_LONG, column, limit=form.limit)
        return key

    def factor(self, wanted: str) -> Decimal | None:
        """Return how many `wanted` one unit of the row's column `unit` is."""
        written = self.text("unit")
        if not written:
            return None
        unit = plain_unit(written)
        try:
            return units.conversion(unit, wanted)
        except BadInput as error:
            self._unit_fault(error, unit, wanted)
            return None

    def _unit_fault(self, error: BadInput, unit: str, wanted: str) -> None:
        known = list_label(units_for(wanted))
        if units.is_actual_volume(unit):
            self.error("LEDGER_UNIT_ACTUAL_VOLUME", "unit")
            return
        if error.code == "UNIT_DIMENSION":
            self.error("LEDGER_UNIT_DIMENSION", "unit", wanted=wanted, known=known)
            return
        terms = vocabulary().unit_terms
        near = terms.code(unit) or self.of.nearest.name(terms, unit)
        hint = suggestion_label(near if near in units_for(wanted) else None)
        self.error("LEDGER_UNIT_UNKNOWN", "unit", hint=hint, known=known)

    def _unreadable(self, column: str, about: Mapping[str, Param]) -> None:
        form = self.of.columns[column]
        found = _NUMBER_AND_UNIT.fullmatch(unicodedata.normalize("NFKC", self.text(column)))
        counts = form.unit == "unit" and Fault.UNREADABLE not in form.codes
        if counts and found and decimal_of(found[1]) is not None:
            parts = {"number": found[1], "unit": found[2], "unit_cell": self.cell("unit").ref}
            self.error("LEDGER_AMOUNT_WITH_UNIT", column, **parts)
        else:
            self._number_fault(Fault.UNREADABLE, column, about)

    def _number_fault(self, fault: Fault, column: str, about: Mapping[str, Param]) -> None:
        limits = self.of.columns[column].limits
        stated = {"most": limits.most, "decimals": limits.decimals}
        bounds = {name: str(limit) for name, limit in stated.items() if limit is not None}
        self.fault(fault, column, **bounds, **about)

    def _empty(self, column: str) -> None:
        heading = Label(self.form.columns[column][0], column)
        code = self.form.empty or self.of.columns[column].code(Fault.EMPTY)
        self.error(code, column, heading=heading)


def cell_of(row: RawRow, column: str) -> Cell:
    """Return the cell of a column in a row; where the row has none, its first place."""
    found = row.cells.get(column)
    return Cell(f"A{row.number}", None) if found is None else found


def text_in(row: RawRow, column: str) -> str:
    """Return a cell of a row as trimmed text."""
    found = row.cells.get(column)
    return "" if found is None else text_of(found.value)


def plain_unit(written: str) -> str:
    """Return a unit with full-width and superscript forms folded (`m³` → `m3`)."""
    return unicodedata.normalize("NFKC", written).replace(" ", "")
