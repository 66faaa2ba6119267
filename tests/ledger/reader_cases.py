"""Rows of every sheet, read one by one without a file: what is found wrong, and how many stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Sized
from datetime import date

from factor_db.ledger.form.cells import Cell, CellValue, RawLedger, RawRow, Table, column_letters
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import SHEETS
from factor_db.ledger.meters.shared_use import read_keys
from factor_db.ledger.meters.sheet import read_meters
from factor_db.ledger.months.gaps import fill_gaps
from factor_db.ledger.power.rows import read_power
from factor_db.ledger.reading.exceptions import apply_exceptions
from factor_db.ledger.reading.known_rows import read_rows
from factor_db.ledger.stock.rows import read_entries

MONTHS = ("2025-01", "2025-02", "2025-03")
TODAY = date(2026, 1, 31)
Rows = Sequence[Mapping[str, CellValue]]
# Code, cell and message of a finding.
Said = list[list[str]]
# A row of each sheet without a fault of its own.
SOUND: Mapping[str, Mapping[str, CellValue]] = {
    "ledger": {"period": "2025-01", "process": "melting", "flow": "natural_gas", "role": "input",
               "amount": "12.5", "unit": "m3", "method": "metered"},
    "meters": {"meter": "E-01", "process": "melting", "flow": "electricity",
               "read_on": "2025-01-31", "reading": "7", "unit": "kWh"},
    "stock": {"material": "slab", "period": "2025-01", "opening": "1", "receipts": "2",
              "consumption": "1", "closing": "2", "unit": "t"},
    "shared": {"meter": "E-01", "period": "2025-01", "process": "melting", "basis": "hours",
               "value": "1", "unit": "h"},
    "exceptions": {"code": "LEDGER_MONTH_OUTLIER", "process": "melting", "explanation": "停产检修",
                   "author": "Wang", "expires_on": "2026-06-30"},
    "gaps": {"process": "melting", "flow": "natural_gas", "period": "2025-01",
             "rule": "GAP-YEAR", "reason": "broken"},
    "power": {"period": "2025-01", "source": "pv", "generated": "3", "used": "2", "fed_in": "1",
              "unit": "kWh", "method": "metered"},
    "instruments": {"serial": "GEC-1", "source": "pv", "period": "2025-01", "amount": "1",
                    "unit": "kWh", "region": "CN-CQ", "cancelled_on": "2025-06-30"},
}  # fmt: skip


def table(sheet: str, rows: Rows, merged: Collection[tuple[int, str]] = ()) -> Table:
    """Return rows as the table of a sheet, headings in row 1."""
    letters = {name: column_letters(at) for at, name in enumerate(SHEETS[sheet].columns)}
    raws = tuple(
        RawRow(
            number,
            {
                name: Cell(f"{letters[name]}{number}", value)
                for name, value in row.items()
                if value not in ("", None)
            },
        )
        for number, row in enumerate(rows, start=2)
    )
    return Table(sheet, letters, raws, frozenset(merged))


def said_of(sheet: str, rows: Rows, merged: Collection[tuple[int, str]] = ()) -> tuple[Said, int]:
    """Return what is found wrong with the rows of a sheet, and how many of them stand."""
    findings = Findings()
    stand = len(_read(sheet, table(sheet, rows, merged), findings))
    said = [[f.code, f.cell, f.message("en")] for f in findings.collected()]
    return said, stand


def _read(sheet: str, rows: Table, findings: Findings) -> Sized:
    if sheet == "ledger":
        return [item for item in read_rows(rows, MONTHS, findings) if item.row]
    if sheet == "stock":
        return read_entries(rows, MONTHS, findings).entries
    if sheet in ("power", "instruments"):
        power = read_power({sheet: rows}, MONTHS, findings)
        return (*power.own, *power.purchased, *power.instruments)
    if sheet == "gaps":
        return fill_gaps(rows, (), MONTHS, findings)
    if sheet == "meters":
        meters = read_meters(rows, MONTHS, findings).meters.values()
        return [meter for meter in meters if meter.trusted]
    if sheet == "shared":
        return [key for key in read_keys(rows, MONTHS, findings) if key.value is not None]
    apply_exceptions(RawLedger("site", (), None, {sheet: rows}), MONTHS, findings, TODAY)
    return ()
