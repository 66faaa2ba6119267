"""What the main meters hold beyond all processes, booked on the site services that run the site.

Beside main meters on the sheet `meters` stand power bought and used of one's own, on sheet `power`.
Power that no process meters was used all the same: offices, lighting, compressed air. The rest is
one more row of the site services for each month, and every product that takes services carries its
share. A ledger without a word on services has a tonne served for each tonne of a final step.
Nothing is stored, it follows from the frozen cells. What no services can carry the closure names.
Rule: DER-METER-004.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count

from sqlmodel import Session

from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.corrections import EffectiveLedger, effective_rows, frozen_ledger
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.power_rest import power_rest
from factor_db.ledger.frozen.row_storage import stored_row
from factor_db.ledger.meters.consumption import ZERO, divide
from factor_db.ledger.meters.rows import LeftOut, LeftOutMonth
from factor_db.ledger.months.obligations import SERVICES
from factor_db.store.tables import LedgerEntry, LedgerFile

RULE = "DER-METER-004"


def rows_with_rests(
    session: Session, file: LedgerFile, only: Collection[str] | None = None
) -> tuple[EffectiveLedger, FrozenLedger, tuple[LeftOut, ...]]:
    """Return a ledger's effective rows with the rests they carry, its sheets, and every rest.

    A rest is what a main meter, or the sheet `power`, holds beyond all processes, whether the rows
    carry it or not.
    `only` is that of `effective_rows`. A correction that moves an amount of a flow moves its rest.
    """
    ledger = effective_rows(session, file, only)
    frozen = frozen_ledger(session, file, only)
    left = frozen.left_out + power_rest(frozen, ledger.rows)
    found = carried_rests(left, ledger.rows)
    if not found:
        return ledger, frozen, left
    moved = {item.flow for item in found}
    touched = tuple(
        keys | {(SERVICES, flow) for _, flow in keys if flow in moved} for keys in ledger.touched
    )
    rows = (*ledger.rows, *_added(found, ledger.rows, file))
    return replace(ledger, rows=rows, touched=touched), frozen, left


def carried_rests(left: Sequence[LeftOut], rows: Sequence[LedgerEntry]) -> tuple[LeftOut, ...]:
    """Return the rests that site services can carry: they use such a flow, and somebody takes them.

    Services that the ledger states as none at all are taken by nobody.
    """
    stated = [row for row in rows if SERVICES in (row.process, row.flow)]
    if stated:
        made = any(row.amount for row in stated if row.process == row.flow)
        taken = any(row.amount for row in stated if row.process != SERVICES)
        carried = made and taken
    else:
        carried = any(row.amount for row in _served(rows))
    known = vocabulary().process_flows
    return tuple(item for item in left if carried and (SERVICES, item.flow) in known)


def _served(rows: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Return the product rows of the final steps: those that may take services."""
    known = vocabulary().process_flows
    return [row for row in rows if row.role == "product" and (row.process, SERVICES) in known]


def _added(
    rests: Sequence[LeftOut], rows: Sequence[LedgerEntry], file: LedgerFile
) -> Iterator[LedgerEntry]:
    """Yield the rests as rows of the services and, where none are stated, who takes them."""
    numbers = count(max((row.row_number for row in rows), default=0) + 1)
    for rest in rests:
        # A month in which processes count more than the main meter has no rest of its own.
        parts = divide(rest.amount, [max(month.amount, ZERO) for month in rest.months])
        for month, amount in zip(rest.months, parts, strict=True):
            if amount:
                yield stored_row(_row(rest, month, amount, next(numbers)), file)
    if any(SERVICES in (row.process, row.flow) for row in rows):
        return
    for row in _served(rows):
        for process, role in ((SERVICES, "product"), (row.process, "input")):
            changes = {"process": process, "flow": SERVICES, "role": role, "product": ""}
            yield LedgerEntry(**row.model_dump() | changes | {"row_number": next(numbers)})


def _row(rest: LeftOut, month: LeftOutMonth, amount: Decimal, number: int) -> LedgerRow:
    return LedgerRow(
        sheet=month.sheet,
        row_number=number,
        period=month.period,
        process=SERVICES,
        flow=rest.flow,
        product="",
        role=vocabulary().expected_role(SERVICES, rest.flow) or "input",
        amount=amount,
        unit=rest.unit,
        amount_canonical=amount,
        unit_canonical=rest.unit,
        method="metered",
        counterparty="",
        origin="",
        scrap_type="",
        instrument="",
        price=None,
        evidence="",
        note=RULE,
        cells={"amount": month.cell},
    )
