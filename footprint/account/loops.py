"""How much of a site's own scrap and recovered metal counts as given back: the account's reading.

What was charged counts, and what lies in a small change of its own stock; the rest of what was made
went somewhere that no ledger shows, and takes no burden with it (rule PCF-SCRAP-STOCK-001).
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.account.dross import FURNACE_METAL, sites_share
from footprint.account.site_ledger import ZERO, SiteLedger
from lca_models.system.slots import CHARGE_POOL

LOOPS = ("internal_scrap", "recovered_metal")


def made(ledger: SiteLedger, flow: str) -> Decimal:
    """Return the tonnes of own metal that the steps of a site gave back.

    What the furnace recovered from dross of others that the site did not take in is none of it.
    """
    with localcontext(EXACT):
        return sum(
            (
                ledger.used(*key) * (sites_share(ledger) if key == FURNACE_METAL else 1)
                for key in ledger.by_key
                if key[1] == flow and key[0] != CHARGE_POOL
            ),
            ZERO,
        )


def external_charge(ledger: SiteLedger) -> Decimal:
    """Return the tonnes of metal charged that no loop of the site gave back."""
    return sum(
        (
            ledger.used(process, flow)
            for process, flow in ledger.by_key
            if process == CHARGE_POOL and flow not in LOOPS and vocabulary().flows[flow].unit == "t"
        ),
        ZERO,
    )


def counted_share(ledger: SiteLedger, flow: str) -> Decimal:
    """Return the share, 0 to 1, of own metal made that was charged or lies in its small stock."""
    whole, charged = made(ledger, flow), ledger.used(CHARGE_POOL, flow)
    weighing = rule("AL-BAL-001").number("tolerance") * whole
    rest, kept = whole - charged, ledger.stock_change(flow)
    small = rule("PCF-SCRAP-STOCK-001").number("stock_change_at_most") * whole
    if rest <= weighing or (0 < kept <= small and rest <= kept + weighing):
        return Decimal(1)
    with localcontext(EXACT):
        return charged / whole
