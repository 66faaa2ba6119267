"""Off-cuts and seconds booked as metal sold, which take a share of the burden of their step.

Scrap that a step sells is `sold_scrap`, whose burden the scrap rule decides. The same metal under
the name of the step's product carries a full share away. Where its row says scrap or remelting, or
its buyer also takes scrap of the plant or delivers remelted metal to it, that is doubted; what the
row itself says is no explanation, only an exception is one. Rule: AL-SECONDS-001.
"""

from __future__ import annotations

from collections.abc import Iterator

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Scope, flow_label, process_label
from factor_db.ledger.form.firm_names import bare_name
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import (
    SCRAP_CATEGORIES,
    is_aluminium,
    normal_text,
    vocabulary,
)
from factor_db.ledger.months.month_index import ZERO, MonthIndex

BY_WORD, BY_PARTY = "LEDGER_SECONDS_WORD", "LEDGER_SECONDS_PARTY"
_RULE = rule("AL-SECONDS-001")


def check_sold_as_metal(month_index: MonthIndex, findings: Findings) -> None:
    """Record co-products and products of metal that may be scrap, once for each step and flow."""
    parties = _scrap_parties(month_index)
    for (process, flow), rows in month_index.by_key.items():
        asked = [row for row in rows if _is_asked_of(row)]
        said = [(row, word) for row in asked if (word := _scrap_word(row))]
        named = [(row, row.counterparty) for row in asked if bare_name(row.counterparty) in parties]
        for code, found in ((BY_WORD, said), (BY_PARTY, named)):
            if found:
                _doubt(code, found, findings, Scope(process, flow))
                break


def _is_asked_of(row: LedgerRow) -> bool:
    """Tell whether a row is metal in solid form made here and sold; a product may be."""
    if row.role not in {"co-product", "product"} or not row.amount_canonical or row.is_property:
        return False
    scrap = vocabulary().flows[row.flow].category in SCRAP_CATEGORIES
    return is_aluminium(row.flow) and not scrap and row.flow not in _RULE.items("sold_to_be_melted")


def _scrap_word(row: LedgerRow) -> str:
    """Return the word by which a row says that it is scrap; a product's row also says it is sold.

    What a product is made of may stand in its note, and may well be scrap.
    """
    said = normal_text(" ".join((row.counterparty, row.evidence, row.note)))
    if row.role == "product" and not any(word in said for word in _RULE.items("said_sold")):
        return ""
    return next((word for word in _RULE.items("said_scrap") if word in said), "")


def _scrap_parties(month_index: MonthIndex) -> set[str]:
    """Return the firms that take scrap of the plant, or deliver metal made of scrap to it."""
    return {bare_name(row.counterparty) for row in _scrap_trade(month_index)} - {""}


def _scrap_trade(month_index: MonthIndex) -> Iterator[LedgerRow]:
    remelted = _RULE.items("remelted")
    for row in month_index.rows:
        if row.is_property or not row.amount_canonical:
            continue
        scrap = vocabulary().flows[row.flow].category in SCRAP_CATEGORIES
        if (row.role == "co-product" and scrap) or (row.role == "input" and row.flow in remelted):
            yield row


def _doubt(code: str, found: list[tuple[LedgerRow, str]], findings: Findings, scope: Scope) -> None:
    row, said = max(found, key=lambda item: item[0].amount_canonical)
    findings.warning(
        code,
        row.sheet,
        row.cells["amount"],
        decimal_text(row.amount_canonical),
        scope=scope,
        process=process_label(row.process),
        flow=flow_label(row.flow),
        said=said,
        tonnes=decimal_text(sum((item.amount_canonical for item, _ in found), ZERO)),
    )
