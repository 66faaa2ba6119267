"""Which processes a product really uses: those some metal reaches it from, back from the last one.

A step that no tonne passes is no part of the product, so none of its values is asked for: a mill
that buys coil needs no cast house (rule PCF-REACH-001). A step that is part of it takes metal of at
least one of the flows it may take.
"""

from __future__ import annotations

import decimal
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import Incomplete
from factor_db.ledger.vocabulary import metal_flows
from lca_models.formula import Slot
from lca_models.unit_process import Input, Link, ProductSystem, UnitProcess

_GIVEN_BACK = frozenset({"internal", "co-product"})


def pruned(
    system: ProductSystem, values: Mapping[str, Any], arithmetic: Mapping[str, Any]
) -> ProductSystem:
    """Return the system with the processes that the final one draws on, and no link to others.

    `values` are the numbers of amount slots as far as they are known; an optional one that nothing
    fills counts 0, and a link whose amount cannot be told yet counts as one. What is only given
    back (metal of a loop, below 0) reaches nothing: where nothing is charged, nothing returns.
    """
    stated = {slot.key: arithmetic["literal"](0) for slot in system.amount_slots() if slot.optional}
    numbers = {**stated, **values}
    by_code = {process.code: process for process in system.processes}
    reached, waiting = {system.final}, [system.final]
    with decimal.localcontext(EXACT):
        while waiting:
            for link in _links(by_code[waiting.pop()]):
                if link.process not in reached and _draws(link, numbers, arithmetic):
                    reached.add(link.process)
                    waiting.append(link.process)
    if len(reached) == len(by_code):
        return system
    processes = tuple(
        replace(process, exchanges=tuple(_kept(process, reached)))
        for process in system.processes
        if process.code in reached
    )
    used = {slot.key for process in processes for slot in _slots(process)}
    limits = tuple(
        item for item in system.constraints if any(slot.key in used for slot in item.slots())
    )
    scrap = tuple(
        replace(process, exchanges=tuple(_kept(process, reached)))
        for process in system.scrap
        if process.code in reached
    )
    return replace(system, processes=processes, constraints=limits, scrap=scrap)


def link_slots(system: ProductSystem, codes: Collection[str]) -> Iterator[Slot]:
    """Yield the slots of the links of some processes: they decide what else is reached."""
    for process in system.processes:
        for link in _links(process) if process.code in codes else ():
            yield from link.amount.slots()


def alternatives(process: UnitProcess) -> tuple[Slot, ...]:
    """Return the slots of the metal a step takes, each once; none where a formula replaces them."""
    known = {(process.code, flow) for flow in metal_flows(process.code)}
    found = (slot for slot in _slots(process) if (slot.process, slot.flow) in known)
    return tuple(dict.fromkeys(found))


def require_metal(full: ProductSystem, system: ProductSystem, values: Mapping[str, Any]) -> None:
    """Refuse a product with a step that takes no metal: Incomplete (STEP_WITHOUT_METAL).

    `full` is the system before it was pruned: it knows all that a step may take. `values` holds the
    amounts that are stated. Rule: PCF-REACH-001.
    """
    for process in system.processes:
        slots = alternatives(full.process(process.code))
        if slots and not any(values.get(slot.key, 0) > 0 for slot in slots):
            names = ", ".join(slot.key for slot in slots)
            raise Incomplete("STEP_WITHOUT_METAL", process=process.code, slots=names)


def _links(process: UnitProcess) -> Iterator[Link]:
    return (item for item in process.exchanges if isinstance(item, Link))


def _draws(link: Link, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> bool:
    if any(slot.key not in values for slot in link.amount.slots()):
        return True
    try:
        amount = link.amount.evaluate(values, arithmetic)
    except (ZeroDivisionError, decimal.InvalidOperation):
        return True
    return bool(amount > 0 if link.role in _GIVEN_BACK else amount != 0)


def _kept(process: UnitProcess, reached: set[str]) -> Iterator[Any]:
    for item in process.exchanges:
        if not isinstance(item, Link) or item.process in reached:
            yield item


def _slots(process: UnitProcess) -> Iterator[Slot]:
    for item in process.exchanges:
        yield from item.amount.slots()
        if isinstance(item, Input):
            yield from (part.slot for part in item.parts)
