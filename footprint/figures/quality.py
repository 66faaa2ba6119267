"""Primary data share and data quality rating of a result, weighted by what each row contributes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.quality import INDICATORS, temporal_score
from factor_db.foundation.canonical import EXACT
from footprint.figures.data_shares import data_shares, parts_of_gas
from footprint.figures.filled import filled_by_flow, filled_share_of
from footprint.figures.unstated import unstated_shares
from footprint.result.quality import Quality
from footprint.result.rows import Contribution
from footprint.solving.evaluate import Nominal
from lca_models.system.resolve import SUPPLIER, Pin

_PACT_INDICATORS = ("technological", "geographical", "temporal")
_TEMPORAL = "temporal"
_WORST_SCORE = 5
_HUNDRED = Decimal(100)


def quality_of(nominal: Nominal) -> Quality:
    """Return PDS in percent, the DQR of each PACT indicator (1 best … 5), and the activity share.

    A row is primary only if its activity and its emission factor both are (rule DQ-PDS-001), so
    metered kWh times a national factor is not; a supplier's footprint counts by the share that the
    supplier states. A row counts by what was read, 1 less the filled share of its activity (rule
    DQ-FILLED-001). `activity_primary_share` counts the activity alone; `data_shares` is percent by
    kind of data, exactly 100 together (rule DQ-KINDS-001); `unstated` the shares, 0 to 1, that rest
    on factors without a GWP set, boundary or account of their power (rule DQ-UNSTATED-001). The
    temporal rating follows the year of the data against that of the period (DQ-TEMPORAL-001).
    `filled_share`, 0 to 1, stands there only where a gap rule filled a month (rule PCF-GAP-001).
    """
    with localcontext(EXACT):
        rows = nominal.contributions
        weight = sum((abs(row.kg_co2e) for row in rows), Decimal(0))
        if not weight:
            nothing = Decimal(0)
            return Quality(
                pds=nothing, dqr={}, activity_primary_share=nothing, data_shares={}, unstated={}
            )
        filled = filled_by_flow(nominal)
        read = [
            (row, abs(row.kg_co2e) * (1 - filled.get((row.process, row.flow), Decimal(0))))
            for row in rows
            if row.activity_data == "primary"
        ]
        pins = {pin.factor.ref: pin for pin in nominal.pins}
        primary = sum((kg * _primary_part(row, pins) for row, kg in read), Decimal(0))
        metered = sum((kg for _, kg in read), Decimal(0))
        year = int(nominal.where.period_end[:4])
        scores = {ref: _scores(pin.factor, year) for ref, pin in pins.items()}
        rating: dict[str, Decimal | None] = {
            name: sum(
                (abs(r.kg_co2e) * scores.get(r.factor, {}).get(name, _WORST_SCORE) for r in rows),
                Decimal(0),
            )
            / weight
            for name in _PACT_INDICATORS
        }
        return Quality(
            pds=primary / weight * _HUNDRED,
            dqr=rating,
            activity_primary_share=metered / weight * _HUNDRED,
            data_shares=data_shares(nominal, filled),
            unstated=unstated_shares(nominal),
            filled_share=filled_share_of(nominal) or None,
        )


def _primary_part(row: Contribution, pins: Mapping[str, Pin]) -> Decimal:
    """Return what part of an emission with primary activity is primary, 0 to 1.

    Of several suppliers each counts by what its part emits; one who states no share counts 0.
    """
    if row.factor_data == "primary":
        return Decimal(1)
    pin = pins.get(row.factor)
    if pin is None or pin.level != SUPPLIER:
        return Decimal(0)
    stated = (
        (share, factor.primary_data_share or Decimal(0))
        for factor, share in parts_of_gas(pin, row.gas)
    )
    return sum((share * percent / _HUNDRED for share, percent in stated), Decimal(0))


def _scores(factor: Factor, year: int) -> dict[str, int]:
    """Return the scores of a factor in a study of a year; empty for one without."""
    if not factor.pedigree:
        return {}
    scores = dict(zip(INDICATORS, factor.pedigree, strict=True))
    return {**scores, _TEMPORAL: temporal_score(factor, year)}
