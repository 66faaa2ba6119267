"""The sheet `meters`: from its rows to meters, with findings.

A cell that is the same for all readings of a meter (process, flow, unit, parent) may stand in its
first row only; multiplier and digits hold until they change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from factor_db.foundation import units
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.cells import Cell, RawRow, Table, date_of, decimal_of
from factor_db.ledger.form.faults import Findings, Label, list_label, suggestion_label
from factor_db.ledger.form.sheets import METERS, terms_of
from factor_db.ledger.form.vocabulary import PROPERTY, normal_text, units_for, vocabulary
from factor_db.ledger.meters.consumption import (
    Event,
    Reading,
    Series,
    consumption,
    relative_uncertainty,
)
from factor_db.ledger.reading.row_checks import Nearest, plain_unit
from factor_db.ledger.reading.sheet_rows import DECIMALS, MOST_DIGITS, SheetRows, cell_of, text_in

# Reads a cell: what it says, and whether that is known.
_Reader = Callable[[RawRow], tuple[str | None, bool]]
# What the process column may say instead of a process.
MAIN, SHARED_USE = "site", "shared"
_PLACES = terms_of({MAIN: ("全厂", "厂区", "总表"), SHARED_USE: ("公用", "共用", "公用工程")})
EVENTS: Mapping[Event, tuple[str, ...]] = {
    "reading": ("抄表", "读数"),
    "estimated": ("估读", "估抄", "估算"),
    "removed": ("拆表", "拆除", "旧表拆除"),
    "installed": ("装表", "安装", "新表安装"),
    "reset": ("清零", "归零", "复位"),
    "ratio": ("倍率变更", "换互感器", "变比变更"),
}
_EVENT_TERMS = terms_of({str(code): names for code, names in EVENTS.items()})
# Keeps reading x multiplier exact in 34 digits: 12 + 9 digits times 6 + 6.
_MULTIPLIER_DECIMALS = 6
_MULTIPLIER_BELOW = Decimal(10) ** 6
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
    by_meter: dict[str, list[RawRow]] = {}
    nameless, nearest = False, Nearest()
    for row in table.rows:
        if SheetRows(table, METERS, findings, nearest).filled(row, "meter"):
            by_meter.setdefault(normal_text(text_in(row, "meter")), []).append(row)
        else:
            nameless = True
    meters = {
        key: _MeterReader(table, rows, months, findings, nearest).meter(key)
        for key, rows in by_meter.items()
    }
    return MeterSheet(meters, nameless)


def meters_of(optional: Mapping[str, Table]) -> tuple[Meter, ...]:
    """Return the meters of a ledger's optional sheets, in file order, without judging them."""
    return tuple(read_meters(optional.get("meters"), (), Findings()).meters.values())


class _MeterReader(SheetRows):
    """Reads the rows of one meter."""

    def __init__(
        self,
        table: Table,
        rows: list[RawRow],
        months: tuple[str, ...],
        findings: Findings,
        nearest: Nearest,
    ) -> None:
        super().__init__(table, METERS, findings, nearest)
        self.rows, self.months = rows, months

    def meter(self, key: str) -> Meter:
        for row in self.rows:
            self.texts(row)
        process = self._one("process", self._process) or (MAIN, True)
        flow = self._one("flow", self._flow)
        unit = self._one("unit", lambda row: (plain_unit(text_in(row, "unit")), True))
        parent = self._one("parent", lambda row: (normal_text(text_in(row, "parent")), True))
        for column, found in (("flow", flow), ("unit", unit)):
            if found is None:
                self.filled(self.rows[0], column)
        code = flow[0] if flow else None
        factor = self._factor(unit[0], code) if unit and unit[0] and code else None
        readings = [item for row in self.rows if (item := self._reading(row))]
        # A reading without a day may belong anywhere: what lies between the others is not known.
        series = consumption(readings if len(readings) == len(self.rows) else ())
        return Meter(
            key=key,
            code=text_in(self.rows[0], "meter"),
            process=process[0],
            flow=code,
            unit=(unit[0] if unit else None) or "",
            factor=factor,
            parent=(parent[0] if parent else None) or "",
            accuracy_class=self._class(),
            series=series,
            sheet=self.sheet,
            rows={row.number: row for row in self.rows},
            trusted=series.whole and not self.faulty,
        )

    def _one(self, column: str, read: _Reader) -> tuple[str | None, bool] | None:
        """Return what a column says of the meter; reports every row that says something else."""
        found: tuple[str | None, bool] | None = None
        seen: set[str] = set()
        first = 0
        for row in self.rows:
            text = normal_text(text_in(row, column))
            if not text or text in seen:
                continue
            seen.add(text)
            says = read(row)
            if found is None:
                found, first = says, row.number
            elif says[1] and says[0] != found[0]:
                heading = Label(METERS.columns[column][0], column)
                self.error("LEDGER_METER_CHANGED", row, column, heading=heading, first=first)
        return found

    def _process(self, row: RawRow) -> tuple[str | None, bool]:
        place = _PLACES.code(text_in(row, "process"))
        if place is not None:
            return place, True
        return self.word(row, "process", vocabulary().process_terms, "LEDGER_PROCESS_UNKNOWN")

    def _flow(self, row: RawRow) -> tuple[str | None, bool]:
        code, known = self.word(row, "flow", vocabulary().flow_terms, "LEDGER_FLOW_UNKNOWN")
        if known and code is not None and vocabulary().flows[code].category == PROPERTY:
            self.error("LEDGER_METER_FLOW_PROPERTY", row, "flow")
            return code.split(".")[0], True
        return code, known

    def _factor(self, unit: str, flow: str) -> Decimal | None:
        wanted = vocabulary().flows[flow].unit
        row = next(row for row in self.rows if text_in(row, "unit"))
        known = list_label(units_for(wanted))
        if units.is_actual_volume(unit):
            self.error("LEDGER_UNIT_ACTUAL_VOLUME", row, "unit")
            return None
        try:
            return units.conversion(unit, wanted)
        except BadInput as error:
            if error.code == "UNIT_DIMENSION":
                self.error("LEDGER_UNIT_DIMENSION", row, "unit", wanted=wanted, known=known)
                return None
        terms = vocabulary().unit_terms
        near = terms.code(unit) or self.nearest.name(terms, unit)
        hint = suggestion_label(near if near in units_for(wanted) else None)
        self.error("LEDGER_UNIT_UNKNOWN", row, "unit", hint=hint, known=known)
        return None

    def _reading(self, row: RawRow) -> Reading | None:
        on, register = self._day(row), None
        if self.filled(row, "reading"):
            register = self.number(
                row,
                "reading",
                "LEDGER_METER_READING",
                Decimal(10) ** MOST_DIGITS,
                DECIMALS,
            )
        event: str | None = "reading"
        if text_in(row, "event"):
            event, known = self.word(row, "event", _EVENT_TERMS, "LEDGER_METER_EVENT")
            register = register if known else None
        multiplier, digits = self._multiplier(row), self._digits(row)
        if on is None:
            return None
        return Reading(
            on,
            register,
            multiplier,
            digits,
            next((code for code in EVENTS if code == event), "reading"),
            row.number,
        )

    def _day(self, row: RawRow) -> date | None:
        if not self.filled(row, "read_on"):
            return None
        on = date_of(cell_of(row, "read_on").value)
        if on is None:
            self.error("LEDGER_DATE_UNREADABLE", row, "read_on")
        elif self.months and not self._near(on):
            self.error(
                "LEDGER_METER_DATE_FAR",
                row,
                "read_on",
                first=self.months[0],
                last=self.months[-1],
            )
            return None
        return on

    def _near(self, on: date) -> bool:
        first, last = (date.fromisoformat(f"{self.months[at]}-01") for at in (0, -1))
        return first - _FARTHEST <= on <= last + _FARTHEST

    def _multiplier(self, row: RawRow) -> Decimal | None:
        if not text_in(row, "multiplier"):
            return None
        value = self.number(
            row, "multiplier", "LEDGER_METER_MULTIPLIER", _MULTIPLIER_BELOW, _MULTIPLIER_DECIMALS
        )
        if value is not None and not value:
            self.error("LEDGER_METER_MULTIPLIER", row, "multiplier", decimals=_MULTIPLIER_DECIMALS)
        return value or None

    def _digits(self, row: RawRow) -> int | None:
        if not text_in(row, "digits"):
            return None
        value = decimal_of(cell_of(row, "digits").value)
        if value is None or value != int(value) or not 1 <= value <= MOST_DIGITS:
            self.error("LEDGER_METER_DIGITS", row, "digits", most=MOST_DIGITS)
            return None
        return int(value)

    def _class(self) -> str:
        """Return the least accurate class the rows state, empty when none can be read."""
        stated: dict[str, Decimal] = {}
        for row in self.rows:
            text = text_in(row, "accuracy_class")
            width = relative_uncertainty(text) if text else None
            if width is not None:
                stated[text] = width
            elif text and text not in stated:
                stated[text] = Decimal(0)
                cell = cell_of(row, "accuracy_class")
                self.findings.warning(
                    "LEDGER_METER_CLASS_UNKNOWN",
                    self.sheet,
                    cell.ref,
                    text,
                    explained=bool(text_in(row, "note")),
                )
        known = {text: width for text, width in stated.items() if width}
        return max(known, key=lambda text: known[text], default="")
