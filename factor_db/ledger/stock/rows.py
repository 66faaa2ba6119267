"""Read the rows of the stock sheet one by one: material, month, unit and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.cells import Table
from factor_db.ledger.form.faults import Findings, Param, flow_label
from factor_db.ledger.form.sheets import STOCK
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.months.month_index import ZERO
from factor_db.ledger.reading.row_reader import RowReader, sheet_rows

# In the order in which their faults are told.
_FIGURES = (
    *("opening", "receipts", "consumption", "closing"),
    *("tolling_in", "tolling_out", "adjustment"),
)


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


def read_entries(table: Table, months: tuple[str, ...], findings: Findings) -> StockReading:
    """Return the rows of a stock sheet, recording every fault of a single row and duplicates."""
    reading = StockReading()
    seen: dict[tuple[str, str], int] = {}
    for row in sheet_rows(table, STOCK, months, findings):
        row.complete()
        (material, known), month = row.word("material"), row.month()
        amounts = _amounts(row, material, month)
        factor = row.factor(vocabulary().flows[material].unit) if material and known else None
        if not known:
            reading.unknown.add(month)
        if material is None:
            continue
        if not row.faulty and month is not None and (material, month) in seen:
            about: dict[str, Param] = {"month": month, "material": flow_label(material)}
            row.error("LEDGER_STOCK_DUPLICATE", "material", first=seen[material, month], **about)
        if row.faulty or month is None or factor is None:
            reading.distrusted.add(material)
            reading.faulty.append((material, month))
            continue
        seen[material, month] = row.number_of_row
        reading.entries.append(_entry(row, material, month, factor, amounts))
    return reading


def _amounts(row: RowReader, material: str | None, month: str | None) -> dict[str, Decimal | None]:
    """Return the figures of a row; an empty one that need not be there is 0."""
    about: dict[str, Param] = {
        "month": month or row.text("period") or "-",
        "material": flow_label(material) if material else row.text("material") or "-",
    }
    return {
        column: row.number(column, **about)
        if column in STOCK.obligatory or row.text(column)
        else ZERO
        for column in _FIGURES
    }


def _entry(
    row: RowReader,
    material: str,
    month: str,
    factor: Decimal,
    amounts: Mapping[str, Decimal | None],
) -> StockEntry:
    return StockEntry(
        sheet=row.sheet,
        row_number=row.number_of_row,
        material=material,
        period=month,
        amounts={
            column: EXACT.multiply(amount, factor)
            for column, amount in amounts.items()
            if amount is not None
        },
        unit=row.text("unit"),
        unit_canonical=vocabulary().flows[material].unit,
        factor=factor,
        note=row.text("note"),
        cells=row.refs(),
    )
