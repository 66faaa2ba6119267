"""A mixture of log-normals, drawn by inverse CDF: one thing of which only its classes are known.

Plain and quasi-random samples take the same path as every other distribution (`distributions.py`),
so a draw depends on its own normal or uniform alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import SupportsFloat

import numpy as np

from footprint.engine.arrays import Floats

# Shares below and above this many deviations of every class are no double's business.
_DEVIATIONS = 9.0
# The grid brackets a quantile; halving the bracket this often leaves 1e-13 of a logarithm.
_GRID = 1 << 12
_HALVINGS = 32


@dataclass(frozen=True, slots=True)
class Component:
    """One class: its weight, its mean in the factor's unit, the deviation of its logarithm."""

    weight: float
    mean: float
    sigma: float

    @property
    def location(self) -> float:
        """The mean of the logarithm: that of the mean less half the variance."""
        return math.log(self.mean) - self.sigma**2 / 2


@dataclass(frozen=True)
class Mixture:
    """Σ weight x log-normal; weights are positive and 1 together, means and deviations positive."""

    components: tuple[Component, ...]

    def mean(self) -> float:
        """Return Σ weight x mean."""
        return math.fsum(item.weight * item.mean for item in self.components)

    def share_below(self, values: Floats) -> Floats:
        """Return the CDF at positive values, same shape."""
        return self._share_of_logarithm(np.log(np.asarray(values, dtype=float)))

    def from_normal(self, normals: Floats) -> Floats:
        """Return draws from standard normals, same shape: the quantiles at their shares."""
        from scipy.special import ndtr

        return self.from_uniform(ndtr(normals))

    def from_uniform(self, uniforms: Floats) -> Floats:
        """Return the quantiles at shares in (0, 1), same shape."""
        shares = np.asarray(uniforms, dtype=float)
        grid, below = self._grid
        place = np.clip(np.searchsorted(below, shares), 1, len(grid) - 1)
        low, high = grid[place - 1], grid[place]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            beneath = self._share_of_logarithm(middle) < shares
            low, high = np.where(beneath, middle, low), np.where(beneath, high, middle)
        return np.exp((low + high) / 2)

    @cached_property
    def _grid(self) -> tuple[Floats, Floats]:
        """Return logarithms from far below to far above every class, and the shares below them."""
        low = min(item.location - _DEVIATIONS * item.sigma for item in self.components)
        high = max(item.location + _DEVIATIONS * item.sigma for item in self.components)
        logarithms = np.linspace(low, high, _GRID)
        return logarithms, self._share_of_logarithm(logarithms)

    def _share_of_logarithm(self, logarithms: Floats) -> Floats:
        from scipy.special import ndtr

        found: Floats = np.zeros_like(logarithms)
        for item in self.components:
            found = found + item.weight * ndtr((logarithms - item.location) / item.sigma)
        return found


def mixture_of(classes: Sequence[tuple[SupportsFloat, SupportsFloat, SupportsFloat]]) -> Mixture:
    """Return the mixture of (weight, mean, geometric standard deviation), decimals or floats."""
    return Mixture(
        tuple(
            Component(float(weight), float(mean), math.log(float(gsd)))
            for weight, mean, gsd in classes
        )
    )
