"""What a ledger says, apart from how and where it is written: one hash for the same content.

The same table typed as CSV in any encoding or as a workbook, in Chinese or English words, with its
rows in another order, is the same ledger; another month, amount or document is another one.
"""

from __future__ import annotations

from dataclasses import asdict

from factor_db.foundation.canonical import canonical_json, content_hash
from factor_db.ledger.form.rows import Ledger, LedgerRow

_NOT_SAID_BY_THE_HEADER = {"schema_version"}


def ledger_content_hash(ledger: Ledger) -> str:
    """Return the SHA-256 of a ledger's header and rows by meaning.

    Left out are the file's name and hash, the template's version, sheets, cells and row numbers,
    and the writing of units and numbers: an amount counts in the unit of its flow.
    """
    header = {
        key: value if isinstance(value, bool | str) else value.isoformat()
        for key, value in asdict(ledger.header).items()
        if key not in _NOT_SAID_BY_THE_HEADER
    }
    rows = sorted(canonical_json(_said(row)).decode() for row in ledger.rows)
    return content_hash("ledger", {"header": header, "rows": rows})


def _said(row: LedgerRow) -> dict[str, object]:
    return {
        "period": row.period,
        "process": row.process,
        "flow": row.flow,
        "product": row.product,
        "role": row.role,
        "amount": row.amount_canonical,
        "unit": row.unit_canonical,
        "method": row.method,
        "counterparty": row.counterparty,
        "origin": row.origin,
        "scrap_type": row.scrap_type,
        "instrument": row.instrument,
        "price": row.price,
        "evidence": row.evidence,
        "note": row.note,
    }
