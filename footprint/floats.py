"""A nominal result's product system in binary floats: for sampling, and for Brightway."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from decimal import localcontext
from typing import Any

from factor_db.foundation.canonical import EXACT
from footprint.evaluate import Nominal
from lca_models.compile import (
    DECIMAL_ARITHMETIC,
    FLOAT_ARITHMETIC,
    Burden,
    CompiledSystem,
    compile_system,
    with_unstated,
)
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
    # A slot without a pin belongs to a cut-off, or to an amount that is exactly zero.
    gases: dict[str, Mapping[str, Any]] = {s.key: {} for s in nominal.system.emission_slots()}
    for pin in nominal.pins:
        if "value" in pin.factor.amounts:
            values[pin.slot.key] = float(pin.value()) * multiplier(pin)
        else:
            gases[pin.slot.key] = {
                gas: float(kg) * multiplier(pin) for gas, kg in pin.gases().items()
            }
    compiled = compile_system(nominal.system, values, gases, arithmetic)
    return replace(compiled, burdens=without_unused(nominal, compiled.burdens))


def without_unused(
    nominal: Nominal, burdens: Iterable[Burden], varied: Container[str] = ()
) -> tuple[Burden, ...]:
    """Take the emissions from what is exactly zero: 1 - 0.1 - 0.7 - 0.2 is not so in floats.

    An amount that rests on a slot of `varied` may be another in a sample and keeps its emissions.
    """
    exact = with_unstated(nominal.system, nominal.amounts(), DECIMAL_ARITHMETIC)
    kept = []
    with localcontext(EXACT):
        for burden in burdens:
            process = nominal.system.processes[burden.process_index]
            amount = process.exchanges[burden.exchange_index].amount
            varies = any(slot.key in varied for slot in amount.slots())
            used = varies or amount.evaluate(exact, DECIMAL_ARITHMETIC) != 0
            kept.append(burden if used else replace(burden, gases={}))
    return tuple(kept)
