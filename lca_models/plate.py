"""Heat-treated aluminium plate: cast house, hot rolling, heat treatment, finishing.

Scalping, rolling, stretching and sawing give their chips, crops and grips back to the charge pool.
"""

from __future__ import annotations

from lca_models.casthouse import casting, charging, melting, refining
from lca_models.slots import Step
from lca_models.unit_process import Choices, UnitProcess

FINAL = "plate_packing"
PACKAGING = ("wood_packaging", "plastic_film", "steel_strapping", "paper")


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of plate in the order of the material."""
    return (
        charging(choices),
        melting(choices),
        refining(choices),
        casting(choices, "slab_casting", "slab"),
        *_rolling(choices),
        *_heat_treatment(choices),
        *_finishing(choices),
    )


def _rolling(choices: Choices) -> tuple[UnitProcess, ...]:
    scalping = Step("scalping", choices)
    homogenising = Step("slab_homogenising", choices)
    rolling = Step("hot_rolling", choices)
    return (
        scalping.process(
            "rolling",
            "scalped_slab",
            scalping.takes("slab", "slab_casting"),
            scalping.electricity(),
            scalping.returns("internal_scrap"),
        ),
        homogenising.process(
            "rolling",
            "homogenised_slab",
            homogenising.takes("scalped_slab", "scalping"),
            homogenising.burns("natural_gas"),
            homogenising.electricity(),
        ),
        rolling.process(
            "rolling",
            "hot_rolled_plate",
            rolling.takes("homogenised_slab", "slab_homogenising"),
            rolling.burns("natural_gas"),
            rolling.electricity(),
            *rolling.uses("rolling_oil"),
            rolling.returns("internal_scrap"),
        ),
    )


def _heat_treatment(choices: Choices) -> tuple[UnitProcess, ...]:
    solution = Step("solution_treatment", choices)
    stretching = Step("plate_stretching", choices)
    ageing = Step("plate_ageing", choices)
    return (
        solution.process(
            "heat_treatment",
            "quenched_plate",
            solution.takes("hot_rolled_plate", "hot_rolling"),
            solution.burns("natural_gas"),
            solution.electricity(),
            *solution.uses("water"),
        ),
        stretching.process(
            "heat_treatment",
            "stretched_plate",
            stretching.takes("quenched_plate", "solution_treatment"),
            stretching.electricity(),
            stretching.returns("internal_scrap"),
        ),
        ageing.process(
            "heat_treatment",
            "aged_plate",
            ageing.takes("stretched_plate", "plate_stretching"),
            ageing.burns("natural_gas"),
            ageing.electricity(),
        ),
    )


def _finishing(choices: Choices) -> tuple[UnitProcess, ...]:
    sawing = Step("plate_sawing", choices)
    packing = Step(FINAL, choices)
    return (
        sawing.process(
            "finishing",
            "sawn_plate",
            sawing.takes("aged_plate", "plate_ageing"),
            sawing.electricity(),
            sawing.returns("internal_scrap"),
        ),
        packing.process(
            "finishing",
            "plate",
            packing.takes("sawn_plate", "plate_sawing"),
            packing.electricity(),
            *packing.uses(*PACKAGING),
        ),
    )
