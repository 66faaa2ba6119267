"""Rows that another row makes obligatory: oil burnt off dirty scrap, and where services go.

A model multiplies by what is written, so a row that is missing is a burden of nothing. Both are
answered by a number, 0 included. Rules: AL-COAT-001, AL-SERVICE-001.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Label, flow_label, list_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import normal_text, vocabulary
from factor_db.ledger.months.balance_reports import percent, rounded_t
from factor_db.ledger.months.balance_terms import LINK_TOLERANCE
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex

COATING: Key = ("melting", "organic_coating")
SERVICES = "site_services"
_SERVICES_MADE: Key = (SERVICES, SERVICES)
_DIRTY_FLOWS = rule("AL-COAT-001").items("flows")
_DIRTY_WORDS = tuple(normal_text(word) for word in rule("AL-COAT-001").items("words"))


def check_obligations(month_index: MonthIndex, findings: Findings) -> None:
    """Record a missing row of oil and paint, and services that no final step takes up."""
    _check_coating(month_index, findings)
    _check_services(month_index, findings)


def _check_coating(month_index: MonthIndex, findings: Findings) -> None:
    if not month_index.runs("melting") or _known(month_index, COATING):
        return
    row = next((row for row in charged_rows(month_index) if is_dirty(month_index, row)), None)
    if row is None:
        return
    month_index.distrusted.add(COATING)
    findings.error(
        "LEDGER_COATING_MISSING",
        row.sheet,
        row.cells["flow"],
        row.flow,
        scrap=flow_label(row.flow),
        process=process_label(COATING[0]),
        flow=flow_label(COATING[1]),
        unit=vocabulary().flows[COATING[1]].unit,
    )


def charged_rows(month_index: MonthIndex) -> Iterable[LedgerRow]:
    """Yield what was charged, empty rows left out."""
    for (process, _), rows in month_index.by_key.items():
        if process == "charging":
            yield from (row for row in rows if row.role == "input" and row.amount_canonical)


def is_dirty(month_index: MonthIndex, row: LedgerRow) -> bool:
    """Tell whether oil or paint comes with a charge: by its flow, its type, or own coated scrap."""
    if row.flow in _DIRTY_FLOWS:
        return True
    if row.flow == "internal_scrap":
        return bool(month_index.total("powder_coating", "internal_scrap"))
    scrap = vocabulary().flows[row.flow].category == "scrap"
    kind = normal_text(row.scrap_type)
    return scrap and any(word in kind for word in _DIRTY_WORDS)


def _known(month_index: MonthIndex, key: Key) -> bool:
    return (
        key in month_index.present
        or key in month_index.unplaced
        or month_index.hidden_by_unknown(key)
    )


def _check_services(month_index: MonthIndex, findings: Findings) -> None:
    """Every final step says what it takes of the services, and together they take all of them."""
    first = month_index.first_row(_SERVICES_MADE)
    consumed = any(
        rows and month_index.total(process, flow)
        for (process, flow), rows in month_index.by_key.items()
        if process == SERVICES and flow != SERVICES
    )
    if first is None or not consumed:
        return
    finals = [
        (pair.process, SERVICES)
        for pair in vocabulary().process_flows.values()
        if pair.flow == SERVICES and month_index.runs(pair.process)
    ]
    missing = [key for key in finals if not _known(month_index, key)]
    for process, _ in missing:
        row = month_index.first_row(month_index.product_key(process)) or first
        findings.error(
            "LEDGER_SERVICES_MISSING",
            row.sheet,
            row.cells["process"],
            process,
            process=process_label(process),
            flow=flow_label(SERVICES),
        )
    if missing or not month_index.trusts(_SERVICES_MADE, *finals):
        return
    made = month_index.total(*_SERVICES_MADE)
    taken = sum((month_index.total(*key) for key in finals), ZERO)
    if abs(made - taken) > EXACT.multiply(LINK_TOLERANCE, max(made, taken)):
        _not_taken(first, made, taken, [process for process, _ in finals], findings)


def _not_taken(
    row: LedgerRow, made: Decimal, taken: Decimal, finals: list[str], findings: Findings
) -> None:
    labels = [process_label(process) for process in finals] or [Label("-", "-")]
    zh = list_label(label.zh for label in labels).zh
    en = list_label(label.en for label in labels).en
    findings.error(
        "LEDGER_SERVICES_OPEN",
        row.sheet,
        row.cells["amount"],
        row.amount,
        made=rounded_t(made),
        taken=rounded_t(taken),
        processes=Label(zh, en),
        tolerance=percent(LINK_TOLERANCE),
    )
