"""How often one calculation is below another when both are drawn from the same parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from footprint.comparison.value import Value
from footprint.figures.recompute import nominal_of


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of common samples in which A is below B, and in which both are equal."""

    below: Decimal
    equal: Decimal


def chance_below(samples: int, seed: int) -> Callable[[Value, Value], Shares | None]:
    """Return what tells the share of common samples in which A is below B, or equal to it.

    Both are evaluated from their own documents; a parameter that both use has one value in each
    sample. None for a value that is no calculation, and for two studies that state different
    distributions: what is drawn in one way in A and in another in B is no common sample.
    """

    def below(a: Value, b: Value) -> Shares | None:
        from footprint.sampling.uncertainty import compared, shown

        if a.document is None or b.document is None or not drawn_alike(a, b):
            return None
        nominals = nominal_of(a.document), nominal_of(b.document)
        found = compared(*nominals, samples=samples, seed=seed)
        drawn = found.difference.used
        return Shares(Decimal(shown(found.a_below_b.value)), Decimal(shown(found.equal / drawn)))

    return below


def drawn_alike(a: Value, b: Value) -> bool:
    """Tell whether the studies of two calculations state the same distributions."""
    return _stated(a) == _stated(b)


def _stated(value: Value) -> Mapping[str, Mapping[str, str | bool]]:
    return value.document.inputs.study.distributions if value.document else {}
