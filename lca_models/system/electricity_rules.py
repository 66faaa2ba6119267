"""The electricity rules: which kWh a claim covers, and whose mix the rest of them is.

One registry. Each rule says everything about itself, so that none can be handled in one place and
forgotten in another; a name the registry has not is refused.

- `location`: every kWh is the grid's average, with its delivery (PCF-ELEC-001).
- `own`: own generation used on site, less what was sold with its certificate, at the life cycle of
  its kind and without delivery; the rest as `location` (PCF-ELEC-005).
- `market`: own generation as above; kWh with a cancelled instrument at the life cycle of its kind,
  delivered by the grid; the rest at the residual mix (PCF-ELEC-003, PCF-ELEC-004).
- `residual`: every kWh at the residual mix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.power_sources import INSTRUMENT_CLAIM, OWN_CLAIM, SHARE_FLOWS


@dataclass(frozen=True, slots=True)
class ElectricityRule:
    """One rule, whole: every field has to be given, so a new rule cannot leave a side open.

    `rules` are its ids in the register. `claims` are the kinds of claims that cover kWh, first
    counted first. `rest` is the quantity of the mix that what no claim covers is worth, kg/kWh.
    """

    rules: tuple[str, ...]
    claims: tuple[str, ...]
    rest: str

    @property
    def is_grid_average(self) -> bool:
        """Tell whether every kWh is the average of the grid, whatever the site states of it."""
        return not self.claims and self.rest == GRID_MIX

    def claimed_flows(self) -> tuple[str, ...]:
        """Return the flows of the shares that the rule counts, in the order they are counted."""
        return tuple(flow for flow, (claim, _) in SHARE_FLOWS.items() if claim in self.claims)


GRID_MIX, RESIDUAL_MIX = "life_cycle", "residual_life_cycle"
"""Quantities of a mix of the grid: of all its power, and of what nobody has claimed."""
OUTSIDE_THE_SITE = "location"
"""Rule for processes of others: the site's own power and its instruments are not theirs."""

_DELIVERED = ("PCF-ELEC-001",)
_MATCHED = ("PCF-ELEC-005", "PCF-ELEC-006")
ELECTRICITY_RULES: Mapping[str, ElectricityRule] = MappingProxyType(
    {
        "location": ElectricityRule(rules=_DELIVERED, claims=(), rest=GRID_MIX),
        "own": ElectricityRule(rules=(*_DELIVERED, *_MATCHED), claims=(OWN_CLAIM,), rest=GRID_MIX),
        "market": ElectricityRule(
            rules=(*_DELIVERED, "PCF-ELEC-003", "PCF-ELEC-004", *_MATCHED),
            claims=(OWN_CLAIM, INSTRUMENT_CLAIM),
            rest=RESIDUAL_MIX,
        ),
        "residual": ElectricityRule(
            rules=(*_DELIVERED, "PCF-ELEC-003"), claims=(), rest=RESIDUAL_MIX
        ),
    }
)
"""Electricity rule a study may choose → all there is to it, in the order shown to people."""


def electricity_rule(name: str) -> ElectricityRule:
    """Return a rule of the registry; raises BadInput (CHOICE_NOT_AVAILABLE) for any other name."""
    try:
        return ELECTRICITY_RULES[name]
    except KeyError:
        known = ", ".join(ELECTRICITY_RULES)
        choice = f"electricity_rule={name}"
        raise BadInput("CHOICE_NOT_AVAILABLE", choice=choice, known=known) from None
