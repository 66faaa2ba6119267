"""Scores of a background whose matrices are drawn: an adjoint solve per sample, by sweeps.

Owns solving A^T y = q for many samples near one nominal system, and telling which samples are no
economy at all. Gauss-Seidel in a computed order (sweep_order.py), eight lanes side by side, where
numba is installed; otherwise BiCGSTAB of scipy, scaled by the nominal scores. Either stops when the
dual-weighted residual |x0| . |r| is below tolerance x score, x0 the nominal supply of what is
asked: to first order that is the error of the score itself (Becker and Rannacher 2001, Acta
Numerica 10). Of several products asked for it is the mean of their relative errors. What does not
get there is solved by SuperLU.

Non-productive samples. With a loop gain of 1 or more no production meets the demand, yet a direct
solver returns numbers, and some of them are negative. Where all contributions to a nominal score
have one sign, a sample's score must have it too; else the sample is non-productive, and its scores
are NaN. For matrices without avoided burdens this is exact: A^T y = q >= 0 has a positive solution
if and only if the loop gain is below 1 (Perron and Frobenius; M-matrices).
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import bicgstab, splu

from footprint.engine.arrays import Flags, Floats, Places, Rows
from footprint.engine.backgrounds.sweep_plan import LANES, SweepPlan, refined

SWEEPS, KRYLOV = "gauss-seidel", "bicgstab"
TOLERANCE = 1e-11
# Far more than a productive background takes (about 20): beyond, SuperLU answers.
MOST_SWEEPS = 200
MOST_STEPS = 1000
# BiCGSTAB looks at another norm than the one that counts: it is asked for more until that is met.
TIGHTENINGS = (1.0, 1e-2, 1e-4)


def method_here() -> str:
    """Return the iteration used here: sweeps where numba is installed, else BiCGSTAB."""
    return SWEEPS if importlib.util.find_spec("numba") else KRYLOV


@dataclass(frozen=True)
class SampledScores:
    """Scores (samples, asked, indicators), NaN where not `productive` (samples,).

    `iterations` (samples,): sweeps or BiCGSTAB steps of the slowest indicator, 0 where SuperLU
    answered (`direct`).
    """

    scores: Floats
    productive: Flags
    iterations: Places
    direct: Flags


def solve_samples(
    plan: SweepPlan,
    technosphere: Floats,
    loads: Floats,
    *,
    tolerance: float = TOLERANCE,
    method: str | None = None,
) -> SampledScores:
    """Return the scores of one unit of each product asked for, for drawn matrices.

    `technosphere` (samples, entries) in the order of the nominal CSC data; `loads` (samples,
    activities, indicators). Samples go in groups of eight from the first, so a caller who splits
    samples into blocks of a multiple of eight gets the same bits.
    """
    solve = _swept if (method or method_here()) == SWEEPS else _krylov
    found, iterations = solve(plan, technosphere, loads, tolerance)
    samples = len(found)
    scores = np.full((samples, len(plan.asked), loads.shape[2]), np.nan)
    productive, direct = np.zeros(samples, dtype=bool), iterations < 0
    for sample in range(samples):
        own = found[sample]
        if direct[sample]:
            own = _direct(plan, technosphere[sample], loads[sample])
        if np.isfinite(own).all() and _keeps_signs(plan, own):
            scores[sample], productive[sample] = own[plan.asked], True
    return SampledScores(scores, productive, np.where(direct, 0, iterations), direct)


def _keeps_signs(plan: SweepPlan, scores: Floats) -> bool:
    return bool(((scores * plan.signs > 0) | (plan.signs == 0)).all())


def _direct(plan: SweepPlan, values: Floats, loads: Floats) -> Floats:
    """Solve one sample by SuperLU; NaN where the matrix is singular."""
    indices, starts = plan.structure
    turned = sparse.csr_array((values, indices, starts), shape=(len(plan.order),) * 2).tocsc()
    try:
        return refined(splu(turned), turned, np.ascontiguousarray(loads))[plan.order]
    except RuntimeError:
        return np.full_like(loads, np.nan)


def _swept(
    plan: SweepPlan, technosphere: Floats, loads: Floats, tolerance: float
) -> tuple[Floats, Places]:
    """Return scores (samples, activities, indicators) and sweeps, -1 where they were not enough."""
    if loads.shape[2] == 1:
        parts = [
            _samples_abreast(plan, technosphere[at : at + LANES], loads[at : at + LANES], tolerance)
            for at in range(0, len(loads), LANES)
        ]
        scores, sweeps = (np.concatenate(part) for part in zip(*parts, strict=True))
        return scores, sweeps
    found = [
        _indicators_abreast(plan, values, load, tolerance)
        for values, load in zip(technosphere, loads, strict=True)
    ]
    return np.stack([scores for scores, _ in found]), np.array([sweeps for _, sweeps in found])


def _samples_abreast(
    plan: SweepPlan, technosphere: Floats, loads: Floats, tolerance: float
) -> tuple[Floats, Places]:
    """Sweep up to eight samples of one indicator."""
    from footprint.engine.backgrounds.sweep_kernels import place_sample

    count = len(loads)
    coefficients = plan.space
    coefficients[:, count:] = 0.0
    pivots, right = np.ones((len(plan.order), LANES)), np.zeros((len(plan.order), LANES))
    for lane in range(count):
        place_sample(technosphere[lane], plan.source, lane, coefficients)
        pivots[:, lane] = 1 / technosphere[lane][plan.diagonal]
        right[:, lane] = loads[lane][plan.order, 0]
    own = np.zeros(count, dtype=np.int64)
    scores, sweeps = _lanes_swept(plan, (coefficients, pivots, right), own, tolerance)
    return scores.T[:, :, None], sweeps


def _indicators_abreast(
    plan: SweepPlan, values: Floats, loads: Floats, tolerance: float
) -> tuple[Floats, int]:
    """Sweep all indicators of one sample, eight at a time."""
    coefficients = values[plan.source]
    pivots = np.repeat(1 / values[plan.diagonal][:, None], LANES, axis=1)
    scores, took = np.empty_like(plan.scores), []
    for first in range(0, loads.shape[1], LANES):
        own = np.arange(first, min(first + LANES, loads.shape[1]))
        right = np.zeros((len(plan.order), LANES))
        right[:, : len(own)] = loads[plan.order][:, own]
        scores[:, own], sweeps = _lanes_swept(plan, (coefficients, pivots, right), own, tolerance)
        took.append(sweeps)
    every = np.concatenate(took)
    return scores, int(every.min() if every.min() < 0 else every.max())


def _lanes_swept(
    plan: SweepPlan, system: tuple[Floats, Floats, Floats], own: Places, tolerance: float
) -> tuple[Floats, Places]:
    """Run the kernel from the nominal scores; `own` is the indicator of each lane in use.

    Lanes left over hold zeros, which is their solution.
    """
    from footprint.engine.backgrounds.sweep_kernels import sweep_until

    def lanes(array: Floats) -> Floats:
        wide = np.zeros((len(array), LANES))
        wide[:, : len(own)] = array[:, own]
        return wide

    coefficients, pivots, right = system
    scores, sweeps = lanes(plan.scores), np.full(LANES, MOST_SWEEPS)
    sweep_until(
        (plan.starts, plan.rows, coefficients, pivots),
        right,
        scores,
        (lanes(plan.passed_back), lanes(plan.supply)),
        (plan.asked, lanes(plan.demand)),
        tolerance,
        sweeps,
    )
    return scores[:, : len(own)], sweeps[: len(own)]


def _krylov(
    plan: SweepPlan, technosphere: Floats, loads: Floats, tolerance: float
) -> tuple[Floats, Places]:
    """Return scores and steps as `_swept` does, by BiCGSTAB: samples and indicators one by one."""
    scores, steps = np.empty((len(loads), *plan.scores.shape)), np.zeros(len(loads), dtype=np.int64)
    for sample, (values, load) in enumerate(zip(technosphere, loads, strict=True)):
        turned = _in_order(plan, values)
        for indicator in range(load.shape[1]):
            right = load[plan.order, indicator]
            found, took = _krylov_scores(plan, turned, right, indicator, tolerance)
            scores[sample, :, indicator] = found
            steps[sample] = -1 if min(took, steps[sample]) < 0 else max(took, steps[sample])
    return scores, steps


def _in_order(plan: SweepPlan, values: Floats) -> tuple[Rows, Floats]:
    """Return the transposed matrix of a sample without its diagonal, and the diagonal."""
    shape = (len(plan.order),) * 2
    inputs = sparse.csr_array((values[plan.source], plan.rows, plan.starts), shape=shape)
    return inputs, values[plan.diagonal]


def _krylov_scores(
    plan: SweepPlan, turned: tuple[Rows, Floats], right: Floats, indicator: int, tolerance: float
) -> tuple[Floats, int]:
    """Solve for one indicator, unknowns and equations in units of their nominal scores."""
    inputs, diagonal = turned
    scores = plan.scores[:, indicator].copy()
    unit = np.where(scores == 0, 1.0, np.abs(scores))
    scaled = inputs * unit[None, :] / (diagonal * unit)[:, None]
    matrix = sparse.eye_array(len(unit), format="csr") + scaled.tocsr()
    took = 0

    def count(_: Floats) -> None:
        nonlocal took
        took += 1

    for tightening in TIGHTENINGS:
        wanted = right / (diagonal * unit)
        rtol = tolerance * tightening
        found, _ = bicgstab(
            matrix, wanted, scores / unit, rtol=rtol, maxiter=MOST_STEPS, callback=count
        )
        scores = found * unit
        residual = right - diagonal * scores - inputs @ scores
        score = plan.demand[:, indicator] @ scores[plan.asked]
        if plan.supply[:, indicator] @ np.abs(residual) <= tolerance * abs(score):
            return scores, took
    return scores, -1
