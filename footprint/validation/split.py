"""Splitting the difference between a published result and ours: pure arithmetic on re-runs.

published + GWP set + unexplained rest + power + boundary + data = ours, exactly: the first two
lead to the run of our model as near to the publication as is known, each further step is the
change of that run when one thing becomes ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT

OUR_SET = "AR6"
STEPS = ("power", "boundary", "data")


@dataclass(frozen=True, slots=True)
class Split:
    """A difference in its parts, kg CO2e per kg; None marks what the publication does not state.

    `as_published` is our model's run as near to the publication as is known, under AR6; None where
    only gases are published and no model runs.
    """

    published: Decimal
    gwp: Decimal | None
    rest: Decimal
    steps: Mapping[str, Decimal | None]
    as_published: Decimal | None
    ours: Decimal

    @property
    def difference(self) -> Decimal:
        """Ours less published: the exact sum of the parts."""
        return EXACT.subtract(self.ours, self.published)


def characterised(gases: Mapping[str, Decimal], gwp_set: str) -> Decimal:
    """Return kg CO2e of gases, kg, under a GWP set; KeyError for a gas outside it."""
    gwp = characterisation(gwp_set)
    with localcontext(EXACT):
        return sum((amount * gwp[gas] for gas, amount in gases.items()), Decimal(0))


def gwp_step(gases: Mapping[str, Decimal], stated_set: str) -> Decimal | None:
    """Return what AR6 adds to the same gases; None when gases or set are not stated."""
    if not gases or not stated_set:
        return None
    return EXACT.subtract(characterised(gases, OUR_SET), characterised(gases, stated_set))


def split_runs(
    published: Decimal, gwp: Decimal | None, as_published: Decimal, after: Mapping[str, Decimal]
) -> Split:
    """Split by a walk of runs.

    `after` is step → total once that step and all before it are ours; a step that the publication
    does not state is absent, its amount stays in the rest.
    """
    steps: dict[str, Decimal | None] = {}
    here = as_published
    with localcontext(EXACT):
        for name in STEPS:
            steps[name] = after[name] - here if name in after else None
            here = after.get(name, here)
        rest = as_published - published - (gwp or Decimal(0))
    return Split(published, gwp, rest, steps, as_published, here)


def split_gases(published: Decimal, gases: Mapping[str, Decimal], stated_set: str) -> Split:
    """Split a result of which only gases are known: ours is their sum under AR6, no model runs."""
    ours, gwp = characterised(gases, OUR_SET), gwp_step(gases, stated_set)
    with localcontext(EXACT):
        rest = ours - published - (gwp or Decimal(0))
    return Split(published, gwp, rest, dict.fromkeys(STEPS), None, ours)
