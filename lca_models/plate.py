"""Aluminium plate: cast house, hot rolling, heat treatment by temper, finishing.

Scalping, rolling, stretching and sawing give their chips, crops and grips back to the charge pool,
or sell them. Purchased slab joins the site's own before scalping.
"""

from __future__ import annotations

from lca_models.casthouse import burnt_organics, cast_house
from lca_models.finishing import Kind, packing, route
from lca_models.slots import Step, inventory, upstream_part
from lca_models.unit_process import Choices, Input, Link, UnitProcess

FINAL = "plate_packing"
_KINDS = {
    "solution_treatment": Kind("quenched_plate", uses=("water",)),
    "plate_stretching": Kind("stretched_plate", burns_gas=False, scraps=True),
    "plate_ageing": Kind("aged_plate"),
    "plate_annealing": Kind("annealed_plate"),
    "plate_cold_rolling": Kind(
        "cold_rolled_plate", "rolling", burns_gas=False, uses=("rolling_oil",), scraps=True
    ),
}
TEMPERS = {
    "T651": ("solution_treatment", "plate_stretching", "plate_ageing"),
    "F": (),
    "O": ("plate_annealing",),
    "H": ("plate_cold_rolling",),
    "T4": ("solution_treatment",),
    "T5": ("plate_ageing",),
    "T6": ("solution_treatment", "plate_ageing"),
    "T7": ("solution_treatment", "plate_ageing"),
}
"""Temper → steps between hot rolling and sawing; T7 differs from T6 in its time, not its steps."""


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of plate in the order of the material."""
    treated, last = route(
        choices, _KINDS, TEMPERS[choices.temper], ("hot_rolled_plate", "hot_rolling")
    )
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
            *with_purchased(scalping, "slab", "slab_casting", "slab"),
            scalping.electricity(),
            *scalping.scraps(),
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
            burnt_organics(rolling, "rolling_oil_burnt"),
            *rolling.scraps(),
        ),
    )


def with_purchased(step: Step, flow: str, provider: str, shape: str) -> tuple[Link, Input]:
    """Return a cast product made on the site and the same bought, which needs no melting here.

    `flow` is what the step takes in all; what is bought (`purchased_slab`, `purchased_billet`) is
    deducted from it, and the rest is the site's own.
    """
    bought = inventory(step.code, f"purchased_{shape}")
    own = Link(provider, inventory(step.code, flow, needed=True) - bought)
    parts = (upstream_part(shape, "cradle_to_gate"),)
    return own, Input(f"purchased_{shape}", "t", bought, parts, link="precursor")


def _finishing(choices: Choices, last: tuple[str, str]) -> tuple[UnitProcess, ...]:
    sawing = Step("plate_sawing", choices)
    return (
        sawing.process(
            "finishing",
            "sawn_plate",
            sawing.takes(*last),
            sawing.electricity(),
            *sawing.scraps(),
        ),
        *packing(choices, FINAL, "plate", ("sawn_plate", "plate_sawing")),
    )
