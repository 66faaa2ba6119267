"""The site's power by source, matched month by month: the second road to the shares of power.

Rules PCF-ELEC-004 to -006: own generation used here and not sold counts first, then instruments,
month by month; a surplus of one month never covers another. The rest is the grid's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.power_sources import POWER_FLOW
from footprint.account.sharing import known_rule
from footprint.account.site_ledger import ZERO, SiteLedger
from footprint.account.valuation import Valuation, Worth, known

OWN, INSTRUMENT = "own", "instrument"
GRID = ("grid", "")
"""What no claim covers."""
_GRID_MIX, _RESIDUAL_MIX = "life_cycle", "residual_life_cycle"
COUNTED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "location": ((), _GRID_MIX),
    "residual": ((), _RESIDUAL_MIX),
    "own": ((OWN,), _GRID_MIX),
    "market": ((OWN, INSTRUMENT), _RESIDUAL_MIX),
}
"""Electricity rule → the kinds of claims it counts, in their order, and the mix of the rest."""

Source = tuple[str, str]


def kwh_by_source(ledger: SiteLedger, electricity_rule: str) -> dict[Source, Decimal]:
    """Return (kind of claim, source) → kWh of the period; ("grid", "") is what no claim covers."""
    used: dict[str, Decimal] = defaultdict(Decimal)
    for row in ledger.rows:
        if row.flow == POWER_FLOW and row.role not in {"product", "co-product"}:
            used[row.period] += row.amount
    kinds, _ = known_rule("electricity_rule", electricity_rule, COUNTED)
    claims = _claims(ledger)
    found: dict[Source, Decimal] = defaultdict(Decimal)
    with localcontext(EXACT):
        for month in sorted(used):
            left = used[month]
            for kind in kinds:
                claimed = {
                    source: kwh
                    for (claim, source, period), kwh in claims.items()
                    if (claim, period) == (kind, month)
                }
                stated = sum(claimed.values(), ZERO)
                covered = min(left, stated)
                for source, kwh in sorted(claimed.items()):
                    found[kind, source] += kwh * covered / stated if stated else ZERO
                left -= covered
            found[GRID] += left
    return dict(sorted(found.items()))


def power_worths(
    source: Source, electricity_rule: str, values: Valuation
) -> tuple[str, tuple[Worth, ...]]:
    """Return the flow a kWh of a source is called, and what it is worth.

    The grid's mix comes with its delivery; own power needs none and is no scope 2.
    """
    kind, name = source
    if kind == "grid":
        _, mix = known_rule("electricity_rule", electricity_rule, COUNTED)
        return POWER_FLOW, known(
            values.worth_of(POWER_FLOW, mix, "kWh", "2"),
            values.worth_of(POWER_FLOW, "delivery", "kWh", "3"),
        )
    flow = f"{POWER_FLOW}_{name}"
    if kind == OWN:
        return flow, known(values.worth_of(flow, "life_cycle", "kWh", "3"))
    return flow, known(
        values.worth_of(flow, "life_cycle", "kWh", "2"),
        values.worth_of(POWER_FLOW, "delivery", "kWh", "3"),
    )


def _claims(ledger: SiteLedger) -> dict[tuple[str, str, str], Decimal]:
    claims: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for entry in ledger.power.own if ledger.power.purchased else ():
        claims[OWN, entry.source, entry.period] += entry.claimed
    for item in ledger.power.instruments:
        claims[INSTRUMENT, item.source, item.period] += item.kwh
    return claims
