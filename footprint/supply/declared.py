"""What a supplier declares, however it came, and the product factor it becomes.

Confidence, scores and spread follow from what stands behind the number and not from who types it
in (rule DQ-SUPPLIER-CONFIDENCE).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal

from factor_db.factors.record.factor import Derivation, Factor, Source
from factor_db.factors.record.inputs import SupplierDocument
from factor_db.factors.record.quality import geometric_standard_deviation
from factor_db.foundation.rules import Rule, rule
from lca_models.system.resolve import CRADLE_TO_GATE

RECYCLED = "recycled_content"


CONFIDENCE_RULE, AGE_RULE, PEDIGREE_RULE = (
    "DQ-SUPPLIER-CONFIDENCE",
    "DQ-TEMPORAL-001",
    "DQ-PEDIGREE-001",
)
SOFTWARE = "footprint supplier import 1"
FILE_KIND = "supplier-file"
"""Kind of the stored document that is a supplier's file as it came."""
RATINGS = ("temporal", "geographical", "technological")
LICENCE = "the supplier's, for the buyer's use"


@dataclass(frozen=True, slots=True)
class Declared:
    """A supplier's footprint per kg of goods; empty texts and None are not stated.

    `amounts` is gas → kg per kg of product; `ratings` are 1 (best) to 5 by indicator; `basis` is
    calculated, literature or estimate; `verified_by` names the body that verified this product;
    `recycled_share` is the part of recycled metal by mass, 0 to 1, that a document shows.
    """

    key: str
    company_zh: str
    company_en: str
    company_ids: tuple[str, ...]
    product_zh: str
    product_en: str
    amounts: dict[str, Decimal]
    gwp_set: str
    geography: str
    period_start: date
    period_end: date
    valid_until: date
    boundary: str
    basis: str
    documented: bool
    citation: str
    locator: str
    verified_by: str = ""
    technology: str = ""
    primary_data_share: Decimal | None = None
    recycled_share: Decimal = Decimal(0)
    ratings: dict[str, Decimal] = field(default_factory=dict)
    scrap_rule: str = ""
    electricity_rule: str = ""
    allocation_rule: str = ""
    notes: str = ""


def factor_of(
    declared: Declared, *, flow: str, owner: str, file_sha256: str, document: str
) -> Factor:
    """Return the product factor of a declared footprint, owned by the enterprise that buys.

    `file_sha256` is of the file it came in, `document` the hash under which that file is stored.
    """
    scores, reasons = _scores(declared)
    return Factor.model_validate(
        {
            "id": f"supplier.{owner.lower()}.{flow}.{declared.key}",
            "version": 1,
            "kind": "product",
            "name_zh": f"{declared.company_zh} {declared.product_zh}",
            "name_en": f"{declared.company_en} {declared.product_en}",
            "flow": flow,
            "quantity": CRADLE_TO_GATE,
            "unit": "kg/kg",
            "amounts": declared.amounts,
            "gwp_set": declared.gwp_set,
            "geography": declared.geography,
            "data_year": declared.period_end.year,
            "period_start": declared.period_start.isoformat(),
            "period_end": declared.period_end.isoformat(),
            "valid_until": declared.valid_until.isoformat(),
            "boundary": declared.boundary,
            "technology": declared.technology,
            "data_type": declared.basis,
            "gsd": geometric_standard_deviation(scores),
            "pedigree": scores,
            "pedigree_reasons": reasons,
            "scrap_rule": declared.scrap_rule,
            "electricity_rule": declared.electricity_rule,
            "allocation_rule": declared.allocation_rule,
            "primary_data_share": declared.primary_data_share,
            "source": Source(
                citation=declared.citation, locator=declared.locator, file_sha256=file_sha256
            ),
            "derivation": Derivation(
                formula="as declared by the supplier, per kg of product",
                inputs=(SupplierDocument(document=document),),
                software=SOFTWARE,
            ),
            "licence": LICENCE,
            "redistribution": "owner",
            "confidence": confidence_of(declared),
            "owner": owner,
            "notes": declared.notes,
        }
    )


def confidence_of(declared: Declared) -> str:
    """Return A, B or D by what stands behind the number. Rule: DQ-SUPPLIER-CONFIDENCE."""
    if not declared.documented:
        return "D"
    return "A" if declared.verified_by else "B"


def _scores(declared: Declared) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the five pedigree scores in their order, and why each is what it is."""
    found = rule(CONFIDENCE_RULE)
    confidence = confidence_of(declared)
    reliability = int(found.number(f"reliability_{confidence}"))
    if not declared.primary_data_share:
        reliability = max(reliability, int(found.number("reliability_secondary")))
    days = (declared.period_end - declared.period_start).days + 1
    whole_year = days >= int(found.number("days_of_a_year"))
    completeness = int(found.number("completeness_year" if whole_year else "completeness_part"))
    rated = [_rating(declared, name, found) for name in RATINGS]
    share = declared.primary_data_share
    known = "not stated" if share is None else f"{share} %"
    reasons = (
        f"confidence {confidence}, primary data share {known}",
        f"reference period of {days} days",
        *(reason for _, reason in rated),
    )
    return (reliability, completeness, *(score for score, _ in rated)), reasons


def _rating(declared: Declared, name: str, found: Rule) -> tuple[int, str]:
    if name in declared.ratings:
        stated = declared.ratings[name]
        return int(stated.to_integral_value(ROUND_CEILING)), f"the supplier states {stated}"
    if name == "temporal":
        score = temporal_score(declared.period_end.year)
        return score, f"not stated; data of {declared.period_end.year}"
    return int(found.number("unstated")), "not stated"


def temporal_score(year: int) -> int:
    """Return the score of a data year against the reference year. Rule: DQ-TEMPORAL-001."""
    limits, reference = rule(AGE_RULE), rule(PEDIGREE_RULE).number("reference_year")
    age = abs(reference - year)
    scores = (1, 2, 3, 4)
    return next(
        (n for n in scores if age < limits.number(f"years_below_score_{n}")), len(scores) + 1
    )
