"""Cells of one row of an optional sheet, read as text, number or word, each fault at its cell."""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.cells import Cell, RawRow, Table, decimal_of, text_of
from factor_db.ledger.form.faults import Findings, Label, Param, list_label, suggestion_label
from factor_db.ledger.form.sheets import SheetForm
from factor_db.ledger.form.vocabulary import Terms
from factor_db.ledger.reading.row_checks import MAX_TEXT, Nearest

# Registers and keys: up to 12 digits before and 9 behind the point, so that products stay exact.
MOST_DIGITS, DECIMALS = 12, 9
# A list of words this short is printed whole in a message.
_FEW = 6


def cell_of(row: RawRow, column: str) -> Cell:
    return row.cells.get(column, Cell(f"A{row.number}", None))


def text_in(row: RawRow, column: str) -> str:
    return text_of(cell_of(row, column).value)


class SheetRows:
    """Reads cells of one sheet; remembers whether any of them was faulty."""

    def __init__(self, table: Table, form: SheetForm, findings: Findings, nearest: Nearest) -> None:
        self.nearest = nearest
        self.sheet, self.form, self.findings = table.sheet, form, findings
        self.merged = table.merged
        self.faulty = False

    def error(self, code: str, row: RawRow, column: str, **params: Param) -> None:
        self.faulty = True
        cell = cell_of(row, column)
        self.findings.error(code, self.sheet, cell.ref, text_of(cell.value), **params)

    def texts(self, row: RawRow) -> None:
        for column in self.form.columns:
            if len(text_in(row, column)) > MAX_TEXT:
                self.error("LEDGER_TEXT_TOO_LONG", row, column, limit=MAX_TEXT)

    def filled(self, row: RawRow, column: str) -> bool:
        if text_in(row, column):
            return True
        if (row.number, column) in self.merged:  # recorded where the cells were read
            self.faulty = True
            return False
        heading = Label(self.form.columns[column][0], column)
        self.error("LEDGER_CELL_EMPTY", row, column, heading=heading)
        return False

    def number(
        self, row: RawRow, column: str, code: str, below: Decimal, decimals: int
    ) -> Decimal | None:
        """Return a number from 0 to a bound with few decimals; reports any other text."""
        value = decimal_of(cell_of(row, column).value)
        quantum = Decimal(1).scaleb(-decimals)
        in_bounds = value is not None and 0 <= value < below
        if value is not None and in_bounds and value == value.quantize(quantum, context=EXACT):
            return value
        self.error(code, row, column, decimals=decimals)
        return None

    def word(self, row: RawRow, column: str, terms: Terms, code: str) -> tuple[str | None, bool]:
        """Return the code of a word, or the nearest one, and whether it was known."""
        text = text_in(row, column)
        found = terms.code(text)
        if found is not None:
            return found, True
        near = self.nearest.name(terms, text)
        known = list_label(terms.codes) if len(terms.codes) <= _FEW else Label("", "")
        self.error(code, row, column, hint=suggestion_label(near), known=known)
        return near, False
