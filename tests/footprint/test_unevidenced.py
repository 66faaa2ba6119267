"""Choices that speak of a smelter without evidence: named in the result, refused on a certificate.

System under test: the demo plant's plate, and documents made by hand. The plate buys its metal:
published ingot 15.947 kg/kg; the chain in its place gives less on hydropower and on the grid
(12.9 and 4.5 by the verifier's notes) and more on captive coal (17). So hydro and grid need
evidence of the smelter, coal lowers nothing. By hand: a total of 4.913 beside 12.538 is lower, one
of 13.1 is not; where the other total cannot be calculated the choice counts as unevidenced.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.messages import error_text
from factor_db.foundation.rules import rule
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.certifiable import require_certifiable
from footprint.exchange.product_factor import publishable_factor
from footprint.figures.recompute import recompute
from footprint.figures.unevidenced import unevidenced_choices
from footprint.result.document import read_result
from footprint.study.definition import default_study
from lca_models.smelter import POWER_TYPES
from lca_models.system.unit_process import Choices
from tests.certificate.certificate_document import CHOICES, calculation

MINUTES = "cf4.anode_effect_minutes/property"
OVERVOLTAGE = "cf4.anode_effect_overvoltage/property"
EFFICIENCY = "liquid_aluminium.current_efficiency/property"


def _result(store: Store, **choices: str) -> dict[str, Any]:
    study = replace(default_study("plate"), choices=Choices(**choices))
    with store.read() as session:
        document: dict[str, Any] = json.loads(json.dumps(calculate_study(session, study).document))
    return document


def _by_hand(
    product: str = "plate", total: str = "4.913", published: str | None = "12.538", **choices: str
) -> dict[str, Any]:
    told = {
        "primary_source": "modelled",
        "smelter_power": "grid",
        "pfc_method": "amount",
        "smelter_technology": "",
        **choices,
    }
    reason = "" if published else "electricity/life_cycle"
    line = {"choice": "primary_source", "value": "published", "total": published, "reason": reason}
    return calculation(
        product=product,
        total={"value": total, "unit": "kg CO2e", "interval": None},
        choices={**CHOICES, **told, "alternatives": [line]},
    )


def _resolved(slot: str, level: str) -> dict[str, str]:
    return {"slot": slot, "factor": "x@1", "geography": "GLO", "level": level, "reason": ""}


def _names(document: dict[str, Any]) -> list[str]:
    return [f"{item.choice}={item.value}" for item in unevidenced_choices(read_result(document))]


@pytest.mark.parametrize("power", ["hydro", "grid"])
def test_a_chosen_smelter_is_named_and_never_certified(demo_store: Store, power: str) -> None:
    document = _result(demo_store, primary_source="modelled", smelter_power=power)
    expected = [{"choice": "primary_source", "value": "modelled"}]
    if power != "grid":
        expected.append({"choice": "smelter_power", "value": power})
    assert document["choices"]["unevidenced"] == expected
    assert recompute(read_result(document)).record()["choices"] == document["choices"]
    with pytest.raises(Incomplete) as caught:
        require_certifiable(read_result(document))
    assert caught.value.code == "CERTIFICATE_UNEVIDENCED"
    for lang in ("zh", "en"):
        assert "primary_source=modelled" in error_text(caught.value, lang)
    # Without the field, as before this rule, the document is judged all the same.
    del document["choices"]["unevidenced"]
    with pytest.raises(Incomplete):
        require_certifiable(read_result(document))


def test_published_metal_and_a_conservative_chain_need_no_evidence(demo_store: Store) -> None:
    published = _result(demo_store)
    coal = _result(demo_store, primary_source="modelled", smelter_power="coal")
    assert Decimal(coal["total"]["value"]) > Decimal(published["total"]["value"])
    for document in (published, coal):
        assert "unevidenced" not in document["choices"]
        require_certifiable(read_result(document))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["primary_source=modelled"]),
        ({"total": "13.1"}, []),
        ({"total": "13.1", "published": None}, ["primary_source=modelled"]),
        ({"primary_source": "published", "smelter_power": "hydro"}, []),
        (
            {"pfc_method": "slope", "smelter_technology": "PFPB_L"},
            ["primary_source=modelled", "pfc_method=slope", "smelter_technology=PFPB_L"],
        ),
        ({"pfc_method": "default"}, ["primary_source=modelled", "pfc_method=default"]),
    ],
)
def test_bought_metal(changes: dict[str, Any], expected: list[str]) -> None:
    assert _names(_by_hand(**changes)) == expected


@pytest.mark.parametrize(
    ("choices", "own", "expected"),
    [
        ({}, (), []),
        ({"smelter_power": "coal"}, (), []),
        ({"smelter_power": "hydro"}, (), ["smelter_power=hydro"]),
        ({"smelter_power": "mix"}, (), ["smelter_power=mix"]),
        ({"pfc_method": "default"}, (), ["pfc_method=default"]),
        (
            {"pfc_method": "slope", "smelter_technology": "CWPB"},
            (),
            ["pfc_method=slope", "smelter_technology=CWPB"],
        ),
        ({"pfc_method": "slope", "smelter_technology": "CWPB"}, (MINUTES,), []),
        (
            {"pfc_method": "overvoltage", "smelter_technology": "CWPB"},
            (OVERVOLTAGE,),
            ["pfc_method=overvoltage", "smelter_technology=CWPB"],
        ),
        (
            {"pfc_method": "overvoltage", "smelter_technology": "CWPB"},
            (OVERVOLTAGE, EFFICIENCY),
            [],
        ),
    ],
)
def test_the_sites_own_smelter(
    choices: dict[str, str], own: tuple[str, ...], expected: list[str]
) -> None:
    for product in ("primary_aluminium", "primary_liquid"):
        document = _by_hand(product, **choices)
        document["coverage"]["resolved"] = [_resolved(slot, "own") for slot in own]
        assert _names(document) == expected
        # Numbers that are not the site's own are no evidence of its technology.
        document["coverage"]["resolved"] = [_resolved(slot, "GLO") for slot in own]
        assert bool(_names(document)) == bool(expected or own)


def test_the_power_that_needs_no_evidence_is_a_type_of_power() -> None:
    assert rule("PCF-EVIDENCE-001").parameters["highest_power"] in POWER_TYPES


def test_it_cannot_be_handed_on_as_a_product_factor_either(published_store: Store) -> None:
    """Else the buyer's plate would rest on a footprint nobody could certify."""
    choices = Choices(primary_source="modelled", smelter_power="hydro")
    with published_store.work("exporter") as work:
        study = replace(default_study("plate"), choices=choices)
        name = store_calculation(work, calculate_study(work.session, study))
    with published_store.work("exporter") as work, pytest.raises(BadInput) as caught:
        publishable_factor(work, name)
    assert caught.value.code == "PRODUCT_FACTOR_UNEVIDENCED"
