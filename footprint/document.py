"""The figures of a result document: everything that follows from the nominal result alone.

A calculation adds to them its site, release, interval and inputs; a recomputation compares them.
"""

from __future__ import annotations

from typing import Any

from factor_db.foundation.canonical import plain
from factor_db.ledger.power_sources import SHARE_FLOWS
from footprint.carried_model import CarriedModel
from footprint.coverage import coverage_of
from footprint.evaluate import Nominal, exact_sum, rows_of
from footprint.origins import origins_of_pins
from footprint.quality import quality_of
from footprint.read_choices import choices_of
from footprint.sold_scrap import sold_scrap_of
from footprint.unevidenced import unevidenced_choices
from lca_models.resolve import Pin

UNIT = "kg CO2e"


def figures_of(
    nominal: Nominal, alternatives: list[dict[str, Any]], model: CarriedModel | None = None
) -> dict[str, Any]:
    """Return the recomputable part of a result document as plain JSON, decimals as strings.

    `model` is the one the document carries; without it today's.
    """
    figures: dict[str, Any] = plain(
        {
            "product": nominal.study.product,
            "period": {"start": nominal.where.period_start, "end": nominal.where.period_end},
            "declared_unit": {"amount": "1", "unit": "kg"},
            "gwp_set": nominal.study.gwp_set,
            "total": {"value": nominal.total, "unit": UNIT},
            "by_stage": nominal.sums_by("stage"),
            "by_gas": nominal.sums_by("gas"),
            "by_scope": nominal.sums_by("scope"),
            "contributions": rows_of(nominal.contributions),
            "flows": rows_of(nominal.flows),
            "outside_headline": {"substitution": exact_sum(row.kg_co2e for row in nominal.outside)},
            **_sold_scrap(nominal),
            **_origins(nominal),
            "coverage": coverage_of(nominal),
            "quality": quality_of(nominal),
            "choices": {
                **choices_of(nominal, model),
                "alternatives": alternatives,
                **_instruments(nominal.pins),
            },
            "factors": _factor_list(nominal.pins),
            "rules": list(nominal.rules),
            "model_version": nominal.system.version,
            "illustrative": any(pin.factor.illustrative for pin in nominal.pins),
            "estimate": bool(nominal.estimated),
            "result_hash": nominal.result_hash(),
        }
    )
    if unevidenced := unevidenced_choices(figures):
        figures["choices"]["unevidenced"] = unevidenced
    return figures


def _sold_scrap(nominal: Nominal) -> dict[str, Any]:
    """Return what a buyer of this product's scrap must take up, where the rule asks for it."""
    lines = sold_scrap_of(nominal)
    return {"sold_scrap": lines} if lines else {}


def _origins(nominal: Nominal) -> dict[str, Any]:
    """Return where the site's inputs came from, where its ledger says so. Rule: DER-ORIGIN-001."""
    lines = origins_of_pins(nominal.pins)
    return {"origins": lines} if lines else {}


def _instruments(pins: tuple[Pin, ...]) -> dict[str, Any]:
    """Return the certificates behind the power of a result, where it rests on any.

    Rule: PCF-ELEC-004.
    """
    cited = [
        {"serial": item["instrument"]}
        | {name: item[name] for name in ("source", "kwh", "period", "region", "cancelled_on")}
        for pin in pins
        if pin.slot.flow in SHARE_FLOWS and pin.factor.derivation
        for item in pin.factor.derivation.inputs
        if "instrument" in item
    ]
    return {"instruments": cited} if cited else {}


def _factor_list(pins: tuple[Pin, ...]) -> list[dict[str, Any]]:
    factors = {factor.ref: factor for pin in pins for factor in pin.sources}
    return [
        {
            "id": factor.id,
            "version": factor.version,
            "sha256": factor.sha256,
            "illustrative": factor.illustrative,
        }
        for _, factor in sorted(factors.items())
    ]
