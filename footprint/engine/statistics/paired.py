"""Two results on the same draws: what both share cancels, and A against A is exactly 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from footprint.engine.arrays import Flags, Floats
from footprint.engine.statistics.intervals import Estimate, Summary, proportion, summarise


@dataclass(frozen=True, slots=True)
class Comparison:
    """A - B in every draw that is productive in both; `correlation` is NaN for a constant."""

    difference: Summary
    a_below_b: Estimate
    equal: int
    correlation: float


def compare(a: Floats, b: Floats, productive: Flags, *, impossible: int = 0) -> Comparison:
    """Compare totals draw by draw, shape (samples,); equal draws are below in neither way.

    `impossible` is how many of those not productive have a solution that no plant could have.

    Raises ValueError when no draw is productive in both.
    """
    both = np.asarray(productive)
    difference = np.asarray(a) - np.asarray(b)
    summary = summarise(difference, both, impossible=impossible)
    kept = difference[both]
    one, other = np.asarray(a)[both], np.asarray(b)[both]
    varies = bool(np.ptp(one) and np.ptp(other))
    together = np.corrcoef(one, other)[0, 1] if varies else np.nan
    return Comparison(
        difference=summary,
        a_below_b=proportion(int((kept < 0).sum()), kept.size),
        equal=int((kept == 0).sum()),
        correlation=float(together),
    )
