"""Whether a database can produce at all: the loops in which a unit would need a unit of itself.

Rule DQ-BACKGROUND-PRODUCTIVE. Neither rank nor condition number tells: in physical units a sound
database of 899 activities looks rank-deficient at a condition number of 1e18. What decides are the
strongly connected components of Z, the inputs per unit of net output: no real eigenvalue of one
may reach 1. Where all inputs are positive that is "spectral radius below 1"; where some are
negative (substitution), a negative or complex eigenvalue beyond 1 does no harm, because the system
stays regular on the way from no loop to the whole loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import ArpackError, eigs, splu

from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from lca_models.background.matrices import Floats, shown

_RULE = "DQ-BACKGROUND-PRODUCTIVE"


@dataclass(frozen=True, slots=True)
class Loop:
    """A strongly connected component: its places, sorted, and its largest real eigenvalue."""

    members: NDArray[np.int64]
    radius: float


def inputs_per_output(technosphere: sparse.csc_array) -> sparse.csc_array:
    """Return Z: products x activities, what one unit of net output uses of other products."""
    net = technosphere.diagonal()
    scaled = sparse.csc_array(technosphere @ sparse.diags_array(1 / net))
    scaled.setdiag(0)
    scaled.eliminate_zeros()
    return sparse.csc_array(-scaled)


def components(needs: sparse.csc_array) -> Iterator[NDArray[np.int64]]:
    """Yield the places of each strongly connected component of more than one activity."""
    _, labels = csgraph.connected_components(needs, directed=True, connection="strong")
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order])) + 1
    for members in np.split(order, starts):
        if members.size > 1:
            yield np.sort(members)


def non_productive_loops(technosphere: sparse.csc_array) -> list[Loop]:
    """Return the loops with a real eigenvalue of 1 or more, the largest first; empty when sound.

    The diagonal must be positive.
    """
    needs = inputs_per_output(technosphere)
    found = []
    for members in components(needs):
        part = sparse.csc_array(needs[members][:, members])
        if not certainly_productive(part):
            radius = largest_real_eigenvalue(part)
            if radius >= 1:
                found.append(Loop(members, radius))
    return sorted(found, key=lambda loop: (-loop.radius, loop.members[0]))


def largest_loop(technosphere: sparse.csc_array) -> float:
    """Return the largest real eigenvalue of any loop; 0 without loops."""
    needs = inputs_per_output(technosphere)
    parts = (needs[members][:, members] for members in components(needs))
    return max((largest_real_eigenvalue(sparse.csc_array(part)) for part in parts), default=0.0)


def certainly_productive(needs: sparse.csc_array) -> bool:
    """Tell whether some positive prices cover every activity's inputs: then all radii are below 1.

    A sufficient condition, exact for non-negative inputs (Hawkins and Simon); one factorisation.
    """
    size = needs.shape[0]
    system = sparse.csc_array(sparse.eye_array(size) - abs(needs)).T.tocsc()
    try:
        prices = splu(system).solve(np.ones(size))
    except RuntimeError:  # exactly singular
        return False
    return prices_cover(system, prices)


def prices_cover(system: sparse.csc_array, prices: Floats) -> bool:
    """Tell whether prices are positive and, in `system` (A transposed), leave a positive margin."""
    return bool(np.isfinite(prices).all() and (prices > 0).all() and (system @ prices > 0).all())


def largest_real_eigenvalue(needs: sparse.csc_array) -> float:
    """Return the largest real eigenvalue; raises BadInput (BACKGROUND_LOOP_UNDECIDED)."""
    size = needs.shape[0]
    try:
        if size <= rule(_RULE).number("dense_size"):
            values = np.linalg.eigvals(needs.toarray())
        else:
            start = np.ones(size)
            values = eigs(needs, k=1, which="LR", v0=start, return_eigenvectors=False)
    except (ArpackError, np.linalg.LinAlgError):
        raise BadInput("BACKGROUND_LOOP_UNDECIDED", count=size) from None
    # A computed real eigenvalue has no imaginary part; one that has is half of a complex pair.
    real = values[values.imag == 0].real
    return float(real.max()) if real.size else 0.0


def require_productive(technosphere: sparse.csc_array, names: Sequence[str]) -> None:
    """Raise BadInput (BACKGROUND_NOT_PRODUCTIVE) naming the worst loop's activities, if any."""
    loops = non_productive_loops(technosphere)
    if loops:
        worst = loops[0]
        members = [names[index] for index in worst.members]
        raise BadInput(
            "BACKGROUND_NOT_PRODUCTIVE",
            loops=len(loops),
            radius=f"{worst.radius:.6g}",
            count=len(members),
            activities=shown(members),
        )
