"""Distributions by the numbers of stats_arrays, drawn by inverse CDF from uniforms or normals.

Plain and quasi-random samples thus take the same path. Which field a kind reads, and as what, is
stats_arrays' convention: `loc` of a log-normal is the mean of the logarithm, of a beta its alpha.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from factor_db.foundation.errors import BadInput
from footprint.engine.arrays import Floats

UNDEFINED, STATIC, LOGNORMAL, NORMAL, UNIFORM, TRIANGULAR, BERNOULLI = range(7)
DISCRETE_UNIFORM, WEIBULL, GAMMA, BETA, EXTREME_VALUE, STUDENT = range(7, 13)
KINDS = {
    "static": STATIC,
    "lognormal": LOGNORMAL,
    "normal": NORMAL,
    "uniform": UNIFORM,
    "triangular": TRIANGULAR,
    "bernoulli": BERNOULLI,
    "discrete_uniform": DISCRETE_UNIFORM,
    "weibull": WEIBULL,
    "gamma": GAMMA,
    "beta": BETA,
    "extreme_value": EXTREME_VALUE,
    "student": STUDENT,
}
"""Name in a study file → number of stats_arrays."""

_NAN = math.nan
# Kind → the fields it cannot do without.
_NEEDED: dict[int, tuple[str, ...]] = {
    UNDEFINED: ("loc",),
    STATIC: ("loc",),
    LOGNORMAL: ("loc", "scale"),
    NORMAL: ("loc", "scale"),
    UNIFORM: ("minimum", "maximum"),
    TRIANGULAR: ("loc", "minimum", "maximum"),
    BERNOULLI: ("loc",),
    DISCRETE_UNIFORM: ("maximum",),
    WEIBULL: ("scale", "shape"),
    GAMMA: ("scale", "shape"),
    BETA: ("loc", "shape"),
    EXTREME_VALUE: ("loc", "scale"),
    STUDENT: ("shape",),
}
_SCALED = (LOGNORMAL, NORMAL, WEIBULL, GAMMA, EXTREME_VALUE, STUDENT)
# Minimum and maximum are parameters of these; all others they cut off.
_BOUNDED = (UNIFORM, TRIANGULAR, DISCRETE_UNIFORM, BETA)
_SHAPED = (WEIBULL, GAMMA, BETA, STUDENT)
# Fields in which a kind's missing number has a meaning.
_FALLBACK: dict[int, dict[str, float]] = {
    DISCRETE_UNIFORM: {"minimum": 0.0},
    WEIBULL: {"loc": 0.0},
    GAMMA: {"loc": 0.0},
    BETA: {"minimum": 0.0, "maximum": 1.0},
    EXTREME_VALUE: {"shape": 0.0},
    STUDENT: {"loc": 0.0, "scale": 1.0},
}
FIELDS = ("loc", "scale", "shape", "minimum", "maximum")
# Shares further out than any of a million draws is likely to lie.
_FAR = (2.0**-30, 1 - 2.0**-30)
# Points at which the mean of a cut-off distribution is summed.
_MEAN_POINTS = 1 << 14


@dataclass(frozen=True, slots=True)
class Distribution:
    """One parameter's distribution; NaN stands for a field not stated.

    `negative` mirrors a log-normal or Weibull at zero, as stats_arrays does; other kinds carry
    their own sign and do not read it.
    """

    kind: int
    loc: float = _NAN
    scale: float = _NAN
    shape: float = _NAN
    minimum: float = _NAN
    maximum: float = _NAN
    negative: bool = False

    def checked(self, name: str = "") -> Distribution:
        """Return it with its fallbacks filled in, as static where it has no width.

        Raises BadInput (DISTRIBUTION) with every fault; `name` says whose it is.
        """
        if self.kind not in _NEEDED:
            raise BadInput("DISTRIBUTION", name=name or "-", faults=f"kind = {self.kind}")
        given = {k: v for k, v in _FALLBACK.get(self.kind, {}).items() if _absent(self, k)}
        filled = replace(self, **given)  # type: ignore[arg-type]
        faults = filled.faults()
        narrow = filled if faults else filled._static_if_narrow()
        faults = faults or narrow._faults_of_range()
        if faults:
            raise BadInput("DISTRIBUTION", name=name or "-", faults="; ".join(faults))
        return narrow

    def faults(self) -> list[str]:
        """Return every fault in plain mathematics, which needs no language."""
        found = [f"{field} = ?" for field in _NEEDED[self.kind] if _absent(self, field)]
        stated = {field: getattr(self, field) for field in FIELDS}
        found += [f"{field} = {value}" for field, value in stated.items() if math.isinf(value)]
        if self.kind in _SCALED and self.scale < 0:
            found.append(f"scale = {self.scale:g} < 0")
        if self.kind in _SHAPED and self.shape <= 0:
            found.append(f"shape = {self.shape:g} <= 0")
        if self.kind == BETA and self.loc <= 0:
            found.append(f"loc = {self.loc:g} <= 0")
        if self.kind == EXTREME_VALUE and self.shape != 0:
            found.append(f"shape = {self.shape:g} != 0")
        if self.kind == BERNOULLI and not (_absent(self, "loc") or 0 <= self.loc <= 1):
            found.append(f"loc = {self.loc:g} < 0 | > 1")
        return found + self._faults_of_bounds()

    def _faults_of_bounds(self) -> list[str]:
        found = []
        if self.minimum > self.maximum:
            found.append(f"minimum = {self.minimum:g} > maximum = {self.maximum:g}")
        # What is cut off at a bound must hold its own middle, and a mode must lie between its ends.
        judged = (TRIANGULAR, NORMAL, LOGNORMAL, EXTREME_VALUE, STUDENT, UNDEFINED, STATIC)
        if self.kind in judged:
            middle = self._middle()
            if middle < self.minimum or middle > self.maximum:
                found.append(f"loc: {middle:g} < minimum | > maximum")
        if self.kind == DISCRETE_UNIFORM and any(
            bound % 1 for bound in (self.minimum, self.maximum) if math.isfinite(bound)
        ):
            found.append("minimum, maximum: not whole")
        return found

    def _faults_of_range(self) -> list[str]:
        """Return the fault of a distribution whose mean or far draws no double can hold.

        A Weibull of a shape near 0 is one: its mean is a factorial of 1 / shape. Only one without
        other faults may be asked.
        """
        with np.errstate(all="ignore"):
            try:
                mean = self.mean()
            except OverflowError:
                mean = math.inf
            ends = self.from_uniform(np.array(_FAR))
        if math.isinf(mean) or not np.all(np.isfinite(ends)):
            stated = [item for item in FIELDS if not _absent(self, item)]
            return [
                ", ".join(f"{item} = {getattr(self, item):g}" for item in stated) + ": mean = inf"
            ]
        return []

    def _middle(self) -> float:
        """Return the median that `loc` states, or the mode of a triangle."""
        if self.kind == LOGNORMAL:
            return self._sign() * math.exp(min(self.loc, 700.0))
        return self.loc

    def _sign(self) -> float:
        return -1.0 if self.negative else 1.0

    def _static_if_narrow(self) -> Distribution:
        if self.kind == UNDEFINED or (self.kind in _SCALED and self.scale == 0):
            mirrored = self.kind == WEIBULL
            return Distribution(STATIC, self._middle() * (self._sign() if mirrored else 1.0))
        whole = self.kind == DISCRETE_UNIFORM and self.maximum - self.minimum == 1
        if whole or (self.kind != STATIC and self.minimum == self.maximum):
            return Distribution(STATIC, self.minimum)
        return self

    @property
    def is_static(self) -> bool:
        """Tell whether every draw is the same number."""
        return self.kind in (UNDEFINED, STATIC)

    def from_normal(self, normals: Floats) -> Floats:
        """Return draws from standard normals, same shape."""
        if self.kind in (LOGNORMAL, NORMAL) and not self._is_cut():
            drawn = self.loc + self.scale * np.asarray(normals)
            return self._sign() * np.exp(drawn) if self.kind == LOGNORMAL else drawn
        from scipy.special import ndtr

        return self.from_uniform(ndtr(normals))

    def from_uniform(self, uniforms: Floats) -> Floats:
        """Return draws from uniforms in (0, 1), same shape: the quantiles at those shares.

        A mirrored distribution mirrors the draw, as in stats_arrays: its quantiles then run from
        the highest value down. Bounds cut it off and the rest is scaled up to a whole, which has
        the same law as redrawing until a value lies inside.
        """
        shares = np.asarray(uniforms, dtype=float)
        if self.is_static:
            return np.full(shares.shape, self.loc)
        if self._is_cut():
            low, high = self._shares_kept()
            shares = low + shares * (high - low)
        drawn = self._quantile(shares)
        if self.kind in (LOGNORMAL, WEIBULL):
            drawn = self._sign() * drawn
        if not self._is_cut():
            return drawn
        # fmax and fmin pass over a bound that is not stated (NaN), as clip does not.
        return np.fmin(np.fmax(drawn, self.minimum), self.maximum)

    def _is_cut(self) -> bool:
        stated = not (_absent(self, "minimum") and _absent(self, "maximum"))
        return stated and self.kind not in (*_BOUNDED, BERNOULLI, STATIC, UNDEFINED)

    def _shares_kept(self) -> tuple[float, float]:
        bounds = (self.minimum, self.maximum)
        if self.kind in (LOGNORMAL, WEIBULL) and self.negative:
            bounds = (-self.maximum, -self.minimum)
        low = 0.0 if math.isnan(bounds[0]) else self._share_below(bounds[0])
        high = 1.0 if math.isnan(bounds[1]) else self._share_below(bounds[1])
        return low, high

    def _share_below(self, value: float) -> float:
        """Return the CDF of the unmirrored distribution at a bound."""
        from scipy import special

        if self.kind == LOGNORMAL:
            if value <= 0:
                return 0.0
            return float(special.ndtr((math.log(value) - self.loc) / self.scale))
        reduced = (value - self.loc) / self.scale
        if self.kind == NORMAL:
            return float(special.ndtr(reduced))
        if self.kind == EXTREME_VALUE:
            return math.exp(-math.exp(min(-reduced, 700.0)))
        if self.kind == STUDENT:
            return float(special.stdtr(self.shape, reduced))
        if reduced <= 0:
            return 0.0
        if self.kind == WEIBULL:
            return -math.expm1(-(reduced**self.shape))
        return float(special.gammainc(self.shape, reduced))

    def _quantile(self, shares: Floats) -> Floats:
        from scipy import special

        width = self.maximum - self.minimum
        if self.kind == LOGNORMAL:
            return np.exp(self.loc + self.scale * special.ndtri(shares))
        if self.kind == NORMAL:
            return self.loc + self.scale * special.ndtri(shares)
        if self.kind == UNIFORM:
            return self.minimum + shares * width
        if self.kind == TRIANGULAR:
            return self._triangle(shares, width)
        if self.kind == BERNOULLI:
            return (shares > 1 - self.loc).astype(float)
        if self.kind == DISCRETE_UNIFORM:
            return np.minimum(np.floor(self.minimum + shares * width), self.maximum - 1)
        if self.kind == WEIBULL:
            return self.loc + self.scale * (-np.log1p(-shares)) ** (1 / self.shape)
        if self.kind == GAMMA:
            of_gamma = special.gammaincinv(self.shape, shares)
            return self.loc + self.scale * np.asarray(of_gamma, dtype=np.float64)
        if self.kind == BETA:
            return self.minimum + width * special.betaincinv(self.loc, self.shape, shares)
        if self.kind == EXTREME_VALUE:
            return self.loc - self.scale * np.log(-np.log(shares))
        of_student = special.stdtrit(self.shape, shares)
        return self.loc + self.scale * np.asarray(of_student, dtype=np.float64)

    def _triangle(self, shares: Floats, width: float) -> Floats:
        rise = (self.loc - self.minimum) / width
        up = self.minimum + width * np.sqrt(shares * rise)
        down = self.maximum - width * np.sqrt((1 - shares) * (1 - rise))
        return np.where(shares < rise, up, down)

    def mean(self) -> float:
        """Return the mean; NaN where there is none. One that is cut off is summed numerically."""
        if self._is_cut():
            points = (np.arange(_MEAN_POINTS) + 0.5) / _MEAN_POINTS
            return float(self.from_uniform(points).mean())
        return self._sign_of_mean() * _MEANS[self.kind](self)

    def _sign_of_mean(self) -> float:
        return self._sign() if self.kind in (LOGNORMAL, WEIBULL) else 1.0


def _absent(distribution: Distribution, field: str) -> bool:
    return math.isnan(getattr(distribution, field))


_MEANS: dict[int, Callable[[Distribution], float]] = {
    UNDEFINED: lambda d: d.loc,
    STATIC: lambda d: d.loc,
    LOGNORMAL: lambda d: math.exp(d.loc + d.scale**2 / 2),
    NORMAL: lambda d: d.loc,
    UNIFORM: lambda d: (d.minimum + d.maximum) / 2,
    TRIANGULAR: lambda d: (d.minimum + d.loc + d.maximum) / 3,
    BERNOULLI: lambda d: d.loc,
    DISCRETE_UNIFORM: lambda d: (d.minimum + d.maximum - 1) / 2,
    WEIBULL: lambda d: d.loc + d.scale * math.gamma(1 + 1 / d.shape),
    GAMMA: lambda d: d.loc + d.scale * d.shape,
    BETA: lambda d: d.minimum + (d.maximum - d.minimum) * d.loc / (d.loc + d.shape),
    EXTREME_VALUE: lambda d: d.loc + d.scale * float(np.euler_gamma),
    STUDENT: lambda d: d.loc if d.shape > 1 else _NAN,
}


def require_distributions(stated: Mapping[str, Any]) -> None:
    """Raise BadInput when a distribution of a study does not hold, with the faults of all of them.

    Slot → the fields of its distribution. DISTRIBUTION for one that does not hold, DISTRIBUTIONS
    for several.
    """
    found = []
    for slot, fields in stated.items():
        try:
            distribution_of(fields, slot)
        except BadInput as error:
            found.append(error)
    if len(found) == 1:
        raise found[0]
    if found:
        faults = " | ".join(f"{item.params['name']}: {item.params['faults']}" for item in found)
        raise BadInput("DISTRIBUTIONS", count=len(found), faults=faults)


def distribution_of(stated: Any, name: str) -> Distribution:
    """Return the checked distribution a study states for a slot, a table of texts or numbers.

    Raises BadInput (DISTRIBUTION) with every fault.
    """
    table: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {}
    faults = [] if isinstance(stated, Mapping) else ["{kind = …}"]
    kind = table.get("kind", "")
    if not isinstance(kind, str) or kind not in KINDS:
        faults.append(f"kind = {kind or '?'} ({' | '.join(KINDS)})")
    faults += [f"{item} = ?" for item in sorted(set(table) - {*FIELDS, "kind", "negative"})]
    if not isinstance(table.get("negative", False), bool):
        faults.append(f"negative = {table['negative']}")
    numbers = {}
    for field in (item for item in FIELDS if item in table):
        try:
            numbers[field] = float(table[field])
            if not math.isfinite(numbers[field]):
                faults.append(f"{field} = {table[field]}")
        except (TypeError, ValueError, OverflowError):
            faults.append(f"{field} = {table[field]}")
    if faults:
        raise BadInput("DISTRIBUTION", name=name, faults="; ".join(faults))
    negative = bool(table.get("negative", False))
    return Distribution(KINDS[kind], **numbers, negative=negative).checked(name)
