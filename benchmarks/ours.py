"""Our side of the comparisons over a made-up system: the engine, fed with arrays.

The engine evaluates studies (`footprint.sampling.batch`); here its parts are put together for a
system that comes as matrices: unit costs of the background once, then the foreground as a program
whose inputs are the multipliers of exchanges, or the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from benchmarks.cases import PARAMETER_SIGMA, Case
from footprint.engine.backgrounds.adjoint import DEFAULT_REFINEMENTS, adjoint_scores
from footprint.engine.backgrounds.score_cache import FORMAT, CachedScores, Wanted, read_or_compute
from footprint.engine.programs.elimination import eliminate
from footprint.engine.programs.program import Program, compile_tape
from footprint.engine.programs.tape import Tape, Value, lower
from footprint.engine.statistics.streams import stream

LOAD = "load"


@dataclass(frozen=True)
class Foreground:
    """A foreground ready to run: inputs in order, and the spread each is drawn with."""

    program: Program
    sigmas: Any
    keys: tuple[str, ...]

    def scores(self, multipliers: Any) -> Any:
        """Return kg CO2e of one final product, shape (samples,); `multipliers` (inputs, samples).

        A sample that is not productive gives NaN: it must not be averaged silently.
        """
        values = {place: multipliers[place] for place in self.program.inputs}
        totals, pivot = self.program.run(values, multipliers.shape[1])
        return np.where(pivot > 0, totals, np.nan)

    def scores_with(self, loads: Any, multipliers: Any) -> Any:
        """Return the same for a program made without unit costs; `loads` as `process_loads` has."""
        samples = multipliers.shape[1]
        values: dict[Any, Any] = dict(enumerate(multipliers))
        values.update(
            {(LOAD, place): np.broadcast_to(load, samples) for place, load in enumerate(loads)}
        )
        totals, pivot = self.program.run(values, samples)
        return np.where(pivot > 0, totals, np.nan)

    def drawn(self, samples: int, seed: int) -> Any:
        """Return the scores of drawn multipliers, block by block; each input its own stream."""
        found = np.empty(samples)
        streams, block = self._streams(seed), self.program.block
        space = np.empty((len(self.sigmas), block))
        for start in range(0, samples, block):
            width = min(block, samples - start)
            drawn = self._drawn_block(streams, space[:, :width])
            found[start : start + width] = self.scores(drawn)
        return found

    def only_drawn(self, samples: int, seed: int) -> None:
        """Draw the same multipliers and do nothing with them."""
        streams, block = self._streams(seed), self.program.block
        space = np.empty((len(self.sigmas), block))
        for start in range(0, samples, block):
            self._drawn_block(streams, space[:, : min(block, samples - start)])

    def _streams(self, seed: int) -> list[np.random.Generator]:
        return [stream(seed, key) for key in self.keys]

    def _drawn_block(self, streams: Sequence[np.random.Generator], block: Any) -> Any:
        # Row by row, so that what was drawn is still in the cache when it is made log-normal.
        for row, chance, sigma in zip(block, streams, self.sigmas, strict=True):
            chance.standard_normal(out=row)
            np.multiply(row, sigma, out=row)
            np.exp(row, out=row)
        return block


def by_exchanges(case: Case, unit_costs: Any) -> Foreground:
    """Return the foreground whose inputs are multipliers of every exchange, in the case's order."""
    tape = Tape()
    count = len(case.amounts)
    program = _program(case, unit_costs, tape, [tape.input(place) for place in range(count)])
    return Foreground(program, case.sigmas, tuple(f"exchange-{place}" for place in range(count)))


def by_parameters(case: Case, unit_costs: Any = None) -> Foreground:
    """Return the foreground whose inputs are parameters: j scales all exchanges of process j.

    Without unit costs it holds for every background: see `Foreground.scores_with`.
    """
    tape = Tape()
    scales: dict[int, Value] = {place: tape.input(place) for place in range(case.processes)}
    once = [1.0] * len(case.amounts)
    program = _program(case, unit_costs, tape, once, scales)
    sigmas = np.full(case.processes, PARAMETER_SIGMA)
    return Foreground(program, sigmas, tuple(f"parameter-{j}" for j in range(case.processes)))


def process_loads(case: Case, unit_costs: Any) -> Any:
    """Return kg CO2e each process causes by purchases and emissions of its own, (processes,)."""
    _inputs, purchases, emissions = case.split(case.amounts)
    bought = purchases * unit_costs[case.purchases.rows]
    emitted = emissions * case.factors[case.emissions.rows]
    owners = np.concatenate([case.purchases.processes, case.emissions.processes])
    return np.bincount(owners, np.concatenate([bought, emitted]), minlength=case.processes)


def _program(
    case: Case,
    unit_costs: Any,
    tape: Tape,
    scales: Sequence[Value],
    whole: Mapping[int, Value] | None = None,
) -> Program:
    """Return score and least pivot; `scales` are of exchanges, `whole` of all a process has."""
    links: dict[tuple[int, int], Value] = {}
    kind = case.inputs
    for place, (provider, consumer) in enumerate(zip(kind.rows, kind.processes, strict=True)):
        links[int(consumer), int(provider)] = float(kind.amounts[place]) * scales[place]
    loads = _loads(case, unit_costs, tape, scales)
    found = eliminate(links, loads, case.final, whole)
    least: Value = 1.0
    for pivot in found.pivots:
        least = lower(least, pivot)
    return compile_tape(tape, [found.score, least])


def _loads(case: Case, unit_costs: Any, tape: Tape, scales: Sequence[Value]) -> list[Value]:
    """Return each process's own load; what has one multiplier is added up beforehand."""
    first = len(case.inputs.rows)
    if unit_costs is None:
        own = dict(zip(case.owners[first:], scales[first:], strict=True))
        return [tape.input((LOAD, j)) * own[j] for j in range(case.processes)]
    purchases = case.purchases.amounts * unit_costs[case.purchases.rows]
    emissions = case.emissions.amounts * case.factors[case.emissions.rows]
    sums: list[dict[Value, float]] = [{} for _ in range(case.processes)]
    for place, cost in enumerate([*purchases, *emissions], start=first):
        here = sums[case.owners[place]]
        here[scales[place]] = here.get(scales[place], 0.0) + float(cost)
    loads: list[Value] = []
    for parts in sums:
        load: Value = 0.0
        for scale, cost in parts.items():
            load = load + cost * scale
        loads.append(load)
    return loads


def unit_costs(case: Case, solver: str = "superlu") -> Any:
    """Return kg CO2e of one unit of every background product, shape (size,)."""
    return adjoint(case.technosphere, case.biosphere.T @ case.factors, solver)


def adjoint(technosphere: Any, loads: Any, solver: str = "superlu") -> Any:
    """Return kg CO2e of one unit of every product; `loads` is kg CO2e of each activity itself."""
    return adjoint_scores(technosphere, loads[:, None], solver=solver).scores[:, 0]


class StoredCosts:
    """Unit costs of a background in the engine's cache, filed under the hash of its content."""

    def __init__(self, case: Case, folder: Path, solver: str) -> None:
        self._case, self._folder, self._solver = case, folder, solver
        self._wanted = Wanted(
            format=FORMAT,
            background=case.sha256,
            gases=("co2e",),
            solver=solver,
            refinements=DEFAULT_REFINEMENTS,
            numpy=np.__version__,
            scipy=scipy.__version__,
        )
        if self._cached().found != "new":
            raise RuntimeError(f"the folder holds unit costs already: {folder}")

    def read(self) -> Any:
        """Return the unit costs from the file, its hash checked; RuntimeError if not read."""
        cached = self._cached()
        if cached.found != "read":
            raise RuntimeError(f"the cached unit costs were not read: {cached.found}")
        return cached.scores[:, 0]

    def _cached(self) -> CachedScores:
        case = self._case

        def compute() -> Any:
            loads = case.biosphere.T @ case.factors
            return adjoint_scores(case.technosphere, loads[:, None], solver=self._solver)

        return read_or_compute(self._folder, self._wanted, case.size, compute)
