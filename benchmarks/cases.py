"""The inputs both sides get: a foreground of 60 processes over a made-up background.

Numpy and scipy only (but for USLCI), so that every peer's environment can read it. Indices:
processes of the foreground 0 to 59, products of the background 0 to size - 1, elementary flows from
0. Amounts are per unit of the consuming process's product; `factors` is kg CO2e per unit of a flow.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from benchmarks import synth

SEED = 20261127
USLCI = 1
WHOLE_USLCI = "uslci_fy17_q4_02_full_jsonld.tar.xz"
PART_OF_USLCI = "lca_models/external/data/uslci_fy17_q4_02_aluminium_closure_jsonld.zip"
# Standard deviations of the logarithm of a foreground exchange: as plants know their own inputs.
LEAST_SIGMA, LARGEST_SIGMA = 0.02, 0.12
PARAMETER_SIGMA = 0.1


@dataclass(frozen=True)
class Exchanges:
    """One kind of foreground exchange: the row it stands in, the process it belongs to."""

    rows: Any
    processes: Any
    amounts: Any
    sigmas: Any


@dataclass(frozen=True)
class Case:
    """A foreground over a background; `inputs` of own products, `purchases`, `emissions`."""

    size: int
    sha256: str
    technosphere: Any
    biosphere: Any
    factors: Any
    technosphere_sigmas: Any
    biosphere_sigmas: Any
    inputs: Exchanges
    purchases: Exchanges
    emissions: Exchanges
    processes: int

    @property
    def final(self) -> int:
        """The process whose product is asked for."""
        return self.processes - 1

    @cached_property
    def amounts(self) -> Any:
        """All foreground amounts: inputs, purchases, emissions."""
        return np.concatenate([kind.amounts for kind in self._kinds])

    @cached_property
    def sigmas(self) -> Any:
        """Standard deviation of the logarithm of each foreground amount."""
        return np.concatenate([kind.sigmas for kind in self._kinds])

    @cached_property
    def owners(self) -> Any:
        """The process each foreground exchange belongs to: the parameter that scales it."""
        return np.concatenate([kind.processes for kind in self._kinds])

    @property
    def _kinds(self) -> tuple[Exchanges, Exchanges, Exchanges]:
        return self.inputs, self.purchases, self.emissions

    def amounts_by_parameters(self, parameters: Any) -> Any:
        """Return foreground amounts when parameter j scales all exchanges of process j."""
        return self.amounts * parameters[self.owners]

    def split(self, amounts: Any) -> tuple[Any, Any, Any]:
        """Return amounts of inputs, purchases and emissions from one array of all of them."""
        first, second = len(self.inputs.rows), len(self.inputs.rows) + len(self.purchases.rows)
        return amounts[:first], amounts[first:second], amounts[second:]

    def whole(self, amounts: Any) -> tuple[Any, Any]:
        """Return technosphere and biosphere of foreground and background together, as CSC."""
        inputs, purchases, emissions = self.split(amounts)
        count = self.processes
        own = sparse.csc_array(
            (inputs, (self.inputs.rows, self.inputs.processes)), shape=(count, count)
        )
        bought = sparse.csc_array(
            (purchases, (self.purchases.rows, self.purchases.processes)), shape=(self.size, count)
        )
        emitted = sparse.csc_array(
            (emissions, (self.emissions.rows, self.emissions.processes)),
            shape=(self.biosphere.shape[0], count),
        )
        top = [sparse.eye_array(count) - own, None]
        technosphere = sparse.block_array([top, [-bought, self.technosphere]], format="csc")
        return technosphere, sparse.hstack([emitted, self.biosphere], format="csc")

    def background_demand(self, amounts: Any) -> tuple[Any, float]:
        """Return what one final product buys from the background, and kg CO2e of its foreground."""
        inputs, purchases, emissions = self.split(amounts)
        matrix = np.eye(self.processes)
        matrix[self.inputs.rows, self.inputs.processes] -= inputs
        asked = np.zeros(self.processes)
        asked[self.final] = 1
        runs = np.linalg.solve(matrix, asked)
        demand = np.zeros(self.size)
        np.add.at(demand, self.purchases.rows, purchases * runs[self.purchases.processes])
        emitted = emissions * runs[self.emissions.processes]
        return demand, float(self.factors[self.emissions.rows] @ emitted)


def case(size: int, processes: int = synth.PROCESSES) -> Case:
    """Return the fixed case of a background size; RuntimeError when it is not the fixed one.

    `size` USLCI is the US LCI database. Fewer `processes` than the usual 60 are for peers that do
    not get so far.
    """
    if size == USLCI:
        return uslci()
    bg, fg = synth.checked(size)
    if processes != synth.PROCESSES:
        fg = synth.foreground(processes, bg)
    technosphere = sparse.eye_array(size) - sparse.csc_array(bg["T"])
    background = {
        "size": size,
        "sha256": synth.HASHES[size],
        "technosphere": sparse.csc_array(technosphere),
        "biosphere": sparse.csc_array(bg["B"]),
        "factors": bg["cf"][0],
        "technosphere_sigmas": bg["sig_t"],
        "biosphere_sigmas": bg["sig_b"],
    }
    return _with_foreground(background, fg)


def uslci() -> Case:
    """Return the made-up foreground over the US LCI database, AR6; nothing of it is uncertain.

    The whole database is read where it lies beside the clone, else the part that comes along.
    """
    from factor_db.factors.record.reference import characterisation
    from lca_models.external.uslci import read_uslci

    root = Path(__file__).parents[1]
    places = [root.parent / "shared/reference/uslci" / WHOLE_USLCI, root / PART_OF_USLCI]
    named = os.environ.get("FOOTPRINT_USLCI")
    path = next(p for p in [*([Path(named)] if named else []), *places] if p.is_file())
    found = read_uslci(path, "uslci").background
    gwp = {gas: float(value) for gas, value in characterisation("AR6").items()}
    factors = np.zeros(found.biosphere.shape[0])
    for gas, kilograms in found.gas_rows.items():
        factors += gwp.get(gas, 0.0) * kilograms
    size = found.technosphere.shape[0]
    markets = {"markets": np.arange(size), "N": size, "B": found.biosphere}
    background = {
        "size": size,
        "sha256": found.sha256,
        "technosphere": found.technosphere,
        "biosphere": found.biosphere,
        "factors": factors,
        "technosphere_sigmas": np.zeros(found.technosphere.nnz - size),
        "biosphere_sigmas": np.zeros(found.biosphere.nnz),
    }
    return _with_foreground(background, synth.foreground(synth.PROCESSES, markets))


def _with_foreground(background: dict[str, Any], fg: dict[str, Any]) -> Case:
    chance = np.random.default_rng(SEED)

    def exchanges(matrix: Any) -> Exchanges:
        triplets = matrix.tocoo()
        sigmas = chance.uniform(LEAST_SIGMA, LARGEST_SIGMA, triplets.nnz)
        return Exchanges(triplets.row, triplets.col, triplets.data, sigmas)

    inputs, purchases, emissions = (exchanges(fg[name]) for name in ("T", "L", "E"))
    return Case(
        **background, inputs=inputs, purchases=purchases, emissions=emissions, processes=fg["n"]
    )


def parameters(count: int, processes: int, seed: int = SEED) -> Any:
    """Return log-normal parameters around 1, shape (processes, count): the same for both sides."""
    chance = np.random.default_rng(seed)
    return np.exp(PARAMETER_SIGMA * chance.standard_normal((processes, count)))
