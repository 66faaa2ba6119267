"""Recycled aluminium from purchased scrap, as packed ingot or as liquid alloy.

The two products share every step up to refined metal and part after it, so each carries its own
steps and nothing is left to allocate (subdivision). Dross goes to the rotary furnace, whose metal
returns to the charge pool.
"""

from __future__ import annotations

from lca_models.casthouse import SCRAP, casting, charging, melting, refining, scrap, transports
from lca_models.formula import Slot
from lca_models.slots import Step, inventory
from lca_models.unit_process import Choices, Exchange, Input, Link, Part, UnitProcess

FINAL_INGOT = "ingot_packing"
FINAL_LIQUID = "liquid_delivery"


def ingot_processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of packed recycled ingot in the order of the material."""
    packing = Step(FINAL_INGOT, choices)
    return (
        *_refined_metal(choices),
        casting(choices, "ingot_casting", "cast_ingot"),
        packing.process(
            "finishing",
            "recycled_ingot",
            packing.takes("cast_ingot", "ingot_casting"),
            packing.electricity(),
            *packing.uses("steel_strapping"),
        ),
    )


def liquid_processes(choices: Choices) -> tuple[UnitProcess, ...]:
    """Return the processes of liquid alloy, delivered in heated ladles."""
    delivery = Step(FINAL_LIQUID, choices)
    return (
        *_refined_metal(choices),
        delivery.process(
            "finishing",
            "liquid_alloy",
            delivery.takes("refined_metal", "refining"),
            delivery.burns("natural_gas"),
            delivery.burns("diesel"),
        ),
    )


def _refined_metal(choices: Choices) -> tuple[UnitProcess, ...]:
    # Dross fed per t of dross treated is 1 unless the ledger counts the two apart.
    treated = inventory("melting", "dross") / inventory("dross_recovery", "dross")
    return (
        *_scrap_preparation(choices),
        charging(choices, prepared_by="scrap_decoating"),
        melting(choices, Link("dross_recovery", treated, "waste")),
        _dross_recovery(choices),
        refining(choices),
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
    burnt = Part("combustion", Slot("", "organic_coating", "combustion", "kg/kg"), "1")
    return step.process(
        "scrap_preparation",
        "prepared_scrap",
        step.takes("shredded_scrap", "scrap_shredding"),
        step.burns("natural_gas"),
        step.electricity(),
        Input(
            "organic_coating",
            "kg",
            inventory(step.code, "organic_coating"),
            (burnt,),
            role="emission",
        ),
    )


def _dross_recovery(choices: Choices) -> UnitProcess:
    step = Step("dross_recovery", choices)
    return step.process(
        "casthouse",
        "dross_treated",
        step.burns("natural_gas"),
        step.electricity(),
        *step.uses("flux_salt"),
        step.returns("recovered_metal"),
        step.hands_over("salt_slag"),
    )
