"""Primary data share and data quality rating of a result, weighted by what each row contributes."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from factor_db.foundation.canonical import EXACT
from footprint.data_shares import data_shares
from footprint.evaluate import Nominal
from footprint.filled import filled_by_flow, filled_share_of

# Positions of the three PACT indicators among the pedigree's five scores.
_PACT_INDICATORS = {"technological": 4, "geographical": 3, "temporal": 2}
_WORST_SCORE = 5


def quality_of(nominal: Nominal) -> dict[str, Any]:
    """Return PDS in percent, the DQR of each PACT indicator (1 best … 5), and the activity share.

    A row is primary only if its activity and its emission factor both are (rule DQ-PDS-001), so
    metered kWh times a national factor is not; it counts by what was read, 1 less the filled share
    of its activity (rule DQ-FILLED-001). `activity_primary_share` counts the activity alone;
    `data_shares` is percent by kind of data, exactly 100 together (rule DQ-KINDS-001).
    `filled_share`, 0 to 1, stands there only where a gap rule filled a month (rule PCF-GAP-001).
    """
    with localcontext(EXACT):
        rows = nominal.contributions
        weight = sum((abs(row.kg_co2e) for row in rows), Decimal(0))
        if not weight:
            nothing = Decimal(0)
            return {"pds": nothing, "dqr": {}, "activity_primary_share": nothing, "data_shares": {}}
        filled = filled_by_flow(nominal)
        read = [
            (row, abs(row.kg_co2e) * (1 - filled.get((row.process, row.flow), Decimal(0))))
            for row in rows
            if row.activity_data == "primary"
        ]
        primary = sum((kg for row, kg in read if row.factor_data == "primary"), Decimal(0))
        metered = sum((kg for _, kg in read), Decimal(0))
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
            "data_shares": data_shares(nominal, filled),
            **_filled_share(nominal),
        }


def _filled_share(nominal: Nominal) -> dict[str, Decimal]:
    share = filled_share_of(nominal)
    return {"filled_share": share} if share else {}


def _score(scores: tuple[int, ...], place: int) -> int:
    return scores[place] if scores else _WORST_SCORE
