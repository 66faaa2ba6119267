"""Aluminium extrusions: cast house, billet, press, ageing, and the surface chosen.

Extruding (butts, log ends) and stretching (grips, offcuts) give metal back to the charge pool.
"""

from __future__ import annotations

from lca_models.casthouse import casting, charging, melting, refining
from lca_models.slots import Step
from lca_models.unit_process import Choices, UnitProcess

FINAL = "profile_packing"
PACKAGING = ("wood_packaging", "plastic_film", "steel_strapping", "paper")
SURFACES = {
    "plain": ("aged_profile", "profile_ageing"),
    "anodised": ("anodised_profile", "anodising"),
    "powder_coated": ("coated_profile", "powder_coating"),
}
"""Surface → the flow that is packed and the process it comes from."""


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of extrusions in the order of the material."""
    return (
        charging(choices),
        melting(choices),
        refining(choices),
        casting(choices, "billet_casting", "billet"),
        *_billet(choices),
        *_press(choices),
        *_surface(choices),
        _packing(choices),
    )


def _billet(choices: Choices) -> tuple[UnitProcess, ...]:
    homogenising = Step("billet_homogenising", choices)
    heating = Step("billet_heating", choices)
    return (
        homogenising.process(
            "casthouse",
            "homogenised_billet",
            homogenising.takes("billet", "billet_casting"),
            homogenising.burns("natural_gas"),
            homogenising.electricity(),
        ),
        heating.process(
            "extrusion",
            "heated_billet",
            heating.takes("homogenised_billet", "billet_homogenising"),
            heating.burns("natural_gas"),
            heating.electricity(),
        ),
    )


def _press(choices: Choices) -> tuple[UnitProcess, ...]:
    extruding = Step("extruding", choices)
    stretching = Step("profile_stretching", choices)
    ageing = Step("profile_ageing", choices)
    return (
        extruding.process(
            "extrusion",
            "raw_profile",
            extruding.takes("heated_billet", "billet_heating"),
            extruding.electricity(),
            *extruding.uses("tool_steel", "caustic_soda", "nitrogen"),
            extruding.returns("internal_scrap"),
        ),
        stretching.process(
            "extrusion",
            "cut_profile",
            stretching.takes("raw_profile", "extruding"),
            stretching.electricity(),
            stretching.returns("internal_scrap"),
        ),
        ageing.process(
            "heat_treatment",
            "aged_profile",
            ageing.takes("cut_profile", "profile_stretching"),
            ageing.burns("natural_gas"),
            ageing.electricity(),
        ),
    )


def _surface(choices: Choices) -> tuple[UnitProcess, ...]:
    if choices.surface == "anodised":
        return (_anodising(choices),)
    if choices.surface == "powder_coated":
        return (_powder_coating(choices),)
    return ()


def _anodising(choices: Choices) -> UnitProcess:
    step = Step("anodising", choices)
    return step.process(
        "surface_treatment",
        "anodised_profile",
        step.takes("aged_profile", "profile_ageing"),
        step.electricity(),
        step.burns("natural_gas"),
        *step.uses("sulphuric_acid", "caustic_soda", "water"),
        step.hands_over("wastewater"),
    )


def _powder_coating(choices: Choices) -> UnitProcess:
    step = Step("powder_coating", choices)
    return step.process(
        "surface_treatment",
        "coated_profile",
        step.takes("aged_profile", "profile_ageing"),
        step.electricity(),
        step.burns("natural_gas"),
        *step.uses("coating_powder"),
    )


def _packing(choices: Choices) -> UnitProcess:
    step = Step(FINAL, choices)
    return step.process(
        "finishing",
        "extrusion",
        step.takes(*SURFACES[choices.surface]),
        step.electricity(),
        *step.uses(*PACKAGING),
    )
