"""Aluminium extrusions: cast house, billet, press, heat treatment and surface as metered or chosen.

Steps give their butts, log ends, grips and offcuts back to the charge pool or sell them. Purchased
billet joins the site's own at heating.
"""

from __future__ import annotations

from lca_models.casthouse import cast_house
from lca_models.finishing import METERED, Kind, packing, treatment
from lca_models.metal_inputs import metal_inputs
from lca_models.surface import surface_treatment
from lca_models.system.slots import Step
from lca_models.system.unit_process import Choices, UnitProcess

FINAL = "profile_packing"
_KINDS = {
    "profile_solution_treatment": Kind("solution_treated_profile", uses=("water",)),
    "profile_annealing": Kind("annealed_profile"),
    "profile_ageing": Kind("aged_profile"),
}
TEMPERS = {
    METERED: (),
    "T5": ("profile_ageing",),
    "F": (),
    "O": ("profile_annealing",),
    "T4": ("profile_solution_treatment",),
    "T6": ("profile_solution_treatment", "profile_ageing"),
    "T7": ("profile_solution_treatment", "profile_ageing"),
}
"""Temper → steps after stretching. Metered, the first, takes every step by what the ledger says.

Profiles quenched at the press and aged go by T5 where a temper is chosen, whatever it is called in
trade; T7 differs from T6 in its time, not in its steps."""


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of extrusions in the order of the material."""
    treated, last = treatment(choices, _KINDS, TEMPERS, "cut_profile")
    surfaces, packed, leave_out = surface_treatment(choices, last)
    return (
        *cast_house(choices, "billet_casting", "billet"),
        homogenised_billet(choices),
        *_press(choices),
        *treated,
        *surfaces,
        *packing(choices, FINAL, "extrusion", packed, leave_out=leave_out),
    )


def homogenised_billet(choices: Choices) -> UnitProcess:
    """Return homogenising of cast billet."""
    step = Step("billet_homogenising", choices)
    return step.process(
        "casthouse",
        "homogenised_billet",
        metal_inputs(step),
        step.burns("natural_gas"),
        step.electricity(),
        *step.scraps(),
    )


def _press(choices: Choices) -> tuple[UnitProcess, ...]:
    heating = Step("billet_heating", choices)
    extruding = Step("extruding", choices)
    stretching = Step("profile_stretching", choices)
    return (
        heating.process(
            "extrusion",
            "heated_billet",
            metal_inputs(heating),
            heating.burns("natural_gas"),
            heating.electricity(),
            *heating.scraps(),
        ),
        extruding.process(
            "extrusion",
            "raw_profile",
            metal_inputs(extruding),
            extruding.electricity(),
            *extruding.uses("tool_steel", "caustic_soda", "nitrogen"),
            *extruding.scraps(),
        ),
        stretching.process(
            "extrusion",
            "cut_profile",
            metal_inputs(stretching),
            stretching.electricity(),
            *stretching.scraps(),
        ),
    )
