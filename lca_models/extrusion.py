"""Aluminium extrusions: cast house, billet, press, heat treatment by temper, and a surface.

Extruding (butts, log ends) and stretching (grips, offcuts) give metal back to the charge pool or
sell it. Purchased billet joins the site's own before heating.
"""

from __future__ import annotations

from lca_models.casthouse import cast_house
from lca_models.finishing import Kind, packing, route
from lca_models.plate import with_purchased
from lca_models.slots import Step
from lca_models.surface import surface_treatment
from lca_models.unit_process import Choices, UnitProcess

FINAL = "profile_packing"
_KINDS = {
    "profile_solution_treatment": Kind("solution_treated_profile", uses=("water",)),
    "profile_annealing": Kind("annealed_profile"),
    "profile_ageing": Kind("aged_profile"),
}
TEMPERS = {
    "T5": ("profile_ageing",),
    "F": (),
    "O": ("profile_annealing",),
    "T4": ("profile_solution_treatment",),
    "T6": ("profile_solution_treatment", "profile_ageing"),
    "T7": ("profile_solution_treatment", "profile_ageing"),
}
"""Temper → steps after stretching. Profiles quenched at the press and aged go by T5, whatever the
temper is called in trade; T7 differs from T6 in its time, not in its steps."""


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of extrusions in the order of the material."""
    pressed = ("cut_profile", "profile_stretching")
    treated, last = route(choices, _KINDS, TEMPERS[choices.temper], pressed)
    surfaces, packed = surface_treatment(choices, last)
    return (
        *cast_house(choices, "billet_casting", "billet"),
        homogenised_billet(choices),
        *_press(choices),
        *treated,
        *surfaces,
        *packing(choices, FINAL, "extrusion", packed),
    )


def homogenised_billet(choices: Choices) -> UnitProcess:
    """Return homogenising of cast billet."""
    step = Step("billet_homogenising", choices)
    return step.process(
        "casthouse",
        "homogenised_billet",
        step.takes("billet", "billet_casting"),
        step.burns("natural_gas"),
        step.electricity(),
    )


def _press(choices: Choices) -> tuple[UnitProcess, ...]:
    heating = Step("billet_heating", choices)
    extruding = Step("extruding", choices)
    stretching = Step("profile_stretching", choices)
    return (
        heating.process(
            "extrusion",
            "heated_billet",
            *with_purchased(heating, "homogenised_billet", "billet_homogenising", "billet"),
            heating.burns("natural_gas"),
            heating.electricity(),
        ),
        extruding.process(
            "extrusion",
            "raw_profile",
            extruding.takes("heated_billet", "billet_heating"),
            extruding.electricity(),
            *extruding.uses("tool_steel", "caustic_soda", "nitrogen"),
            *extruding.scraps(),
        ),
        stretching.process(
            "extrusion",
            "cut_profile",
            stretching.takes("raw_profile", "extruding"),
            stretching.electricity(),
            *stretching.scraps(),
        ),
    )
