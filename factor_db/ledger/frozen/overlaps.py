"""Two ledgers of one site that share months have to say the same of them. Rule: PCF-PERIOD-001."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Finding, Param, first_cells, flow_label, process_label
from factor_db.ledger.form.rows import Ledger, LedgerRow, holding_row, months_between
from factor_db.ledger.form.vocabulary import normal_text, vocabulary
from factor_db.ledger.frozen.corrections import effective_rows
from factor_db.ledger.frozen.site_ledgers import period_name, replaced_ledgers
from factor_db.store.tables import LedgerEntry, LedgerFile

RULE = "PCF-PERIOD-001"
CODE = "LEDGER_OVERLAP"
_AGREE_WITHIN = rule(RULE).number("agree_within")
_SHOWN_CELLS = int(rule(RULE).number("cells_shown"))
_LEAST_NAME = 12
ZERO = Decimal(0)
Key = tuple[str, str, str, str]
"""Process, flow, product code as compared, role."""


@dataclass
class _Side:
    """What one ledger says of a key by month, and the cells that say it."""

    months: dict[str, Decimal] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)

    def add(self, month: str, amount: Decimal, cell: str) -> None:
        self.months[month] = EXACT.add(self.months.get(month, ZERO), amount)
        self.cells.setdefault(month, []).append(cell)


def contradictions(
    session: Session, ledger: Ledger, replaced: Collection[str]
) -> tuple[Finding, ...]:
    """Return a finding for each flow of a step that another ledger of the site states otherwise.

    Compared are the sums of each shared month by process, flow, product and role, and properties
    as they hold; stored ledgers as corrected. `replaced` are the ledgers not to compare with.
    """
    header = ledger.header
    query = select(LedgerFile).where(
        LedgerFile.site == header.site_code,
        LedgerFile.owner == header.uscc,
        col(LedgerFile.period_start) <= header.period_end.isoformat(),
        col(LedgerFile.period_end) >= header.period_start.isoformat(),
    )
    gone = {*replaced, *replaced_ledgers(session, header.site_code), ledger.file_sha256}
    others = sorted((f for f in session.exec(query) if f.sha256 not in gone), key=_age)
    return tuple(found for other in others for found in _compared(session, ledger, other))


def _age(file: LedgerFile) -> tuple[str, str, str]:
    return file.period_end, file.period_start, file.sha256


def _compared(session: Session, ledger: Ledger, file: LedgerFile) -> Iterable[Finding]:
    there = months_between(
        date.fromisoformat(file.period_start), date.fromisoformat(file.period_end)
    )
    shared = [month for month in ledger.months if month in set(there)]
    entries = effective_rows(session, file).rows
    ours = _sides((_plain(row) for row in ledger.rows), shared)
    theirs = _sides((_plain(entry) for entry in entries), shared)
    _add_properties(ledger.rows, entries, shared, (ours, theirs))
    first = next(iter(ledger.rows))
    by_cell = {f"{row.sheet}!{row.cells['amount']}": row for row in ledger.rows}
    for key in sorted({*ours, *theirs}):
        here, other = ours.get(key, _Side()), theirs.get(key, _Side())
        months = [month for month in shared if _differ(here, other, month)]
        if not months:
            continue
        cells = here.cells.get(months[0], ()) or _any(here)
        row = by_cell.get(next(iter(cells), ""), first)
        yield _finding(row, key, file, months, (here, other))


def _plain(row: LedgerRow | LedgerEntry) -> tuple[Key, str, Decimal, str]:
    if isinstance(row, LedgerRow):
        amount, cell = row.amount_canonical, f"{row.sheet}!{row.cells['amount']}"
    else:
        amount, cell = row.amount, row.cell
    return (row.process, row.flow, normal_text(row.product), row.role), row.period, amount, cell


def _sides(
    rows: Iterable[tuple[Key, str, Decimal, str]], months: Collection[str]
) -> dict[Key, _Side]:
    found: dict[Key, _Side] = {}
    for key, month, amount, cell in rows:
        if "." not in key[1] and month in months:
            found.setdefault(key, _Side()).add(month, amount, cell)
    return found


def _add_properties(
    ours: Iterable[LedgerRow],
    theirs: Iterable[LedgerEntry],
    months: Iterable[str],
    sides: tuple[dict[Key, _Side], dict[Key, _Side]],
) -> None:
    """Add what holds of each material in each month, a row in force since an earlier one too."""
    rows: tuple[list[LedgerRow | LedgerEntry], ...] = (
        [row for row in ours if row.is_property],
        [row for row in theirs if "." in row.flow],
    )
    stated = {(row.process, row.flow, row.product) for side in rows for row in side}
    for month in months:
        for process, flow, product in stated:
            for found, side in zip(rows, sides, strict=True):
                row = holding_row(found, flow, month, process=process, product=product)
                if row is not None:
                    _, _, value, cell = _plain(row)
                    key = process, flow, normal_text(product), ""
                    side.setdefault(key, _Side()).add(month, value, cell)


def _differ(here: _Side, other: _Side, month: str) -> bool:
    one, two = here.months.get(month, ZERO), other.months.get(month, ZERO)
    return abs(one - two) > _AGREE_WITHIN * max(abs(one), abs(two))


def _any(side: _Side) -> list[str]:
    return next(iter(side.cells.values()), [])


def _finding(
    row: LedgerRow,
    key: Key,
    file: LedgerFile,
    months: list[str],
    sides: tuple[_Side, _Side],
) -> Finding:
    here, other = sides
    month = months[0]
    cells = [cell for name in months for cell in other.cells.get(name, ())]
    listed = first_cells(cells, _SHOWN_CELLS)
    words: dict[str, Param] = {
        "process": process_label(key[0]),
        "flow": flow_label(key[1]),
        "months": " ".join(months),
        "month": month,
        "here": decimal_text(here.months.get(month, ZERO)),
        "there": decimal_text(other.months.get(month, ZERO)),
        "unit": vocabulary().flows[key[1]].unit,
        "file": file.file_name,
        "period": period_name(file.period_start, file.period_end),
        "ledger": file.sha256[:_LEAST_NAME],
        "cells": listed or "-",
    }
    return Finding(CODE, "error", row.sheet, row.cells["amount"], "", words)
