"""Forged aluminium rings: billet, forging, ring rolling, heat treatment, machining.

No published inventory of ring rolling was found: a forge brings its own ledger for these steps.
"""

from __future__ import annotations

from lca_models.casthouse import cast_house
from lca_models.extrusion import homogenised_billet
from lca_models.finishing import METERED, Kind, packing, treatment
from lca_models.system.unit_process import Choices, UnitProcess

FINAL = "ring_packing"
_KINDS = {
    "ring_forging": Kind("ring_blank", "forging"),
    "ring_rolling": Kind("rolled_ring", "forging"),
    "ring_heat_treatment": Kind("treated_ring", uses=("water",)),
    "ring_machining": Kind("machined_ring", "finishing", burns_gas=False),
}
TEMPERS = {
    METERED: (),
    "T6": ("ring_forging", "ring_rolling", "ring_heat_treatment", "ring_machining"),
    "F": ("ring_forging", "ring_rolling", "ring_machining"),
}
"""Temper → steps after homogenising; metered takes what the ledger says."""


def processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of rings in the order of the material."""
    steps, last = treatment(choices, _KINDS, TEMPERS, "homogenised_billet")
    return (
        *cast_house(choices, "billet_casting", "billet"),
        homogenised_billet(choices),
        *steps,
        *packing(choices, FINAL, "forged_ring", last),
    )
