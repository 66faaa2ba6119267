"""What co-products of the same metal carry away of a site's account: stated with every result.

A co-product of aluminium takes a share of its step as the product does. Nobody reads it off a
total, so its share stands in words wherever the closure does. Rules: DER-ALLOC-002, AL-SECONDS-001.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.vocabulary import is_aluminium
from footprint.account.site_ledger import SiteLedger, cells_of, tonnes
from footprint.closure.line import ClosureLine, co_product_kg


def sold_metal(ledger: SiteLedger, lines: Iterable[ClosureLine]) -> tuple[ClosureLine, ...]:
    """Return each flow of aluminium that a step sold beside its product: t, and kg CO2e it carries.

    `lines` are those the account went into. Where a step sold several, each has its part by mass.
    """
    kg = co_product_kg(lines)
    with localcontext(EXACT):
        return tuple(
            line for process in sorted(kg) for line in _of_step(ledger, process, kg[process])
        )


def _of_step(ledger: SiteLedger, process: str, kg_co2e: Decimal) -> Iterable[ClosureLine]:
    rows = [row for row in ledger.co_products(process) if row.amount and is_aluminium(row.flow)]
    whole = tonnes(rows)
    for flow in sorted({row.flow for row in rows}):
        own = [row for row in rows if row.flow == flow]
        amount = tonnes(own)
        yield ClosureLine(
            "co_product", flow, process, amount, kg_co2e * amount / whole, cells_of(own)
        )
