"""Goods of others that came over no distance: doubted until a note or an exception explains it.

A transport of 0 is an answer where the metal is the plant's own or comes over the fence. Beside
thousands of tonnes from others it is a row that nobody filled in. Every process that states
transport is asked for all that it received together, and for each supplier where its transport is
told by supplier. Rule: AL-TRANSPORT-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.form.faults import Findings, Param, Scope, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import normal_text, vocabulary
from factor_db.ledger.months.month_index import ZERO, MonthIndex
from factor_db.ledger.reading.exceptions import says_something

SHORT, SUPPLIER = "LEDGER_TRANSPORT_SHORT", "LEDGER_TRANSPORT_SUPPLIER"
_RULE = rule("AL-TRANSPORT-001")
_LEAST_KM = _RULE.number("least_km")
_RECEIVED = frozenset(_RULE.items("received_categories"))
_CARRIED_ALONE = frozenset({"t", "kg"})


def check_transport(month_index: MonthIndex, findings: Findings) -> None:
    """Record what was received over less than a plausible distance, together or of a supplier."""
    for process in month_index.processes:
        moved, received = _rows(month_index, process)
        if not moved or not received:
            continue
        if not month_index.trusts(*{(process, row.flow) for row in (*moved, *received)}):
            continue
        tonnes, tkm = _tonnes(received), _tkm(moved)
        if tkm < EXACT.multiply(_LEAST_KM, tonnes):
            _doubt(SHORT, process, moved, tonnes, tkm, findings)
        else:
            _by_supplier(process, moved, received, findings)


def _rows(month_index: MonthIndex, process: str) -> tuple[list[LedgerRow], list[LedgerRow]]:
    """Return the rows of transport of a process, and those of what it received from others."""
    flows = vocabulary().flows
    made = {
        row.flow
        for row in month_index.rows
        if row.role in {"product", "internal"}
        if not row.is_property
    }
    moved, received = [], []
    for (place, code), rows in month_index.by_key.items():
        flow = flows[code]
        if place != process:
            continue
        if flow.category == "transport":
            moved += rows
        elif flow.category in _RECEIVED and flow.unit in _CARRIED_ALONE and code not in made:
            received += [row for row in rows if row.role == "input" and row.amount_canonical > 0]
    return moved, received


def _by_supplier(
    process: str, moved: Sequence[LedgerRow], received: Sequence[LedgerRow], findings: Findings
) -> None:
    """Doubt each supplier without transport, where every tonne-kilometre names a supplier.

    A transport row may name the haulier instead; then nobody can tell whose goods it moved.
    """
    goods: dict[str, list[LedgerRow]] = defaultdict(list)
    for row in received:
        goods[normal_text(row.counterparty)].append(row)
    trips: dict[str, list[LedgerRow]] = defaultdict(list)
    for row in moved:
        if row.amount_canonical:
            trips[normal_text(row.counterparty)].append(row)
    if not trips or "" in trips or not set(trips) <= set(goods):
        return
    for name, rows in sorted(goods.items()):
        tonnes, tkm = _tonnes(rows), _tkm(trips.get(name, ()))
        if name and tkm < EXACT.multiply(_LEAST_KM, tonnes):
            supplier = rows[0].counterparty
            at = trips.get(name, rows)
            _doubt(SUPPLIER, process, at, tonnes, tkm, findings, supplier=supplier)


def _doubt(
    code: str,
    process: str,
    rows: Sequence[LedgerRow],
    tonnes: Decimal,
    tkm: Decimal,
    findings: Findings,
    **words: Param,
) -> None:
    row = max(rows, key=lambda item: item.amount_canonical)
    same = [item for item in rows if item.flow == row.flow]
    findings.warning(
        code,
        row.sheet,
        row.cells["amount"],
        decimal_text(row.amount_canonical),
        explained=all(says_something(item.note) for item in same),
        scope=Scope(process, row.flow),
        process=process_label(process),
        tonnes=decimal_text(tonnes.quantize(Decimal(1))),
        tkm=decimal_text(tkm.quantize(Decimal(1))),
        km=decimal_text(EXACT.divide(tkm, tonnes).quantize(Decimal("0.1"))),
        least=decimal_text(_LEAST_KM),
        **words,
    )


def _tonnes(rows: Sequence[LedgerRow]) -> Decimal:
    parts = (
        EXACT.multiply(row.amount_canonical, conversion(row.unit_canonical, "t")) for row in rows
    )
    return sum(parts, ZERO)


def _tkm(rows: Sequence[LedgerRow]) -> Decimal:
    return sum((row.amount_canonical for row in rows), ZERO)
