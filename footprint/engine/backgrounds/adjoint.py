"""The score of one unit of every product of a database at once: one solve with A transposed.

A score s solves A^T s = B^T g, so its cost counts indicators, not products. The solution is always
refined: in physical units, which spread over ten decades, one solve is good normwise and still off
by 2e-7 in its worst component. The change of the last refinement is kept with the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from factor_db.foundation.errors import BadInput
from lca_models.background.productive import prices_cover, require_productive

Floats = NDArray[np.float64]
Solve = Callable[[Floats], Floats]
SOLVERS = ("superlu", "umfpack", "pardiso")
DEFAULT_REFINEMENTS = 2  # the first mends the solve, the second measures what is left


@dataclass(frozen=True, slots=True)
class AdjointScores:
    """Scores of one unit of every product, (products, indicators), and how they were found.

    `change` is, per indicator, the largest relative change of any component in the last refinement.
    """

    scores: Floats
    change: Floats
    solver: str
    refinements: int


def adjoint_scores(
    technosphere: sparse.csc_array,
    loads: Floats,
    *,
    solver: str = "superlu",
    refinements: int = DEFAULT_REFINEMENTS,
    names: Sequence[str] = (),
) -> AdjointScores:
    """Return the scores of one unit of every product.

    Parameters
    ----------
    technosphere : products x activities, square, signs as in `Background`, positive diagonal.
    loads : (activities, indicators), `biosphere.T @ gas vectors`.
    solver : superlu; umfpack or pardiso where installed.
    refinements : at least one.
    names : of the activities, for the message about a loop; numbers without.

    Raises
    ------
    BadInput : SOLVER_UNKNOWN, SOLVER_NOT_INSTALLED, REFINEMENTS_TOO_FEW, BACKGROUND_SHAPE,
    BACKGROUND_NOT_PRODUCTIVE, which names the activities of the loop, ADJOINT_NOT_FINITE.
    """
    _check(technosphere, loads, solver, refinements)
    called = names or [str(index) for index in range(technosphere.shape[0])]
    # The transpose of a csc array is csr; converted once, since factorisation wants columns.
    system = sparse.csc_array(technosphere.T)
    solve = _factorised(system, solver, technosphere, called)
    _certify(system, solve, technosphere, called)
    scores = solve(loads)
    touched = reaching(technosphere, loads)
    change = np.zeros(loads.shape[1])
    for _ in range(refinements):
        step = np.where(touched, solve(loads - system @ scores), 0.0)
        scores = np.where(touched, scores, 0.0) + step
        change = largest_change(step, scores)
    if not np.isfinite(scores).all():
        raise BadInput("ADJOINT_NOT_FINITE", solver=solver)
    return AdjointScores(scores, change, solver, refinements)


def reaching(technosphere: sparse.csc_array, loads: Floats) -> NDArray[np.bool_]:
    """Tell which products have any part in which indicator, (products, indicators).

    The others score exactly 0; a solve leaves 1e-33 there, whose relative change means nothing.
    """
    size = technosphere.shape[0]
    edges = sparse.coo_array(technosphere)
    found = np.zeros(loads.shape, dtype=bool)
    for place, column in enumerate(loads.T):
        loaded = np.flatnonzero(column)
        # One more node leads to every activity that has a load of its own, and on to its users.
        rows = np.concatenate([edges.row, np.full(loaded.size, size)])
        columns = np.concatenate([edges.col, loaded])
        graph = sparse.csr_array(
            (np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=(size + 1, size + 1)
        )
        order = csgraph.breadth_first_order(graph, size, return_predecessors=False)
        found[order[order < size], place] = True
    return found


def largest_change(step: Floats, scores: Floats) -> Floats:
    """Return, per indicator, the largest |step| / |score|; a component that stays 0 changed by 0.

    Where a score came to 0 only now the change is infinite, not hidden.
    """
    moved = step != 0
    ratio = np.zeros_like(step)
    with np.errstate(divide="ignore"):
        np.divide(abs(step), abs(scores), out=ratio, where=moved)
    largest: Floats = ratio.max(axis=0, initial=0)
    return largest


def _check(technosphere: sparse.csc_array, loads: Floats, solver: str, refinements: int) -> None:
    rows, columns = technosphere.shape
    if rows != columns or loads.ndim != 2 or loads.shape[0] != columns:
        raise BadInput("BACKGROUND_SHAPE", rows=rows, columns=columns, loads=str(loads.shape))
    if refinements < 1:
        raise BadInput("REFINEMENTS_TOO_FEW", refinements=refinements)
    if solver not in SOLVERS:
        raise BadInput("SOLVER_UNKNOWN", solver=solver, known=", ".join(SOLVERS))
    if not (technosphere.diagonal() > 0).all():
        raise BadInput("BACKGROUND_DIAGONAL", count=int((technosphere.diagonal() <= 0).sum()))


def _certify(
    system: sparse.csc_array,
    solve: Solve,
    technosphere: sparse.csc_array,
    names: Sequence[str],
) -> None:
    """Refuse a database that cannot produce; with positive inputs one solve proves that it can."""
    inputs_only = technosphere.nnz - (technosphere.data < 0).sum() == technosphere.shape[0]
    if inputs_only and prices_cover(system, solve(system.diagonal()[:, None])[:, 0]):
        return
    require_productive(technosphere, names)


def _factorised(
    system: sparse.csc_array,
    solver: str,
    technosphere: sparse.csc_array,
    names: Sequence[str],
) -> Solve:
    """Return what solves A^T x = b for (n, k) arrays; a singular matrix is told by its loop."""
    try:
        return {"superlu": _superlu, "umfpack": _umfpack, "pardiso": _pardiso}[solver](system)
    except ImportError:
        raise BadInput("SOLVER_NOT_INSTALLED", solver=solver) from None
    except RuntimeError:  # SuperLU: exactly singular
        require_productive(technosphere, names)
        raise BadInput("BACKGROUND_SINGULAR", count=len(names)) from None


def _superlu(system: sparse.csc_array) -> Solve:
    from scipy.sparse.linalg import splu

    factor = splu(system)

    def solve(right: Floats) -> Floats:
        found: Floats = factor.solve(np.ascontiguousarray(right))
        return found

    return solve


def _umfpack(system: sparse.csc_array) -> Solve:
    import importlib

    factor: Any = importlib.import_module("scikits.umfpack").splu(system)
    return lambda right: np.stack([factor.solve(column) for column in right.T], axis=1)


def _pardiso(system: sparse.csc_array) -> Solve:
    import importlib

    rows = sparse.csr_array(system)
    solver: Any = importlib.import_module("pypardiso").PyPardisoSolver()
    solver.factorize(rows)
    return lambda right: solver.solve(rows, np.asfortranarray(right)).reshape(right.shape)
