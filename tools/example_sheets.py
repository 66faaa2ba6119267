"""Build the sheets `meters`, `shared` and `stock` of an example ledger from its monthly amounts.

A register is the running sum of the amounts over the multiplier, so the readings give back exactly
the amounts they were made from. Which meters a plant has, and their numbers, is illustrative.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger.form.cells import Cell, RawRow, Table, column_letters
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.sheets import OPTIONAL_SHEETS
from factor_db.ledger.form.vocabulary import vocabulary
from tools.example_book import MONTHS, START, Series, cut

Line = Mapping[str, str]
# Spreadsheets keep 15 digits; no example needs more decimals of a register than this.
_REGISTER_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a meter on one day: another ratio, or another meter that starts at `start`.

    `multiplier` and `digits` hold from that day on; without `start` only the ratio changes.
    """

    on: date
    multiplier: Decimal
    note: str
    start: Decimal | None = None
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter of an example: where it hangs, its register on the eve of the year, its change."""

    code: str
    process: str
    flow: str
    start: Decimal
    multiplier: Decimal
    digits: int
    accuracy_class: str
    parent: str = ""
    change: Change | None = None


def table(code: str, lines: Sequence[Line]) -> Table:
    """Return a sheet's table as it would be read from a workbook."""
    columns = {name: column_letters(at) for at, name in enumerate(OPTIONAL_SHEETS[code].columns)}
    rows = [
        RawRow(
            number,
            {name: Cell(f"{columns[name]}{number}", text) for name, text in line.items() if text},
        )
        for number, line in enumerate(lines, start=2)
    ]
    return Table(code, columns, rows)


def amounts_of(rows: Sequence[LedgerRow], flow: str, *processes: str) -> Series:
    """Return month → amount of a flow in some processes, or in all."""
    sums = dict.fromkeys(MONTHS, Decimal(0))
    for row in rows:
        if row.flow == flow and (not processes or row.process in processes):
            sums[row.period] += row.amount
    return sums


def reading_lines(meter: Meter, amounts: Series) -> list[Line]:
    """Return the rows of the sheet `meters`: the eve of the year, each month end, its change."""
    walk = _Register(meter)
    walk.read(START - timedelta(days=1))
    for month in MONTHS:
        year, number = int(month[:4]), int(month[5:])
        end = date(year, number, monthrange(year, number)[1])
        amount, change = amounts[month], meter.change
        if change is not None and f"{change.on:%Y-%m}" == month:
            until = cut(EXACT.divide(amount * change.on.day, Decimal(end.day)), 0)
            walk.advance(until)
            walk.change(change)
            amount -= until
        walk.advance(amount)
        walk.read(end)
    return walk.lines


class _Register:
    """Counts up a meter's register and writes its readings; what never changes stands once."""

    def __init__(self, meter: Meter) -> None:
        self.meter, self.value = meter, meter.start
        self.multiplier, self.digits = meter.multiplier, meter.digits
        self.lines: list[Line] = []

    def advance(self, amount: Decimal) -> None:
        """Count an amount; a full register begins again at 0."""
        steps = EXACT.divide(amount, self.multiplier)
        if steps != cut(steps, _REGISTER_DECIMALS):
            raise ValueError(f"{self.meter.code}: {amount} is no whole number of register steps")
        self.value = (self.value + steps) % (Decimal(10) ** self.digits)

    def change(self, change: Change) -> None:
        """Write the readings of a change: one for a new ratio, two for an exchange."""
        self.multiplier = change.multiplier
        new = {"multiplier": decimal_text(change.multiplier), "note": change.note}
        if change.start is None:
            self.read(change.on, event="ratio", **new)
            return
        self.read(change.on, event="removed")
        self.value, self.digits = change.start, change.digits
        self.read(change.on, event="installed", digits=str(change.digits), **new)

    def read(self, on: date, **texts: str) -> None:
        """Write one reading."""
        meter = self.meter
        line = {
            "meter": meter.code,
            "process": meter.process,
            "flow": meter.flow,
            "read_on": on.isoformat(),
            "reading": decimal_text(self.value),
            "unit": vocabulary().flows[meter.flow].unit,
        }
        if not self.lines:
            line |= {
                "multiplier": decimal_text(meter.multiplier),
                "digits": str(meter.digits),
                "parent": meter.parent,
                "accuracy_class": meter.accuracy_class,
            }
        self.lines.append(line | texts)


def shared_lines(
    meter: str, parts: Mapping[str, Series], basis: str, unit: str, per_amount: Decimal
) -> list[Line]:
    """Return the rows of the sheet `shared`: a key in proportion to what each process uses."""
    return [
        {
            "meter": meter,
            "period": month,
            "process": process,
            "basis": basis,
            "value": decimal_text(EXACT.multiply(amounts[month], per_amount)),
            "unit": unit,
        }
        for month in MONTHS
        for process, amounts in parts.items()
    ]


def stock_lines(material: str, used: Series, closings: Sequence[int], opening: int) -> list[Line]:
    """Return the rows of the sheet `stock` in t; what came in is what was used plus the change."""
    lines: list[Line] = []
    before = Decimal(opening)
    for month, level in zip(MONTHS, closings, strict=True):
        after = Decimal(level)
        figures = {
            "opening": before,
            "receipts": used[month] + after - before,
            "consumption": used[month],
            "closing": after,
        }
        texts = {name: decimal_text(figure) for name, figure in figures.items()}
        lines.append({"material": material, "period": month, **texts, "unit": "t"})
        before = after
    return lines
