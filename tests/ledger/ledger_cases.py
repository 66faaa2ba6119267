"""Helpers of the ledger tests: examples in memory, edited copies as files, checks without files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from factor_db.ledger import CheckResult, LedgerRow, SiteHeader, check
from factor_db.ledger.balances.steps import check_balances
from factor_db.ledger.checks.completeness import check_completeness
from factor_db.ledger.checks.properties import check_properties
from factor_db.ledger.files.tables import SITE_KEYS
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.form.sheets import GAPS, LEDGER
from factor_db.ledger.months.magnitude import check_magnitude
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.reading.row_checks import RowReading
from factor_db.ledger.stock.movements import NO_STOCK, Stock
from tools.example_book import MONTHS
from tools.write_examples import EXAMPLES

Rows = list[LedgerRow]
Edit = Callable[[Rows], Iterable[LedgerRow]]


@cache
def example(name: str) -> tuple[SiteHeader, tuple[LedgerRow, ...]]:
    header, rows = EXAMPLES[name]()
    return header, tuple(rows)


def find(rows: Sequence[LedgerRow], process: str, flow: str, month: str = "2025-05") -> int:
    """Return the position of the one row of a process, flow and month."""
    hits = [
        index
        for index, row in enumerate(rows)
        if (row.process, row.flow, row.period) == (process, flow, month)
    ]
    assert len(hits) == 1, (process, flow, month, hits)
    return hits[0]


def changed(at_process: str, at_flow: str, month: str = "2025-05", /, **changes: Any) -> Edit:
    """Return an edit that changes one row."""

    def edit(rows: Rows) -> Rows:
        index = find(rows, at_process, at_flow, month)
        rows[index] = replace(rows[index], **changes)
        return rows

    return edit


def scaled(process: str, flow: str, factor: Any, months: Sequence[str] = MONTHS) -> Edit:
    """Return an edit that multiplies a flow's amounts in some months."""

    def edit(rows: Rows) -> Rows:
        return [
            replace(
                row,
                amount=row.amount * factor,
                amount_canonical=row.amount_canonical * factor,
            )
            if (row.process, row.flow) == (process, flow) and row.period in months
            else row
            for row in rows
        ]

    return edit


def dropped(process: str, flow: str, months: Sequence[str] = MONTHS) -> Edit:
    """Return an edit that deletes rows."""

    def edit(rows: Rows) -> Rows:
        return [
            row
            for row in rows
            if (row.process, row.flow) != (process, flow) or row.period not in months
        ]

    return edit


def added(row_changes: dict[str, Any], like: tuple[str, str]) -> Edit:
    """Return an edit that appends a row like another one of May, with changes."""

    def edit(rows: Rows) -> Rows:
        return [*rows, replace(rows[find(rows, *like)], **row_changes)]

    return edit


def run_checks(rows: Iterable[LedgerRow], *, stock: Stock = NO_STOCK) -> tuple[Finding, ...]:
    """Run all checks that compare rows, without a file."""
    findings = Findings()
    places = {column: column for column in LEDGER.columns}
    readings = tuple(
        RowReading(row.row_number, row.process, row.flow, row.period, replace(row, cells=places))
        for row in rows
    )
    month_index = MonthIndex(readings, MONTHS)
    check_properties(month_index, findings)
    check_completeness(month_index, findings)
    check_magnitude(month_index, findings)
    check_balances(month_index, findings, stock)
    return findings.collected()


def site_lines(header: SiteHeader, **changes: str | None) -> list[str]:
    """Return the header as `# key: value` lines; a change to None leaves a key out."""
    values: dict[str, str | None] = {}
    for key in SITE_KEYS:
        value = getattr(header, key)
        values[key] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    values |= changes
    return [f"# {key}: {value}" for key, value in values.items() if value is not None]


def csv_text(rows: Iterable[LedgerRow], path: Path, lines: Sequence[str]) -> Path:
    """Write a CSV ledger."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\n".join(lines) + "\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(LEDGER.columns)
        for row in rows:
            cells = [getattr(row, column) for column in LEDGER.columns]
            writer.writerow(["" if cell is None else str(cell) for cell in cells])
    return path


def check_edited(
    path: Path, name: str, *edits: Edit, site: dict[str, str | None] | None = None
) -> CheckResult:
    """Check an example after edits, by way of a CSV file."""
    header, rows = example(name)
    edited: Iterable[LedgerRow] = list(rows)
    for edit in edits:
        edited = edit(list(edited))
    return check(csv_text(edited, path / "ledger.csv", site_lines(header, **(site or {}))))


def gap_file(folder: Path, *lines: tuple[str, ...]) -> Path:
    """Write the plate mill without the gas of melting in May, and a sheet `gaps`."""
    header, rows = example("plate_mill")
    left = dropped("melting", "natural_gas", ("2025-05",))(list(rows))
    path = csv_text(left, folder / "ledger.csv", site_lines(header))
    with path.open("a", encoding="utf-8") as file:
        file.write("# sheet: gaps\n" + ",".join(GAPS.columns) + "\n")
        file.writelines(",".join(line) + "\n" for line in lines)
    return path
