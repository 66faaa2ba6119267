"""The least that a supplier's primary metal can carry: what its anodes and its alumina give.

A footprint ten times off is doubted; one a little too low to be possible is not, and moves a result
as much. Recycled metal has no such floor, so a share of it, shown by a document, lowers it.
Rule: AL-PRIMARY-FLOOR.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule

FLOOR_RULE = "AL-PRIMARY-FLOOR"
_ALUMINA_RULE = "AL-BAL-001"
# GWP sets differ by a fifth at most, and only in what the floor leaves out.
_SIZED_UNDER = "AR6"
_ONE, _ZERO = Decimal(1), Decimal(0)


def floor_of(flow: str, recycled: Decimal = _ZERO) -> Decimal:
    """Return the least kg CO2e per kg that goods can carry; 0 for what need not be primary metal.

    `recycled` is the share of recycled metal by mass, 0 to 1.
    """
    found = rule(FLOOR_RULE)
    if flow not in found.items("flows"):
        return _ZERO
    alumina = rule(_ALUMINA_RULE).number("oxide_to_aluminium")
    heat, gas = found.number("alumina_gj_per_t"), found.number("gas_t_co2_per_gj")
    with localcontext(EXACT):
        return (_ONE - recycled) * (found.number("anode_co2") + alumina * heat * gas)


def stated_of(amounts: Mapping[str, Decimal]) -> Decimal:
    """Return a stated footprint as kg CO2e per kg, from kg of each gas per kg of goods."""
    weights = characterisation(_SIZED_UNDER)
    with localcontext(EXACT):
        terms = (kg * weights.get(gas, _ZERO) for gas, kg in amounts.items())
        return sum(terms, _ZERO)
