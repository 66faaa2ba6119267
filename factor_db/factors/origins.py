"""The origins typed in a ledger for bought metal: said with the result, never counted with.

An origin is a word on a delivery note. Only evidence that names the smelter (a supplier's
footprint, instruments) changes a number (rule DQ-MIXTURE-001).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, localcontext

from factor_db.factors.allocation import exact_total
from factor_db.factors.factor import Origin
from factor_db.foundation.canonical import EXACT, strict_json
from factor_db.ledger.vocabulary import vocabulary
from factor_db.store.tables import LedgerEntry

_METAL = "metal"
_SHOWN_SHARE = Decimal("0.000001")


def typed_origins(flow: str, rows: Sequence[LedgerEntry]) -> tuple[Origin, ...]:
    """Return the origins of a bought metal with their shares of its mass, exactly 1 together.

    Empty for other flows, where nothing was bought, and where nobody typed an origin. Shares are
    rounded to a millionth; what is left over goes to the largest.
    """
    known = vocabulary().flows.get(flow)
    if known is None or known.category != _METAL:
        return ()
    masses: dict[str, list[Decimal]] = defaultdict(list)
    for row in rows:
        masses[_origin(row)].append(row.amount)
    sums = {origin: exact_total(amounts) for origin, amounts in sorted(masses.items())}
    whole = exact_total(sums.values())
    if not whole or not any(sums):
        return ()
    with localcontext(EXACT):
        shares = {origin: (mass / whole).quantize(_SHOWN_SHARE) for origin, mass in sums.items()}
        largest = max(sums, key=lambda origin: (sums[origin], origin))
        shares[largest] += 1 - sum(shares.values(), Decimal(0))
    return tuple(Origin(origin=origin, share=share) for origin, share in shares.items() if share)


def _origin(row: LedgerEntry) -> str:
    content = strict_json(row.payload.encode()) if row.payload else {}
    return str(content.get("origin") or "").strip()
