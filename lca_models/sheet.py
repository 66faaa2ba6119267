"""Aluminium sheet and strip: plate's way to hot rolling, then cold rolling, treatment by temper.

No published inventory splits cold rolling, annealing and finishing: a mill brings its own ledger.
"""

from __future__ import annotations

from lca_models.casthouse import cast_house
from lca_models.finishing import METERED, Kind, packing, treatment
from lca_models.plate import hot_rolled
from lca_models.system.unit_process import Choices, UnitProcess

FINAL = "sheet_packing"
_KINDS = {
    "cold_rolling": Kind("cold_rolled_sheet", "rolling", burns_gas=False, uses=("rolling_oil",)),
    "sheet_annealing": Kind("annealed_sheet", uses=("nitrogen",)),
    "sheet_solution_treatment": Kind("quenched_sheet", uses=("water",)),
    "sheet_ageing": Kind("aged_sheet"),
    "sheet_finishing": Kind("finished_sheet", "finishing", burns_gas=False),
}
TEMPERS = {
    METERED: (),
    "H": (),
    "O": ("sheet_annealing",),
    "T4": ("sheet_solution_treatment",),
    "T6": ("sheet_solution_treatment", "sheet_ageing"),
}
"""Temper → steps between cold rolling and finishing; metered takes what the ledger says."""
_ROUTES = {temper: ("cold_rolling", *codes, "sheet_finishing") for temper, codes in TEMPERS.items()}


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of sheet in the order of the material."""
    treated, last = treatment(choices, _KINDS, _ROUTES, "hot_rolled_plate")
    return (
        *cast_house(choices, "slab_casting", "slab"),
        *hot_rolled(choices),
        *treated,
        *packing(choices, FINAL, "sheet", last),
    )
