"""What a result says of its suppliers, read back by whoever holds only the document.

Who delivered how much needs the ledger; that the block speaks of the study's own suppliers and
shares, and that shares it lets pass are the ledger's, needs nothing but the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.rules import rule

RULE = "PCF-SUPPLY-001"


def supply_difference(document: Mapping[str, Any]) -> str:
    """Return what of a document's supply block its own study does not give, or an empty text.

    Documents of before the rule have none. Raises KeyError, TypeError or ValueError for a block
    that is none.
    """
    supply = document.get("supply")
    if supply is None:
        return ""
    suppliers = document["inputs"]["study"].get("suppliers", {})
    stated = {
        (flow["flow"], row["ref"]): decimal_value(row["study_share"])
        for flow in supply["flows"]
        for row in flow["suppliers"]
    }
    named = {
        (flow, item["ref"]): decimal_value(item["share"])
        for flow, items in suppliers.items()
        for item in items
    }
    # A flow of nothing is pinned nowhere; whatever is pinned must be the study's.
    if any(named.get(key) != share for key, share in stated.items()):
        return "supply.flows"
    return "" if supply["violations"] else _unlike(supply["flows"])


def _unlike(flows: Any) -> str:
    """Return where a block without violations has a share that is not the ledger's."""
    tolerance = rule(RULE).number("share_tolerance")
    for flow in flows:
        alone: dict[str, Any] = {}
        for row in flow["suppliers"]:
            if row["published"] is True:
                continue
            if "ledger_share" not in row:
                return "supply.flows"
            seller = str(row["seller"])
            ledger_share = decimal_value(row["ledger_share"])
            share, of_ledger = alone.get(seller, (0, ledger_share))
            if ledger_share != of_ledger:
                return "supply.flows"
            alone[seller] = (share + decimal_value(row["study_share"]), of_ledger)
        if any(abs(share - of_ledger) > tolerance for share, of_ledger in alone.values()):
            return "supply.flows"
    return ""
