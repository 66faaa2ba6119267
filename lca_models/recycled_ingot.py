"""Recycled aluminium from purchased scrap, as packed ingot or as liquid alloy; dross of others.

The two products share every step up to refined metal and part after it, so each carries its own
steps and nothing is left to allocate (subdivision). Treating dross for others is a service of its
own, per tonne of dross, and no part of either product (rule AL-LIQUID-001).
"""

from __future__ import annotations

from lca_models.casthouse import RECOVERY, burnt_organics, casting, dross_recovery, melt
from lca_models.charge import SCRAP, charging, scrap, transports
from lca_models.finishing import packing, site_services
from lca_models.system.slots import Step, inventory
from lca_models.system.unit_process import Choices, Exchange, UnitProcess

FINAL_INGOT = "ingot_packing"
FINAL_LIQUID = "liquid_delivery"
FINAL_SERVICE = RECOVERY


def ingot_processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of packed recycled ingot in the order of the material."""
    return (
        *_refined_metal(choices),
        casting(choices, "ingot_casting", "cast_ingot"),
        *packing(choices, FINAL_INGOT, "recycled_ingot", packaging=("steel_strapping",)),
    )


def liquid_processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of liquid alloy, delivered in heated ladles without casting."""
    delivery = Step(FINAL_LIQUID, choices)
    return (
        *_refined_metal(choices),
        delivery.process(
            "finishing",
            "liquid_alloy",
            delivery.takes("refined_metal", "refining"),
            delivery.burns("natural_gas"),
            delivery.burns("diesel"),
            delivery.services(),
            *delivery.scraps(),
        ),
        site_services(choices),
    )


def service_processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the treatment of one tonne of dross for others, who get its metal back."""
    return (dross_recovery(choices, metal_returns=False),)


def _refined_metal(choices: Choices) -> tuple[UnitProcess, ...]:
    return (
        *_scrap_preparation(choices),
        charging(choices, prepared_by="scrap_decoating"),
        *melt(choices, "prepared_scrap"),
    )


def _scrap_preparation(choices: Choices) -> tuple[UnitProcess, ...]:
    collection = Step("scrap_collection", choices)
    sorting = Step("scrap_sorting", choices)
    shredding = Step("scrap_shredding", choices)
    bought: list[Exchange] = []
    for flow in SCRAP:
        bought.extend(scrap(choices, flow, inventory(collection.code, flow)))
    return (
        collection.process(
            "scrap_preparation", "collected_scrap", *bought, *transports(collection.code)
        ),
        sorting.process(
            "scrap_preparation",
            "sorted_scrap",
            sorting.takes("collected_scrap", "scrap_collection"),
            sorting.electricity(),
            sorting.burns("diesel"),
            sorting.hands_over("sorting_residue"),
        ),
        shredding.process(
            "scrap_preparation",
            "shredded_scrap",
            shredding.takes("sorted_scrap", "scrap_sorting"),
            shredding.electricity(),
        ),
        _decoating(choices),
    )


def _decoating(choices: Choices) -> UnitProcess:
    step = Step("scrap_decoating", choices)
    return step.process(
        "scrap_preparation",
        "prepared_scrap",
        step.takes("shredded_scrap", "scrap_shredding"),
        step.burns("natural_gas"),
        step.electricity(),
        burnt_organics(step, "organic_coating"),
    )
