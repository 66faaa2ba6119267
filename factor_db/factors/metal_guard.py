"""What a ledger's metal has to be before factors are made of it, though it was frozen before.

Checks grow stricter and a frozen file is never judged again, so the derivation asks the same of
every ledger and refuses with the message of the check. Rule: AL-BAL-004.
"""

from __future__ import annotations

from collections.abc import Sequence

from factor_db.factors.field_quality import FILLED_SHEET
from factor_db.foundation.errors import BadInput
from factor_db.ledger.cells import RawLedger
from factor_db.ledger.faults import Findings
from factor_db.ledger.product_checks import entry_faults
from factor_db.ledger.stock import NO_STOCK, read_stock
from factor_db.ledger.vocabulary import METAL_CATEGORIES, vocabulary
from factor_db.store.tables import LedgerEntry


def require_balanced_products(
    entries: Sequence[LedgerEntry], cells: RawLedger | None, months: tuple[str, ...]
) -> None:
    """Raise BadInput (LEDGER_PRODUCT_BALANCE, LEDGER_PRODUCT_LINK) where a code's metal is open.

    Also where a gap rule filled in metal (LEDGER_GAP_METAL; rule GAP-METAL-001).
    """
    for row in entries:
        metal = vocabulary().flows[row.flow.partition(".")[0]].category in METAL_CATEGORIES
        if metal and "." not in row.flow and row.cell.startswith(FILLED_SHEET):
            raise BadInput("LEDGER_GAP_METAL", process=row.process, flow=row.flow)
    sheet = cells.optional.get("stock") if cells else None
    stock = read_stock(sheet, months, Findings()) if sheet else NO_STOCK
    for fault in entry_faults(entries, stock):
        item = fault.output
        code = f" '{item.label}'" if item.label else ""
        named = {"process": item.process, "product": f"{item.output[1]}{code}"}
        raise BadInput(fault.code, **{**fault.words, **named})
