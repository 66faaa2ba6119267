"""Primary data share and data quality rating of a result, weighted by what each row contributes."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from factor_db.foundation.canonical import EXACT
from footprint.evaluate import Nominal

# Positions of the three PACT indicators among the pedigree's five scores.
_PACT_INDICATORS = {"technological": 4, "geographical": 3, "temporal": 2}
_WORST_SCORE = 5


def quality_of(nominal: Nominal) -> dict[str, Any]:
    """Return PDS in percent, the DQR of each PACT indicator (1 best … 5), and the activity share.

    A row is primary only if its activity and its emission factor both are (rule DQ-PDS-001), so
    metered kWh times a national factor is not. `activity_primary_share` counts the activity alone.
    """
    with localcontext(EXACT):
        rows = nominal.contributions
        weight = sum((abs(row.kg_co2e) for row in rows), Decimal(0))
        if not weight:
            return {"pds": Decimal(0), "dqr": {}, "activity_primary_share": Decimal(0)}
        primary = sum(
            (abs(r.kg_co2e) for r in rows if r.activity_data == r.factor_data == "primary"),
            Decimal(0),
        )
        metered = sum((abs(r.kg_co2e) for r in rows if r.activity_data == "primary"), Decimal(0))
        scores = {pin.factor.ref: pin.factor.pedigree for pin in nominal.pins}
        rating = {
            name: sum(
                (abs(r.kg_co2e) * _score(scores.get(r.factor, ()), place) for r in rows), Decimal(0)
            )
            / weight
            for name, place in _PACT_INDICATORS.items()
        }
        hundred = Decimal(100)
        return {
            "pds": primary / weight * hundred,
            "dqr": rating,
            "activity_primary_share": metered / weight * hundred,
        }


def _score(scores: tuple[int, ...], place: int) -> int:
    return scores[place] if scores else _WORST_SCORE
