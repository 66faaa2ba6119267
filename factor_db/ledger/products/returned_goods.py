"""Own goods that customers sent back, booked as scrap bought: doubted until somebody explains it.

Goods that came back were not sold. Bought as scrap of others they enter free of burden under most
scrap rules, while the output still counts them: the whole plant is divided by too many tonnes. Only
the words of a row can tell, so only they are read; who writes nothing is not found.
Rule: AL-RETURN-001.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Scope, flow_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import normal_text, vocabulary
from factor_db.ledger.months.month_index import ZERO, MonthIndex

_SHOWN = Decimal("0.1")
RETURNED = "LEDGER_SCRAP_RETURNED"
_WORDS = tuple(map(normal_text, rule("AL-RETURN-001").items("words")))


def check_returned_goods(month_index: MonthIndex, findings: Findings) -> None:
    """Record bought scrap of which a row says that it is the plant's own goods come back."""
    for key, rows in month_index.by_key.items():
        if vocabulary().flows[key[1]].category != "scrap":
            continue
        told = [row for row in rows if row.role == "input" and row.amount_canonical > 0]
        told = [row for row in told if any(_named(row))]
        if told:
            first, word = told[0], next(_named(told[0]))
            tonnes = sum((row.amount_canonical for row in told), ZERO)
            findings.warning(
                RETURNED,
                first.sheet,
                first.cells.get("scrap_type") or first.cells["amount"],
                first.scrap_type or first.note,
                scope=Scope(*key),
                process=process_label(key[0]),
                flow=flow_label(key[1]),
                tonnes=decimal_text(tonnes.quantize(_SHOWN)),
                word=word,
            )


def _named(row: LedgerRow) -> Iterator[str]:
    """Yield the words of returned goods that a row's scrap type or note holds."""
    text = normal_text(f"{row.scrap_type} {row.note}")
    yield from (word for word in _WORDS if word in text)
