"""Read the sheets `power` (own generation by month) and `instruments` (green certificates).

A row with any fault is recorded and gives no entry; the reading then says that its sheet cannot be
trusted as a whole, so that comparisons stay silent about the hole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.cells import Table
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.power_entries import FIGURES, Instrument, OwnPower
from factor_db.ledger.form.power_sources import OF_FUEL, PURCHASED, UNCLAIMED
from factor_db.ledger.form.sheets import INSTRUMENTS, POWER
from factor_db.ledger.reading.row_reader import RowReader, sheet_rows

KWH = "kWh"
_MAY_BE_EMPTY = "certificates_sold"
# `0001~0100`, `0001 to 0100`, `0001; 0002`: more than one number in a cell.
_SEVERAL = re.compile(
    r"[;,、\n]|\d\s*(?:~|至|到|\.{2,}|\bto\b|\s[-‐-―]+\s)\s*[\w-]*\d", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PowerReading:
    """What the two sheets say; `whole` is false where a row of either has a fault.

    `purchased` is what was bought from the grid, in `used`, `of_fuel` what fuel burnt on site gave.
    """

    own: tuple[OwnPower, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    whole: bool = True
    purchased: tuple[OwnPower, ...] = ()
    of_fuel: tuple[OwnPower, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is stated."""
        return not (self.own or self.instruments)


def read_power(
    optional: Mapping[str, Table], months: tuple[str, ...], findings: Findings
) -> PowerReading:
    """Return the two sheets with every fault of a single row, or of two rows alike, recorded."""
    own, own_whole = _own_power(optional.get("power"), months, findings)
    instruments, whole = _instruments(optional.get("instruments"), months, findings)
    return PowerReading(
        tuple(entry for entry in own if entry.source not in UNCLAIMED),
        instruments,
        own_whole and whole,
        tuple(entry for entry in own if entry.source == PURCHASED),
        tuple(entry for entry in own if entry.source == OF_FUEL),
    )


def _own_power(
    table: Table | None, months: tuple[str, ...], findings: Findings
) -> tuple[tuple[OwnPower, ...], bool]:
    # One installation is of one kind; rows that name none are told apart by their kind.
    found: dict[tuple[str, str], OwnPower] = {}
    whole = True
    for row in sheet_rows(table, POWER, months, findings):
        entry = _own(row)
        place = (entry.period, entry.installation or entry.source) if entry else ("", "")
        if entry and (first := found.get(place)):
            row.error("LEDGER_POWER_DUPLICATE", "source", first=first.row_number)
        elif entry:
            found[place] = entry
        whole = whole and not row.faulty
    return tuple(found.values()), whole


def _instruments(
    table: Table | None, months: tuple[str, ...], findings: Findings
) -> tuple[tuple[Instrument, ...], bool]:
    found: dict[str, Instrument] = {}
    whole = True
    for row in sheet_rows(table, INSTRUMENTS, months, findings):
        entry = _instrument(row)
        if entry and (first := found.get(entry.serial)):
            row.error("LEDGER_INSTRUMENT_TWICE", "serial", first=first.cells["serial"])
        elif entry:
            found[entry.serial] = entry
        whole = whole and not row.faulty
    return tuple(found.values()), whole


def _own(row: RowReader) -> OwnPower | None:
    row.complete()
    source, month = row.word("source").code, row.month()
    method, share = row.word("method").code or "", row.number("share")
    installation, factor = row.serial("installation"), row.factor(KWH)
    figures = {name: row.number(name) for name in FIGURES}
    if not row.text(_MAY_BE_EMPTY):
        figures[_MAY_BE_EMPTY] = Decimal(0)
    kwh = {
        name: EXACT.multiply(value, factor)
        for name, value in figures.items()
        if value is not None and factor is not None
    }
    if row.faulty or source is None or month is None or len(kwh) < len(FIGURES):
        return None
    return OwnPower(
        sheet=row.sheet,
        row_number=row.number_of_row,
        source=source,
        period=month,
        kwh=kwh,
        method=method,
        note=row.text("note"),
        cells=row.refs(),
        installation="" if source in UNCLAIMED else installation,
        share=Decimal(1) if share is None else share,
        asked_for="installation" in row.raw.cells,
    )


def _instrument(row: RowReader) -> Instrument | None:
    row.complete()
    serial = _one_serial(row)
    source, month = row.word("source").code, row.month()
    factor, amount = row.factor(KWH), row.number("amount")
    region, cancelled = row.word("region").code, row.day("cancelled_on")
    if cancelled is not None and month is not None and cancelled.isoformat()[: len(month)] < month:
        row.error("LEDGER_INSTRUMENT_CANCELLED", "cancelled_on", month=month)
    if row.faulty or source is None or month is None or cancelled is None:
        return None
    if factor is None or amount is None:
        return None
    return Instrument(
        sheet=row.sheet,
        row_number=row.number_of_row,
        serial=serial,
        written=row.text("serial"),
        source=source,
        period=month,
        kwh=EXACT.multiply(amount, factor),
        region=region or "",
        cancelled_on=cancelled,
        note=row.text("note"),
        cells=row.refs(),
    )


def _one_serial(row: RowReader) -> str:
    """Return the serial of one certificate or batch; a list or range could hide another's."""
    serial = row.serial("serial")
    if serial and _SEVERAL.search(unicodedata.normalize("NFKC", row.text("serial"))):
        row.error("LEDGER_INSTRUMENT_SEVERAL", "serial")
    return serial
