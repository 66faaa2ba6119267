"""What was bought and generated for own use beyond what the processes count: a main meter's rest.

Sheet `power` states both month by month where own power is claimed (PCF-ELEC-007). Together they
are the site's meter of electricity; within the tolerance of that rule the processes may count less,
and the kWh between were used all the same. Rule: DER-METER-004.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.form.word_lists import MAIN
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.meters.consumption import ZERO
from factor_db.ledger.meters.rows import LeftOut, LeftOutMonth
from factor_db.ledger.power.rows import KWH
from factor_db.store.tables import LedgerEntry


def power_rest(frozen: FrozenLedger, rows: Iterable[LedgerEntry]) -> tuple[LeftOut, ...]:
    """Return the rest of the power of a ledger's sheet over its rows, in kWh; nothing without one.

    Nothing either where a main meter of electricity on sheet `meters` tells it, where a month of
    power bought is not stated, and where the processes count all of it.
    """
    power, months = frozen.power, frozen.months
    bought = {entry.period: entry for entry in power.purchased}
    if not power.own or not power.whole or any(month not in bought for month in months):
        return ()
    if any(item.flow == POWER_FLOW and item.process == MAIN for item in frozen.meters):
        return ()
    came: dict[str, Decimal] = defaultdict(Decimal)
    for entry in (*power.own, *power.purchased):
        came[entry.period] = EXACT.add(came[entry.period], entry.kwh["used"])
    left = dict(came)
    for row in rows:
        if row.flow == POWER_FLOW and row.period in left:
            left[row.period] = EXACT.subtract(left[row.period], row.amount)
    rest, whole = exact_sum(left.values()), exact_sum(came.values())
    if rest <= ZERO:
        return ()
    parts = tuple(
        LeftOutMonth(month, left[month], bought[month].sheet, bought[month].cells["used"])
        for month in months
    )
    return (LeftOut(POWER_FLOW, rest, KWH, EXACT.divide(rest, whole), parts),)
