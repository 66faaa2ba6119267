"""Dross across the gate: own treated here, handed over, and what others gave, as rows have it.

Written from rule AL-DROSS-001 over ledger rows, apart from the derivation it is held against. A
furnace gives alike from all dross it is fed. Metal of others' dross is its owner's until the site
charges more than its own dross gave: then that dross came in through the gate, and its treatment
belongs to the melt its metal went into.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.frozen.row_storage import counterparty
from factor_db.store.tables import LedgerEntry
from footprint.account.site_ledger import ZERO, Key, SiteLedger, total
from lca_models.system.slots import CHARGE_POOL

TREATED_HERE: Key = ("dross_recovery", "dross")
MADE_DROSS: Key = ("melting", "dross")
METAL = "recovered_metal"
FURNACE_METAL: Key = (TREATED_HERE[0], METAL)


def own_treated_here(ledger: SiteLedger) -> Decimal:
    """Return the tonnes of own dross that the site's furnace was fed."""
    return min(_of_nobody(ledger, MADE_DROSS), _of_nobody(ledger, TREATED_HERE))


def others_treated_here(ledger: SiteLedger) -> Decimal:
    """Return the tonnes of others' dross that the site's furnace was fed."""
    return ledger.used(*TREATED_HERE) - own_treated_here(ledger)


def taken_in(ledger: SiteLedger) -> Decimal:
    """Return the tonnes of others' dross whose metal the site charged into its own melt."""
    others, recovered = others_treated_here(ledger), ledger.used(*FURNACE_METAL)
    if not others or not recovered:
        return ZERO
    with localcontext(EXACT):
        per_tonne = recovered / ledger.used(*TREATED_HERE)
        charged = ledger.used(CHARGE_POOL, METAL) - _given_back_elsewhere(ledger)
        beyond = charged - own_treated_here(ledger) * per_tonne
        if beyond <= rule("AL-BAL-001").number("tolerance") * recovered:
            return ZERO
        return min(others, beyond / per_tonne)


def sites_share(ledger: SiteLedger) -> Decimal:
    """Return the share, 0 to 1, of what the furnace was fed and gave that is the site's."""
    fed = ledger.used(*TREATED_HERE)
    if not fed:
        return Decimal(1)
    with localcontext(EXACT):
        return (own_treated_here(ledger) + taken_in(ledger)) / fed


def treated_per_made(ledger: SiteLedger) -> Decimal:
    """Return the tonnes of furnace output that the melt carries, per tonne of dross it makes."""
    fed, made = ledger.used(*TREATED_HERE), ledger.used(*MADE_DROSS)
    if not fed or not made:
        return ZERO
    with localcontext(EXACT):
        whole = ledger.made(TREATED_HERE[0]) / fed
        return whole * (own_treated_here(ledger) + taken_in(ledger)) / made


def _given_back_elsewhere(ledger: SiteLedger) -> Decimal:
    """Return the metal that steps beside the furnace gave back: treated by others, returned."""
    with localcontext(EXACT):
        return sum(
            (
                ledger.used(process, flow)
                for process, flow in ledger.by_key
                if flow == METAL and process not in {CHARGE_POOL, TREATED_HERE[0]}
            ),
            ZERO,
        )


def _of_nobody(ledger: SiteLedger, key: Key) -> Decimal:
    """Return the tonnes of rows that name no other party: what stayed on the site."""
    return total(row for row in ledger.input_rows(*key) if not counterparty(row))


def cells_of_others(ledger: SiteLedger) -> tuple[str, ...]:
    """Return the cells that others' dross is read from: what was fed, and the metal charged."""
    rows: Iterable[LedgerEntry] = (
        *ledger.input_rows(*TREATED_HERE),
        *ledger.input_rows(CHARGE_POOL, METAL),
    )
    return tuple(row.cell for row in rows if row.amount)
