"""What `footprint portfolio --json` prints, typed: how many studies came to what, and where it is.

Its totals are binary floats, as in the tables: no certificate can rest on them.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Strict

from footprint.account import CLOSURE_RULE
from footprint.portfolio.run import Extreme, PortfolioResult
from footprint.result.record import Flag, Record, Text, Whole

Number = Annotated[float, Strict()]
_SECOND_DIGITS = 2


class ExtremeRecord(Record):
    """The lowest or highest total, kg CO2e per kg, and whose it is."""

    study: Text
    kg_co2e_per_kg: Number


class ReasonRecord(Record):
    """Why a study has no total."""

    study: Text
    status: Text
    code: Text
    reason_zh: Text
    reason_en: Text


class NoClosure(Record):
    """No account is drawn for a portfolio, and by which rule it would be."""

    rule: Text
    drawn: Flag


class PortfolioSummary(Record):
    """What a run came to; counts are studies, `begun_anew_because_of` names what had changed."""

    out: Text
    contributions: Text | None
    complete: Whole
    incomplete: Whole
    refused: Whole
    lowest: ExtremeRecord | None
    highest: ExtremeRecord | None
    illustrative: Whole
    estimates: Whole
    reasons: tuple[ReasonRecord, ...]
    closure: NoClosure
    resumed: Whole
    begun_anew_because_of: tuple[Text, ...]
    seconds: Number

    def record(self) -> dict[str, Any]:
        """Return the summary as JSON types; its totals stay floats."""
        return self.model_dump(mode="json")


def summary_of(result: PortfolioResult) -> PortfolioSummary:
    """Return the summary of a run."""
    return PortfolioSummary(
        out=str(result.out),
        contributions=str(result.contributions) if result.contributions else None,
        complete=result.counts.get("complete", 0),
        incomplete=result.counts.get("incomplete", 0),
        refused=result.counts.get("refused", 0),
        lowest=_extreme(result.lowest),
        highest=_extreme(result.highest),
        illustrative=result.illustrative,
        estimates=result.estimates,
        reasons=tuple(ReasonRecord.of(reason) for reason in result.reasons),
        closure=NoClosure(rule=CLOSURE_RULE, drawn=False),
        resumed=result.resumed,
        begun_anew_because_of=result.changed,
        seconds=round(result.seconds, _SECOND_DIGITS),
    )


def _extreme(found: Extreme | None) -> ExtremeRecord | None:
    return None if found is None else ExtremeRecord(study=found.study, kg_co2e_per_kg=found.value)
