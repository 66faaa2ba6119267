"""Read the sheets `power` (own generation by month) and `instruments` (green certificates).

A row with any fault is recorded and gives no entry; the reading then says that its sheet cannot be
trusted as a whole, so that comparisons stay silent about the hole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from factor_db.foundation import units
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.cells import (
    Cell,
    RawRow,
    Table,
    date_of,
    decimal_of,
    is_not_finite,
    month_of,
    text_of,
)
from factor_db.ledger.form.faults import Findings, Label, Param, list_label, suggestion_label
from factor_db.ledger.form.power_entries import FIGURES, Instrument, OwnPower
from factor_db.ledger.form.power_sources import (
    INSTRUMENT_SOURCES,
    OWN_SOURCES,
    POWER_FLOW,
    PURCHASED,
    PURCHASED_NAMES,
    SOURCE_NAMES,
)
from factor_db.ledger.form.sheets import INSTRUMENTS, POWER, SheetForm
from factor_db.ledger.form.vocabulary import REGIONS, Terms, normal_text, units_for, vocabulary
from factor_db.ledger.reading.row_checks import MAX_TEXT, plain_unit

KWH = "kWh"
_MAY_BE_EMPTY = "certificates_sold"
# A batch has a number of some 30 characters; a longer text is a list or a sentence. EJ.
MAX_SERIAL = 100


# `0001~0100`, `0001 to 0100`, `0001; 0002`: more than one number in a cell.
_SEVERAL = re.compile(
    r"[;,、\n]|\d\s*(?:~|至|到|\.{2,}|\bto\b|\s[-‐-―]+\s)\s*[\w-]*\d", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PowerReading:
    """What the two sheets say; `whole` is false where a row of either has a fault.

    `purchased` is what was bought from the grid, in `used`.
    """

    own: tuple[OwnPower, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    whole: bool = True
    purchased: tuple[OwnPower, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is stated."""
        return not (self.own or self.instruments)


def serial_key(text: str) -> str:
    """Return a serial as it is compared: letters and digits, full-width forms folded, upper case.

    So are the numbers of installations and meters: signs and spaces tell no two of them apart.
    """
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in folded if sign.isalnum())


def read_power(
    optional: Mapping[str, Table], months: tuple[str, ...], findings: Findings
) -> PowerReading:
    """Return the two sheets with every fault of a single row, or of two rows alike, recorded."""
    own, own_whole = _own_power(optional.get("power"), months, findings)
    instruments, whole = _instruments(optional.get("instruments"), months, findings)
    return PowerReading(
        tuple(entry for entry in own if entry.source != PURCHASED),
        instruments,
        own_whole and whole,
        tuple(entry for entry in own if entry.source == PURCHASED),
    )


def _own_power(
    table: Table | None, months: tuple[str, ...], findings: Findings
) -> tuple[tuple[OwnPower, ...], bool]:
    # One installation is of one kind; rows that name none are told apart by their kind.
    found: dict[tuple[str, str], OwnPower] = {}
    whole = True
    for reader in _readers(table, POWER, findings):
        entry = reader.own_power(months)
        place = (entry.period, entry.installation or entry.source) if entry else ("", "")
        if entry and (first := found.get(place)):
            reader.error("LEDGER_POWER_DUPLICATE", "source", first=first.row_number)
        elif entry:
            found[place] = entry
        whole = whole and not reader.faulty
    return tuple(found.values()), whole


def _instruments(
    table: Table | None, months: tuple[str, ...], findings: Findings
) -> tuple[tuple[Instrument, ...], bool]:
    found: dict[str, Instrument] = {}
    whole = True
    for reader in _readers(table, INSTRUMENTS, findings):
        entry = reader.instrument(months)
        if entry and (first := found.get(entry.serial)):
            reader.error("LEDGER_INSTRUMENT_TWICE", "serial", first=first.cells["serial"])
        elif entry:
            found[entry.serial] = entry
        whole = whole and not reader.faulty
    return tuple(found.values()), whole


def _readers(table: Table | None, form: SheetForm, findings: Findings) -> Iterator[_RowReader]:
    for raw in table.rows if table else ():
        yield _RowReader(raw, table.sheet if table else "", form, findings)


@cache
def source_terms(sources: tuple[str, ...]) -> Terms:
    """Return kinds of power with the names under which each may be written."""
    flows = vocabulary().flows
    names: dict[str, str] = {}
    for source in sources:
        if source == PURCHASED:
            names.update((normal_text(name), source) for name in PURCHASED_NAMES)
            continue
        flow = flows[f"{POWER_FLOW}_{source}"]
        for name in (source, SOURCE_NAMES[source], flow.code, flow.name_zh, flow.name_en):
            names[normal_text(name)] = source
    return Terms(names, sources)


class _RowReader:
    """Reads one row and remembers whether anything in it was faulty."""

    def __init__(self, raw: RawRow, sheet: str, form: SheetForm, findings: Findings) -> None:
        self.raw, self.sheet, self.form, self.findings = raw, sheet, form, findings
        self.faulty = False

    def own_power(self, months: tuple[str, ...]) -> OwnPower | None:
        self._check_texts()
        source, month = self._source((*OWN_SOURCES, PURCHASED)), self._month(months)
        method, share = self._method(), self._share()
        installation = serial_key(self._text("installation"))
        if len(installation) > MAX_SERIAL:
            self.error("LEDGER_TEXT_TOO_LONG", "installation", limit=MAX_SERIAL)
        factor = self._unit_factor()
        figures = {name: self._figure(name) for name in FIGURES}
        if figures[_MAY_BE_EMPTY] is None and not self._text(_MAY_BE_EMPTY):
            figures[_MAY_BE_EMPTY] = Decimal(0)
        kwh = {
            name: EXACT.multiply(value, factor)
            for name, value in figures.items()
            if value is not None and factor is not None
        }
        if self.faulty or source is None or month is None or len(kwh) < len(FIGURES):
            return None
        return OwnPower(
            sheet=self.sheet,
            row_number=self.raw.number,
            source=source,
            period=month,
            kwh=kwh,
            method=method,
            note=self._text("note"),
            cells=self._refs(),
            installation=installation if source != PURCHASED else "",
            share=share,
            asked_for="installation" in self.raw.cells,
        )

    def instrument(self, months: tuple[str, ...]) -> Instrument | None:
        self._check_texts()
        serial = self._serial()
        if len(serial) > MAX_SERIAL:
            self.error("LEDGER_TEXT_TOO_LONG", "serial", limit=MAX_SERIAL)
        source, month = self._source(INSTRUMENT_SOURCES), self._month(months)
        factor, amount = self._unit_factor(), self._figure("amount")
        if amount is not None and not amount:
            self.error("LEDGER_INSTRUMENT_NOTHING", "amount")
        region, cancelled = self._region(), self._cancelled_on(month)
        if self.faulty or source is None or month is None or cancelled is None:
            return None
        if factor is None or amount is None:
            return None
        return Instrument(
            sheet=self.sheet,
            row_number=self.raw.number,
            serial=serial,
            written=self._text("serial"),
            source=source,
            period=month,
            kwh=EXACT.multiply(amount, factor),
            region=region,
            cancelled_on=cancelled,
            note=self._text("note"),
            cells=self._refs(),
        )

    def _serial(self) -> str:
        """Return the serial of one certificate or batch; a list or range could hide another's."""
        text = self._text("serial")
        serial = serial_key(text)
        if text and not serial:
            heading = Label(self.form.columns["serial"][0], "serial")
            self.error("LEDGER_CELL_EMPTY", "serial", heading=heading)
        elif _SEVERAL.search(unicodedata.normalize("NFKC", text)):
            self.error("LEDGER_INSTRUMENT_SEVERAL", "serial")
        return serial

    def error(self, code: str, column: str, **params: Param) -> None:
        self.faulty = True
        cell = self._cell(column)
        self.findings.error(code, self.sheet, cell.ref, text_of(cell.value), **params)

    def _cell(self, column: str) -> Cell:
        return self.raw.cells.get(column, Cell(f"A{self.raw.number}", None))

    def _text(self, column: str) -> str:
        return text_of(self._cell(column).value)

    def _refs(self) -> dict[str, str]:
        return {name: cell.ref for name, cell in self.raw.cells.items()}

    def _check_texts(self) -> None:
        for column in self.form.obligatory:
            if not self._text(column):
                heading = Label(self.form.columns[column][0], column)
                self.error("LEDGER_CELL_EMPTY", column, heading=heading)
        for column in ("evidence", "note"):
            if len(self._text(column)) > MAX_TEXT:
                self.error("LEDGER_TEXT_TOO_LONG", column, limit=MAX_TEXT)

    def _source(self, sources: tuple[str, ...]) -> str | None:
        text = self._text("source")
        if not text:
            return None
        terms = source_terms(sources)
        code = terms.code(text)
        if code is None:
            hint = suggestion_label(terms.suggestion(text))
            known = list_label(sources)
            self.error("LEDGER_POWER_SOURCE_UNKNOWN", "source", hint=hint, known=known)
        return code

    def _month(self, months: tuple[str, ...]) -> str | None:
        if not self._text("period"):
            return None
        month = month_of(self._cell("period").value)
        if month is None:
            self.error("LEDGER_PERIOD_UNREADABLE", "period")
        elif months and month not in months:
            code = "LEDGER_PERIOD_OUTSIDE" if self.form is POWER else "LEDGER_INSTRUMENT_PERIOD"
            self.error(code, "period", first=months[0], last=months[-1])
        return month

    def _method(self) -> str:
        text, terms = self._text("method"), vocabulary().method_terms
        code = terms.code(text) if text else ""
        if code is None:
            hint = suggestion_label(terms.suggestion(text))
            known = list_label(terms.codes)
            self.error("LEDGER_METHOD_UNKNOWN", "method", hint=hint, known=known)
        return code or ""

    def _unit_factor(self) -> Decimal | None:
        written = self._text("unit")
        if not written:
            return None
        try:
            return units.conversion(plain_unit(written), KWH)
        except BadInput as error:
            known = list_label(units_for(KWH))
            if error.code == "UNIT_DIMENSION":
                self.error("LEDGER_UNIT_DIMENSION", "unit", wanted=KWH, known=known)
            else:
                hint = suggestion_label(vocabulary().unit_terms.code(written))
                self.error("LEDGER_UNIT_UNKNOWN", "unit", hint=hint, known=known)
            return None

    def _figure(self, column: str) -> Decimal | None:
        value = self._cell(column).value
        if not text_of(value):
            return None
        number = decimal_of(value)
        if is_not_finite(value):
            self.error("LEDGER_AMOUNT_NOT_FINITE", column)
        elif number is None:
            self.error("LEDGER_AMOUNT_UNREADABLE", column)
        elif number < 0:
            self.error("LEDGER_AMOUNT_NEGATIVE", column)
        return number

    def _share(self) -> Decimal:
        share = self._figure("share")
        if share is not None and not 0 < share <= 1:
            self.error("LEDGER_POWER_SHARE", "share")
        return Decimal(1) if share is None else share

    def _region(self) -> str:
        text = self._text("region").upper()
        if text and text not in REGIONS:
            self.error("LEDGER_REGION_UNKNOWN", "region", hint=Label("", ""))
        return text

    def _cancelled_on(self, month: str | None) -> date | None:
        if not self._text("cancelled_on"):
            return None
        day = date_of(self._cell("cancelled_on").value)
        if day is None:
            self.error("LEDGER_DATE_UNREADABLE", "cancelled_on")
        elif month is not None and day.isoformat()[: len(month)] < month:
            self.error("LEDGER_INSTRUMENT_CANCELLED", "cancelled_on", month=month)
        return day
