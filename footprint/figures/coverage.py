"""What of the inventory has a factor, what was cut off, and what cannot be re-based."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, exact_sum
from footprint.result.coverage import (
    ConservativeDefault,
    Coverage,
    FootprintShare,
    NotRebased,
    Resolved,
)
from footprint.solving.evaluate import Nominal
from footprint.study.suppliers import is_earlier_product
from lca_models.system.resolve import CONSERVATIVE, DEFAULT_RULE, SUPPLIER, Pin

GAS_CO2E = "co2e"


def coverage_of(nominal: Nominal) -> Coverage:
    """Return which slots were filled and how, what was cut off, and what could not be re-based."""
    known_as_co2e = [row.kg_co2e for row in nominal.contributions if row.gas == GAS_CO2E]
    value = exact_sum(known_as_co2e)
    with localcontext(EXACT):
        share = value / nominal.total if nominal.total else Decimal(0)
    return Coverage(
        resolved=tuple(_resolved(nominal, pin) for pin in nominal.pins),
        missing=(),
        not_stated=nominal.not_stated,
        estimated=nominal.estimated,
        cut_off=nominal.cut_off,
        not_rebased=NotRebased(value=value, share=share, rows=len(known_as_co2e)),
        conservative_defaults=tuple(_conservative(nominal)),
    )


def _conservative(nominal: Nominal) -> Iterator[ConservativeDefault]:
    """Yield the slots where a conservative default stands in for a figure nobody states."""
    for pin in nominal.pins:
        if pin.level == CONSERVATIVE:
            yield ConservativeDefault(
                slot=pin.slot.key,
                factor=pin.factor.ref,
                stands_in=pin.factor.flow,
                rule=DEFAULT_RULE,
            )


def _resolved(nominal: Nominal, pin: Pin) -> Resolved:
    """Return the factor of a slot and why it was taken; of suppliers, with what shares."""
    return Resolved(
        slot=pin.slot.key,
        factor=pin.factor.ref,
        geography=pin.factor.geography,
        level=pin.level,
        reason=_reason(nominal, pin),
        parts=tuple(FootprintShare(factor=part.ref, share=share) for part, share in pin.parts),
    )


def _reason(nominal: Nominal, pin: Pin) -> str:
    """Return why a factor was taken; of suppliers, who they are."""
    if pin.level == CONSERVATIVE:
        stated = f"no seller's figure: conservative default, {pin.factor.flow} stands in"
        return f"{stated} ({DEFAULT_RULE}), data year {pin.factor.data_year}"
    if pin.level != SUPPLIER:
        return f"newest at level {pin.level}, data year {pin.factor.data_year}"
    named = f"named by the study, data year {pin.factor.data_year}"
    series = [
        factor.ref
        for factor in pin.sources
        if is_earlier_product(factor, nominal.study, nominal.where)
    ]
    if series:
        named += f"; the same product of another period: {', '.join(series)}"
    return named
