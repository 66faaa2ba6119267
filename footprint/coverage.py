"""What of the inventory has a factor, what was cut off, and what cannot be re-based."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from factor_db.foundation.canonical import EXACT
from footprint.evaluate import Nominal, exact_sum
from footprint.suppliers import is_earlier_product
from lca_models.resolve import OWN, SUPPLIER, Pin

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
        "origins": _origins(nominal),
        "missing": [],
        "not_stated": list(nominal.not_stated),
        "estimated": list(nominal.estimated),
        "cut_off": list(nominal.cut_off),
        "not_rebased": {"value": value, "share": share, "rows": len(known_as_co2e)},
    }


def _origins(nominal: Nominal) -> list[dict[str, Any]]:
    """Return the origins typed for bought metal, with their shares of its mass.

    They inform and lower no number: only evidence naming the smelter does (rule DQ-MIXTURE-001).
    """
    return [
        {
            "slot": pin.slot.key,
            "flow": pin.slot.flow,
            "typed": [
                {"origin": item.origin, "share": item.share}
                for item in pin.factor.derivation.origins
            ],
        }
        for pin in nominal.pins
        if pin.level == OWN and pin.factor.derivation and pin.factor.derivation.origins
    ]


def _reason(nominal: Nominal, pin: Pin) -> dict[str, Any]:
    """Return why a factor was taken; of suppliers, who they are and with what shares."""
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
