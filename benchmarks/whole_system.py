"""Monte Carlo of the whole system, background uncertainty included, against bw2calc.

Both sides draw every uncertain technosphere exchange anew for each sample and solve the whole
system for one product. bw2calc draws all elementary exchanges and makes an inventory; ours draws
those that have a factor. Agreement: our solver on the matrices bw2calc drew. The rows at the end
show what the computed order of the sweep is worth, on the same draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sparse

from benchmarks import brightway_cases
from benchmarks.cases import Case, case
from benchmarks.harness import AT_LEAST, Record, Side, compared, largest_difference
from benchmarks.synth import HASHES, SIZES
from footprint.engine.backgrounds.draws import BackgroundDraws, BackgroundUncertainty
from footprint.engine.backgrounds.sweep_order import backward_share
from footprint.engine.backgrounds.sweep_plan import LANES, SweepPlan, plan_sweeps
from footprint.engine.backgrounds.sweeps import solve_samples
from lca_models.background.matrices import Background

GROUP = "whole-system"
GAS = "co2e"
GROUPS_OF_LANES, ITERATIONS, CHECKED, SEED = 4, 4, 3, 1
DIRECT_GOAL, ITERATIVE_GOAL, AGREEMENT = 100.0, 7.0, 1e-9


class System:
    """Foreground and background of a case as one system to be drawn, foreground first."""

    def __init__(self, here: Case) -> None:
        self.case = here
        self.technosphere, self.biosphere = here.whole(here.amounts)
        for matrix in (self.technosphere, self.biosphere):
            matrix.sort_indices()
        self.draws = BackgroundDraws(self._background(), self._uncertainty(), seed=SEED)
        loads = (self.biosphere.T @ here.factors)[:, None]
        self.plan = plan_sweeps(self.technosphere, loads, [here.final])
        self._space: Any = None

    def _background(self) -> Background:
        return Background(
            name="whole",
            sha256=HASHES[self.case.size],
            products=(),
            flows=(),
            technosphere=self.technosphere,
            biosphere=self.biosphere,
            gas_rows={GAS: self.case.factors},
        )

    def _uncertainty(self) -> BackgroundUncertainty:
        """Return the sigmas where the amounts stand: a system made of them has the same pattern."""
        here = self.case
        spread = replace(
            here,
            technosphere=with_inputs(here.technosphere, here.technosphere_sigmas),
            biosphere=sparse.csc_array(
                (here.biosphere_sigmas, here.biosphere.indices, here.biosphere.indptr),
                shape=here.biosphere.shape,
            ),
        )
        technosphere, biosphere = spread.whole(here.sigmas)
        for sigmas, amounts in ((technosphere, self.technosphere), (biosphere, self.biosphere)):
            sigmas.sort_indices()
            if not np.array_equal(sigmas.indices, amounts.indices):
                raise RuntimeError("sigmas and amounts stand in different places")
        own = technosphere.indices == _columns(technosphere)
        return BackgroundUncertainty(np.where(own, 0, np.abs(technosphere.data)), biosphere.data)

    def sampled(self, plan: SweepPlan | None = None, groups: int = GROUPS_OF_LANES) -> Any:
        """Draw and solve groups of eight samples; return the last group's scores."""
        for group in range(groups):
            self._space = self.draws.samples(group * LANES, LANES, self._space)
            found = solve_samples(plan or self.plan, *self._space)
        return found

    def flows(self) -> Any:
        """Return what passes through each exchange, kg CO2e, aligned with the technosphere."""
        scores, supply = np.empty(len(self.plan.order)), np.empty(len(self.plan.order))
        scores[self.plan.order], supply[self.plan.order] = self.plan.scores.T, self.plan.supply.T
        through = scores[self.technosphere.indices] * supply[_columns(self.technosphere)]
        return np.abs(self.technosphere.data * through)

    @cached_property
    def uncertain(self) -> dict[str, int]:
        """How many exchanges each side draws."""
        drawn = np.flatnonzero(self.case.factors)
        characterised = int(np.isin(self.biosphere.indices, drawn).sum())
        return {
            "technosphere": int((self._uncertainty().technosphere_sigma > 0).sum()),
            "characterised": characterised,
            "biosphere": self.biosphere.nnz,
        }


def with_inputs(technosphere: Any, values: Any) -> Any:
    """Return a technosphere with other values off the diagonal and zeros on it, same pattern."""
    data = np.zeros(technosphere.nnz)
    data[technosphere.indices != _columns(technosphere)] = values
    return sparse.csc_array(
        (data, technosphere.indices, technosphere.indptr), shape=technosphere.shape
    )


def _columns(matrix: Any) -> Any:
    return np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the rows of one size: the direct class with this solver, the iterative one, orders."""
    system = System(case(size))
    goals = size == max(SIZES)
    yield against(system, "LCA", solver, iterations=1, goal=DIRECT_GOAL if goals else None)
    if solver == "superlu":
        goal = ITERATIVE_GOAL if goals else None
        yield against(system, "IterativeLCA", solver, iterations=ITERATIONS, goal=goal)
        yield from orders(system)


def peer(here: Case, name: str) -> Any:
    """Return a class of bw2calc over the whole system, ready for its iterations."""
    lca = getattr(brightway_cases.calculation(), name)(
        {brightway_cases.FOREGROUND + here.final: 1},
        data_objs=[
            brightway_cases.foreground_package(here),
            brightway_cases.background_package(here, uncertain=True),
            brightway_cases.method_package(here),
        ],
        use_distributions=True,
        seed_override=SEED,
    )
    lca.lci()
    lca.lcia()
    return lca


def against(
    system: System, name: str, solver: str, *, iterations: int, goal: float | None
) -> Record:
    """Return the row against one class, both sides drawing and solving."""
    lca = peer(system.case, name)

    def iterate() -> None:
        for _ in range(iterations):
            next(lca)

    record = compared(
        Side("sweeps in computed order", system.sampled, GROUPS_OF_LANES * LANES),
        Side(f"{name} ({solver})", iterate, iterations),
        group=GROUP,
        work="Monte Carlo, foreground and background uncertain",
        unit="sample",
        size=system.case.size,
        direction=AT_LEAST,
        goal=goal,
        agreement=difference(system, lca),
        agreement_goal=AGREEMENT,
    )
    return replace(record, numbers={name: float(n) for name, n in system.uncertain.items()})


def difference(system: System, lca: Any) -> float:
    """Return the largest relative difference of our score on bw2calc's own draws."""
    found, expected = [], []
    for _ in range(CHECKED):
        next(lca)
        values, loads = drawn_by(system, lca)
        found.append(float(solve_samples(system.plan, values[None], loads[None]).scores[0, 0, 0]))
        expected.append(lca.score)
    return largest_difference(found, expected)


def drawn_by(system: System, lca: Any) -> tuple[Any, Any]:
    """Return what stands in bw2calc's matrices, in our order: technosphere data and loads."""
    here = system.case
    ids = [brightway_cases.FOREGROUND + place for place in range(here.processes)]
    ids += range(1, here.size + 1)
    rows = [lca.dicts.product[number] for number in ids]
    columns = [lca.dicts.activity[number] for number in ids]
    drawn = sparse.csc_array(lca.technosphere_matrix)[:, columns].tocsr()[rows].tocsc()
    drawn.sort_indices()
    if not np.array_equal(drawn.indices, system.technosphere.indices):
        raise RuntimeError("bw2calc's matrix has other exchanges")
    loads = np.asarray((lca.characterization_matrix @ lca.biosphere_matrix).sum(axis=0)).ravel()
    return drawn.data, loads[columns][:, None]


def orders(system: System) -> Iterator[Record]:
    """Yield what the computed order is worth: sweeps and time in other orders, same draws."""
    size = system.technosphere.shape[0]
    chance = np.random.default_rng(SEED)
    loads = (system.biosphere.T @ system.case.factors)[:, None]
    others = {
        "natural": np.arange(size),
        "reverse natural": np.arange(size)[::-1],
        "random": chance.permutation(size),
    }
    flows = system.flows()
    for name, order in others.items():
        plan = plan_sweeps(system.technosphere, loads, [system.case.final], order)
        record = compared(
            Side("computed order", system.sampled, GROUPS_OF_LANES * LANES),
            Side(f"{name} order", lambda plan=plan: system.sampled(plan), GROUPS_OF_LANES * LANES),
            group=GROUP,
            work="order of the sweep, draws included",
            unit="sample",
            size=system.case.size,
            agreement=largest_difference(
                system.sampled(groups=1).scores, system.sampled(plan, groups=1).scores
            ),
            agreement_goal=AGREEMENT,
        )
        counts = {
            "sweeps": float(system.sampled(groups=1).iterations.mean()),
            "peer_sweeps": float(system.sampled(plan, groups=1).iterations.mean()),
            "back": backward_share(system.technosphere, flows, system.plan.order),
            "peer_back": backward_share(system.technosphere, flows, order),
        }
        yield replace(record, numbers=counts)
