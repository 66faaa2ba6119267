"""The verdict on a claim, from numbers alone (rule PCF-CLAIM-001)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.messages import code_of
from factor_db.foundation.rules import Rule, rule

CURRENT, LEGACY, WIDER = "current", "legacy", "wider"
_RULE = "PCF-CLAIM-001"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict code, the range of today's values and the one nearest to the claim."""

    code: str
    low: Decimal
    high: Decimal
    nearest: str
    difference: Decimal

    @property
    def message(self) -> str:
        """The verdict's code in the message catalogue."""
        return code_of("CLAIM_VERDICT", self.code)


def verdict(
    published: Decimal,
    candidates: Mapping[str, Mapping[str, Decimal]],
    *,
    method_stated: bool,
) -> Verdict:
    """Judge a published value against candidates: basis → step name → value in its unit.

    `difference` is the nearest of today's values over the published one, less 1.
    """
    found = rule(_RULE)
    current = candidates[CURRENT]
    nearest = min(current, key=lambda name: (abs(_share(current[name], published)), name))
    difference = _share(current[nearest], published)
    values = list(current.values())
    code = _code(published, values, difference, found, method_stated)
    for basis, wider_code in ((LEGACY, "outdated"), (WIDER, "definition_needed")):
        others = list(candidates.get(basis, {}).values())
        if not code and others and _inside(published, [*values, *others], found):
            code = wider_code
    code = code or _outside(published, values, found)
    return Verdict(code, min(values), max(values), nearest, difference)


def _code(
    published: Decimal,
    values: Sequence[Decimal],
    difference: Decimal,
    found: Rule,
    method_stated: bool,
) -> str:
    if not _inside(published, values, found):
        return ""
    if not method_stated:
        return "method_not_stated"
    return "consistent" if abs(difference) <= found.number("tolerance") else "within_range"


def _inside(published: Decimal, values: Sequence[Decimal], found: Rule) -> bool:
    """Tell whether a value lies in the range; a mix of two processes lies between them."""
    tolerance = found.number("tolerance")
    low = EXACT.multiply(min(values), EXACT.subtract(Decimal(1), tolerance))
    high = EXACT.multiply(max(values), EXACT.add(Decimal(1), tolerance))
    return low <= published <= high


def _outside(published: Decimal, values: Sequence[Decimal], found: Rule) -> str:
    end = min(values) if published < min(values) else max(values)
    ratio = max(EXACT.divide(published, end), EXACT.divide(end, published))
    return "plausible_order" if ratio <= found.number("order_ratio") else "inconsistent"


def _share(value: Decimal, published: Decimal) -> Decimal:
    return EXACT.subtract(EXACT.divide(value, published), Decimal(1))
