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
from factor_db.ledger.months.picture import ZERO, Key, Picture

COATING: Key = ("melting", "organic_coating")
SERVICES = "site_services"
_SERVICES_MADE: Key = (SERVICES, SERVICES)
_DIRTY_FLOWS = rule("AL-COAT-001").items("flows")
_DIRTY_WORDS = tuple(normal_text(word) for word in rule("AL-COAT-001").items("words"))


def check_obligations(picture: Picture, findings: Findings) -> None:
    """Record a missing row of oil and paint, and services that no final step takes up."""
    _check_coating(picture, findings)
    _check_services(picture, findings)


def _check_coating(picture: Picture, findings: Findings) -> None:
    if not picture.runs("melting") or _known(picture, COATING):
        return
    row = next((row for row in charged_rows(picture) if is_dirty(picture, row)), None)
    if row is None:
        return
    picture.distrusted.add(COATING)
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


def charged_rows(picture: Picture) -> Iterable[LedgerRow]:
    """Yield what was charged, empty rows left out."""
    for (process, _), rows in picture.by_key.items():
        if process == "charging":
            yield from (row for row in rows if row.role == "input" and row.amount_canonical)


def is_dirty(picture: Picture, row: LedgerRow) -> bool:
    """Tell whether oil or paint comes with a charge: by its flow, its type, or own coated scrap."""
    if row.flow in _DIRTY_FLOWS:
        return True
    if row.flow == "internal_scrap":
        return bool(picture.total("powder_coating", "internal_scrap"))
    scrap = vocabulary().flows[row.flow].category == "scrap"
    kind = normal_text(row.scrap_type)
    return scrap and any(word in kind for word in _DIRTY_WORDS)


def _known(picture: Picture, key: Key) -> bool:
    return key in picture.present or key in picture.unplaced or picture.hidden_by_unknown(key)


def _check_services(picture: Picture, findings: Findings) -> None:
    """Every final step says what it takes of the services, and together they take all of them."""
    first = picture.first_row(_SERVICES_MADE)
    consumed = any(
        rows and picture.total(process, flow)
        for (process, flow), rows in picture.by_key.items()
        if process == SERVICES and flow != SERVICES
    )
    if first is None or not consumed:
        return
    finals = [
        (pair.process, SERVICES)
        for pair in vocabulary().process_flows.values()
        if pair.flow == SERVICES and picture.runs(pair.process)
    ]
    missing = [key for key in finals if not _known(picture, key)]
    for process, _ in missing:
        row = picture.first_row(picture.product_key(process)) or first
        findings.error(
            "LEDGER_SERVICES_MISSING",
            row.sheet,
            row.cells["process"],
            process,
            process=process_label(process),
            flow=flow_label(SERVICES),
        )
    if missing or not picture.trusts(_SERVICES_MADE, *finals):
        return
    made = picture.total(*_SERVICES_MADE)
    taken = sum((picture.total(*key) for key in finals), ZERO)
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
