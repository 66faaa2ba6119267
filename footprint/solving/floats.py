"""A nominal result's product system in binary floats: for sampling, and for Brightway."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from decimal import localcontext

from factor_db.foundation.canonical import EXACT
from footprint.solving.evaluate import Nominal
from lca_models.system.amounts import with_unstated
from lca_models.system.compile import (
    DECIMAL_ARITHMETIC,
    FLOAT_ARITHMETIC,
    Burden,
    CompiledSystem,
    compile_system,
)


def compiled_floats(nominal: Nominal) -> CompiledSystem:
    """Compile the system of a nominal result in float64."""
    values = {key: float(value) for key, value in nominal.amounts().items()}
    # A slot without a pin belongs to a cut-off, or to an amount that is exactly zero.
    gases: dict[str, dict[str, float]] = {s.key: {} for s in nominal.system.emission_slots()}
    for key, found in nominal.gases().items():
        gases[key] = {gas: float(kg) for gas, kg in found.items()}
    compiled = compile_system(nominal.system, values, gases, FLOAT_ARITHMETIC)
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
