"""Surfaces of profiles: anodised or powder-coated, counted per tonne or per area and thickness.

Per tonne is what a ledger gives. Per area is what a finisher quotes: the surface of a tonne of
profile (m2/t), the thickness of the layer (um), and the consumption per m2 and um of layer, or per
m2 where the thickness does not matter. The layer's own metal or powder is no part of the balance.
"""

from __future__ import annotations

from lca_models.formula import Formula, Slot
from lca_models.slots import (
    FLOW_UNITS,
    Step,
    fuel_parts,
    net_calorific_value,
    upstream_part,
)
from lca_models.unit_process import Choices, Exchange, Input, UnitProcess

SURFACES = ("plain", "anodised", "powder_coated", "anodised_by_area", "powder_coated_by_area")
# What grows with the layer's thickness; all else with the area alone.
_BY_THICKNESS = {"anodising": ("electricity",), "powder_coating": ("coating_powder",)}
_USES = {
    "anodising": ("sulphuric_acid", "caustic_soda", "water"),
    "powder_coating": ("coating_powder",),
}
_PRODUCT = {"anodising": "anodised_profile", "powder_coating": "coated_profile"}


def surface_treatment(
    choices: Choices, takes: tuple[str, str]
) -> tuple[tuple[UnitProcess, ...], tuple[str, str]]:
    """Return the surface treatment chosen, and the flow and process that is packed."""
    if choices.surface == "plain":
        return (), takes
    code = "anodising" if choices.surface.startswith("anodised") else "powder_coating"
    step = Step(code, choices)
    by_area = choices.surface.endswith("_by_area")
    exchanges = _by_area(step, choices) if by_area else _per_tonne(step)
    process = step.process("surface_treatment", _PRODUCT[code], step.takes(*takes), *exchanges)
    return (process,), (_PRODUCT[code], code)


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
