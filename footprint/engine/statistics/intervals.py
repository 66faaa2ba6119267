"""What a sample says, and how well it says it: percentiles, mean and median with their own errors.

The error of a percentile is the distribution-free confidence interval of a quantile from order
statistics: how many of n draws fall below it is binomial (David and Nagaraja, Order Statistics).
A Latin hypercube is at most n/(n-1) times as uncertain as plain draws (Owen 1997), so that the same
interval holds there and is usually too wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count

import numpy as np

from footprint.engine.arrays import Flags, Floats

LEVEL = 0.95
# Two-sided 95 % quantile of the standard normal.
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of a sample with the half width of its 95 % confidence interval.

    `error` is None where the draws are too few for one.
    """

    value: float
    error: float | None

    def differs_from(self, other: float) -> bool:
        """Tell whether another value lies beyond the figure's own error."""
        return self.error is not None and abs(self.value - other) > self.error


@dataclass(frozen=True, slots=True)
class Summary:
    """A sample's central interval, middle and drift; `samples` counts what is left out too.

    `non_productive` has no solution, `impossible` one that no plant could have.
    """

    low: Estimate
    high: Estimate
    mean: Estimate
    median: Estimate
    samples: int
    non_productive: int
    impossible: int = 0

    @property
    def used(self) -> int:
        """How many draws the figures rest on."""
        return self.samples - self.non_productive - self.impossible

    def drift(self, static: float) -> tuple[str, ...]:
        """Return which of mean and median lie off the static value by more than their error."""
        middles = (("mean", self.mean), ("median", self.median))
        return tuple(name for name, found in middles if found.differs_from(static))


def summarise(
    totals: Floats, productive: Flags, level: float = LEVEL, *, impossible: int = 0
) -> Summary:
    """Summarise totals, shape (samples,); those that are not productive are counted and left out.

    `impossible` is how many of these have a solution that no plant could have.

    Raises ValueError when no draw is productive.
    """
    kept = np.sort(np.asarray(totals)[np.asarray(productive)])
    if not kept.size:
        raise ValueError("no productive sample")
    tail = (1 - level) / 2
    return Summary(
        low=quantile(kept, tail),
        high=quantile(kept, 1 - tail),
        mean=mean(kept),
        median=quantile(kept, 1 / 2),
        samples=int(np.size(totals)),
        non_productive=int(np.size(totals) - kept.size - impossible),
        impossible=impossible,
    )


def mean(values: Floats) -> Estimate:
    """Return the mean with 1.96 standard errors."""
    if values.size == 1:
        return Estimate(float(values[0]), None)
    return Estimate(float(values.mean()), NORMAL_95 * float(values.std(ddof=1) / values.size**0.5))


def quantile(ordered: Floats, share: float) -> Estimate:
    """Return a quantile of ordered values; its error is the wider side of its 95 % interval."""
    value = float(np.quantile(ordered, share))
    ranks = quantile_ranks(ordered.size, share)
    if ranks is None:
        return Estimate(value, None)
    low, high = (float(ordered[rank - 1]) for rank in ranks)
    return Estimate(value, max(high - value, value - low))


def quantile_ranks(size: int, share: float, level: float = LEVEL) -> tuple[int, int] | None:
    """Return the ranks (from 1) of the order statistics that enclose a quantile.

    P(below < low) <= (1 - level) / 2 and P(below >= high) <= (1 - level) / 2, where `below`, the
    number of draws below the quantile, is binomial. None where too few draws reach that level.
    """
    below = _binomial_cdf(size, share)
    tail = (1 - level) / 2
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    return None if low < 1 or high > size else (low, high)


@cache
def least_samples(level: float = LEVEL) -> int:
    """Return the fewest draws that give both ends of the central interval an error of their own."""
    tail = (1 - level) / 2
    ends = (tail, 1 - tail)
    return next(size for size in count(1) if all(quantile_ranks(size, end) for end in ends))


def _binomial_cdf(size: int, share: float) -> Floats:
    """Return P(successes <= k) for k = 0 .. size."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, size + 1)))])
    counts = np.arange(size + 1)
    terms = logs[size] - logs - logs[::-1]
    return np.cumsum(np.exp(terms + counts * np.log(share) + (size - counts) * np.log1p(-share)))


def proportion(successes: int, size: int) -> Estimate:
    """Return a share with the half width of its 95 % Wilson score interval."""
    share, square = successes / size, NORMAL_95**2
    root = (share * (1 - share) / size + square / (4 * size**2)) ** 0.5
    middle = (share + square / (2 * size)) / (1 + square / size)
    half = NORMAL_95 * root / (1 + square / size)
    return Estimate(share, max(middle + half - share, share - middle + half))
