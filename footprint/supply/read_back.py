"""What a result says of its suppliers, read back by whoever holds only the document.

Who delivered how much needs the ledger; that the block speaks of the study's own suppliers and
shares, and that shares it lets pass are the ledger's, needs nothing but the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from factor_db.foundation.rules import rule
from footprint.result.checks import SuppliedFlow
from footprint.result.document import ResultDocument

RULE = "PCF-SUPPLY-001"


def supply_difference(document: ResultDocument) -> str:
    """Return what of a document's suppliers its own study does not give, or an empty text.

    Documents of before the rule say nothing of them.
    """
    supply = document.supply
    if supply is None:
        return ""
    stated = {
        (flow.flow, row.ref): row.study_share for flow in supply.flows for row in flow.suppliers
    }
    named = {
        (flow, item.ref): item.share
        for flow, items in document.inputs.study.suppliers.items()
        for item in items
    }
    # A flow of nothing is pinned nowhere; whatever is pinned must be the study's.
    if any(named.get(key) != share for key, share in stated.items()):
        return "supply.flows"
    return "" if supply.violations else _unlike(supply.flows) or _uneven(supply.flows)


def effect_of(flows: Iterable[SuppliedFlow]) -> Decimal:
    """Return by how much of a result its suppliers may make it another, 0 to 1, without signs."""
    found = Decimal(0)
    for flow in flows:
        found += abs(flow.shares_effect or Decimal(0))
        found += flow.drawn.effect if flow.drawn else Decimal(0)
    return found


def _uneven(flows: Iterable[SuppliedFlow]) -> str:
    """Return whether suppliers without violations move the result by more than they may."""
    return "supply.flows" if effect_of(flows) > rule(RULE).number("effect_at_most") else ""


def _unlike(flows: Iterable[SuppliedFlow]) -> str:
    """Return where suppliers without violations have a share that is not the ledger's."""
    tolerance = rule(RULE).number("share_tolerance")
    for flow in flows:
        alone: dict[str, tuple[Decimal, Decimal]] = {}
        for row in flow.suppliers:
            if row.published:
                continue
            if row.ledger_share is None:
                return "supply.flows"
            share, of_ledger = alone.get(row.seller, (Decimal(0), row.ledger_share))
            if row.ledger_share != of_ledger:
                return "supply.flows"
            alone[row.seller] = (share + row.study_share, of_ledger)
        if any(abs(share - of_ledger) > tolerance for share, of_ledger in alone.values()):
            return "supply.flows"
    return ""
