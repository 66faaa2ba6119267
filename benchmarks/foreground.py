"""Monte Carlo of the foreground over a solved background, against bw2calc's partitioned class.

Both sides draw every foreground exchange (760 of them) anew for each sample and return the score of
one final product. bw2calc makes an inventory on the way; a second row hands it the flows that have
a factor only, to show what of the ratio is the inventory. The parameter rows draw 60 parameters: j
scales all inputs, purchases and emissions of process j.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sparse

from benchmarks import brightway_cases, ours
from benchmarks import machine_limits as limits
from benchmarks.cases import Case, case
from benchmarks.harness import AT_MOST, Record, Side, compared, largest_difference

GROUP = "foreground"
SAMPLES, PARAMETER_SAMPLES, ITERATIONS, CHECKED, SEED = 20_000, 100_000, 25, 5, 1


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the rows of one background size with one solver on the peer's side."""
    here = case(size)
    costs = ours.unit_costs(here, solver)
    machine = limits.measured()
    yield limits.record(machine, GROUP)
    drawn = ours.by_exchanges(here, costs)
    goal = 1500.0 if size == max_size() else None
    yield against_partitioned(here, drawn, solver, machine, goal)
    if solver == "superlu":
        yield with_characterised_flows(here, drawn)
        yield from by_parameters(here, costs, machine)


def max_size() -> int:
    """Return the size the goals are set for."""
    from benchmarks.synth import SIZES

    return max(SIZES)


def partitioned(here: Case) -> Any:
    """Return bw2calc's partitioned Monte Carlo of a case, with its background solved."""
    bw2calc = brightway_cases.calculation()
    packages = [
        brightway_cases.foreground_package(here),
        brightway_cases.background_package(here),
        brightway_cases.method_package(here),
    ]
    lca = bw2calc.PartitionedMonteCarloLCA(
        {brightway_cases.FOREGROUND + here.final: 1},
        static_databases=[brightway_cases.BACKGROUND_NAME],
        data_objs=packages,
        seed_override=SEED,
    )
    lca.lci()
    lca.lcia()
    return lca


def difference(here: Case, drawn: ours.Foreground, lca: Any) -> float:
    """Return the largest relative difference of our score on bw2calc's own draws."""
    found, expected = [], []
    for _ in range(CHECKED):
        next(lca)
        multipliers = brightway_cases.drawn_amounts(here, lca) / here.amounts
        found.append(drawn.scores(multipliers[:, None])[0])
        expected.append(lca.score)
    return largest_difference(found, expected)


def against_partitioned(
    here: Case,
    drawn: ours.Foreground,
    solver: str,
    machine: limits.MachineLimits,
    goal: float | None,
) -> Record:
    """Return the headline row: all exchanges drawn, the draws included."""
    lca = partitioned(here)

    def iterate() -> None:
        for _ in range(ITERATIONS):
            next(lca)

    record = compared(
        Side("draws and elimination", lambda: drawn.drawn(SAMPLES, SEED), SAMPLES),
        Side(f"PartitionedMonteCarloLCA ({solver})", iterate, ITERATIONS),
        group=GROUP,
        work=f"Monte Carlo, {here.processes} processes, {len(here.amounts)} uncertain exchanges",
        unit="sample",
        size=here.size,
        goal=goal,
        agreement=difference(here, drawn, lca),
        agreement_goal=1e-9,
    )
    return replace(record, numbers={"limit": limit(drawn, machine)})


def with_characterised_flows(here: Case, drawn: ours.Foreground) -> Record:
    """Return the row in which bw2calc carries the flows with a factor only."""
    kept = np.flatnonzero(here.factors)
    chosen = sparse.csc_array(
        (np.ones(len(kept)), (kept, kept)), shape=(len(here.factors), len(here.factors))
    )
    lca = partitioned(replace(here, biosphere=sparse.csc_array(chosen @ here.biosphere)))

    def iterate() -> None:
        for _ in range(ITERATIONS):
            next(lca)

    return compared(
        Side("draws and elimination", lambda: drawn.drawn(SAMPLES, SEED), SAMPLES),
        Side("PartitionedMonteCarloLCA (superlu)", iterate, ITERATIONS),
        group=GROUP,
        work="the same, the background handed to bw2calc with characterised flows only",
        unit="sample",
        size=here.size,
        agreement=difference(here, drawn, lca),
        agreement_goal=1e-9,
    )


def by_parameters(here: Case, costs: Any, machine: limits.MachineLimits) -> Iterator[Record]:
    """Yield the row of 60 drawn parameters against drawing them alone."""
    drawn = ours.by_parameters(here, costs)
    record = compared(
        Side(
            "draws and elimination", lambda: drawn.drawn(PARAMETER_SAMPLES, SEED), PARAMETER_SAMPLES
        ),
        Side("drawing alone", lambda: drawn.only_drawn(PARAMETER_SAMPLES, SEED), PARAMETER_SAMPLES),
        group=GROUP,
        work="the same drawn in 60 parameters, one for each process",
        unit="sample",
        size=here.size,
        direction=AT_MOST,
        goal=2.0,
        limit_seconds=5e-6,
        agreement=parameter_difference(here, drawn, costs),
        agreement_goal=1e-9,
        remark="agreement: the whole system solved directly with the same parameters",
    )
    yield replace(record, numbers={"limit": limit(drawn, machine)})


def parameter_difference(here: Case, drawn: ours.Foreground, costs: Any) -> float:
    """Return the largest relative difference from a solve of the foreground with pivoting."""
    chance = np.random.default_rng(SEED)
    multipliers = np.exp(drawn.sigmas[:, None] * chance.standard_normal((here.processes, CHECKED)))
    expected = []
    for sample in multipliers.T:
        demand, direct = here.background_demand(here.amounts_by_parameters(sample))
        expected.append(float(costs @ demand) + direct)
    return largest_difference(drawn.scores(multipliers), expected)


def limit(drawn: ours.Foreground, machine: limits.MachineLimits) -> float:
    """Return the least seconds of a sample: its draws, one read of them, its operations."""
    inputs = len(drawn.sigmas)
    return machine.seconds(
        draws=inputs, bytes_moved=8 * inputs, operations=len(drawn.program.instructions)
    )
