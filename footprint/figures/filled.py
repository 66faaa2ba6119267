"""What of a result's emissions rests on months that a gap rule filled in place of a reading."""

from __future__ import annotations

from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from footprint.solving.evaluate import Nominal
from lca_models.system.unit_process import Emission, Input


def filled_share_of(nominal: Nominal) -> Decimal:
    """Return Σ |kg CO2e| x filled share of the activity, over Σ |kg CO2e|: 0 to 1.

    0 where nothing was emitted. Rules: PCF-GAP-001, DQ-FILLED-001.
    """
    filled = filled_by_flow(nominal)
    with localcontext(EXACT):
        rows = nominal.contributions
        whole = sum((abs(row.kg_co2e) for row in rows), Decimal(0))
        part = sum(
            (abs(r.kg_co2e) * filled.get((r.process, r.flow), Decimal(0)) for r in rows),
            Decimal(0),
        )
        return part / whole if whole else Decimal(0)


def filled_by_flow(nominal: Nominal) -> dict[tuple[str, str], Decimal]:
    """Return (process, flow) → the largest filled share among the factors its amount rests on."""
    by_slot = {pin.slot.key: pin.factor.filled_share for pin in nominal.pins}
    shares: dict[tuple[str, str], Decimal] = {}
    for process in nominal.system.processes:
        for exchange in process.exchanges:
            if isinstance(exchange, Input | Emission):
                of_slots = (by_slot.get(slot.key, Decimal(0)) for slot in exchange.amount.slots())
                key = process.code, exchange.flow
                shares[key] = max([shares.get(key, Decimal(0)), *of_slots])
    return shares
