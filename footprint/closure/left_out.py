"""What of a site's account no product carries: line by line, and as a share of the account.

Nothing here decides; the limits stand in the rules (PCF-CLOSURE-001, DER-METER-004). A certificate
and every page show the figure, however small: what is left out makes every footprint too low.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from footprint.account.gate import MAIN_METER, UNCARRIED
from footprint.closure.lines import Closure


@dataclass(frozen=True, slots=True)
class LeftOutFlow:
    """One flow of one process that no product carries; `share` is of the account, without sign.

    `of_meter` is the share of the main meter's reading that a rest is, 0 for every other kind.
    """

    kind: str
    flow: str
    process: str
    kg_co2e: Decimal
    share: Decimal
    of_meter: Decimal
    cells: tuple[str, ...]


def left_out_flows(closure: Closure) -> tuple[LeftOutFlow, ...]:
    """Return what no product carries, the parts of a flow (supply, delivery) together."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    of_meter: dict[tuple[str, str, str], Decimal] = {}
    cells: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    with localcontext(EXACT):
        for line in closure.lines:
            if line.kind in UNCARRIED:
                key = line.kind, line.flow, line.process
                sums[key] += line.kg_co2e
                cells[key] |= dict.fromkeys(line.cells)
                metered = line.kind == MAIN_METER and line.moved
                of_meter[key] = abs(line.amount) / line.moved if metered else Decimal(0)
    return tuple(
        LeftOutFlow(*key, kg, closure.share(abs(kg)), of_meter[key], tuple(cells[key]))
        for key, kg in sorted(sums.items())
    )


def left_out_share(closure: Closure) -> Decimal:
    """Return the share of the account that no product carries, added without signs."""
    with localcontext(EXACT):
        return sum((item.share for item in left_out_flows(closure)), Decimal(0))
