"""The unit in which the models take each slot, whatever the unit of the factors that fill it.

A factor printed in kg/kg may fill a slot that counts in kg/t; whoever sets a value by hand has to
see both. Found in the product systems themselves: the default choices and every single other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput
from footprint.study.definition import GWP_SETS
from footprint.study.hand_values import known_of
from lca_models.catalogue import PRODUCTS, available_choices, product_system
from lca_models.system.formula import Slot
from lca_models.system.unit_process import Choices, ProductSystem


@cache
def slots() -> dict[str, Slot]:
    """Return slot key → slot, of every model under its default choices and each single other."""
    found: dict[str, Slot] = {}
    for system in _systems():
        for slot in (*system.amount_slots(), *system.emission_slots()):
            found.setdefault(slot.key, slot)
    return found


def unit_of_slot(factor: Factor) -> str:
    """Return the unit of the slot that a factor fills, empty where no model asks for it."""
    slot = slots().get(factor.slot_key)
    return slot.unit if slot else ""


def slot_record(factor: Factor) -> dict[str, str] | None:
    """Return the slot of a factor: key, unit, and the factor's value in it (emissions as CO2e)."""
    slot = slots().get(factor.slot_key)
    if slot is None:
        return None
    known = known_of(slot, [factor], factor.gwp_set if factor.gwp_set in GWP_SETS else GWP_SETS[-1])
    value = decimal_text(known[0].value) if known else "0"
    return {"key": slot.key, "unit": slot.unit, "value": value}


def _systems() -> Iterator[ProductSystem]:
    for product in PRODUCTS:
        yield product_system(product, Choices())
        for name, values in available_choices(product).items():
            for value in values:
                if hasattr(Choices(), name):
                    try:
                        yield product_system(product, replace(Choices(), **{name: value}))
                    except BadInput:  # a choice that needs another one with it
                        continue
