"""Choices that speak of a smelter without evidence of it: named in a result, never certified.

A choice of power, technology or method is a statement about a plant. Of bought metal only the
smelter's own footprint is evidence; of the site's own smelter its ledger is. One pure function
judges it over the result document, so that issuing, verifying and every view find the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factor_db.foundation.rules import rule
from footprint.result.choices import ResultChoices, UnevidencedChoice
from footprint.result.document import Figures
from lca_models.catalogue import CHAIN_PRODUCTS
from lca_models.system.resolve import OWN

RULE, LEDGER_RULE = "PCF-EVIDENCE-001", "PCF-EVIDENCE-002"
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


def claims_grid_power(product: str, smelter_power: str) -> bool:
    """Tell whether an own smelter is counted on the grid's power, which its ledger has to show.

    Rule: PCF-EVIDENCE-002.
    """
    return product in CHAIN_PRODUCTS and smelter_power == "grid"


def claims_technology(product: str, pfc_method: str, technology: str) -> bool:
    """Tell whether an own smelter takes coefficients of a technology that are not the highest.

    Rule: PCF-EVIDENCE-002.
    """
    by_technology = product in CHAIN_PRODUCTS and pfc_method in _MEASURED
    return by_technology and technology != rule(LEDGER_RULE).parameters["highest_technology"]


def unevidenced_choices(figures: Figures) -> tuple[UnevidencedChoice, ...]:
    """Return the choices of a result that rest on no evidence, in fixed order.

    A choice that a document of an earlier version does not state claims nothing. A chain modelled
    in place of the published footprint counts where it lowers the total, or where the other total
    is not known. Rule: PCF-EVIDENCE-001.
    """
    choices = figures.choices
    if figures.product in CHAIN_PRODUCTS:
        found = _of_own_smelter(choices, _own_slots(figures))
    elif choices.primary_source == "modelled" and _lowers(figures):
        found = _of_bought_metal(choices)
    else:
        return ()
    return tuple(UnevidencedChoice(choice=name, value=getattr(choices, name)) for name in found)


def with_unevidenced(figures: Figures) -> Figures:
    """Return the figures with their choices without evidence named."""
    if found := unevidenced_choices(figures):
        choices = figures.choices.model_copy(update={"unevidenced": found})
        return figures.model_copy(update={"choices": choices})
    return figures


def told(found: Iterable[UnevidencedChoice]) -> str:
    """Return unevidenced choices as one text, `choice=value` each."""
    return ", ".join(f"{item.choice}={item.value}" for item in found)


def _of_bought_metal(choices: ResultChoices) -> Iterator[str]:
    yield "primary_source"
    for name, nothing in _UNSPOKEN.items():
        if getattr(choices, name) != nothing:
            yield name


def _of_own_smelter(choices: ResultChoices, own: set[str]) -> Iterator[str]:
    """Name what the ledger of the smelter does not show.

    The most emitting type of power may be stated without evidence: it lowers nothing.
    """
    if choices.smelter_power not in ("grid", rule(RULE).parameters["highest_power"]):
        yield "smelter_power"
    measured = _MEASURED.get(choices.pfc_method, ())
    if choices.pfc_method != "amount" and not (measured and own.issuperset(measured)):
        yield "pfc_method"
        if choices.smelter_technology:
            yield "smelter_technology"


def _own_slots(figures: Figures) -> set[str]:
    return {row.slot for row in figures.coverage.resolved if row.level == OWN}


def _lowers(figures: Figures) -> bool:
    """Tell whether the published footprint in its place would give more, or gives no total."""
    for row in figures.choices.alternatives:
        if (row.choice, row.value) == ("primary_source", "published") and row.total is not None:
            return figures.total.value < row.total
    return True
