"""A nominal result's product system in binary floats: for sampling, and for Brightway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from footprint.evaluate import Nominal
from lca_models.compile import FLOAT_ARITHMETIC, CompiledSystem, compile_system
from lca_models.resolve import Pin


def _unchanged(_pin: Pin) -> float:
    return 1.0


def compiled_floats(
    nominal: Nominal,
    multiplier: Callable[[Pin], Any] = _unchanged,
    arithmetic: Mapping[str, Any] = FLOAT_ARITHMETIC,
) -> CompiledSystem:
    """Compile the system of a nominal result with each pinned factor times its multiplier.

    A multiplier is 1.0 or an array over samples; arrays need their own arithmetic.
    """
    values: dict[str, Any] = {}
    gases: dict[str, Mapping[str, Any]] = {entry["slot"]: {} for entry in nominal.cut_off}
    for pin in nominal.pins:
        if "value" in pin.factor.amounts:
            values[pin.slot.key] = float(pin.value()) * multiplier(pin)
        else:
            gases[pin.slot.key] = {
                gas: float(kg) * multiplier(pin) for gas, kg in pin.gases().items()
            }
    return compile_system(nominal.system, values, gases, arithmetic)
