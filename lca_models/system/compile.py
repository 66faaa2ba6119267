"""From slots to numbers: a product system whose links and burdens are amounts, ready to be solved.

It runs on decimals, floats and the numbers of a tape alike; the caller passes the arithmetic. It
does not resolve slots (that comes before) and does not solve (that comes after).
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import Incomplete
from lca_models.system.amounts import Amounts
from lca_models.system.constraints import require_constraints
from lca_models.system.formula import Slot, arithmetic_of
from lca_models.system.scrap_rules import SUBSTITUTION
from lca_models.system.unit_process import (
    Emission,
    Input,
    Link,
    Part,
    ProductSystem,
    UnitProcess,
)

DECIMAL_ARITHMETIC = arithmetic_of(Decimal)
FLOAT_ARITHMETIC = arithmetic_of(float)

GasAmounts = Mapping[str, Any]
"""Gas → kg per unit of a flow."""


@dataclass(frozen=True, slots=True)
class Burden:
    """One part of one exchange, per tonne of its process's product.

    `amount` is the exchange's, in `unit`, and stands in each of its parts: a flow table takes it
    once per (process_index, exchange_index). `slot` is the key of the emission slot, empty for a
    direct emission and for what a rule makes burden-free. `gases` is kg per tonne of product.
    """

    process_index: int
    exchange_index: int
    flow: str
    unit: str
    amount: Any
    part: str
    scope: str
    link: str
    origin: str
    role: str
    slot: str
    gases: GasAmounts
    rule: str = ""

    def origin_of(self, gas: str) -> str:
        """Return the origin of one gas: biogenic CO2 is biogenic whatever carries it."""
        return "biogenic" if gas == "co2_biogenic" else self.origin


@dataclass(frozen=True, slots=True)
class CompiledSystem:
    """A product system in numbers.

    `links` are (consumer index, provider index, t per t); one pair may occur more than once and
    then adds up. The technosphere matrix is the identity less the links. `outside` holds what a
    rule shows beside the result and never in it (PCF-SCRAP-SUBSTITUTION).
    """

    product: str
    version: str
    processes: tuple[str, ...]
    final_index: int
    links: tuple[tuple[int, int, Any], ...]
    burdens: tuple[Burden, ...]
    outside: tuple[Burden, ...] = ()


def slots_needed(amounts: Amounts) -> tuple[Slot, ...]:
    """Return the emission slots that need a factor, each once, in the order of the system.

    An input whose amount is exactly zero needs none; one whose amount is not known yet does.
    Raises BadInput (CHARGE_EMPTY).
    """
    needed: dict[str, Slot] = {}
    with decimal.localcontext(EXACT):
        for process in amounts.system.processes:
            for exchange in process.exchanges:
                if isinstance(exchange, Input) and amounts.is_used(process, exchange):
                    needed.update((part.slot.key, part.slot) for part in exchange.parts)
    return tuple(needed.values())


def compile_system(
    system: ProductSystem,
    values: Mapping[str, Any],
    factors: Mapping[str, GasAmounts],
    arithmetic: Mapping[str, Any],
) -> CompiledSystem:
    """Turn a product system into numbers.

    Parameters
    ----------
    values : amount slot key → number (Decimal, float or array of samples), in the slot's unit.
    factors : emission slot key → kg of each gas per unit, in the slot's unit.
    arithmetic : DECIMAL_ARITHMETIC, FLOAT_ARITHMETIC, or one of `formula.arithmetic_of`.

    Raises Incomplete (SLOTS_MISSING) with every slot that has no number, and BadInput
    (CHARGE_EMPTY) when the amounts a process divides by add up to zero, or the code of the first
    constraint that the numbers break.
    """
    return compile_amounts(Amounts(system, values, arithmetic), factors)


def compile_amounts(amounts: Amounts, factors: Mapping[str, GasAmounts]) -> CompiledSystem:
    """Turn amounts at hand into the system in numbers, as `compile_system` does."""
    _require_complete(amounts, factors)
    system = amounts.system
    index = {process.code: position for position, process in enumerate(system.processes)}
    links: list[tuple[int, int, Any]] = []
    burdens: list[Burden] = []
    with decimal.localcontext(EXACT):
        require_constraints(system.constraints, amounts.values, amounts.arithmetic)
        for place, process in enumerate(system.processes):
            for position, exchange in enumerate(process.exchanges):
                if amounts.is_absent(process, exchange):
                    continue
                amount, here = amounts.of(process, exchange), (place, position)
                if isinstance(exchange, Link):
                    links.append((place, index[exchange.process], amount))
                elif isinstance(exchange, Input):
                    burdens.extend(input_burdens(process, exchange, here, amount, factors))
                else:
                    burdens.append(emission_burden(process, exchange, here, amount))
    return CompiledSystem(
        product=system.product,
        version=system.version,
        processes=tuple(index),
        final_index=index[system.final],
        links=tuple(links),
        burdens=tuple(item for item in burdens if item.role != SUBSTITUTION),
        outside=tuple(item for item in burdens if item.role == SUBSTITUTION),
    )


def _require_complete(amounts: Amounts, factors: Mapping[str, GasAmounts]) -> None:
    missing = dict(amounts.missing)
    for slot in slots_needed(amounts):
        if slot.key not in factors and not slot.optional:
            missing[slot.key] = None
    if missing:
        raise Incomplete("SLOTS_MISSING", slots=", ".join(missing), count=len(missing))


def input_burdens(
    process: UnitProcess,
    exchange: Input,
    here: tuple[int, int],
    amount: Any,
    factors: Mapping[str, GasAmounts],
) -> list[Burden]:
    """Return the burdens of an input of `amount`, one per part; `here` is (process, exchange)."""
    used = amount != 0
    # A burden-free input still has its row: the flow table shows it and the rule that frees it.
    parts: tuple[Part | None, ...] = exchange.parts or (None,)
    return [
        Burden(
            process_index=here[0],
            exchange_index=here[1],
            flow=exchange.flow,
            unit=exchange.unit,
            amount=amount,
            part=part.name if part else "",
            scope=part.scope if part else "",
            link=_link_of(process, exchange, part),
            origin=exchange.origin,
            role=exchange.role,
            slot=part.slot.key if part else "",
            gases=_scaled(factors.get(part.slot.key, {}), amount) if part and used else {},
            rule=exchange.rule,
        )
        for part in parts
    ]


def _scaled(gases: GasAmounts, amount: Any) -> GasAmounts:
    return {gas: kilograms * amount for gas, kilograms in sorted(gases.items())}


def _link_of(process: UnitProcess, exchange: Input, part: Part | None) -> str:
    """Return own, precursor or upstream: direct parts follow the process, supply its own chain."""
    if part is None:
        return exchange.link
    if part.name != "upstream":
        return "own" if process.own else exchange.link
    # The supply of a fuel burnt at a precursor's plant is upstream of that plant, not precursor.
    burnt = any(other.name != "upstream" for other in exchange.parts)
    return "upstream" if burnt else exchange.link


def emission_burden(
    process: UnitProcess, exchange: Emission, here: tuple[int, int], amount: Any
) -> Burden:
    """Return the burden of a gas that a process itself emits; `here` is (process, exchange)."""
    return Burden(
        process_index=here[0],
        exchange_index=here[1],
        flow=exchange.flow,
        unit="kg",
        amount=amount,
        part="process",
        scope="1" if process.own else "3",
        link="own" if process.own else exchange.link,
        origin=exchange.origin,
        role="emission",
        slot="",
        gases={exchange.gas: amount} if amount != 0 else {},
    )
