"""What a ledger's metal has to be before factors are made of it, though it was frozen before.

Checks grow stricter and a frozen file is never judged again, so the derivation asks the same of
every ledger and refuses with the message of the check. Rules: AL-BAL-004, AL-BAL-006.
"""

from __future__ import annotations

from collections.abc import Sequence

from factor_db.factors.derive.field_quality import FILLED_SHEET
from factor_db.factors.record.factor import product_key
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.ledger.form.vocabulary import METAL_CATEGORIES, vocabulary
from factor_db.ledger.products.checks import entry_faults
from factor_db.ledger.products.codes import entry_code_faults
from factor_db.ledger.stock.movements import NO_STOCK, Stock
from factor_db.store.tables import LedgerEntry

_SHOWN_CELLS = int(rule("AL-BAL-004").number("cells_shown"))


def require_balanced_products(entries: Sequence[LedgerEntry], stock: Stock = NO_STOCK) -> None:
    """Raise BadInput (LEDGER_PRODUCT_BALANCE, LEDGER_PRODUCT_LINK) where a code's metal is open.

    Also where a gap rule filled in metal (LEDGER_GAP_METAL; rule GAP-METAL-001), and where a row
    is coded to what nobody makes (LEDGER_PRODUCT_CODE_UNKNOWN, LEDGER_PRODUCT_CODE_SHARED).
    """
    require_known_codes(entries)
    for row in entries:
        metal = vocabulary().flows[row.flow.partition(".")[0]].category in METAL_CATEGORIES
        if metal and "." not in row.flow and row.cell.startswith(FILLED_SHEET):
            raise BadInput("LEDGER_GAP_METAL", process=row.process, flow=row.flow)
    for fault in entry_faults(entries, stock):
        item = fault.output
        code = f" '{item.label}'" if item.label else ""
        named = {"process": item.process, "product": f"{item.output[1]}{code}"}
        raise BadInput(fault.code, **{**fault.words, **named})


def require_known_codes(entries: Sequence[LedgerEntry]) -> None:
    """Raise BadInput where rows are coded to what nobody makes, with their cells. AL-BAL-006."""
    faults = entry_code_faults(entries)
    if faults:
        first = faults[0]
        alike = [item.row.cell for item in faults if _about(item.row) == _about(first.row)]
        named = {"process": f"{first.row.process} ({', '.join(alike[:_SHOWN_CELLS])})"}
        raise BadInput(first.message, **{**first.words, **named})


def _about(row: LedgerEntry) -> tuple[str, str]:
    return row.process, product_key(row.product)
