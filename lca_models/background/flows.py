"""An elementary flow of a source as ours: its gas and how many kg of it one unit is."""

from __future__ import annotations

from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from lca_models.background.gases import recognise
from lca_models.background.matrices import Flow

# How Brightway and openLCA write units of mass that our closed table has under its own code.
UNITS_OF_MASS = {"kilogram": "kg", "gram": "g", "ton": "t", "metric ton": "t", "tonne": "t"}


def elementary_flow(
    key: str, name: str, cas: str, compartment: str, unit: str, *, is_output: bool
) -> tuple[Flow, str]:
    """Return a flow with its gas, and why it is not counted although it looks like one (or "").

    A gas in a unit that is no mass is not counted (reason `unit`): no density is guessed.
    """
    found = recognise(name, cas, compartment, is_output=is_output)
    kilograms, reason = 0.0, found.reason
    if found.gas:
        try:
            kilograms = float(conversion(UNITS_OF_MASS.get(unit.casefold(), unit), "kg"))
        except BadInput:
            reason = "unit"
    gas = found.gas if kilograms else ""
    return Flow(key, name.strip(), compartment, unit, gas, kilograms), reason
