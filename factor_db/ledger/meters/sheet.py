"""The sheet `meters`: from its rows to meters, with findings.

A cell that is the same for all readings of a meter (process, flow, unit, parent) may stand in its
first row only; multiplier and digits hold until they change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from factor_db.ledger.form.cells import Cell, RawRow, Table
from factor_db.ledger.form.faults import Findings, Label
from factor_db.ledger.form.sheets import METERS
from factor_db.ledger.form.vocabulary import PROPERTY, normal_text, vocabulary
from factor_db.ledger.form.word_lists import EVENTS, MAIN
from factor_db.ledger.meters.consumption import Reading, Series, consumption, relative_uncertainty
from factor_db.ledger.reading.row_reader import (
    RowReader,
    Word,
    cell_of,
    plain_unit,
    sheet_rows,
    text_in,
)

# Reads a cell: what it says, and whether that is known.
_Reader = Callable[[RowReader], Word]
# A reading this far from the period bounds no month of it: a slip in the year.
_FARTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter of the sheet: what it measures, its readings, and the rows it was read from.

    `process` is a process code, `site` (a main meter), `shared`, or None when it cannot be read;
    `key` and `parent` are compared names; `factor` is canonical units of the flow per `unit`, None
    for an unusable unit; `trusted` is False when any cell that matters is faulty.
    """

    key: str
    code: str
    process: str | None
    flow: str | None
    unit: str
    factor: Decimal | None
    parent: str
    accuracy_class: str
    series: Series
    sheet: str
    rows: Mapping[int, RawRow]
    trusted: bool

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Return the readings in the order of their days."""
        return self.series.readings

    @property
    def noted(self) -> bool:
        """Tell whether any row of the meter has a note."""
        return any(text_in(row, "note") for row in self.rows.values())

    def cell(self, row: int, column: str) -> Cell:
        """Return the cell of a column in one of the meter's rows."""
        return cell_of(self.rows[row], column)

    def text(self, row: int, column: str) -> str:
        """Return the text of a column in one of the meter's rows."""
        return text_in(self.rows[row], column)

    def stated(self, column: str) -> Cell:
        """Return the first cell of the meter that fills a column, or that of its first row."""
        first = next(iter(self.rows.values()))
        filled = (row for row in self.rows.values() if text_in(row, column))
        return cell_of(next(filled, first), column)


@dataclass(frozen=True, slots=True)
class MeterSheet:
    """All meters by compared name, and whether a row belongs to no meter that could be told."""

    meters: Mapping[str, Meter]
    nameless: bool


def read_meters(table: Table | None, months: tuple[str, ...], findings: Findings) -> MeterSheet:
    """Return the meters of the sheet in file order, recording every fault of its cells.

    `months` are the site's months, empty when the header does not give them.
    """
    if table is None:
        return MeterSheet({}, False)
    by_meter: dict[str, list[RowReader]] = {}
    nameless = False
    for row in sheet_rows(table, METERS, months, findings):
        if row.filled("meter"):
            by_meter.setdefault(normal_text(row.text("meter")), []).append(row)
        else:
            nameless = True
    meters = {key: _MeterReader(rows).meter(key) for key, rows in by_meter.items()}
    return MeterSheet(meters, nameless)


def meters_of(optional: Mapping[str, Table]) -> tuple[Meter, ...]:
    """Return the meters of a ledger's optional sheets, in file order, without judging them."""
    return tuple(read_meters(optional.get("meters"), (), Findings()).meters.values())


class _MeterReader:
    """Reads the rows of one meter."""

    def __init__(self, rows: list[RowReader]) -> None:
        self.rows = rows

    def meter(self, key: str) -> Meter:
        for row in self.rows:
            row.short_enough()
        process = self._one("process", lambda row: row.word("process")) or Word(MAIN, known=True)
        flow = self._one("flow", self._flow)
        unit = self._one("unit", lambda row: Word(plain_unit(row.text("unit")), known=True))
        parent = self._one("parent", lambda row: Word(normal_text(row.text("parent")), known=True))
        for column, found in (("flow", flow), ("unit", unit)):
            if found is None:
                self.rows[0].filled(column)
        code = flow.code if flow else None
        factor = self._factor(code) if unit and unit.code and code else None
        readings = [item for row in self.rows if (item := self._reading(row))]
        # A reading without a day may belong anywhere: what lies between the others is not known.
        series = consumption(readings if len(readings) == len(self.rows) else ())
        faulty = any(row.faulty for row in self.rows)
        return Meter(
            key=key,
            code=self.rows[0].text("meter"),
            process=process.code,
            flow=code,
            unit=(unit.code if unit else None) or "",
            factor=factor,
            parent=(parent.code if parent else None) or "",
            accuracy_class=self._class(),
            series=series,
            sheet=self.rows[0].sheet,
            rows={row.number_of_row: row.raw for row in self.rows},
            trusted=series.whole and not faulty,
        )

    def _one(self, column: str, read: _Reader) -> Word | None:
        """Return what a column says of the meter; reports every row that says something else."""
        found: Word | None = None
        seen: set[str] = set()
        first = 0
        for row in self.rows:
            text = normal_text(row.text(column))
            if not text or text in seen:
                continue
            seen.add(text)
            says = read(row)
            if found is None:
                found, first = says, row.number_of_row
            elif says.known and says.code != found.code:
                heading = Label(METERS.columns[column][0], column)
                row.error("LEDGER_METER_CHANGED", column, heading=heading, first=first)
        return found

    def _flow(self, row: RowReader) -> Word:
        code, known = row.word("flow")
        if known and code is not None and vocabulary().flows[code].category == PROPERTY:
            row.error("LEDGER_METER_FLOW_PROPERTY", "flow")
            return Word(code.split(".")[0], known=True)
        return Word(code, known)

    def _factor(self, flow: str) -> Decimal | None:
        row = next(row for row in self.rows if row.text("unit"))
        return row.factor(vocabulary().flows[flow].unit)

    def _reading(self, row: RowReader) -> Reading | None:
        on, register = self._day(row), None
        if row.filled("reading"):
            register = row.number("reading")
        event = row.word("event")
        if row.text("event") and not event.known:
            register = None
        multiplier, digits = row.number("multiplier"), row.number("digits")
        if on is None:
            return None
        return Reading(
            on,
            register,
            multiplier,
            None if digits is None else int(digits),
            next((code for code in EVENTS if code == event.code), "reading"),
            row.number_of_row,
        )

    def _day(self, row: RowReader) -> date | None:
        on = row.day("read_on") if row.filled("read_on") else None
        months = row.of.months
        if on is None or not months or _near(on, months):
            return on
        row.error("LEDGER_METER_DATE_FAR", "read_on", first=months[0], last=months[-1])
        return None

    def _class(self) -> str:
        """Return the least accurate class the rows state, empty when none can be read."""
        stated: dict[str, Decimal] = {}
        for row in self.rows:
            text = row.text("accuracy_class")
            width = relative_uncertainty(text) if text else None
            if width is not None:
                stated[text] = width
            elif text and text not in stated:
                stated[text] = Decimal(0)
                row.of.findings.warning(
                    "LEDGER_METER_CLASS_UNKNOWN",
                    row.sheet,
                    row.cell("accuracy_class").ref,
                    text,
                    explained=bool(row.text("note")),
                )
        known = {text: width for text, width in stated.items() if width}
        return max(known, key=lambda text: known[text], default="")


def _near(on: date, months: tuple[str, ...]) -> bool:
    first, last = (date.fromisoformat(f"{months[at]}-01") for at in (0, -1))
    return first - _FARTHEST <= on <= last + _FARTHEST
