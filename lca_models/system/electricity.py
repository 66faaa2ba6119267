"""Electricity under the rule chosen: from where each kWh comes and what is emitted for it.

- `location`: every kWh is the grid's average, with its delivery (PCF-ELEC-001).
- `own`: own generation used on site, less what was sold with its certificate, at the life cycle of
  its kind and without delivery; the rest as `location` (PCF-ELEC-005).
- `market`: own generation as above; kWh with a cancelled instrument at the life cycle of its kind,
  delivered by the grid; the rest at the residual mix (PCF-ELEC-003, PCF-ELEC-004).
- `residual`: every kWh at the residual mix.

The location mix never stands in for a residual mix that nobody publishes: the slot stays empty and
the result incomplete, unless the rest is exactly zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.power_sources import POWER_FLOW, SHARE_FLOWS
from lca_models.system.formula import ONE, ZERO, Formula, Slot, total, upper
from lca_models.system.unit_process import Choices, Input, Part

_DELIVERED = ("PCF-ELEC-001",)
_MATCHED = ("PCF-ELEC-005", "PCF-ELEC-006")
ELECTRICITY_RULES = {
    "location": _DELIVERED,
    "own": (*_DELIVERED, *_MATCHED),
    "market": (*_DELIVERED, "PCF-ELEC-003", "PCF-ELEC-004", *_MATCHED),
    "residual": (*_DELIVERED, "PCF-ELEC-003"),
}
"""Electricity rule a study may choose → ids in the rule register."""

_CLAIMED = {"own": ("own",), "market": ("own", "instrument")}
_DELIVERY = Part("upstream", Slot("", POWER_FLOW, "delivery", "kg/kWh"), "3")


def share_slot(flow: str) -> Slot:
    """Return the slot of a share; a site without such power states none."""
    return Slot("", flow, "property", "1", optional=True)


def electricity_inputs(amount: Formula, choices: Choices, own: bool = True) -> tuple[Input, ...]:
    """Return the power of a process (kWh per tonne) by its sources, the grid's mix last.

    Processes outside the site take the location mix: the site's own power is not theirs.
    """
    rule = choices.electricity_rule if own else "location"
    flows = [flow for flow, (claim, _) in SHARE_FLOWS.items() if claim in _CLAIMED.get(rule, ())]
    mixed = _mix(rule in ("market", "residual"), "2" if own else "3")
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


def _mix(residual: bool, scope: str) -> tuple[Part, ...]:
    quantity = "residual_life_cycle" if residual else "life_cycle"
    return Part("upstream", Slot("", POWER_FLOW, quantity, "kg/kWh"), scope), _DELIVERY


def _source(flow: str, amount: Formula) -> Input:
    """Return the kWh of one source: a site's own plant is upstream (scope 3), bought power is 2."""
    claim, kind = SHARE_FLOWS[flow]
    power = f"{POWER_FLOW}_{kind}"
    slot = Slot("", power, "life_cycle", "kg/kWh")
    if claim == "own":
        return Input(power, "kWh", amount, (Part("upstream", slot, "3"),))
    return Input(power, "kWh", amount, (Part("upstream", slot, "2"), _DELIVERY))
