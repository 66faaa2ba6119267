"""A product of a background as an emission factor: a draft like any other, under review like any.

The factor holds kg of each gas per unit, its source names database, version, activity and the
background's hash, so anyone with the same database finds the same numbers again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from factor_db.factors.record.factor import Derivation, Factor, Source
from factor_db.factors.record.inputs import BackgroundActivity, BackgroundDatabase
from factor_db.factors.record.quality import geometric_standard_deviation
from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.foundation.units import unit as known_unit
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.backgrounds.home import gas_amounts, product_place, scores_of
from lca_models.background.matrices import Background, Product
from lca_models.background.storage import Origin, read_origin, read_report

SOFTWARE = "footprint background factor 1"
_RULE = "DQ-BACKGROUND-FACTOR"
_TRANSPORT = "tkm"


@dataclass(frozen=True, slots=True)
class FactorWish:
    """What a person decides about the factor; empty means: as the background says.

    `unit` is our code for the product's unit where the background writes another; `scores` and
    `reasons` are the five pedigree scores for its use and why.
    """

    flow: str
    owner: str
    data_year: int
    quantity: str = ""
    process: str = ""
    unit: str = ""
    geography: str = ""
    name_zh: str = ""
    licence: str = ""
    purpose: str = "default"
    scores: Sequence[int] = ()
    reasons: Sequence[str] = ()


def background_factor(folder: Path, key: str, wish: FactorWish) -> Factor:
    """Return a product's scores as an emission factor, version 1; nothing is stored.

    Amounts keep the significant digits of rule DQ-BACKGROUND-FACTOR. Raises BadInput:
    BACKGROUND_LICENCE_NEEDED, BACKGROUND_PRODUCT_UNKNOWN, BACKGROUND_PRODUCT_NEGATIVE,
    BACKGROUND_QUANTITY_NEEDED, BACKGROUND_UNIT_UNKNOWN, BACKGROUND_FLOW_UNKNOWN, FACTOR_FAULTS.
    """
    origin = read_origin(folder)
    licence = wish.licence or origin.licence
    if not licence:
        raise BadInput("BACKGROUND_LICENCE_NEEDED", name=origin.database)
    if wish.flow not in vocabulary().flows:
        raise BadInput("BACKGROUND_FLOW_UNKNOWN", flow=wish.flow)
    background, scores = scores_of(folder)
    place = product_place(background, key)
    product = background.products[place]
    unit = _unit(product, wish.unit)
    content = {
        "id": f"background.{background.sha256[:12]}.{_id_part(product.key)}",
        "version": 1,
        "kind": "emission",
        "name_en": _name(product),
        "name_zh": wish.name_zh or _name(product),
        "process": wish.process,
        "flow": wish.flow,
        "quantity": wish.quantity or _quantity(wish.flow),
        "unit": f"kg/{unit}",
        "amounts": _amounts(product, gas_amounts(scores, place)),
        "geography": wish.geography or product.location or "GLO",
        "data_year": wish.data_year,
        "boundary": "cradle-to-gate of the database; inputs without a provider there are cut off",
        "data_type": "calculated",
        "purpose": wish.purpose,
        "licence": licence,
        "redistribution": "owner" if wish.licence else origin.redistribution,
        "confidence": "B",
        "owner": wish.owner,
        "notes": _notes(folder, product),
        **_rated(wish, unit),
        **_lineage(background, product, origin, scores.solver, scores.refinements),
    }
    try:
        return Factor.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(item["msg"] for item in error.errors())
        raise BadInput("FACTOR_FAULTS", path=product.key, faults=faults) from None


def _lineage(
    background: Background, product: Product, origin: Origin, solver: str, refinements: int
) -> dict[str, Any]:
    citation = " ".join(filter(None, (origin.database, origin.version)))
    return {
        "source": Source(
            citation=citation,
            locator=f'activity "{product.activity or product.name}" [{product.key}], '
            f"background sha256 {background.sha256}",
            url=origin.url,
            file_sha256=origin.file_sha256,
        ),
        "derivation": Derivation(
            formula="A^T s = B^T g: kg of each gas per unit of net product, "
            f"{solver}, refined {refinements} times",
            inputs=(
                BackgroundDatabase(background=background.sha256),
                BackgroundActivity(activity=product.key),
            ),
            software=SOFTWARE,
        ),
    }


def _rated(wish: FactorWish, unit: str) -> dict[str, Any]:
    if not wish.scores:
        return {}
    if len(wish.scores) != len(wish.reasons):
        raise BadInput("BACKGROUND_SCORES", scores=len(wish.scores), reasons=len(wish.reasons))
    try:
        spread = geometric_standard_deviation(
            wish.scores, "transport" if unit == _TRANSPORT else "material"
        )
    except (ValueError, KeyError):
        raise BadInput(
            "BACKGROUND_SCORES", scores=len(wish.scores), reasons=len(wish.reasons)
        ) from None
    return {
        "pedigree": tuple(wish.scores),
        "pedigree_reasons": tuple(wish.reasons),
        "gsd": spread,
    }


def _amounts(product: Product, amounts: Mapping[str, float]) -> dict[str, Decimal]:
    digits = int(rule(_RULE).number("significant_digits"))
    negative = sorted(gas for gas, kg in amounts.items() if kg < 0 and gas != "co2_biogenic")
    if negative or not amounts:
        raise BadInput(
            "BACKGROUND_PRODUCT_NEGATIVE", product=product.name, gases=", ".join(negative) or "-"
        )
    return {gas: Decimal(f"{kg:.{digits}g}") for gas, kg in amounts.items()}


def _unit(product: Product, chosen: str) -> str:
    """Return our code of the product's unit: as chosen, as the rule translates, or as it is."""
    translated = dict(pair.split("=") for pair in rule(_RULE).parameters["units"].split(",")).get(
        product.unit.casefold(), product.unit
    )
    if chosen and known_unit(chosen).code != _code_or_empty(translated, chosen):
        raise BadInput("BACKGROUND_UNIT_UNKNOWN", unit=product.unit, chosen=chosen)
    try:
        return known_unit(chosen or translated).code
    except BadInput:
        raise BadInput("BACKGROUND_UNIT_UNKNOWN", unit=product.unit, chosen="-") from None


def _code_or_empty(translated: str, chosen: str) -> str:
    """Return the code of the unit the database writes; what we do not know may be chosen freely."""
    try:
        return known_unit(translated).code
    except BadInput:
        return known_unit(chosen).code


def _quantity(flow: str) -> str:
    """Return the one quantity that shipped factors of a flow have for what is made before us."""
    found = {item.quantity for item in reference_factors() if item.flow == flow}
    found &= set(rule(_RULE).items("quantities"))
    if len(found) != 1:
        known = ", ".join(rule(_RULE).items("quantities"))
        raise BadInput("BACKGROUND_QUANTITY_NEEDED", flow=flow, known=known)
    return found.pop()


def _notes(folder: Path, product: Product) -> str:
    restrictions = read_report(folder).get("restrictions", {})
    said = str(restrictions.get(product.key.partition(":")[0], ""))
    return f"The data set states: {said}" if said else ""


def _name(product: Product) -> str:
    return f"{product.name}, {product.location}" if product.location else product.name


def _id_part(key: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", key.casefold()).strip("-") or "product"
