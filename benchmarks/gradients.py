"""All gradients of a score by every exchange of the whole system, against one adjoint solve.

d score / d amount of an input is the running of its consumer times the unit cost of its product, so
one forward and one adjoint solve with one factorisation give all of them; those of the parameters
are sums over the exchanges each one scales. The factorisation is at hand on both sides. Agreement:
every parameter's gradient against central differences of whole re-solved systems.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as linalg

from benchmarks import synth
from benchmarks.cases import Case, case
from benchmarks.harness import AT_MOST, Record, Side, compared, largest_difference
from footprint.engine.arrays import Floats

GROUP = "gradients"
STEP = 1e-3


class System:
    """Foreground and background together, factorised once."""

    def __init__(self, here: Case) -> None:
        self._case = here
        self._technosphere, self._biosphere = here.whole(here.amounts)
        self._loads = self._biosphere.T @ here.factors
        self._demand = np.zeros(self._technosphere.shape[0])
        self._demand[here.final] = 1
        self._factor = linalg.splu(self._technosphere.T.tocsc())
        self._factors = here.factors[self._biosphere.indices]
        first, owners, amounts = _own(self._technosphere, here.processes)
        made = self._technosphere.indices[first] == owners  # an output of 1 is no exchange
        self._own_links = (first, owners, np.where(made, 0.0, amounts))
        self._own_emissions = _own(self._biosphere, here.processes)

    def adjoint(self) -> Any:
        """Return the unit costs of all products: one solve."""
        return self._factor.solve(self._loads)

    def by_exchanges(self) -> tuple[Any, Any]:
        """Return d score / d amount of every entry of the technosphere and of the biosphere."""
        costs = self._factor.solve(self._loads)
        runs = self._factor.solve(self._demand, "T")
        links, emitted = exchange_gradients(self._technosphere, self._biosphere, runs, costs)
        return links, emitted * self._factors

    def by_parameters(self) -> Any:
        """Return d score / d parameter at 1, shape (processes,), with those of all exchanges."""
        count = self._case.processes
        links, emitted = self.by_exchanges()
        first, owners, amounts = self._own_links
        found = np.bincount(owners, links[first] * amounts, minlength=count)
        first, owners, amounts = self._own_emissions
        return found + np.bincount(owners, emitted[first] * amounts, minlength=count)


def _own(matrix: Any, count: int) -> tuple[slice, Any, Any]:
    """Return where the entries of the first columns stand, their columns and their values."""
    first = slice(0, int(matrix.indptr[count]))
    return first, np.repeat(np.arange(count), np.diff(matrix.indptr)[:count]), matrix.data[first]


def central_differences(here: Case) -> Any:
    """Return the same by changing one parameter at a time; the background is solved once.

    Central differences of the fourth order, so that neither their step nor rounding shows.
    """
    factor = linalg.splu(here.technosphere.T.tocsc())
    loads = here.biosphere.T @ here.factors
    costs = factor.solve(loads)
    for _ in range(2):
        costs = costs + factor.solve(loads - here.technosphere.T @ costs)

    def score(parameters: Any) -> float:
        demand, direct = here.background_demand(here.amounts_by_parameters(parameters))
        return float(costs @ demand) + direct

    found = np.empty(here.processes)
    for place in range(here.processes):
        change = np.zeros(here.processes)
        change[place] = STEP
        near, far = (score(1 + k * change) - score(1 - k * change) for k in (1, 2))
        found[place] = (8 * near - far) / (12 * STEP)
    return found


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the row of one background size."""
    here = case(size)
    system = System(here)
    exchanges = len(system.by_exchanges()[0]) + len(system.by_exchanges()[1])
    yield compared(
        Side("forward, adjoint, products", system.by_parameters),
        Side("one adjoint solve (superlu)", system.adjoint),
        group=GROUP,
        work=f"gradients by 60 parameters and {exchanges} exchanges",
        unit="set",
        size=here.size,
        direction=AT_MOST,
        goal=3.0 if size == max(synth.SIZES) else None,
        agreement=difference(system.by_parameters(), central_differences(here)),
        agreement_goal=1e-6,
    )


def difference(found: Any, expected: Any) -> float:
    """Return the largest relative difference, parameters without an effect left out."""
    counts = np.abs(expected) > 1e-6 * np.abs(expected).max()
    return largest_difference(found[counts], expected[counts])


def exchange_gradients(
    technosphere: sparse.csc_array, biosphere: sparse.csc_array, supply: Floats, scores: Floats
) -> tuple[Floats, Floats]:
    """Return the derivative of a score by every exchange of a solved database.

    Parameters
    ----------
    technosphere, biosphere : the matrices; only their patterns are read.
    supply : how much each activity runs, shape (activities,): technosphere @ supply = demand.
    scores : the score of one unit of each product, shape (products,).

    Returns
    -------
    d score / d technosphere entry, in the order of its data, and what d score / d biosphere entry
    is per unit of the flow's characterisation factor.
    """
    columns = np.repeat(np.arange(technosphere.shape[1]), np.diff(technosphere.indptr))
    by_technosphere = -scores[technosphere.indices] * supply[columns]
    columns = np.repeat(np.arange(biosphere.shape[1]), np.diff(biosphere.indptr))
    return by_technosphere, supply[columns]
