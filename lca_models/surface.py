"""Surfaces of profiles: anodised or powder-coated, counted per tonne or per area and thickness.

Per tonne is what a ledger gives. Per area is what a finisher quotes: the surface of a tonne of
profile (m2/t), the thickness of the layer (um), and the consumption per m2 and um of layer, or per
m2 where the thickness does not matter. The layer's own metal or powder is no part of the balance.
"""

from __future__ import annotations

from factor_db.ledger.form.vocabulary import metal_flows
from lca_models.finishing import METERED
from lca_models.metal_inputs import metal_inputs
from lca_models.system.electricity import electricity_inputs
from lca_models.system.formula import Formula, Slot
from lca_models.system.slots import (
    FLOW_UNITS,
    Step,
    fuel_parts,
    net_calorific_value,
    upstream_part,
)
from lca_models.system.unit_process import Choices, Exchange, Input, UnitProcess

SURFACES = (
    METERED,
    "plain",
    "anodised",
    "powder_coated",
    "anodised_by_area",
    "powder_coated_by_area",
)
# What grows with the layer's thickness; all else with the area alone.
_BY_THICKNESS = {"anodising": ("electricity",), "powder_coating": ("coating_powder",)}
_USES = {
    "anodising": ("sulphuric_acid", "caustic_soda", "water"),
    "powder_coating": ("coating_powder",),
}
TREATMENTS = tuple(_USES)
_PRODUCT = {"anodising": "anodised_profile", "powder_coating": "coated_profile"}


def surface_treatment(
    choices: Choices, takes: str
) -> tuple[tuple[UnitProcess, ...], str, tuple[str, ...]]:
    """Return the surface treatments, the flow that is packed (empty: any), and those that are not.

    `takes` is the one flow that a treatment takes, empty for any. Metered: both treatments, and
    packing takes what the ledger says (rule PCF-ROUTE-001).
    """
    if choices.surface == "plain":
        return (), takes, tuple(_PRODUCT.values())
    if choices.surface == METERED:
        steps = tuple(_treatment(choices, code, takes, by_area=False) for code in _PRODUCT)
        # A temper that is chosen leaves no other untreated profile to be packed than its own.
        others = (flow for flow in metal_flows("profile_packing") if flow not in _PRODUCT.values())
        return steps, "", tuple(flow for flow in others if takes not in ("", flow))
    code = "anodising" if choices.surface.startswith("anodised") else "powder_coating"
    by_area = choices.surface.endswith("_by_area")
    return (_treatment(choices, code, takes, by_area=by_area),), _PRODUCT[code], ()


def _treatment(choices: Choices, code: str, takes: str, *, by_area: bool) -> UnitProcess:
    step = Step(code, choices)
    exchanges = _by_area(step, choices) if by_area else _per_tonne(step)
    inputs = metal_inputs(step, takes)
    return step.process("surface_treatment", _PRODUCT[code], inputs, *exchanges, *step.scraps())


def _per_tonne(step: Step) -> tuple[Exchange, ...]:
    waste = (step.hands_over("wastewater"),) if step.code == "anodising" else ()
    return (
        step.electricity(),
        step.burns("natural_gas"),
        *step.uses(*_USES[step.code]),
        *waste,
    )


def _by_area(step: Step, choices: Choices) -> tuple[Exchange, ...]:
    gas = _per_area(step.code, "natural_gas") * net_calorific_value("natural_gas")
    inputs: list[Exchange] = [
        *electricity_inputs(_per_area(step.code, "electricity"), choices),
        Input("natural_gas", "MJ", gas, fuel_parts("natural_gas")),
    ]
    for flow in _USES[step.code]:
        amount = _per_area(step.code, flow)
        inputs.append(Input(flow, FLOW_UNITS[flow], amount, (upstream_part(flow),)))
    if step.code == "anodising":
        amount = _per_area(step.code, "wastewater")
        treatment = (upstream_part("wastewater", "treatment"),)
        inputs.append(Input("wastewater", "t", amount, treatment, "waste"))
    return tuple(inputs)


def _per_area(process: str, flow: str) -> Formula:
    """Return a consumption per tonne: area x per m2, or area x thickness x per m2 and um."""
    area = Slot("", f"{process}.area", "property", "m2/t")
    if flow in _BY_THICKNESS[process]:
        thickness = Slot("", f"{process}.thickness", "property", "um")
        unit = f"{FLOW_UNITS[flow]}/m2um"
        return area * thickness * Slot("", f"{process}.{flow}_per_layer", "property", unit)
    return area * Slot("", f"{process}.{flow}_per_area", "property", f"{FLOW_UNITS[flow]}/m2")
