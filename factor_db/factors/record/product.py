"""Product footprints as factors: the calculation behind one, and several blended into one.

A product factor says of itself which calculation made it, for which site, product and period, so
that a buyer can tell, without the seller's store, whether it is his own product coming back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from factor_db.factors.record.factor import Derivation, Factor, Source, product_key
from factor_db.factors.record.inputs import CalculationInput, SharedFactor, of_kind
from factor_db.foundation.canonical import EXACT, content_hash, decimal_text, decimal_value
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion

BLEND_RULE = "DQ-SUPPLIER-SHARES"
BLEND_SOFTWARE = "footprint blend 1"
_WORST_FIRST = ("proxy", "estimate", "literature", "calculated", "measured")
_CONFIDENCE_WORST_FIRST = ("D", "B", "A")
_SAME_OR_NONE = (
    "boundary",
    "technology",
    "geography",
    "period_start",
    "period_end",
    "scrap_rule",
    "electricity_rule",
    "allocation_rule",
)


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The calculation of a product: its id, and the site, product, alloy and period it is of.

    Empty `product_code` is the whole output; periods are ISO dates, both ends included.
    """

    id: str
    site: str
    product: str
    product_code: str
    period_start: str
    period_end: str

    def same_goods(self, other: MadeBy) -> bool:
        """Tell whether both are of one site's one product; the whole output holds every alloy."""
        codes = {product_key(self.product_code), product_key(other.product_code)} - {""}
        return (self.site, self.product) == (other.site, other.product) and len(codes) < 2

    def overlaps(self, other: MadeBy) -> bool:
        """Tell whether the two periods share a day."""
        return self.period_start <= other.period_end and other.period_start <= self.period_end


def calculation_of(factor: Factor) -> MadeBy | None:
    """Return the calculation a factor says it was made from, or None."""
    inputs = factor.derivation.inputs if factor.derivation else ()
    for item in of_kind(inputs, CalculationInput):
        return MadeBy(
            id=item.calculation,
            site=item.site or "",
            product=item.product or "",
            product_code=item.product_code or "",
            period_start=factor.period_start,
            period_end=factor.period_end,
        )
    return None


def calculation_input(made: MadeBy, result_hash: str) -> CalculationInput:
    """Return the derivation input that names a calculation; `calculation_of` reads it back."""
    return CalculationInput(
        calculation=made.id,
        result_hash=result_hash or None,
        site=made.site or None,
        product=made.product or None,
        product_code=made.product_code or None,
    )


def made_by_document(document: Mapping[str, Any]) -> MadeBy:
    """Return what a stored calculation is of."""
    return MadeBy(
        id=str(document["calculation"]),
        site=document["site"]["code"],
        product=document["product"],
        product_code=document["inputs"]["study"].get("product_code", ""),
        period_start=document["period"]["start"],
        period_end=document["period"]["end"],
    )


def amounts_of_calculation(document: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return kg of each gas per kg of product, of a stored document's JSON."""
    rows = document["contributions"]
    return amounts_of_rows((row["gas"], decimal_value(row["kg_gas"])) for row in rows)


def amounts_of_rows(rows: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Return kg of each gas, of (gas, kg) rows; what is known only as CO2e stays `co2e`."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(EXACT):
        for gas, kilograms in rows:
            amounts[gas] += kilograms
    return {gas: amount for gas, amount in sorted(amounts.items()) if amount}


def blend(flow: str, parts: Sequence[tuple[Factor, Decimal]]) -> Factor:
    """Return the footprint of a flow that comes from several suppliers, by their shares.

    Each gas is Σ share x amount, exact; period, geography and rules are stated where all agree;
    spread, scores, confidence and kind of data are those of the weakest. Raises BadInput when the
    shares do not add up to exactly 1. Rule: DQ-SUPPLIER-SHARES.
    """
    require_whole(flow, [share for _, share in parts])
    factors = [factor for factor, _ in parts]
    unit = factors[0].unit
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(EXACT):
        for factor, share in parts:
            scale = share * conversion(factor.unit, unit)
            for gas, amount in factor.amounts.items():
                amounts[gas] += scale * amount
    inputs = tuple(
        SharedFactor(factor=factor.ref, sha256=factor.sha256, share=decimal_text(share))
        for factor, share in parts
    )
    agreed = {name: _agreed(factors, name) for name in _SAME_OR_NONE}
    return Factor.model_validate(
        {
            **agreed,
            "geography": agreed["geography"] or "GLO",
            "id": f"blend.{flow}.{content_hash('blend', [item.record() for item in inputs])}",
            "version": 1,
            "kind": "product",
            "name_zh": " + ".join(factor.name_zh for factor in factors),
            "name_en": " + ".join(factor.name_en for factor in factors),
            "flow": flow,
            "quantity": factors[0].quantity,
            "unit": unit,
            "amounts": dict(sorted(amounts.items())),
            "gwp_set": " + ".join(sorted({item.gwp_set for item in factors if item.gwp_set})),
            "data_year": min(factor.data_year for factor in factors),
            "valid_until": min((f.valid_until for f in factors if f.valid_until), default=""),
            "source": Source(citation=" + ".join(factor.ref for factor in factors)),
            "derivation": Derivation(
                formula="sum of share x factor", inputs=inputs, software=BLEND_SOFTWARE
            ),
            "licence": " + ".join(sorted({factor.licence for factor in factors})),
            "redistribution": "owner",
            "owner": "study",
            "illustrative": any(factor.illustrative for factor in factors),
            **_weakest(factors),
        }
    )


def require_whole(flow: str, shares: Sequence[Decimal]) -> None:
    """Raise BadInput unless shares are all above 0 and add up to exactly 1."""
    whole = rule(BLEND_RULE).number("sum")
    with localcontext(EXACT):
        found = sum(shares, Decimal(0))
        if found != whole or any(share <= 0 for share in shares):
            listed = " + ".join(decimal_text(share) for share in shares)
            percent = decimal_text(found * 100)
            raise BadInput("SUPPLIER_SHARES", flow=flow, shares=listed, percent=percent)


def _agreed(factors: Sequence[Factor], name: str) -> str:
    values = {getattr(factor, name) for factor in factors}
    return values.pop() if len(values) == 1 else ""


def _weakest(factors: Sequence[Factor]) -> dict[str, Any]:
    scored = [factor for factor in factors if factor.pedigree]
    complete = len(scored) == len(factors)
    scores = zip(*(factor.pedigree for factor in scored), strict=True) if complete else ()
    worst = tuple(max(column) for column in scores)
    return {
        "data_type": min((f.data_type for f in factors), key=_WORST_FIRST.index),
        "confidence": min((f.confidence for f in factors), key=_CONFIDENCE_WORST_FIRST.index),
        "gsd": max(factor.gsd for factor in factors),
        "pedigree": worst,
        "pedigree_reasons": ("worst of the suppliers blended",) * len(worst),
        "purpose": "default",
    }


def records_of_parts(parts: Sequence[tuple[Factor, Decimal]]) -> list[dict[str, Any]]:
    """Return the factors and shares of a blend as JSON types."""
    return [{"factor": factor.record(), "share": decimal_text(share)} for factor, share in parts]
