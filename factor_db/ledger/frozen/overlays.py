"""Cells laid over the cells of a frozen ledger: the file stays as it came, its reading changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.cells import (
    Cell,
    CellValue,
    RawLedger,
    RawRow,
    Table,
    date_of,
    decimal_of,
    month_of,
    text_of,
)
from factor_db.ledger.form.columns import Kind
from factor_db.ledger.form.loops import LOOP_FLOWS
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from factor_db.ledger.form.sheets import SHEETS
from factor_db.ledger.form.vocabulary import normal_text, vocabulary

_REF = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_READ_AS: Mapping[Kind, Callable[[CellValue], object]] = {
    Kind.NUMBER: decimal_of,
    Kind.MONTH: month_of,
    Kind.DAY: date_of,
}
_READINGS: Mapping[str, Callable[[CellValue], object]] = {
    column.name: _READ_AS[column.kind]
    for form in SHEETS.values()
    for column in form.typed
    if column.kind in _READ_AS
}
# Stands for every flow of a process (an allocation key moves all that is shared).
ANY_FLOW = "*"


@dataclass(frozen=True, slots=True)
class Overlay:
    """One cell that reads otherwise: the sheet's code, the cell (`F12`), the new text."""

    sheet: str
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a ledger's table: the sheet's code, the cell, its column, row and present value."""

    sheet: str
    cell: Cell
    column: str
    row: RawRow


def tables_of(raw: RawLedger) -> dict[str, Table]:
    """Return the tables of a ledger by the code of their sheet, the ledger first."""
    ledger = {} if raw.ledger is None else {"ledger": raw.ledger}
    return {**ledger, **raw.optional}


def sheet_code(name: str) -> str | None:
    """Return which sheet a name stands for (`台账` → `ledger`), None for any other."""
    plain = name.strip().casefold()
    return next((code for code, form in SHEETS.items() if plain in (code, *form.names)), None)


def place_of(raw: RawLedger, sheet: str, ref: str) -> Place:
    """Return the cell of a row below the headings.

    Raises BadInput for an absent sheet, a heading, and a cell outside rows and known columns.
    """
    code, plain = sheet_code(sheet), ref.strip().upper()
    table = tables_of(raw).get(code or "")
    if code is None or table is None:
        raise BadInput("CORRECTION_SHEET", sheet=sheet, known=", ".join(tables_of(raw)) or "-")
    found = _REF.fullmatch(plain)
    columns = {letters: column for column, letters in table.columns.items()}
    rows = {row.number: row for row in table.rows}
    if not found or found[1] not in columns or int(found[2]) not in rows:
        first, last = min(rows, default=0), max(rows, default=0)
        letters = ", ".join(columns)
        raise BadInput(
            "CORRECTION_CELL", sheet=code, cell=ref, columns=letters, first=first, last=last
        )
    column, row = columns[found[1]], rows[int(found[2])]
    return Place(code, row.cells.get(column, Cell(plain, None)), column, row)


def overlaid(raw: RawLedger, overlays: Iterable[Overlay]) -> RawLedger:
    """Return the ledger with the overlays laid over it in their order; `raw` stays as it is."""
    for overlay in overlays:
        place = place_of(raw, overlay.sheet, overlay.cell)
        table = tables_of(raw)[place.sheet]
        cell = Cell(place.cell.ref, overlay.text or None)
        changed = replace(place.row, cells={**place.row.cells, place.column: cell})
        rows = tuple(changed if row.number == changed.number else row for row in table.rows)
        table = replace(table, rows=rows)
        if place.sheet == "ledger":
            raw = replace(raw, ledger=table)
        else:
            raw = replace(raw, optional={**raw.optional, place.sheet: table})
    return raw


def reads_alike(column: str, first: CellValue, second: CellValue) -> bool:
    """Tell whether two values of a column say the same, like `5130` and `5,130`."""
    if text_of(first) == text_of(second):
        return True
    reading = _READINGS.get(column)
    if reading is None:
        return False
    one, other = reading(first), reading(second)
    return one is not None and one == other


def touched_keys(raw: RawLedger, sheet: str, row: RawRow) -> Iterator[tuple[str, str]]:
    """Yield process and flow of every amount that a row of a sheet has a part in."""
    table = tables_of(raw)[sheet]
    if sheet in ("ledger", "gaps"):
        yield _key(row)
    elif sheet == "meters":
        # A sub-meter's reading also changes what is left for the process of the meter above it.
        wanted = {_text(row, "meter"), _text(row, "parent")}
        yield from (_key(other) for other in table.rows if _text(other, "meter") in wanted)
        yield from _sharing(raw, wanted)
    elif sheet == "shared":
        yield from _sharing(raw, {_text(row, "meter")})
    elif sheet in ("power", "instruments"):
        # One source leaves less of a month's power to the others.
        yield from (("", flow) for flow in SHARE_FLOWS)
    elif sheet == "stock":
        yield from (("", flow) for flow in LOOP_FLOWS)


def _sharing(raw: RawLedger, meters: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield every process behind shared meters: one key or reading moves the shares of all."""
    table = raw.optional.get("shared")
    for row in table.rows if table else ():
        if _text(row, "meter") in meters:
            yield _key(row)[0], ANY_FLOW


def _key(row: RawRow) -> tuple[str, str]:
    words = vocabulary()
    process = words.process_terms.code(_text(row, "process")) or ""
    return process, words.flow_terms.code(_text(row, "flow")) or ""


def _text(row: RawRow, column: str) -> str:
    cell = row.cells.get(column)
    return normal_text(text_of(cell.value)) if cell else ""
