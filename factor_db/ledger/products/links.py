"""A product code that several steps carry: as much metal in one as the later ones take of it.

Each step may close by itself while a code is a fifth of the charge and four fifths of what is
packed: its footprint would stand on metal that is another code's. Steps without codes in between
hand a code's share on. Metal of no code may be anybody's, and so may what lay in store, so what a
code takes is a range. Rule: AL-BAL-004.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.months.balance_terms import LINK_TOLERANCE
from factor_db.ledger.products.metal import ZERO, OutputMetal, Step


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A code of which a step makes `made` t, while the steps after it take `least` to `most` t."""

    output: OutputMetal
    made: Decimal
    least: Decimal
    most: Decimal


def open_links(steps: Mapping[str, Step], stores: Mapping[str, Decimal]) -> list[OpenLink]:
    """Return the codes that a step makes in an amount that the later steps cannot have taken.

    `stores` is flow → t of its first opening and last closing stock together.
    """
    with localcontext(EXACT):
        return [found for step in steps.values() for found in _of_step(step, steps, stores)]


def _of_step(
    step: Step, steps: Mapping[str, Step], stores: Mapping[str, Decimal]
) -> Iterable[OpenLink]:
    products = [item for item in step.outputs if item.output[0] == "product"]
    if len(step.outputs) < 2 or not step.closed:
        return
    for item in products:
        walk = _Walk(steps, stores, item.output[2])
        flow = item.output[1]
        if not item.output[2] or not walk.carried_after(step.process):
            continue
        least, most = walk.taken(flow, step.process)
        made = item.mass
        room = LINK_TOLERANCE * max(made, least) + walk.stored
        if least - made > room or made - most > room:
            yield OpenLink(item, made, least, most)


class _Walk:
    """One code followed from a step to those after it."""

    def __init__(self, steps: Mapping[str, Step], stores: Mapping[str, Decimal], code: str) -> None:
        self.steps, self.stores, self.code = steps, stores, code
        self.stored = ZERO
        self.seen: set[str] = set()
        self.users: dict[str, list[str]] = defaultdict(list)
        for step in steps.values():
            for flow in {name for item in step.outputs for name in item.inputs}:
                self.users[flow].append(step.process)

    def carried_after(self, process: str) -> bool:
        """Tell whether a later step has an output of this code."""
        waiting, seen = [process], {process}
        while waiting:
            product = vocabulary().processes[waiting.pop()].product
            for user in self.users[product]:
                if any(item.output[2] == self.code for item in self.steps[user].outputs):
                    return True
                if user not in seen:
                    seen.add(user)
                    waiting.append(user)
        return False

    def taken(self, flow: str, maker: str) -> tuple[Decimal, Decimal]:
        """Return the least and the most t of a flow that later steps took for the code."""
        self.stored += self.stores.get(flow, ZERO)
        made = sum(
            (i.mass for i in self.steps[maker].outputs if i.output[:2] == ("product", flow)), ZERO
        )
        if maker in self.seen:
            return ZERO, made
        self.seen.add(maker)
        least = most = used = ZERO
        for user in self.users[flow]:
            for item in self.steps[user].outputs:
                amount = item.inputs.get(flow, ZERO)
                low, high = self._share(user, item)
                used += amount
                least += amount * low
                most += amount * high
        self.seen.discard(maker)
        # What no step took was sold or lies in store, of whatever code.
        return least, most + max(ZERO, made - used)

    def _share(self, process: str, item: OutputMetal) -> tuple[Decimal, Decimal]:
        """Return the least and the greatest share of an output that is of the code."""
        role, flow, code = item.output
        if code == self.code:
            return Decimal(1), Decimal(1)
        if len(self.steps[process].outputs) > 1:
            # Told apart from this code, unless names change on the way (6063, then 6063-T5).
            apart = bool(code) and not self.carried_after(process)
            return ZERO, ZERO if apart else Decimal(1)
        if role != "product" or not self.users[flow] or not item.mass:
            return ZERO, Decimal(1)
        least, most = self.taken(flow, process)
        return min(Decimal(1), least / item.mass), min(Decimal(1), most / item.mass)
