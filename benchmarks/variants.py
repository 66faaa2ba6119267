"""Ten thousand variants of a product, each with parameters of its own: scores of all of them.

Parameter j of a variant scales all inputs, purchases and emissions of process j. bw2calc's side is
given more than it asks for: its foreground is solved beforehand and not timed, so that a variant is
a demand on the background. Its loop re-solves 20 demands with the factorised matrix, timed per
product, without its own set-up; its adjoint is asked for one product's score and the dot products
with all demands are done outside it, which is quicker than handing it the demands.
Cold: from lists of exchanges to all scores, the order of elimination found as well. Cached: the
file of unit costs read, its hashes checked, and all scores; the order of elimination is that of the
product's structure, found beforehand (it has a row of its own).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from benchmarks import brightway_cases, ours, synth
from benchmarks.cases import Case, case, parameters
from benchmarks.harness import Record, Side, compared, largest_difference

GROUP = "variants"
VARIANTS, REDONE = 10_000, 20


@dataclass(frozen=True)
class Demands:
    """What the variants buy from the background, (variants, linked), and their own kg CO2e."""

    linked: Any
    amounts: Any
    direct: Any


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the rows of one background size with one solver on both sides."""
    here = case(size)
    values = parameters(VARIANTS, here.processes)
    demands = demands_of(here, values)
    goals = (10_000.0, 40.0, 1.0) if size == max(synth.SIZES) else (None, None, None)
    loop, expected = redo_loop(here, demands, solver)
    with tempfile.TemporaryDirectory() as folder:
        cached = Cached(here, values, Path(folder), solver)
        found = cached.scores()[:REDONE]
        row = {"group": GROUP, "unit": "product", "size": here.size, "agreement_goal": 1e-9}
        agreement = largest_difference(found, expected)
        work = f"{VARIANTS} variants of 60 parameters, background cached"
        ours_cached = Side("read, check, score", cached.scores, VARIANTS)
        yield compared(ours_cached, loop, work=work, goal=goals[0], agreement=agreement, **row)
    cold = Side(
        f"factorise, adjoint, score ({solver})", Cold(here, values, solver).scores, VARIANTS
    )
    work = f"{VARIANTS} variants of 60 parameters, nothing cached"
    agreement = largest_difference(cold.run()[:REDONE], expected)  # type: ignore[index]
    yield compared(cold, loop, work=work, goal=goals[1], agreement=agreement, **row)
    multi = Multi(here, demands)
    agreement = largest_difference(multi.scores(), expected)
    peer = Side(f"MultiLCA ({solver})", multi.scores, REDONE)
    yield compared(cold, peer, work=work, agreement=agreement, **row)
    if solver == "pardiso":
        adjoint = Adjoint(here, demands)
        agreement = largest_difference(cold.run(), adjoint.scores())
        peer = Side("FastScoresOnlyMultiLCA, adjoint (pardiso)", adjoint.scores, VARIANTS)
        yield compared(cold, peer, work=work, goal=goals[2], agreement=agreement, **row)


def demands_of(here: Case, values: Any) -> Demands:
    """Return what each variant buys: its foreground solved by LAPACK."""
    linked, places = np.unique(here.purchases.rows, return_inverse=True)
    matrix = np.zeros((VARIANTS, here.processes, here.processes)) + np.eye(here.processes)
    inputs, purchases, emissions = here.split(here.amounts)
    rows, users = here.inputs.rows, here.inputs.processes
    matrix[:, rows, users] -= inputs * values[users].T
    asked = np.zeros((VARIANTS, here.processes, 1))
    asked[:, here.final] = 1
    runs = np.linalg.solve(matrix, asked)[..., 0] * values.T
    buys = sparse.csr_array(
        (purchases, (here.purchases.processes, places)), shape=(here.processes, len(linked))
    )
    cost = np.zeros(here.processes)
    np.add.at(cost, here.emissions.processes, emissions * here.factors[here.emissions.rows])
    return Demands(linked, np.asarray(runs @ buys), runs @ cost)


def redo_loop(here: Case, demands: Demands, solver: str) -> tuple[Side, list[float]]:
    """Return bw2calc's loop over demands with a factorised matrix, and the scores it finds."""
    bw2calc = brightway_cases.calculation()
    packages = [brightway_cases.background_package(here), brightway_cases.method_package(here)]
    lca = bw2calc.LCA({1: 1.0}, data_objs=packages)
    lca.lci(factorize=True)
    lca.lcia()
    products = [int(row) + 1 for row in demands.linked]
    asked = [dict(zip(products, map(float, row), strict=True)) for row in demands.amounts[:REDONE]]

    def run() -> list[float]:
        scores = []
        for place, demand in enumerate(asked):
            lca.lcia(demand=demand)
            scores.append(lca.score + demands.direct[place])
        return scores

    return Side(f"LCA, redo loop, factorised ({solver})", run, REDONE), run()


class Multi:
    """bw2calc's many demands at once, from data packages to scores; it keeps their inventories."""

    def __init__(self, here: Case, demands: Demands) -> None:
        self._direct = demands.direct[:REDONE]
        products = [int(row) + 1 for row in demands.linked]
        self._demands = {
            f"variant {place}": dict(zip(products, map(float, row), strict=True))
            for place, row in enumerate(demands.amounts[:REDONE])
        }
        self._packages = [
            brightway_cases.background_package(here),
            brightway_cases.method_package(here),
        ]

    def scores(self) -> Any:
        """Return kg CO2e of the variants asked for."""
        bw2calc = brightway_cases.calculation()
        lca = bw2calc.MultiLCA(
            demands=self._demands,
            method_config={"impact_categories": [brightway_cases.METHOD]},
            data_objs=self._packages,
        )
        lca.lci()
        lca.lcia()
        return [
            lca.scores[brightway_cases.METHOD, name] + direct
            for name, direct in zip(self._demands, self._direct, strict=True)
        ]


class Adjoint:
    """bw2calc's adjoint from data packages to all scores."""

    def __init__(self, here: Case, demands: Demands) -> None:
        self._demands = demands
        self._products = [int(row) + 1 for row in demands.linked]
        self._packages = [
            brightway_cases.background_package(here),
            brightway_cases.method_package(here),
        ]

    def scores(self) -> Any:
        """Return kg CO2e of every variant."""
        bw2calc = brightway_cases.calculation()
        lca = bw2calc.FastScoresOnlyMultiLCA(
            demands={"first": {1: 1.0}},
            method_config={"impact_categories": [brightway_cases.METHOD]},
            data_objs=self._packages,
            direction="adjoint",
        )
        lca.calculate()
        places = [lca.dicts.product[product] for product in self._products]
        costs = lca.product_scores.values[0][places]
        return self._demands.amounts @ costs + self._demands.direct


class Cold:
    """Ours from lists of exchanges to all scores."""

    def __init__(self, here: Case, values: Any, solver: str) -> None:
        self._case, self._values, self._solver = here, values, solver
        self._technosphere = here.technosphere.tocoo()
        self._biosphere = here.biosphere.tocoo()

    def scores(self) -> Any:
        """Return kg CO2e of every variant."""
        technosphere = self._technosphere.tocsc()
        biosphere = self._biosphere.tocsc()
        costs = ours.adjoint(technosphere, biosphere.T @ self._case.factors, self._solver)
        return ours.by_parameters(self._case, costs).scores(self._values)


class Cached:
    """Ours with the background's unit costs in a file, by hash of its matrices and method."""

    def __init__(self, here: Case, values: Any, folder: Path, solver: str) -> None:
        self._case, self._values = here, values
        self._foreground = ours.by_parameters(here)
        self._stored = ours.StoredCosts(here, folder, solver)

    def scores(self) -> Any:
        """Return kg CO2e of every variant."""
        loads = ours.process_loads(self._case, self._stored.read())
        return self._foreground.scores_with(loads, self._values)
