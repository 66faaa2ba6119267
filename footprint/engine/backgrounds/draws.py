"""Samples of a background's own exchanges: log-normal, each sample from streams of its own.

A stream depends on the seed, the background's hash, the matrix and the number of the sample, so a
sample is the same in whatever block, order or process it is drawn, and for whichever products and
gases. Only elementary flows that carry a gas are drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from factor_db.foundation.errors import BadInput
from footprint.engine.arrays import Floats, Matrix, Places, Rows
from footprint.engine.statistics.streams import stream

Block = tuple[Floats, Floats]
"""Technosphere data (samples, entries) and loads (samples, activities, gases) of samples."""


class Keyed(Protocol):
    """What is read here of a product."""

    @property
    def key(self) -> str: ...


class Matrices(Protocol):
    """What is read here of a `lca_models.background` Background."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def products(self) -> tuple[Keyed, ...]: ...
    @property
    def technosphere(self) -> Matrix: ...
    @property
    def biosphere(self) -> Matrix: ...
    @property
    def gas_rows(self) -> Mapping[str, Floats]: ...


@dataclass(frozen=True)
class BackgroundUncertainty:
    """Standard deviation of the logarithm of each exchange, aligned with the data of the CSC
    matrices; 0 = never drawn. The amount in the matrix is the median and keeps its sign.
    """

    technosphere_sigma: Floats
    biosphere_sigma: Floats

    def checked(self, background: Matrices) -> BackgroundUncertainty:
        """Return it as float64; BadInput BANK_SIGMA for a wrong length, a negative, a NaN."""
        pairs = (
            ("technosphere", self.technosphere_sigma, background.technosphere),
            ("biosphere", self.biosphere_sigma, background.biosphere),
        )
        found = []
        for matrix, given, values in pairs:
            sigma = np.ascontiguousarray(given, dtype=np.float64)
            if sigma.shape != values.data.shape:
                raise BadInput("BANK_SIGMA", matrix=matrix, entries=values.nnz, given=sigma.size)
            bad = int((~(np.isfinite(sigma) & (sigma >= 0))).sum())
            if bad:
                raise BadInput("BANK_SIGMA_VALUE", matrix=matrix, count=bad)
            found.append(sigma)
        return BackgroundUncertainty(*found)

    @property
    def sha256(self) -> str:
        """SHA-256 of both arrays as little-endian doubles."""
        digest = hashlib.sha256()
        for sigma in (self.technosphere_sigma, self.biosphere_sigma):
            digest.update(np.asarray(sigma, dtype="<f8").tobytes())
        return digest.hexdigest()


class BackgroundDraws:
    """The samples of one background and seed. `gases` is the order of the loads' columns."""

    def __init__(
        self, background: Matrices, uncertainty: BackgroundUncertainty, *, seed: int
    ) -> None:
        sigmas = uncertainty.checked(background)
        self.gases = tuple(sorted(background.gas_rows))
        self._key = f"background|{background.sha256}"
        self._seed = seed
        self._activities = background.technosphere.shape[1]
        self._technosphere = _Drawn(background.technosphere.data, sigmas.technosphere_sigma)
        entries, self._summing = _gas_sums(background, self.gases)
        self._biosphere = _Drawn(
            background.biosphere.data[entries], sigmas.biosphere_sigma[entries]
        )
        self._emitted = np.empty(len(entries))

    def technosphere(self, sample: int, out: Floats | None = None) -> Floats:
        """Return the technosphere's data of a sample, shape (entries,), order of the CSC data."""
        return self._technosphere.values(self._stream("technosphere", sample), out)

    def loads(self, sample: int, out: Floats | None = None) -> Floats:
        """Return kg of each gas that each activity emits itself, (activities, gases)."""
        values = self._biosphere.values(self._stream("biosphere", sample), self._emitted)
        loads = (self._summing @ values).reshape(self._activities, len(self.gases))
        if out is None:
            return loads
        out[...] = loads
        return out

    def samples(self, first: int, count: int, out: Block | None = None) -> Block:
        """Return (technosphere (count, entries), loads (count, activities, gases)) of samples.

        `out` are the arrays of an earlier block, used again: fresh memory costs as much as a draw.
        """
        if out is None:
            shape = (count, self._activities, len(self.gases))
            out = np.empty((count, self._technosphere.size)), np.empty(shape)
        for place in range(count):
            self.technosphere(first + place, out[0][place])
            self.loads(first + place, out[1][place])
        return out[0][:count], out[1][:count]

    def _stream(self, matrix: str, sample: int) -> np.random.Generator:
        return stream(self._seed, f"{self._key}|{matrix}|{sample}")


class _Drawn:
    """Medians with their sigmas; the entries without one are not drawn."""

    def __init__(self, medians: Floats, sigmas: Floats) -> None:
        self.size = len(medians)
        self._places = np.flatnonzero(sigmas)
        self._sigmas = np.ascontiguousarray(sigmas[self._places])
        self._medians = np.ascontiguousarray(medians, dtype=np.float64)
        self._factors = np.empty(len(self._places))

    def values(self, chance: np.random.Generator, out: Floats | None = None) -> Floats:
        """Return the values of a sample; not for two threads at once (the scratch is shared)."""
        factors = chance.standard_normal(out=self._factors)
        factors *= self._sigmas
        np.exp(factors, out=factors)
        if len(factors) == self.size:
            return np.multiply(factors, self._medians, out=out)
        values = np.empty(self.size) if out is None else out
        values[...] = self._medians
        values[self._places] *= factors
        return values


def _gas_sums(background: Matrices, gases: tuple[str, ...]) -> tuple[Places, Rows]:
    """Return the biosphere entries that carry a gas, and what sums them by activity and gas.

    The second is a matrix (activities x gases, entries): kg of the gas per unit of the flow.
    """
    biosphere = background.biosphere
    rows = [np.asarray(background.gas_rows[gas], dtype=np.float64) for gas in gases]
    per_unit = np.stack(rows, axis=1) if rows else np.zeros((biosphere.shape[0], 0))
    flows = np.asarray(biosphere.indices)
    carries = np.asarray(per_unit.any(axis=1))
    entries = np.flatnonzero(carries[flows])
    activities = np.repeat(np.arange(biosphere.shape[1]), np.diff(biosphere.indptr))[entries]
    taken, gas = np.nonzero(per_unit[flows[entries]])
    kg = per_unit[flows[entries][taken], gas]
    shape = (biosphere.shape[1] * len(gases), len(entries))
    summing = sparse.csr_array((kg, (activities[taken] * len(gases) + gas, taken)), shape=shape)
    return entries, summing
