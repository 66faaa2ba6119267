"""Choices that speak of a smelter without evidence of it: named in a result, never certified.

A choice of power, technology or method is a statement about a plant. Of bought metal only the
smelter's own footprint is evidence; of the site's own smelter its ledger is. One pure function
judges it over the result document, so that issuing, verifying and every view find the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.rules import rule
from lca_models.catalogue import CHAIN_PRODUCTS
from lca_models.resolve import OWN

RULE = "PCF-EVIDENCE-001"
_UNSPOKEN = {"smelter_power": "grid", "pfc_method": "amount", "smelter_technology": ""}
"""Choice about a smelter → the value that claims nothing."""
_MEASURED = {
    "slope": ("cf4.anode_effect_minutes/property",),
    "overvoltage": (
        "cf4.anode_effect_overvoltage/property",
        "liquid_aluminium.current_efficiency/property",
    ),
}
"""PFC method → the slots the plant measures; with them it states its technology by itself."""
Named = dict[str, str]


def unevidenced_choices(document: Mapping[str, Any]) -> list[Named]:
    """Return the choices of a result that rest on no evidence, as {choice, value}, in fixed order.

    `document` is a calculation document, or the part of it that `figures_of` builds; a choice it
    does not state claims nothing. A chain modelled in place of the published footprint counts
    where it lowers the total, or where the other total is not known. Rule: PCF-EVIDENCE-001.
    """
    choices = {"primary_source": "published", **_UNSPOKEN, **document["choices"]}
    if document["product"] in CHAIN_PRODUCTS:
        found = _of_own_smelter(choices, _own_slots(document))
    elif choices["primary_source"] == "modelled" and _lowers(document):
        found = _of_bought_metal(choices)
    else:
        return []
    return [{"choice": name, "value": str(choices[name])} for name in found]


def told(found: Iterable[Named]) -> str:
    """Return unevidenced choices as one text, `choice=value` each."""
    return ", ".join(f"{item['choice']}={item['value']}" for item in found)


def _of_bought_metal(choices: Mapping[str, Any]) -> Iterator[str]:
    yield "primary_source"
    yield from (name for name, nothing in _UNSPOKEN.items() if choices[name] != nothing)


def _of_own_smelter(choices: Mapping[str, Any], own: set[str]) -> Iterator[str]:
    """Name what the ledger of the smelter does not show.

    The most emitting type of power may be stated without evidence: it lowers nothing.
    """
    if choices["smelter_power"] not in ("grid", rule(RULE).parameters["highest_power"]):
        yield "smelter_power"
    method = choices["pfc_method"]
    measured = _MEASURED.get(method, ())
    if method != "amount" and not (measured and own.issuperset(measured)):
        yield "pfc_method"
        if choices["smelter_technology"]:
            yield "smelter_technology"


def _own_slots(document: Mapping[str, Any]) -> set[str]:
    rows = document["coverage"]["resolved"]
    return {str(row["slot"]) for row in rows if row["level"] == OWN}


def _lowers(document: Mapping[str, Any]) -> bool:
    """Tell whether the published footprint in its place would give more, or gives no total."""
    for row in document["choices"]["alternatives"]:
        if (row["choice"], row["value"]) == ("primary_source", "published") and row["total"]:
            return decimal_value(document["total"]["value"]) < decimal_value(row["total"])
    return True
