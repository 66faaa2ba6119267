"""The objects Brightway stores: two databases and a method, as plain dictionaries with tuple keys.

They follow what Brightway 2 and 2.5 and the Activity Browser read: processes with location, unit
and reference product; gases of type `emission` in the compartment air, counted in kilograms.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

from lca_models.brightway.inventory import Activity, Gas, Inventory, Parameter, Row, both
from lca_models.brightway.inventory import joined as name_of
from lca_models.brightway.loading import FOREGROUND, GASES

METHOD_UNIT = "kg CO2e"
COMPARTMENT = "air"
# The number stats_arrays gives the log-normal distribution.
LOGNORMAL = 2


def gas_nodes(inventory: Inventory) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the gases as (database, code) → node."""
    return {(GASES, gas.code): _gas_node(gas) for gas in inventory.gases}


def activity_nodes(inventory: Inventory) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the processes as (database, code) → node with exchanges and own parameters."""
    return {
        (FOREGROUND, activity.code): activity_fields(activity)
        | {
            "parameters": [parameter_fields(p) for p in inventory.parameters_of(activity.code)],
            "exchanges": [production(activity), *(exchange(row) for row in activity.rows)],
        }
        for activity in inventory.activities
    }


def method_rows(inventory: Inventory) -> list[tuple[tuple[str, str], float]]:
    """Return the method as ((database, code) of a gas, kg CO2e per kg)."""
    return [((GASES, gas.code), gas.weight) for gas in inventory.gases]


def method_fields(inventory: Inventory) -> dict[str, Any]:
    """Return unit and description of the method, and the name of its file in Brightway."""
    description = both("BRIGHTWAY_METHOD", gwp_set=inventory.method[-1])
    fields = {"unit": METHOD_UNIT, "description": description}
    return fields | {"abbreviation": _abbreviation(inventory.method)}


def _abbreviation(method: tuple[str, ...]) -> str:
    # Brightway makes it when a method is registered, but a package loaded again replaces it.
    first, *others = method
    initials = "".join(word[0].lower() for word in others)
    digest = hashlib.md5("-".join(method).encode(), usedforsecurity=False).hexdigest()
    return f"{first.lower()}{initials}.{digest}"


def database_fields(inventory: Inventory) -> dict[str, Any]:
    """Return what the foreground database says of itself: the demand, the method, where from."""
    return {
        "final": inventory.final,
        "method": list(inventory.method),
        "method unit": METHOD_UNIT,
        "method description": method_fields(inventory)["description"],
        "product": inventory.product,
        "model version": inventory.version,
        "comment": inventory.comment,
    }


def activity_fields(activity: Activity) -> dict[str, Any]:
    """Return the fields of a process, without exchanges and parameters."""
    return {
        "name": name_of(activity.names),
        "name_zh": activity.names[0],
        "name_en": activity.names[1],
        "reference product": name_of(activity.product),
        "unit": "tonne",
        "location": activity.location,
        "type": "process",
        "stage": activity.stage,
        "comment": activity.comment,
    }


def parameter_fields(parameter: Parameter) -> dict[str, Any]:
    """Return a parameter as `bw2data.parameters` takes it."""
    fields: dict[str, Any] = {"name": parameter.name, "amount": parameter.amount}
    fields |= {"unit": parameter.unit, "comment": parameter.comment}
    return fields | lognormal(parameter.amount, parameter.sigma)


def production(activity: Activity) -> dict[str, Any]:
    """Return the exchange that makes one tonne of the process's own product."""
    return {
        "input": (FOREGROUND, activity.code),
        "name": name_of(activity.product),
        "unit": "tonne",
        "amount": 1.0,
        "type": "production",
    }


def exchange(row: Row) -> dict[str, Any]:
    """Return one exchange with its formula, and its spread where it is one factor's number."""
    database = GASES if row.kind == "biosphere" else FOREGROUND
    fields: dict[str, Any] = {"input": (database, row.input), "name": row.name, "unit": row.unit}
    fields |= {"amount": row.amount, "type": row.kind, "formula": row.formula}
    stated = {"flow": row.flow, "part": row.part, "scope": row.scope, "comment": row.comment}
    fields |= {key: value for key, value in stated.items() if value}
    return fields | lognormal(row.amount, row.sigma)


def lognormal(amount: float, sigma: float) -> dict[str, Any]:
    """Return the fields of stats_arrays for a log-normal around an amount (its median).

    Empty where nothing is drawn: no spread, or an amount of zero.
    """
    if not sigma or not amount:
        return {}
    fields: dict[str, Any] = {"uncertainty type": LOGNORMAL, "loc": math.log(abs(amount))}
    return fields | {"scale": sigma} | ({"negative": True} if amount < 0 else {})


def _gas_node(gas: Gas) -> dict[str, Any]:
    return {
        "name": name_of(gas.names),
        "name_zh": gas.names[0],
        "name_en": gas.names[1],
        "unit": "kilogram",
        "categories": (COMPARTMENT,),
        "type": "emission",
        "exchanges": [],
    }
