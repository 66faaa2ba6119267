"""What of the inventory has a factor, what was cut off, and what cannot be re-based."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from factor_db.foundation.canonical import EXACT
from footprint.evaluate import Nominal, exact_sum
from footprint.suppliers import is_earlier_product
from lca_models.resolve import CONSERVATIVE, DEFAULT_RULE, SUPPLIER, Pin

GAS_CO2E = "co2e"


def coverage_of(nominal: Nominal) -> dict[str, Any]:
    """Return which slots were filled and how, what was cut off, and what could not be re-based."""
    known_as_co2e = [row.kg_co2e for row in nominal.contributions if row.gas == GAS_CO2E]
    value = exact_sum(known_as_co2e)
    with localcontext(EXACT):
        share = value / nominal.total if nominal.total else Decimal(0)
    return {
        "resolved": [
            {
                "slot": pin.slot.key,
                "factor": pin.factor.ref,
                "geography": pin.factor.geography,
                "level": pin.level,
                **_reason(nominal, pin),
            }
            for pin in nominal.pins
        ],
        "missing": [],
        "not_stated": list(nominal.not_stated),
        "estimated": list(nominal.estimated),
        "cut_off": list(nominal.cut_off),
        "not_rebased": {"value": value, "share": share, "rows": len(known_as_co2e)},
        **_conservative(nominal),
    }


def _conservative(nominal: Nominal) -> dict[str, Any]:
    """Return the slots where a conservative default stands in for a figure nobody states."""
    lines = [
        {
            "slot": pin.slot.key,
            "factor": pin.factor.ref,
            "stands_in": pin.factor.flow,
            "rule": DEFAULT_RULE,
        }
        for pin in nominal.pins
        if pin.level == CONSERVATIVE
    ]
    return {"conservative_defaults": lines} if lines else {}


def _reason(nominal: Nominal, pin: Pin) -> dict[str, Any]:
    """Return why a factor was taken; of suppliers, who they are and with what shares."""
    if pin.level == CONSERVATIVE:
        stated = f"no seller's figure: conservative default, {pin.factor.flow} stands in"
        return {"reason": f"{stated} ({DEFAULT_RULE}), data year {pin.factor.data_year}"}
    if pin.level != SUPPLIER:
        return {"reason": f"newest at level {pin.level}, data year {pin.factor.data_year}"}
    named = f"named by the study, data year {pin.factor.data_year}"
    series = [
        factor.ref
        for factor in pin.sources
        if is_earlier_product(factor, nominal.study, nominal.where)
    ]
    if series:
        named += f"; the same product of another period: {', '.join(series)}"
    parts = [{"factor": factor.ref, "share": share} for factor, share in pin.parts]
    return {"reason": named, **({"parts": parts} if parts else {})}
