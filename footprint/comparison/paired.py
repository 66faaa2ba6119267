"""How often one calculation is below another when both are drawn from the same parameters."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from footprint.comparison.value import Value
from footprint.recompute import nominal_of


def chance_below(samples: int, seed: int) -> Callable[[Value, Value], Decimal | None]:
    """Return what tells the share of common samples in which A is below B.

    Both are evaluated from their own documents; a parameter that both use has one value in each
    sample. None for a value that is no calculation.
    """

    def below(a: Value, b: Value) -> Decimal | None:
        from footprint.uncertainty import compared, shown

        if not a.document or not b.document:
            return None
        nominals = nominal_of(a.document), nominal_of(b.document)
        return Decimal(shown(compared(*nominals, samples=samples, seed=seed).a_below_b.value))

    return below
