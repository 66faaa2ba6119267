"""Perfluorocarbons by method: what the smelter measured, and the CF4 row computed again from it.

The rows of the document were made by the model (docs/smelter.md); here its parameters become
figures for the communication, and a row that does not follow from them is refused.
"""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from footprint.views.cbam.inventory import Inventory
from footprint.views.figure import Figures
from footprint.words.book import words

METHODS = ("slope", "overvoltage")
_ALUMINIUM = "liquid_aluminium"
_EFFICIENCY_RULE = "AL-CE-001"


def require_percent(efficiency: Decimal) -> None:
    """Refuse a current efficiency that is no percent number: 94, not 0.94.

    Raises BadInput (CBAM_CURRENT_EFFICIENCY). Rules: CBAM-PFC-001, AL-CE-001.
    """
    limits = rule(_EFFICIENCY_RULE)
    low, high = limits.number("lowest"), limits.number("highest")
    if not low <= efficiency <= high:
        raise BadInput("CBAM_CURRENT_EFFICIENCY", value=efficiency, low=low, high=high)


def pfc_parameters(inventory: Inventory, figures: Figures) -> str:
    """Add the parameters of the smelter's PFC method as figures and return the method, or "".

    Adds `pfc.cf4` and `pfc.c2f6`, kg per t of aluminium, for slope and overvoltage. Raises BadInput
    (CBAM_CURRENT_EFFICIENCY, CBAM_PFC_ROW). Rule: CBAM-PFC-001.
    """
    if not inventory.smelter:
        return ""
    choices = inventory.document.choices
    method = choices.pfc_method
    if method not in METHODS:
        return method
    technology = choices.smelter_technology.lower()
    inputs, formula = _by_method(inventory, method, technology)
    cf4 = figures.add(
        "pfc.cf4", formula, inputs, unit="kg/t", rule="CBAM-PFC-001", label=words("CBAM_PFC_CF4")
    )
    ratio = "overvoltage_" if method == "overvoltage" else ""
    share = _number(inventory, f"c2f6.per_cf4_{ratio}{technology}", "coefficient")
    figures.add(
        "pfc.c2f6",
        "cf4 * ratio",
        {"cf4": "pfc.cf4", "ratio": share},
        unit="kg/t",
        rule="CBAM-PFC-001",
        label=words("CBAM_PFC_C2F6"),
    )
    _require_row(inventory, cf4)
    return method


def _by_method(
    inventory: Inventory, method: str, technology: str
) -> tuple[dict[str, Decimal | str], str]:
    if method == "slope":
        minutes = _number(inventory, "cf4.anode_effect_minutes", "property")
        slope = _number(inventory, f"cf4.slope_{technology}", "coefficient")
        return {"minutes": minutes, "slope": slope}, "minutes * slope"
    efficiency = _number(inventory, "liquid_aluminium.current_efficiency", "property")
    require_percent(efficiency)
    inputs: dict[str, Decimal | str] = {
        "coefficient": _number(inventory, f"cf4.overvoltage_{technology}", "coefficient"),
        "overvoltage": _number(inventory, "cf4.anode_effect_overvoltage", "property"),
        "efficiency": efficiency,
    }
    return inputs, "coefficient * overvoltage / efficiency"


def _number(inventory: Inventory, flow: str, quantity: str) -> Decimal:
    pinned = inventory.pinned(flow, quantity)
    if pinned is None:
        raise BadInput("CBAM_PFC_PARAMETER", slot=f"{flow}/{quantity}")
    return pinned[0]


def _require_row(inventory: Inventory, cf4_kg_per_t: Decimal) -> None:
    tonnes = inventory.made(_ALUMINIUM)
    rows = [row.amount for row in inventory.emitted() if (row.flow, row.gas) == ("cf4", "cf4")]
    found = sum(rows, Decimal(0))
    if abs(found - cf4_kg_per_t * tonnes) > rule("CBAM-PFC-001").number("row_tolerance"):
        raise BadInput("CBAM_PFC_ROW", row=found, expected=cf4_kg_per_t * tonnes)
