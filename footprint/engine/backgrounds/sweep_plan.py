"""A nominal background made ready for the samples around it: scores, order of sweep, weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import SuperLU, splu

from footprint.engine.arrays import Flags, Floats, Matrix, Places
from footprint.engine.backgrounds.sweep_order import sweep_order

REFINEMENTS = 2
LANES = 8  # as in sweep_kernels.py, which is not imported without numba


@dataclass(frozen=True)
class SweepPlan:
    """A nominal system made ready; arrays of activities stand in the order of the sweep.

    `scores` (activities, indicators) are the nominal ones of one unit; `signs` the sign of a score
    all of whose contributions agree, else 0. `supply` and `passed_back` weigh a residual and a
    change; `demand` (asked, indicators) gives every product asked for the same share of the score.
    """

    order: Places
    starts: Places
    rows: Places
    source: Places
    diagonal: Places
    asked: Places
    demand: Floats
    scores: Floats
    signs: Floats
    supply: Floats
    passed_back: Floats
    structure: tuple[Places, Places]

    @property
    def nominal(self) -> Floats:
        """Nominal scores of the products asked for, (asked, indicators)."""
        return self.scores[self.asked]

    @cached_property
    def space(self) -> Floats:
        """Room for the coefficients of a group of samples, used again: one thread at a time."""
        return np.zeros((len(self.source), LANES))


def plan_sweeps(
    technosphere: Matrix, loads: Floats, asked: Sequence[int], order: Places | None = None
) -> SweepPlan:
    """Make a system ready for its samples: nominal scores, supplies, order, weights.

    `technosphere` is products x activities, CSC, the diagonal the net production; `loads`
    (activities, indicators); `asked` the products whose scores are wanted; `order` replaces the
    computed order of the sweep.
    """
    scores, demand, supply = _nominal(technosphere, loads, np.asarray(asked))
    columns = np.repeat(np.arange(technosphere.shape[1]), np.diff(technosphere.indptr))
    makers = np.asarray(technosphere.indices)
    size = np.abs(technosphere.data)
    flows = size * (np.abs(scores)[makers] * np.abs(supply)[columns]).sum(axis=1)
    chosen = sweep_order(technosphere, flows) if order is None else np.asarray(order)
    place = np.empty(len(chosen), dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    sorting = np.lexsort((place[makers], place[columns]))
    own = makers[sorting] == columns[sorting]
    source, diagonal = sorting[~own], sorting[own]
    counts = np.bincount(place[columns[source]], minlength=len(chosen))
    back = source[place[makers[source]] > place[columns[source]]]
    passed_back = np.zeros_like(scores)
    np.add.at(passed_back, makers[back], size[back, None] * np.abs(supply)[columns[back]])
    return SweepPlan(
        order=chosen,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        rows=place[makers[source]].astype(np.int32),
        source=source.astype(np.int32),
        diagonal=diagonal,
        asked=place[np.asarray(asked)],
        demand=demand,
        scores=scores[chosen],
        signs=_signs(technosphere, loads, scores)[chosen],
        supply=np.abs(supply)[chosen],
        passed_back=passed_back[chosen],
        structure=(technosphere.indices, technosphere.indptr),
    )


def _nominal(technosphere: Matrix, loads: Floats, asked: Places) -> tuple[Floats, Floats, Floats]:
    """Return nominal scores, the demand that weighs all asked products alike, and its supply."""
    turned = technosphere.T.tocsc()
    factor = splu(turned)
    scores = refined(factor, turned, np.ascontiguousarray(loads))
    # What nothing reaches scores nothing: rounding would leave it a number, with a sign.
    scores[~_reached(turned, loads)] = 0.0
    of_asked = np.abs(scores[asked])
    demand = np.divide(1.0, of_asked, out=np.zeros_like(of_asked), where=of_asked > 0)
    right = np.zeros_like(scores)
    np.add.at(right, asked, demand)
    supply: Floats = factor.solve(right, "T")  # type: ignore[call-overload]
    return scores, demand, supply


def _reached(turned: Matrix, loads: Floats) -> Flags:
    """Return which scores have a load in their supply chain, (activities, indicators)."""
    links = abs(turned).sign()
    reached: Flags = loads != 0
    while True:
        further: Flags = (links @ reached.astype(np.float64) > 0) | reached
        if np.array_equal(further, reached):
            return reached
        reached = further


def refined(factor: SuperLU, matrix: Matrix, right: Floats) -> Floats:
    """Solve, and refine: in physical units one solve leaves small scores inexact."""
    found = factor.solve(right)
    for _ in range(REFINEMENTS):
        found += factor.solve(right - matrix @ found)
    return found


def _signs(technosphere: Matrix, loads: Floats, scores: Floats) -> Floats:
    """Return the sign of each score whose contributions all have it, else 0."""
    between = technosphere.copy()
    between.setdiag(0)
    inputs = between.T.tocsr()
    more, less = inputs.maximum(0), (-inputs).maximum(0)
    above, below = np.maximum(scores, 0), np.maximum(-scores, 0)
    gained = np.maximum(loads, 0) + less @ above + more @ below
    saved = np.maximum(-loads, 0) + less @ below + more @ above
    return np.where(saved == 0, np.sign(gained), np.where(gained == 0, -np.sign(saved), 0.0))
