"""The products that can be calculated, the choices each accepts, and their product systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from factor_db.foundation.errors import BadInput
from lca_models import extrusion, plate, primary_aluminium, recycled_ingot
from lca_models.casthouse import SCRAP_RULES
from lca_models.electricity import ELECTRICITY_RULES
from lca_models.unit_process import Choices, ProductSystem, UnitProcess

LOOP_RULE = "AL-LOOP-001"
RECYCLED_RULES = (LOOP_RULE, "AL-LIQUID-001", "DER-ALLOC-001")
CHAIN_RULES = ("AL-ANODE-001", "AL-PFC-001")


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its version, the process that makes the product, and how its processes are built."""

    version: str
    final: str
    processes: Callable[[Choices], tuple[UnitProcess, ...]]
    surfaces: tuple[str, ...] = ("plain",)
    tempers: tuple[str, ...] = ("",)
    dross_routes: tuple[str, ...] = ("",)
    rules: tuple[str, ...] = (LOOP_RULE,)

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Return choice → values that this model has of its own."""
        return {
            "surface": self.surfaces,
            "temper": self.tempers,
            "dross_route": self.dross_routes,
        }


def _primary_aluminium(choices: Choices) -> tuple[UnitProcess, ...]:
    return primary_aluminium.processes(choices, own_smelter=True)


_MODELS = {
    "plate": Model("plate-1", plate.FINAL, plate.processes),
    "extrusion": Model(
        "extrusion-1", extrusion.FINAL, extrusion.processes, tuple(extrusion.SURFACES)
    ),
    "recycled_ingot": Model(
        "recycled_ingot-1",
        recycled_ingot.FINAL_INGOT,
        recycled_ingot.ingot_processes,
        rules=RECYCLED_RULES,
    ),
    "liquid_alloy": Model(
        "liquid_alloy-1",
        recycled_ingot.FINAL_LIQUID,
        recycled_ingot.liquid_processes,
        rules=RECYCLED_RULES,
    ),
    "primary_aluminium": Model(
        "primary_aluminium-1", primary_aluminium.FINAL, _primary_aluminium, rules=CHAIN_RULES
    ),
}

PRODUCTS = tuple(_MODELS)
"""Codes of the products that can be calculated."""

_AVAILABLE = {
    "scrap_rule": tuple(SCRAP_RULES),
    "electricity_rule": tuple(ELECTRICITY_RULES),
    "allocation": ("subdivision",),
    "primary_source": ("published", "modelled"),
    "smelter_power": ("grid", "coal", "hydro"),
    "pfc_method": ("amount",),
    "alloying": ("measured",),
    "melt_loss": ("measured",),
}


def available_choices(product: str) -> dict[str, tuple[str, ...]]:
    """Return choice → values that this version calculates for a product.

    Raises BadInput (PRODUCT_UNKNOWN).
    """
    return {**_AVAILABLE, **_model(product).choices}


def product_system(product: str, choices: Choices) -> ProductSystem:
    """Return the product system of a product under the choices.

    Raises BadInput (PRODUCT_UNKNOWN, CHOICE_NOT_AVAILABLE): a choice that is not calculated is
    refused and never replaced by another.
    """
    model = _model(product)
    known = available_choices(product)
    for field in fields(choices):
        value = getattr(choices, field.name)
        if value not in known[field.name]:
            raise BadInput(
                "CHOICE_NOT_AVAILABLE",
                choice=f"{field.name}={value}",
                known=", ".join(known[field.name]),
            )
    processes = model.processes(choices)
    rules = (*model.rules, *ELECTRICITY_RULES[choices.electricity_rule])
    # Primary aluminium is the chain itself and charges no scrap.
    if product != "primary_aluminium":
        rules = (*rules, SCRAP_RULES[choices.scrap_rule])
        if choices.primary_source == "modelled":
            processes = (*primary_aluminium.processes(choices), *processes)
            rules = (*rules, *CHAIN_RULES)
    return ProductSystem(product, model.version, model.final, processes, rules)


def _model(product: str) -> Model:
    try:
        return _MODELS[product]
    except KeyError:
        raise BadInput("PRODUCT_UNKNOWN", product=product, known=", ".join(PRODUCTS)) from None
