"""Where the amounts behind a factor came from: the typed origins of its ledger rows, by mass.

Shares and no tonnages: a factor travels in certificates, and what a site buys in a year is its own
affair. Rule DER-ORIGIN-001.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import OriginShare
from factor_db.foundation.canonical import EXACT, strict_json
from factor_db.store.tables import LedgerEntry

_NO_ORIGIN = '"origin":""'


def origins_of(rows: Iterable[LedgerEntry]) -> tuple[OriginShare, ...]:
    """Return the share of each typed origin, the largest first; nothing where no row states one.

    The rows are of one flow and in one unit. Rows without an origin make a share of their own
    (empty text), so that the shares are 1 together: the last takes what the others leave.
    """
    groups: dict[str, list[LedgerEntry]] = defaultdict(list)
    for row in rows:
        if row.amount > 0:
            groups[_typed(row)].append(row)
    if not set(groups) - {""}:
        return ()
    with localcontext(EXACT):
        masses = {name: sum((row.amount for row in of), Decimal(0)) for name, of in groups.items()}
        total = sum(masses.values(), Decimal(0))
        left, found = Decimal(1), []
        ordered = sorted(masses, key=lambda name: (-masses[name], name))
        for name in ordered:
            share = left if name == ordered[-1] else masses[name] / total
            left -= share
            cells = tuple(row.cell for row in groups[name])
            found.append(OriginShare(origin=name, share=share, cells=cells))
    return tuple(found)


def _typed(row: LedgerEntry) -> str:
    """Return the origin of a row as it is compared, empty where it states none."""
    if not row.payload or _NO_ORIGIN in row.payload:
        return ""  # most rows: of a meter, of a product
    origin = str(strict_json(row.payload.encode()).get("origin", ""))
    return unicodedata.normalize("NFKC", origin).strip().upper()
