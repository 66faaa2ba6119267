"""A calculated product footprint as a factor: what a seller hands over to those who buy from him.

It holds kg of each gas per kg of product and nothing of the field data behind them; how good it is
follows from the factors it rests on (rule DQ-PRODUCT-001).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Any

from pydantic import ValidationError

from factor_db.factors.derive.derivation import id_part
from factor_db.factors.keep.versions import add_factor
from factor_db.factors.record.factor import Derivation, Factor, Source
from factor_db.factors.record.product import MadeBy, amounts_of_rows, calculation_input
from factor_db.factors.record.quality import INDICATORS
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.ledger.form.vocabulary import is_metal, vocabulary
from factor_db.store.tables import Site
from factor_db.store.work import Work
from footprint.calculation.calculate import load_calculation
from footprint.certificate.certifiable import require_not_negative, require_own_stock_kept
from footprint.certificate.validity import years_later
from footprint.figures.blocked import refuse_blocked
from footprint.figures.data_shares import slots_of_rows
from footprint.figures.recompute import nominal_of
from footprint.figures.unevidenced import RULE as EVIDENCE_RULE
from footprint.figures.unevidenced import told, unevidenced_choices
from footprint.judgement.pooled_melt import require_pool_told
from footprint.judgement.standing import require_standing
from footprint.result.document import ResultDocument
from footprint.solving.evaluate import Nominal
from footprint.supply.sold_as import require_sold_as
from lca_models.system.resolve import CRADLE_TO_GATE, Pin

BOUNDARY_RULE, VALIDITY_RULE = "PCF-BOUNDARY-001", "CERT-VALID-001"
SOFTWARE = "footprint product factor 1"
UNIT = "kg/kg"
_SHOWN_DIGITS = Decimal("0.000001")
_WORST = 5
_SCRAP_CATEGORIES = ("scrap", "internal")


def publishable_factor(
    work: Work, calculation: str, *, flow: str = "", name_zh: str = "", name_en: str = ""
) -> str:
    """Store a calculation's result as a product factor, a draft, and return its reference.

    `flow` is what the buyer's slot calls the goods, by default the product's own flow. Raises
    BadInput for an unknown calculation or flow, for scrap or goods that the product is not (rule
    PCF-GOODS-001), and for a result that could not be certified either: an estimate, one below
    zero, one that leaves field data out, rests on a choice without evidence or on much own metal of
    an earlier period, or whose ledger or factors no longer stand; NotAllowed for another's.
    """
    work.require("exporter")
    document = load_calculation(work.session, calculation)
    site = work.session.get_one(Site, document.site.code)
    work.require_owner(site.owner)
    _require_sound(document)
    nominal = nominal_of(document)
    if nominal.result_hash() != document.result_hash:
        raise BadInput("PRODUCT_FACTOR_ALTERED", calculation=document.calculation)
    sold = flow or nominal.system.process(nominal.system.final).product
    require_goods(sold)
    _require_no_scrap(sold)
    require_sold_as(document.product, sold)
    require_standing(work.session, document)
    require_pool_told(work.session, document)
    names = {"zh": name_zh, "en": name_en}
    factor = _factor(document, nominal, site.owner, sold, names)
    row = add_factor(work, factor)
    return f"{row.factor_id}@{row.version}"


def require_goods(flow: str) -> None:
    """Raise BadInput for a flow that is no metal goods of the vocabulary."""
    known = goods()
    if flow not in known:
        raise BadInput("PRODUCT_FACTOR_FLOW", flow=flow, known=", ".join(known))


def _require_no_scrap(flow: str) -> None:
    """Raise BadInput for scrap: it left the process earlier, and carries what `sold_scrap` says."""
    if vocabulary().flows[flow].category in _SCRAP_CATEGORIES:
        raise BadInput("PRODUCT_FACTOR_SCRAP", flow=flow)


def goods() -> tuple[str, ...]:
    """Return the codes of everything that can be sold or bought as metal, by the tonne."""
    return tuple(sorted(filter(is_metal, vocabulary().flows)))


def _require_sound(document: ResultDocument) -> None:
    refuse_blocked(document, "PRODUCT_FACTOR")
    require_not_negative(document)
    require_own_stock_kept(document)
    if unevidenced := unevidenced_choices(document):
        raise BadInput("PRODUCT_FACTOR_UNEVIDENCED", choices=told(unevidenced), rule=EVIDENCE_RULE)


def _factor(
    document: ResultDocument, nominal: Nominal, owner: str, flow: str, names: Mapping[str, str]
) -> Factor:
    content = {
        "version": 1,
        "kind": "product",
        "flow": flow,
        "quantity": CRADLE_TO_GATE,
        "unit": UNIT,
        "amounts": amounts_of_rows((row.gas, row.kg_gas) for row in document.contributions),
        "gwp_set": document.gwp_set,
        "owner": owner,
        **_named(document, flow, names),
        **_represented(document, nominal),
        **_rated(nominal),
    }
    try:
        return Factor.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(item["msg"] for item in error.errors())
        raise BadInput("FACTOR_FAULTS", path=document.calculation, faults=faults) from None


def _named(document: ResultDocument, flow: str, names: Mapping[str, str]) -> dict[str, Any]:
    made, study = _made_by(document), document.inputs.study
    rules = document.choices.scrap_rule, document.choices.electricity_rule
    period = study.period.replace("/", "_")
    parts = ("product", id_part(made.site), period, flow, id_part(made.product_code), *rules)
    words = vocabulary().flows[flow]
    last = " ".join(filter(None, (made.product_code, study.period)))
    site = document.site
    return {
        "id": ".".join(filter(None, parts)),
        "name_zh": names["zh"] or f"{site.organisation_zh} {words.name_zh} {last}",
        "name_en": names["en"] or f"{site.organisation_en} {words.name_en} {last}",
        "product": made.product_code,
        "source": Source(
            citation=f"{site.organisation_en}, calculation {made.id}",
            locator=f"result {document.result_hash}",
        ),
        "derivation": Derivation(
            formula="kg of each gas per kg of product, summed over all rows of the calculation",
            inputs=(calculation_input(made, document.result_hash),),
            software=SOFTWARE,
        ),
        "notes": _stated_sets(document),
    }


def _made_by(document: ResultDocument) -> MadeBy:
    return MadeBy(
        id=document.calculation,
        site=document.site.code,
        product=document.product,
        product_code=document.inputs.study.product_code,
        period_start=document.period.start,
        period_end=document.period.end,
    )


def _stated_sets(document: ResultDocument) -> str:
    """Say under which GWP sets the factors are stated that are known only as CO2e."""
    refs = {row.factor for row in document.contributions if row.gas == "co2e"}
    sets = {pin.factor.gwp_set for pin in document.inputs.pins if pin.factor.ref in refs}
    return f"co2e is of factors stated under: {', '.join(sorted(sets))}" if sets else ""


def _represented(document: ResultDocument, nominal: Nominal) -> dict[str, Any]:
    end = date.fromisoformat(document.period.end)
    years = int(rule(VALIDITY_RULE).number("years_after_period_end"))
    choices = nominal.study.choices
    return {
        "geography": document.site.region,
        "data_year": end.year,
        "period_start": document.period.start,
        "period_end": document.period.end,
        "valid_until": years_later(end, years).isoformat(),
        "boundary": f"cradle-to-gate ({BOUNDARY_RULE})",
        "technology": document.model_version,
        "scrap_rule": choices.scrap_rule,
        "electricity_rule": choices.electricity_rule,
        "allocation_rule": document.choices.allocation,
        "primary_data_share": document.quality.pds,
        "illustrative": document.illustrative,
        "data_type": "calculated",
        "licence": "the owner's; buyers may cite it as a single value",
        "redistribution": "single_value",
        "confidence": "B",
    }


def _rated(nominal: Nominal) -> dict[str, Any]:
    """Return spread and scores of the whole from those of the factors (rule DQ-PRODUCT-001)."""
    scores = {pin.factor.ref: pin.factor.pedigree for pin in nominal.pins}
    rows = nominal.contributions
    with localcontext(EXACT):
        weight = sum((abs(row.kg_co2e) for row in rows), Decimal(0)) or Decimal(1)
        pedigree = []
        for place, _ in enumerate(INDICATORS):
            parts = (abs(r.kg_co2e) * _score(scores.get(r.factor, ()), place) for r in rows)
            mean = sum(parts, Decimal(0)) / weight
            pedigree.append(max(1, int(mean.to_integral_value(ROUND_CEILING))))
        variance = sum(
            ((share / weight * pin.factor.gsd.ln()) ** 2 for pin, share in _taking_part(nominal)),
            Decimal(0),
        )
        gsd = variance.sqrt().exp().quantize(_SHOWN_DIGITS)
    reason = "DQ_REASON_OF_THE_RESULT"
    return {"gsd": gsd, "pedigree": tuple(pedigree), "pedigree_reasons": (reason,) * len(pedigree)}


def _score(scores: tuple[int, ...], place: int) -> int:
    return scores[place] if scores else _WORST


def _taking_part(nominal: Nominal) -> list[tuple[Pin, Decimal]]:
    """Return each pinned factor with the |kg CO2e| it takes part in, as amount or as emission.

    Metal per metal is left out: the metal balance ties it, and in balance it moves little.
    """
    slots = slots_of_rows(nominal.system)
    by_ref: dict[str, list[str]] = defaultdict(list)
    for pin in nominal.pins:
        by_ref[pin.factor.ref].append(pin.slot.key)
    weights: dict[str, Decimal] = defaultdict(Decimal)
    for row in nominal.contributions:
        used = {*slots.get((row.process, row.flow), ()), *by_ref.get(row.factor, ())}
        for key in used:
            weights[key] += abs(row.kg_co2e)
    return [
        (pin, weights[pin.slot.key])
        for pin in nominal.pins
        if (pin.slot.quantity, pin.slot.unit) != ("inventory", "t/t")
    ]
