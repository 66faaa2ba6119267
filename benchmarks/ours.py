"""Our side of the comparisons over a made-up system: the engine, fed with arrays.

The engine evaluates studies (`footprint.engine.batch`); here its parts are put together for a
system that comes as matrices: unit costs of the background once, then the foreground as a program
whose inputs are the multipliers of exchanges, or the parameters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import adjoint_stand_in
from benchmarks.cases import PARAMETER_SIGMA, Case
from footprint.engine.elimination import eliminate
from footprint.engine.program import Program, compile_tape
from footprint.engine.tape import Tape, Value, lower

BLOCK = 1024


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

    def drawn(self, samples: int, seed: int) -> Any:
        """Return the scores of drawn multipliers, block by block; each input its own stream."""
        found = np.empty(samples)
        streams = self._streams(seed)
        space = np.empty((len(self.sigmas), BLOCK))
        for start in range(0, samples, BLOCK):
            width = min(BLOCK, samples - start)
            block = self._drawn_block(streams, space[:, :width])
            found[start : start + width] = self.scores(block)
        return found

    def only_drawn(self, samples: int, seed: int) -> None:
        """Draw the same multipliers and do nothing with them."""
        streams = self._streams(seed)
        space = np.empty((len(self.sigmas), BLOCK))
        for start in range(0, samples, BLOCK):
            self._drawn_block(streams, space[:, : min(BLOCK, samples - start)])

    def _streams(self, seed: int) -> list[np.random.Generator]:
        return [stream(seed, key) for key in self.keys]

    def _drawn_block(self, streams: Sequence[np.random.Generator], block: Any) -> Any:
        # Row by row, so that what was drawn is still in the cache when it is made log-normal.
        for row, chance, sigma in zip(block, streams, self.sigmas, strict=True):
            chance.standard_normal(out=row)
            np.multiply(row, sigma, out=row)
            np.exp(row, out=row)
        return block


def stream(seed: int, key: str) -> np.random.Generator:
    """Return the stream of one quantity: of the seed and its name alone."""
    digest = hashlib.sha256(f"{seed}|{key}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def by_exchanges(case: Case, unit_costs: Any) -> Foreground:
    """Return the foreground whose inputs are multipliers of every exchange, in the case's order."""
    tape = Tape()
    count = len(case.amounts)
    program = _program(case, unit_costs, tape, [tape.input(place) for place in range(count)])
    return Foreground(program, case.sigmas, tuple(f"exchange-{place}" for place in range(count)))


def by_parameters(case: Case, unit_costs: Any) -> Foreground:
    """Return the foreground whose inputs are parameters: j scales all exchanges of process j."""
    tape = Tape()
    inputs = [tape.input(place) for place in range(case.processes)]
    program = _program(case, unit_costs, tape, [inputs[owner] for owner in case.owners])
    sigmas = np.full(case.processes, PARAMETER_SIGMA)
    return Foreground(program, sigmas, tuple(f"parameter-{j}" for j in range(case.processes)))


def _program(case: Case, unit_costs: Any, tape: Tape, scales: Sequence[Value]) -> Program:
    inputs, purchases, emissions = case.split(case.amounts)
    links: dict[tuple[int, int], Value] = {}
    for place, (provider, consumer) in enumerate(
        zip(case.inputs.rows, case.inputs.processes, strict=True)
    ):
        links[int(consumer), int(provider)] = float(inputs[place]) * scales[place]
    costs = np.concatenate(
        [purchases * unit_costs[case.purchases.rows], emissions * case.factors[case.emissions.rows]]
    )
    loads = _loads(case, costs, scales)
    found = eliminate(links, loads, case.final)
    least: Value = 1.0
    for pivot in found.pivots:
        least = lower(least, pivot)
    return compile_tape(tape, [found.score, least])


def _loads(case: Case, costs: Any, scales: Sequence[Value]) -> list[Value]:
    """Return each process's own load; exchanges with one multiplier are added up beforehand."""
    first = len(case.inputs.rows)
    sums: list[dict[Value, float]] = [{} for _ in range(case.processes)]
    for place, cost in enumerate(costs, start=first):
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
    return adjoint_stand_in.unit_costs(technosphere, loads, solver)


def stored_costs(case: Case, folder: Path, solver: str) -> Path:
    """Write the unit costs with the hash of what they hold; return the file."""
    costs = unit_costs(case, solver)
    path = folder / "costs.npz"
    np.savez(path, costs=costs, sha256=hashlib.sha256(costs.tobytes()).hexdigest())
    return path


def cached_costs(path: Path, size: int) -> Any:
    """Return unit costs from their file; RuntimeError when the file is not what was written."""
    with np.load(path) as stored:
        costs, sha256 = stored["costs"], str(stored["sha256"])
    if costs.shape != (size,) or hashlib.sha256(costs.tobytes()).hexdigest() != sha256:
        raise RuntimeError("the cached unit costs are not what was written")
    return costs
