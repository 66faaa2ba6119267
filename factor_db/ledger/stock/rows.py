"""Read the rows of the stock sheet one by one: material, month, unit and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from factor_db.foundation import units
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.cells import (
    Cell,
    RawRow,
    Table,
    decimal_of,
    is_not_finite,
    month_of,
    text_of,
)
from factor_db.ledger.form.faults import (
    Findings,
    Label,
    flow_label,
    list_label,
    suggestion_label,
)
from factor_db.ledger.form.sheets import STOCK
from factor_db.ledger.form.vocabulary import PROPERTY, units_for, vocabulary
from factor_db.ledger.months.month_index import ZERO
from factor_db.ledger.reading.row_checks import MAX_SEARCHES, MAX_TEXT, plain_unit

_OBLIGATORY_FIGURES = ("opening", "receipts", "consumption", "closing")
_OTHER_FIGURES = ("tolling_in", "tolling_out", "adjustment")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockEntry:
    """One material in one month; `amounts` are in the canonical unit of the material's flow.

    `amounts` has opening, receipts, tolling_in, consumption, tolling_out, adjustment and closing;
    an empty tolling or adjustment cell is the sheet's way to write 0.
    """

    sheet: str
    row_number: int
    material: str
    period: str
    amounts: Mapping[str, Decimal]
    unit: str
    unit_canonical: str
    factor: Decimal
    note: str
    cells: Mapping[str, str]

    def in_written_unit(self, canonical: Decimal) -> Decimal:
        """Return an amount in the unit the row is written in."""
        return EXACT.divide(canonical, self.factor)


@dataclass(slots=True)
class StockReading:
    """What the sheet says as far as it can be read, and the materials with a faulty row.

    `unknown` holds the months of rows whose material is no known word: any material may be meant.
    """

    entries: list[StockEntry] = field(default_factory=list)
    distrusted: set[str] = field(default_factory=set)
    unknown: set[str | None] = field(default_factory=set)
    faulty: list[tuple[str, str | None]] = field(default_factory=list)

    def faulty_months(self, material: str) -> set[str]:
        """Return the months in which a faulty row is, or may be, the material's."""
        months = {month for name, month in self.faulty if name == material} | self.unknown
        return {month for month in months if month is not None}

    def unplaced(self, material: str) -> int:
        """Return how many rows of a material have a month that cannot be read."""
        return self.faulty.count((material, None))


class _RowReader:
    """Reads one row and remembers whether anything in it was faulty."""

    def __init__(self, raw: RawRow, sheet: str, findings: Findings) -> None:
        self.raw, self.sheet, self.findings = raw, sheet, findings
        self.faulty = False

    def cell(self, column: str) -> Cell:
        return self.raw.cells.get(column, Cell(f"A{self.raw.number}", None))

    def text(self, column: str) -> str:
        return text_of(self.cell(column).value)

    def error(self, code: str, column: str, **params: str | int | Label) -> None:
        self.faulty = True
        cell = self.cell(column)
        self.findings.error(code, self.sheet, cell.ref, text_of(cell.value), **params)

    def empty_cells(self) -> None:
        for column in STOCK.obligatory:
            if not self.text(column):
                heading = Label(STOCK.columns[column][0], column)
                self.error("LEDGER_CELL_EMPTY", column, heading=heading)
        for column in ("evidence", "note"):
            if len(self.text(column)) > MAX_TEXT:
                self.error("LEDGER_TEXT_TOO_LONG", column, limit=MAX_TEXT)

    def material(self, searched: dict[str, str | None]) -> tuple[str | None, bool]:
        """Return the material's flow code, or the nearest one of a word that is unknown."""
        text = self.text("material")
        if not text:
            return None, False
        code = vocabulary().flow_terms.code(text)
        if code is not None and vocabulary().flows[code].category != PROPERTY:
            return code, True
        if code is None and text not in searched and len(searched) < MAX_SEARCHES:
            searched[text] = vocabulary().flow_terms.suggestion(text)
        near = code or searched.get(text)
        # A property is no material, but it says which one is meant.
        near = near.split(".")[0] if near else None
        self.error("LEDGER_FLOW_UNKNOWN", "material", hint=suggestion_label(near))
        return near, False

    def month(self, months: tuple[str, ...]) -> str | None:
        if not self.text("period"):
            return None
        month = month_of(self.cell("period").value)
        if month is None:
            self.error("LEDGER_PERIOD_UNREADABLE", "period")
        elif months and month not in months:
            self.error("LEDGER_PERIOD_OUTSIDE", "period", first=months[0], last=months[-1])
            return None
        return month

    def unit_factor(self, material: str) -> Decimal | None:
        """Return how many canonical units one written unit is."""
        written = self.text("unit")
        if not written:
            return None
        wanted, known = (
            vocabulary().flows[material].unit,
            list_label(units_for(vocabulary().flows[material].unit)),
        )
        try:
            return units.conversion(plain_unit(written), wanted)
        except BadInput as error:
            if error.code == "UNIT_DIMENSION":
                self.error("LEDGER_UNIT_DIMENSION", "unit", wanted=wanted, known=known)
            else:
                hint = suggestion_label(vocabulary().unit_terms.code(written))
                self.error("LEDGER_UNIT_UNKNOWN", "unit", hint=hint, known=known)
            return None

    def figure(self, column: str, material: str | None, month: str | None) -> Decimal | None:
        value = self.cell(column).value
        if not text_of(value):
            return ZERO if column in _OTHER_FIGURES else None
        if is_not_finite(value):
            self.error("LEDGER_AMOUNT_NOT_FINITE", column)
            return None
        number = decimal_of(value)
        if number is None:
            self.error("LEDGER_AMOUNT_UNREADABLE", column)
        elif number < 0 and column in {"opening", "closing"} and material and month:
            name = flow_label(material)
            self.error("LEDGER_STOCK_NEGATIVE", column, month=month, material=name)
        elif number < 0 and column != "adjustment":
            self.error("LEDGER_AMOUNT_NEGATIVE", column)
        return number


def read_entries(table: Table, months: tuple[str, ...], findings: Findings) -> StockReading:
    """Return the rows of a stock sheet, recording every fault of a single row and duplicates."""
    reading = StockReading()
    searched: dict[str, str | None] = {}
    seen: dict[tuple[str, str], int] = {}
    for raw in table.rows:
        reader = _RowReader(raw, table.sheet, findings)
        reader.empty_cells()
        material, known = reader.material(searched)
        month = reader.month(months)
        amounts = {
            column: reader.figure(column, material, month)
            for column in (*_OBLIGATORY_FIGURES, *_OTHER_FIGURES)
        }
        factor = reader.unit_factor(material) if material and known else None
        if not known:
            reading.unknown.add(month)
        if material is None:
            continue
        if not reader.faulty and month is not None and (material, month) in seen:
            first = seen[material, month]
            name = flow_label(material)
            reader.error(
                "LEDGER_STOCK_DUPLICATE", "material", first=first, month=month, material=name
            )
        if reader.faulty or month is None or factor is None:
            reading.distrusted.add(material)
            reading.faulty.append((material, month))
            continue
        seen[material, month] = raw.number
        reading.entries.append(_entry(reader, material, month, factor, amounts))
    return reading


def _entry(
    reader: _RowReader,
    material: str,
    month: str,
    factor: Decimal,
    amounts: Mapping[str, Decimal | None],
) -> StockEntry:
    return StockEntry(
        sheet=reader.sheet,
        row_number=reader.raw.number,
        material=material,
        period=month,
        amounts={
            column: EXACT.multiply(amount, factor)
            for column, amount in amounts.items()
            if amount is not None
        },
        unit=reader.text("unit"),
        unit_canonical=vocabulary().flows[material].unit,
        factor=factor,
        note=reader.text("note"),
        cells={column: cell.ref for column, cell in reader.raw.cells.items()},
    )
