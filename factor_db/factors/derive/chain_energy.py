"""Fuels of the primary chain as energy: metered in m3 or kg, counted in MJ.

Published inventories of the chain state fuels in MJ per tonne and so do its slots. A ledger meters
m3 and kg and states the calorific value, so every row is multiplied by the value that holds in its
month. Emissions follow energy (rule FUEL-GAS-001).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.rows import holding_row
from factor_db.ledger.form.vocabulary import CALORIFIC, vocabulary
from factor_db.store.tables import LedgerEntry

STAGE = "primary_chain"
ENERGY_UNIT = "MJ"


def counted_as_energy(process: str, flow: str) -> bool:
    """Tell whether the chain counts a flow of a process in MJ."""
    words = vocabulary()
    known = process in words.processes and flow in words.flows
    return (
        known and words.processes[process].stage == STAGE and words.flows[flow].category == "fuel"
    )


def in_energy(entries: Sequence[LedgerEntry], site: str) -> list[LedgerEntry]:
    """Return the rows of a ledger with the chain's fuels in MJ, all others as they are.

    Raises BadInput (DERIVE_NO_CALORIFIC) where a fuel was burnt and no calorific value is stated.
    """
    return [
        _energy(entries, entry, site) if counted_as_energy(entry.process, entry.flow) else entry
        for entry in entries
    ]


def calorific_rows(entries: Iterable[LedgerEntry], flow: str) -> list[LedgerEntry]:
    """Return the rows that state a fuel's calorific value."""
    return [entry for entry in entries if entry.flow == f"{flow}.{CALORIFIC}"]


def _energy(entries: Sequence[LedgerEntry], entry: LedgerEntry, site: str) -> LedgerEntry:
    value = holding_row(
        entries,
        f"{entry.flow}.{CALORIFIC}",
        entry.period,
        process=entry.process,
        product=entry.product,
    )
    if value is None and entry.amount:
        raise BadInput("DERIVE_NO_CALORIFIC", process=entry.process, flow=entry.flow, site=site)
    megajoules = EXACT.multiply(entry.amount, value.amount) if value else Decimal(0)
    content = {**entry.model_dump(), "amount": megajoules, "unit": ENERGY_UNIT}
    return LedgerEntry(**content)
