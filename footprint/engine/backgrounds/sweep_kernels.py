"""The compiled sweep: imported only where numba is installed; see sweeps.py.

Eight lanes go through the matrix side by side, so that each index is read once for all of them.
Lanes are eight samples of one indicator (coefficients of shape (entries, 8)), or eight indicators
of one sample (shape (entries,)). numba compiles one loop for each: the test of `ndim` is not run.
"""

from __future__ import annotations

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from footprint.engine.arrays import Floats, Places

LANES = 8
UNFINISHED = -1
# The first sweeps go a twentieth too far, which saves about a fifth of them (1.1 saves nothing).
# Later ones do not: plain sweeps are sure to converge where nothing is credited and loops yield.
RELAXATION, RELAXED_SWEEPS = 1.05, 40


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator,unused-ignore]
def _remaining(
    column: int,
    starts: Places,
    rows: Places,
    coefficients: Floats,
    loads: Floats,
    scores: Floats,
    total: Floats,
) -> None:
    """Write load minus inputs of an activity, all lanes, into `total`."""
    for lane in range(LANES):
        total[lane] = loads[column, lane]
    for place in range(starts[column], starts[column + 1]):
        row = rows[place]
        if coefficients.ndim == 1:
            value = coefficients[place]
            for lane in range(LANES):
                total[lane] -= value * scores[row, lane]
        else:
            for lane in range(LANES):
                total[lane] -= coefficients[place, lane] * scores[row, lane]


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator,unused-ignore]
def sweep_until(
    matrix: tuple[Places, Places, Floats, Floats],
    loads: Floats,
    scores: Floats,
    weights: tuple[Floats, Floats],
    asked: tuple[Places, Floats],
    tolerance: float,
    sweeps: Places,
) -> None:
    """Sweep until the dual-weighted residual of each lane is below tolerance x its score; in place.

    `matrix` = (starts, rows, coefficients, pivots), `weights` = (of a change, of a residual), both
    (activities, 8); `asked` = (places, demand (places, 8)). `sweeps` (8,) holds the limit and
    becomes the number each lane took, or -1 where the limit was not enough. A lane that is done
    stands still, so its result does not depend on the lanes beside it.
    """
    starts, rows, coefficients, pivots = matrix
    of_change, of_residual = weights
    places, demand = asked
    moving, total = np.full(LANES, RELAXATION), np.empty(LANES)
    error, score = np.empty(LANES), np.empty(LANES)
    limit = sweeps.max()
    sweeps[:] = UNFINISHED
    checking = False
    done = 0
    while checking or done < limit:
        error[:] = 0.0
        for column in range(len(starts) - 1):
            _remaining(column, starts, rows, coefficients, loads, scores, total)
            for lane in range(LANES):
                if checking:
                    rest = total[lane] - scores[column, lane] / pivots[column, lane]
                    error[lane] += of_residual[column, lane] * abs(rest)
                else:
                    step = total[lane] * pivots[column, lane] - scores[column, lane]
                    step *= moving[lane]
                    scores[column, lane] += step
                    error[lane] += of_change[column, lane] * abs(step)
        score[:] = 0.0
        for place in range(len(places)):
            for lane in range(LANES):
                score[lane] += demand[place, lane] * scores[places[place], lane]
        for lane in range(LANES):
            met = error[lane] <= tolerance * abs(score[lane])
            if checking and not met and sweeps[lane] != UNFINISHED:
                moving[lane], sweeps[lane] = 1.0, UNFINISHED
            elif not checking and met and moving[lane] > 0:
                moving[lane], sweeps[lane] = 0.0, done + 1
        if checking:
            if not moving.any() or done >= limit:
                break
            checking = False
        else:
            done += 1
            if done == RELAXED_SWEEPS:
                moving[moving > 0] = 1.0
            # The change tells what the nominal matrix would leave; the residual of the sample's own
            # matrix is looked at once, when all lanes stand still.
            checking = not moving.any() or done >= limit


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def place_sample(values: Floats, source: Places, lane: int, out: Floats) -> None:
    """Write a sample's matrix values in the order of the sweep into one lane of `out`."""
    for place in range(len(source)):
        out[place, lane] = values[source[place]]
