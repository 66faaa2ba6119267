"""Sobol indices: how much of the variance each parameter, or group of them, explains.

First order by Saltelli et al. 2010 (table 2, formula b), total order by Jansen 1999; confidence by
bootstrap over the rows. The columns are keyed like all other draws, and whole groups can be varied
together, neither of which `scipy.stats.sobol_indices` offers; the tests hold it beside that one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from factor_db.foundation.errors import BadInput
from footprint.engine.arrays import Flags, Floats, Places
from footprint.engine.statistics.intervals import least_samples
from footprint.engine.statistics.streams import RANDOM, standard_normals, stream

REPEATS = 200
CONFIDENCE = 0.95
# An index known to no better than this is said not to have converged.
WIDEST_ERROR = 0.05


@dataclass(frozen=True, slots=True)
class Index:
    """Sobol indices of one group with the half widths of their 95 % confidence intervals."""

    name: str
    first: float
    first_error: float
    total: float
    total_error: float

    @property
    def converged(self) -> bool:
        """Tell whether both are known to 0.05, and the total is not below the first order."""
        known = max(self.first_error, self.total_error) <= WIDEST_ERROR
        return known and self.total + self.total_error + self.first_error >= self.first


@dataclass(frozen=True, slots=True)
class Indices:
    """The indices asked for; `non_productive` rows were left out of all of them."""

    items: tuple[Index, ...]
    rows: int
    evaluations: int
    non_productive: int

    @property
    def converged(self) -> bool:
        """Tell whether every index converged."""
        return all(item.converged for item in self.items)


Model = Callable[[Mapping[str, Floats]], tuple[Floats, Flags]]
"""Parameter key → standard normals (rows,) ↦ values (rows,) and which rows are productive."""


def sobol_indices(
    model: Model,
    keys: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    *,
    rows: int,
    seed: int,
    sampling: str = RANDOM,
) -> Indices:
    """Return the indices of each group of parameter keys; all `keys` are drawn.

    It takes rows x (groups + 2) evaluations. An index does not depend on which other groups are
    asked for, but for the rows that are not productive in one of them. Raises BadInput
    (SAMPLES_TOO_FEW) when fewer rows are left than an interval takes: a bootstrap over a handful of
    rows repeats them and calls itself sure.
    """
    first = {key: standard_normals(seed, f"{key}|A", rows, sampling) for key in keys}
    second = {key: standard_normals(seed, f"{key}|B", rows, sampling) for key in keys}
    of_a, sound = model(first)
    of_b, fit = model(second)
    sound = sound & fit
    mixed = {}
    for name, members in groups.items():
        mixed[name], fit = model({**first, **{key: second[key] for key in members}})
        sound = sound & fit
    kept = np.flatnonzero(sound)
    least = least_samples(CONFIDENCE)
    if kept.size < least:
        raise BadInput("SAMPLES_TOO_FEW", samples=int(kept.size), least=least)
    picks = stream(seed, "bootstrap").integers(0, kept.size, (REPEATS, kept.size))
    a, b = of_a[kept], of_b[kept]
    items = tuple(_index(name, a, b, values[kept], picks) for name, values in mixed.items())
    return Indices(items, rows, rows * (len(groups) + 2), rows - int(kept.size))


def _index(name: str, a: Floats, b: Floats, mixed: Floats, picks: Places) -> Index:
    first, total = _estimate(a, b, mixed)
    again = np.array([_estimate(a[pick], b[pick], mixed[pick]) for pick in picks])
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    low, high = np.quantile(again, tails, axis=0)
    half = (high - low) / 2
    return Index(name, first, float(half[0]), total, float(half[1]))


def _estimate(a: Floats, b: Floats, mixed: Floats) -> tuple[float, float]:
    both = np.concatenate([a, b])
    variance = float(both.var())
    if not variance:
        return 0.0, 0.0
    middle = float(both.mean())
    # The mean is taken off first: it changes nothing but the noise.
    first = float(np.mean((b - middle) * (mixed - a))) / variance
    return first, float(np.mean((a - mixed) ** 2)) / 2 / variance
