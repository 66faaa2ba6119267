"""Which processes a product really uses: those some metal reaches it from, back from the last one.

A step that no tonne passes is no part of the product, so none of its values is asked for: a mill
that buys coil needs no cast house (rule PCF-REACH-001). A step that is part of it takes metal of at
least one of the flows it may take.
"""

from __future__ import annotations

import decimal
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import Incomplete
from factor_db.ledger.form.vocabulary import metal_flows
from lca_models.system.amounts import with_unstated
from lca_models.system.formula import Slot
from lca_models.system.unit_process import Link, ProductSystem, UnitProcess

_GIVEN_BACK = frozenset({"internal", "co-product"})


def pruned(
    system: ProductSystem, values: Mapping[str, Any], arithmetic: Mapping[str, Any]
) -> ProductSystem:
    """Return the system with the processes that the final one draws on, and no link to others.

    `values` are the numbers of amount slots as far as they are known; an optional one that nothing
    fills counts 0, and a link whose amount cannot be told yet counts as one. What is only given
    back (metal of a loop, below 0) reaches nothing: where nothing is charged, nothing returns.
    """
    numbers = with_unstated(system, values, arithmetic)
    by_code = {process.code: process for process in system.processes}
    reached, waiting = {system.final}, [system.final]
    with decimal.localcontext(EXACT):
        while waiting:
            for link in by_code[waiting.pop()].links:
                if link.process not in reached and _draws(link, numbers, arithmetic):
                    reached.add(link.process)
                    waiting.append(link.process)
    return system.limited_to(frozenset(reached))


def link_slots(system: ProductSystem, codes: Collection[str]) -> Iterator[Slot]:
    """Yield the slots of the links of some processes: they decide what else is reached."""
    for process in system.processes:
        for link in process.links if process.code in codes else ():
            yield from link.amount.slots()


def alternatives(process: UnitProcess) -> tuple[Slot, ...]:
    """Return the slots of the metal a step takes, each once; none where a formula replaces them."""
    flows = metal_flows(process.code)
    return tuple(s for s in process.slots if s.process == process.code and s.flow in flows)


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


def _draws(link: Link, values: Mapping[str, Any], arithmetic: Mapping[str, Any]) -> bool:
    if any(key not in values for key in link.amount.keys):
        return True
    try:
        amount = link.amount.evaluate(values, arithmetic)
    except (ZeroDivisionError, decimal.InvalidOperation):
        return True
    return bool(amount > 0 if link.role in _GIVEN_BACK else amount != 0)
