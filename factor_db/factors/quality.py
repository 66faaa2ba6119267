"""Data quality: the pedigree's variance, and the spread that a factor's five scores imply."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule

INDICATORS = ("reliability", "completeness", "temporal", "geographical", "technological")
_SHOWN_DIGITS = Decimal("0.000001")


def geometric_standard_deviation(scores: Sequence[int], basic: str = "material") -> Decimal:
    """Return the GSD of five pedigree scores (1 best … 5) on top of a kind's basic uncertainty.

    Var(ln x) = basic variance + Σ variance of each score; GSD = exp(√Var), to six decimals.
    Rule: DQ-PEDIGREE-001 and DQ-BASIC-001 (their parameters).
    """
    pedigree = rule("DQ-PEDIGREE-001")
    with localcontext(EXACT):
        variance = rule("DQ-BASIC-001").number(basic)
        for indicator, score in zip(INDICATORS, scores, strict=True):
            variance += pedigree.number(f"{indicator}_{score}")
        return variance.sqrt().exp().quantize(_SHOWN_DIGITS)
