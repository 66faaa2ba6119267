"""Electricity under the rule chosen: from where each kWh comes and what is emitted for it.

The rules themselves stand in `electricity_rules.py`. The location mix never stands in for a
residual mix that nobody publishes: the slot stays empty and the result incomplete, unless the rest
is exactly zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.power_sources import OWN_CLAIM, POWER_FLOW, SHARE_FLOWS
from lca_models.system.electricity_rules import OUTSIDE_THE_SITE, electricity_rule
from lca_models.system.formula import ONE, ZERO, Formula, Slot, total, upper
from lca_models.system.unit_process import Choices, Input, Part

_DELIVERY = Part("upstream", Slot("", POWER_FLOW, "delivery", "kg/kWh"), "3")


def share_slot(flow: str) -> Slot:
    """Return the slot of a share; a site without such power states none."""
    return Slot("", flow, "property", "1", optional=True)


def electricity_inputs(amount: Formula, choices: Choices, own: bool = True) -> tuple[Input, ...]:
    """Return the power of a process (kWh per tonne) by its sources, the grid's mix last.

    Processes outside the site take the location mix: the site's own power is not theirs.
    """
    rule = electricity_rule(choices.electricity_rule if own else OUTSIDE_THE_SITE)
    flows = rule.claimed_flows()
    mixed = _mix(rule.rest, "2" if own else "3")
    if not flows:
        return (Input(POWER_FLOW, "kWh", amount, mixed),)
    claimed = total(*(share_slot(flow) for flow in flows))
    # Nominal shares add up to 1 at most; sampled ones are scaled so that no kWh counts twice.
    scale = upper(ONE, claimed)
    sources = (_source(flow, amount * (share_slot(flow) / scale)) for flow in flows)
    rest = amount * upper(ZERO, ONE - claimed)
    return (*sources, Input(POWER_FLOW, "kWh", rest, mixed))


def require_whole(values: Mapping[str, Decimal]) -> None:
    """Raise BadInput (ELECTRICITY_SHARES) where the sources cover more than the power used.

    `values` are the nominal numbers of amount slots by key.
    """
    keys = [share_slot(flow).key for flow in SHARE_FLOWS]
    with localcontext(EXACT):
        claimed = sum((values[key] for key in keys if key in values), Decimal(0))
    if claimed > 1:
        raise BadInput("ELECTRICITY_SHARES", total=decimal_text(claimed))


def _mix(quantity: str, scope: str) -> tuple[Part, ...]:
    return Part("upstream", Slot("", POWER_FLOW, quantity, "kg/kWh"), scope), _DELIVERY


def _source(flow: str, amount: Formula) -> Input:
    """Return the kWh of one source: a site's own plant is upstream (scope 3), bought power is 2."""
    claim, kind = SHARE_FLOWS[flow]
    power = f"{POWER_FLOW}_{kind}"
    slot = Slot("", power, "life_cycle", "kg/kWh")
    if claim == OWN_CLAIM:
        return Input(power, "kWh", amount, (Part("upstream", slot, "3"),))
    return Input(power, "kWh", amount, (Part("upstream", slot, "2"), _DELIVERY))
