"""Aluminium plate: cast house, hot rolling, heat treatment as metered or by temper, finishing.

Steps give their chips, crops and grips back to the charge pool, or sell them. Purchased slab joins
the site's own at scalping.
"""

from __future__ import annotations

from lca_models.casthouse import burnt_organics, cast_house
from lca_models.finishing import METERED, Kind, packing, treatment
from lca_models.metal_inputs import metal_inputs
from lca_models.system.slots import Step
from lca_models.system.unit_process import Choices, UnitProcess

FINAL = "plate_packing"
_KINDS = {
    "solution_treatment": Kind("quenched_plate", uses=("water",)),
    "plate_stretching": Kind("stretched_plate", burns_gas=False),
    "plate_ageing": Kind("aged_plate"),
    "plate_annealing": Kind("annealed_plate"),
    "plate_cold_rolling": Kind(
        "cold_rolled_plate", "rolling", burns_gas=False, uses=("rolling_oil",)
    ),
}
TEMPERS = {
    METERED: (),
    "T651": ("solution_treatment", "plate_stretching", "plate_ageing"),
    "F": (),
    "O": ("plate_annealing",),
    "H": ("plate_cold_rolling",),
    "T4": ("solution_treatment",),
    "T5": ("plate_ageing",),
    "T6": ("solution_treatment", "plate_ageing"),
    "T7": ("solution_treatment", "plate_ageing"),
}
"""Temper → steps between hot rolling and sawing; T7 differs from T6 in its time, not its steps.

Metered, the first, takes every step by what the ledger says each of them takes."""


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of plate in the order of the material."""
    treated, last = treatment(choices, _KINDS, TEMPERS, "hot_rolled_plate")
    return (
        *cast_house(choices, "slab_casting", "slab"),
        *hot_rolled(choices),
        *treated,
        *_finishing(choices, last),
    )


def hot_rolled(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return scalping, homogenising and hot rolling: what plate and sheet share."""
    scalping = Step("scalping", choices)
    homogenising = Step("slab_homogenising", choices)
    rolling = Step("hot_rolling", choices)
    return (
        scalping.process(
            "rolling",
            "scalped_slab",
            metal_inputs(scalping),
            scalping.electricity(),
            *scalping.scraps(),
        ),
        homogenising.process(
            "rolling",
            "homogenised_slab",
            metal_inputs(homogenising),
            homogenising.burns("natural_gas"),
            homogenising.electricity(),
            *homogenising.scraps(),
        ),
        rolling.process(
            "rolling",
            "hot_rolled_plate",
            metal_inputs(rolling),
            rolling.burns("natural_gas"),
            rolling.electricity(),
            *rolling.uses("rolling_oil"),
            burnt_organics(rolling, "rolling_oil_burnt"),
            *rolling.scraps(),
        ),
    )


def _finishing(choices: Choices, last: str) -> tuple[UnitProcess, ...]:
    sawing = Step("plate_sawing", choices)
    return (
        sawing.process(
            "finishing",
            "sawn_plate",
            metal_inputs(sawing, last),
            sawing.electricity(),
            *sawing.scraps(),
        ),
        *packing(choices, FINAL, "plate"),
    )
