"""The products that can be calculated, the choices each accepts, and their product systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from factor_db.foundation.errors import BadInput
from lca_models import (
    charge,
    extrusion,
    forged_ring,
    plate,
    primary_aluminium,
    recycled_ingot,
    sheet,
    smelter,
    surface,
)
from lca_models.system.electricity_rules import ELECTRICITY_RULES, electricity_rule
from lca_models.system.scrap_rules import SCRAP_RULES, scrap_carried, scrap_rule
from lca_models.system.unit_process import Choices, ProductSystem, UnitProcess

LOOP_RULE = "AL-LOOP-001"
STOCK_RULE = "PCF-SCRAP-STOCK-001"
METAL_RULES = (LOOP_RULE, STOCK_RULE, "PCF-OWN-METAL-001", "PCF-REACH-001", "PCF-ROUTE-001")
LIQUID_RULE = "AL-LIQUID-001"
RECYCLED_RULES = (LOOP_RULE, STOCK_RULE, "PCF-REACH-001", LIQUID_RULE, "DER-ALLOC-001")
CHAIN_PRODUCTS = ("primary_aluminium", "primary_liquid")
"""Products that are the primary chain itself."""
CHOICE_RULES = {("alloying", "measured"): "AL-ALLOY-001", ("melt_loss", "measured"): "AL-LOSS-001"}
"""Choice and the value that needs no rule → the rule that every other value rests on."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its version, the process that makes the product, and how its processes are built.

    The first of `tempers`, of `dross_routes` and of `anode_plants` is what an empty choice stands
    for. A model that charges no metal (`charges` is false) knows no rule for scrap.
    """

    version: str
    final: str
    processes: Callable[[Choices], tuple[UnitProcess, ...]]
    surfaces: tuple[str, ...] = ("plain",)
    tempers: tuple[str, ...] = ("",)
    dross_routes: tuple[str, ...] = ("treated", "recovered")
    anode_plants: tuple[str, ...] = ("",)
    charges: bool = True
    rules: tuple[str, ...] = METAL_RULES

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Return choice → values that this model has of its own."""
        own = {
            "surface": self.surfaces,
            "temper": self.tempers,
            "dross_route": self.dross_routes,
            "anode_plant": self.anode_plants,
        }
        if self.charges:
            return own
        return {**own, "alloying": ("measured",), "melt_loss": ("measured",)}


def _primary_aluminium(choices: Choices) -> tuple[UnitProcess, ...]:
    return primary_aluminium.processes(choices, own_smelter=True)


def _primary_liquid(choices: Choices) -> tuple[UnitProcess, ...]:
    return primary_aluminium.liquid_processes(choices, own_smelter=True)


_MODELS = {
    "plate": Model("plate-3", plate.FINAL, plate.processes, tempers=tuple(plate.TEMPERS)),
    "extrusion": Model(
        "extrusion-3",
        extrusion.FINAL,
        extrusion.processes,
        surfaces=surface.SURFACES,
        tempers=tuple(extrusion.TEMPERS),
    ),
    "recycled_ingot": Model(
        "recycled_ingot-3",
        recycled_ingot.FINAL_INGOT,
        recycled_ingot.ingot_processes,
        dross_routes=("recovered", "treated"),
        rules=RECYCLED_RULES,
    ),
    "liquid_alloy": Model(
        "liquid_alloy-3",
        recycled_ingot.FINAL_LIQUID,
        recycled_ingot.liquid_processes,
        dross_routes=("recovered", "treated"),
        rules=RECYCLED_RULES,
    ),
    "dross_service": Model(
        "dross_service-1",
        recycled_ingot.FINAL_SERVICE,
        recycled_ingot.service_processes,
        dross_routes=("",),
        charges=False,
        rules=(LIQUID_RULE,),
    ),
    "sheet": Model("sheet-2", sheet.FINAL, sheet.processes, tempers=tuple(sheet.TEMPERS)),
    "forged_ring": Model(
        "forged_ring-2",
        forged_ring.FINAL,
        forged_ring.processes,
        tempers=tuple(forged_ring.TEMPERS),
    ),
    "primary_aluminium": Model(
        "primary_aluminium-3",
        primary_aluminium.FINAL,
        _primary_aluminium,
        dross_routes=("",),
        anode_plants=("bought", "on_site"),
        charges=False,
        rules=(),
    ),
    "primary_liquid": Model(
        "primary_liquid-2",
        primary_aluminium.FINAL_LIQUID,
        _primary_liquid,
        dross_routes=("",),
        anode_plants=("bought", "on_site"),
        charges=False,
        rules=(),
    ),
}

PRODUCTS = tuple(_MODELS)
"""Codes of the products that can be calculated."""

_AVAILABLE = {
    "scrap_rule": tuple(SCRAP_RULES),
    "electricity_rule": tuple(ELECTRICITY_RULES),
    "allocation": ("subdivision",),
    "primary_source": ("published", "modelled"),
    "smelter_power": smelter.SMELTER_POWER,
    "pfc_method": smelter.PFC_METHODS,
    "smelter_technology": ("", *smelter.TECHNOLOGIES),
    "alloying": ("measured", *charge.ALLOYS),
    "melt_loss": ("measured", "by_charge"),
}


def available_choices(product: str) -> dict[str, tuple[str, ...]]:
    """Return choice → values that this version calculates for a product.

    Raises BadInput (PRODUCT_UNKNOWN).
    """
    return {**_AVAILABLE, **_model(product).choices}


def product_system(product: str, choices: Choices) -> ProductSystem:
    """Return the product system of a product under the choices.

    Raises BadInput (PRODUCT_UNKNOWN, CHOICE_NOT_AVAILABLE, SMELTER_POWER_TWICE): a choice that is
    not calculated is refused and never replaced by another.
    """
    return _built(product, _model(product), choices)


# Its formulas are walked and laid out once, for whoever asks for the same product again.
@lru_cache
def _built(product: str, model: Model, choices: Choices) -> ProductSystem:
    choices = completed_choices(product, choices)
    if product in CHAIN_PRODUCTS:  # elsewhere the smelter is a supplier's, with power of its own
        smelter.require_one_statement(choices)
    processes = model.processes(choices)
    rules = (*model.rules, *electricity_rule(choices.electricity_rule).rules)
    if model.charges:
        rules = (*rules, scrap_rule(choices.scrap_rule).rule, *_rules_of(choices))
        if choices.primary_source == "modelled":
            processes = (*primary_aluminium.processes(choices), *processes)
    limits = charge.constraints(choices) if model.charges else ()
    if product in CHAIN_PRODUCTS or (model.charges and choices.primary_source == "modelled"):
        rules = (*rules, *primary_aluminium.rules(choices))
        limits = (*limits, *primary_aluminium.constraints(choices))
    rules = tuple(dict.fromkeys((*rules, *(item.rule for item in limits))))
    scrap = scrap_carried(choices.scrap_rule, processes) if model.charges else ()
    return ProductSystem(product, model.version, model.final, processes, rules, limits, scrap)


def completed_choices(product: str, choices: Choices) -> Choices:
    """Return the choices with the product's own defaults in place of empty texts.

    Raises BadInput (PRODUCT_UNKNOWN, CHOICE_NOT_AVAILABLE).
    """
    known = available_choices(product)
    for field in fields(choices):
        value, offered = getattr(choices, field.name), known[field.name]
        if not value:
            choices = replace(choices, **{field.name: offered[0]})
        elif value not in offered:
            raise BadInput(
                "CHOICE_NOT_AVAILABLE",
                choice=f"{field.name}={value}",
                known=", ".join(offered),
            )
    return choices


def final_process(product: str) -> str:
    """Return the process that makes a product; raises BadInput (PRODUCT_UNKNOWN)."""
    return _model(product).final


def final_processes() -> frozenset[str]:
    """Return the processes whose product is one of those that can be calculated."""
    return frozenset(model.final for model in _MODELS.values())


def _rules_of(choices: Choices) -> list[str]:
    return [
        rule
        for (choice, needs_none), rule in CHOICE_RULES.items()
        if getattr(choices, choice) != needs_none
    ]


def _model(product: str) -> Model:
    try:
        return _MODELS[product]
    except KeyError:
        raise BadInput("PRODUCT_UNKNOWN", product=product, known=", ".join(PRODUCTS)) from None
