"""Shared utilities: a meter's consumption divided among processes by keys (DER-METER-003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.messages import code_of
from factor_db.ledger.form.cells import Cell, RawRow, Table, text_of
from factor_db.ledger.form.faults import Findings, list_label, process_label
from factor_db.ledger.form.sheets import SHARED
from factor_db.ledger.form.vocabulary import normal_text
from factor_db.ledger.form.word_lists import MAIN, SHARED_USE
from factor_db.ledger.meters.consumption import ZERO, divide
from factor_db.ledger.meters.sheet import Meter
from factor_db.ledger.reading.row_reader import RowReader, cell_of, plain_unit, sheet_rows


@dataclass(frozen=True, slots=True)
class DividingKey:
    """One row of the sheet `shared`; None where a cell cannot be read."""

    meter: str
    month: str | None
    process: str | None
    value: Decimal | None
    basis: str
    unit: str
    sheet: str
    row: RawRow

    def cell(self, column: str) -> Cell:
        """Return the cell of a column."""
        return cell_of(self.row, column)


KeysByMeter = Mapping[str, tuple[DividingKey, ...]]
# Month, process, amount in the meter's unit, and the key it was divided by.
Divided = tuple[str, str, Decimal, DividingKey | None]


def read_keys(
    table: Table | None, months: tuple[str, ...], findings: Findings
) -> tuple[DividingKey, ...]:
    """Return the rows of the sheet `shared` in file order, recording every fault of their cells."""
    return tuple(map(_key, sheet_rows(table, SHARED, months, findings)))


def _key(row: RowReader) -> DividingKey:
    row.short_enough()
    for column in SHARED.obligatory:
        row.filled(column)
    month = row.month()
    process, known = row.word("process")
    value = row.number("value")
    return DividingKey(
        meter=normal_text(row.text("meter")),
        month=month,
        process=process,
        value=value if known or not row.text("process") else None,
        basis=normal_text(row.text("basis")),
        unit=plain_unit(row.text("unit")).casefold(),
        sheet=row.sheet,
        row=row.raw,
    )


def keys_by_meter(
    keys: Sequence[DividingKey],
    meters: Mapping[str, Meter],
    nameless: bool,
    findings: Findings,
) -> tuple[KeysByMeter, set[str]]:
    """Return the keys of each meter, and the meters whose keys have a fault, which is recorded.

    A key's meter must be known and must be a main or shared one: the consumption of any other
    meter belongs to its own process.
    """
    grouped: dict[str, list[DividingKey]] = {}
    for key in keys:
        grouped.setdefault(key.meter, []).append(key)
    faulty: set[str] = set()
    for name, items in grouped.items():
        meter, first = meters.get(name), items[0]
        cell = first.cell("meter")
        if name and meter is None:
            faulty.add(name)
            if not nameless:
                code = "LEDGER_SHARED_METER_UNKNOWN"
                findings.error(code, first.sheet, cell.ref, text_of(cell.value))
        elif meter is None or meter.process is None:
            faulty.add(name)
        elif meter.process not in {MAIN, SHARED_USE}:
            faulty.add(name)
            process = process_label(meter.process)
            code = "LEDGER_SHARED_METER_OWN"
            findings.error(code, first.sheet, cell.ref, text_of(cell.value), process=process)
        elif not _agree(items, findings):
            faulty.add(name)
    if faulty - set(meters):
        # Keys that belong to no known meter may be those any other one seems to lack.
        faulty |= {key for key, meter in meters.items() if meter.process in {MAIN, SHARED_USE}}
    return {name: tuple(items) for name, items in grouped.items()}, faulty


def _agree(keys: Sequence[DividingKey], findings: Findings) -> bool:
    """Check that the keys of each month of a meter have one basis and unit, a process once."""
    good = True
    first: dict[str, DividingKey] = {}
    seen: dict[tuple[str, str], DividingKey] = {}
    for key in keys:
        if None in (key.month, key.process, key.value) or not (key.basis and key.unit):
            good = False
            continue
        month, process = str(key.month), str(key.process)
        other = first.setdefault(month, key)
        for column, same in (("basis", key.basis == other.basis), ("unit", key.unit == other.unit)):
            if not same:
                good = False
                cell, before = key.cell(column), other.cell(column)
                code = code_of("LEDGER_SHARED", column)
                findings.error(
                    code,
                    key.sheet,
                    cell.ref,
                    text_of(cell.value),
                    other=text_of(before.value),
                    at=before.ref,
                )
        twice = seen.setdefault((month, process), key)
        if twice is not key:
            good = False
            cell, before = key.cell("process"), twice.cell("process")
            findings.error(
                "LEDGER_SHARED_TWICE", key.sheet, cell.ref, text_of(cell.value), first=before.ref
            )
    return good


def divided_months(
    meter: Meter,
    keys: Sequence[DividingKey],
    amounts: Mapping[str, Decimal],
    findings: Findings,
) -> list[Divided] | None:
    """Divide a meter's months by their keys; the parts of a month add up to it exactly.

    Returns None, with the fault recorded, when a month has consumption but no keys or only zeros.
    A month without consumption needs no keys: every process of the meter then gets 0.
    """
    divided: list[Divided] = []
    without: list[str] = []
    good = True
    everyone = sorted({str(key.process) for key in keys})
    for month, amount in amounts.items():
        # Sorted, so that the order of the sheet doesn't decide who takes the remainder.
        items = sorted((key for key in keys if key.month == month), key=lambda k: str(k.process))
        weights = [key.value or ZERO for key in items]
        if not amount and not any(weights):
            written = {str(key.process): key for key in items}
            divided += [(month, process, ZERO, written.get(process)) for process in everyone]
        elif not items:
            without.append(month)
        elif not any(weights):
            good = False
            first = min(items, key=lambda key: key.row.number)
            cell = first.cell("value")
            code = "LEDGER_SHARED_ZERO"
            findings.error(
                code, first.sheet, cell.ref, text_of(cell.value), meter=meter.code, month=month
            )
        else:
            parts = divide(amount, weights)
            divided += [
                (month, str(key.process), part, key) for key, part in zip(items, parts, strict=True)
            ]
    if without:
        _report_without(meter, keys, without, findings)
    return divided if good and not without else None


def _report_without(
    meter: Meter, keys: Sequence[DividingKey], months: Sequence[str], findings: Findings
) -> None:
    cell, sheet = meter.stated("process"), meter.sheet
    if keys:
        cell, sheet = keys[0].cell("period"), keys[0].sheet
    findings.error(
        "LEDGER_SHARED_MONTH",
        sheet,
        cell.ref,
        text_of(cell.value),
        meter=meter.code,
        months=list_label(months),
    )
