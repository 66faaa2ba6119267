"""Which slots of a result an equation ties, read from its model and from the vocabulary of ledgers.

Groups: the metal balance of each step of the site, the charge pool, the sources of power, the parts
of an equality of the model that is a plain sum, what dross gives back. What is tied by no equation
that is stated here keeps its nominal value: `fixed` lists it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from factor_db.ledger.form.loops import LOOP_FLOWS
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.months.balance_terms import mass_t
from footprint.engine.statistics.drawn_balances import Balance, Group, Whole
from footprint.solving.evaluate import Nominal
from lca_models.casthouse import RECOVERY
from lca_models.system.formula import ONE, ZERO, Formula, Operation, Slot
from lca_models.system.slots import CHARGE_POOL

PRIMARY_CHAIN = "primary_chain"
ALONE, BALANCED, FIXED = "alone", "balanced", "fixed"


@dataclass(frozen=True, slots=True)
class Dependence:
    """The groups in the order they are closed, and the slots that keep their nominal value.

    `followers` are slots that follow from a balance: drawing them would have no effect.
    """

    groups: tuple[Group, ...]
    fixed: frozenset[str]
    followers: frozenset[str]


def side_of(slot: Slot) -> str:
    """Return how a slot is drawn: `fixed`, `balanced` with the metal of its step, or `alone`.

    Metal in t/t is balanced. Water and wastes in t/t are no metal. The primary chain counts alumina
    and anodes in t/t: no balance of the model holds them, and below its stoichiometry alumina
    cannot go, so they stay.
    """
    if slot.flow in LOOP_FLOWS:  # what returns is read off the stock, it is no quantity of its own
        return FIXED
    if slot.quantity != "inventory" or slot.unit != "t/t":
        return ALONE
    words = vocabulary()
    if words.processes[slot.process].stage == PRIMARY_CHAIN or _is_definition(slot):
        return FIXED
    if mass_t(slot.flow, Decimal(0)) is None:
        return ALONE
    return BALANCED if words.expected_role(slot.process, slot.flow) else FIXED


def _is_definition(slot: Slot) -> bool:
    """Tell whether a slot is 1 by what it means: dross fed per dross treated, a tonne served."""
    fed = (slot.process, slot.flow) == (RECOVERY, "dross")
    return fed or slot.flow == "site_services"


def dependence_of(nominal: Nominal) -> Dependence:
    """Return the groups of a result, of the slots that have a number."""
    values = {key: float(value) for key, value in nominal.amounts().items()}
    slots = [pin.slot for pin in nominal.pins if "value" in pin.factor.amounts]
    by_process: dict[str, list[Slot]] = defaultdict(list)
    for slot in slots:
        if side_of(slot) == BALANCED:
            by_process[slot.process].append(slot)
    fixed = {slot.key for slot in slots if side_of(slot) == FIXED}
    groups: list[Group] = [*_power(values), *_equalities(nominal, values)]
    fixed |= _unsolved(nominal) - {part for group in groups for part in parts_of(group)}
    steps: list[Group] = []
    for process, metal in by_process.items():
        steps += _step(process, metal, values)
    closed = {key for group in steps for key in parts_of(group)}
    # What is left out of every group, such as metal that returns to no balanced step.
    fixed |= {slot.key for metal in by_process.values() for slot in metal} - closed
    order = (*groups, *steps)
    followers = {key for group in order for key in _following(group)}
    kept = {key for key in fixed if values.get(key)}
    return Dependence(order, frozenset(kept), frozenset(followers))


def _following(group: Group) -> tuple[str, ...]:
    """Return the one part that the equation leaves no freedom; of several each has some."""
    if isinstance(group, Balance):
        return group.inputs if len(group.inputs) == 1 else ()
    return parts_of(group) if not group.remainder and len(parts_of(group)) == 1 else ()


def parts_of(group: Group) -> tuple[str, ...]:
    """Return the slots a group holds together."""
    return group.parts if isinstance(group, Whole) else (*group.inputs, *group.outputs)


def _step(process: str, metal: list[Slot], values: Mapping[str, float]) -> Iterator[Group]:
    """Yield the balance of a step; the charge pool and dross recovery are wholes."""
    role = vocabulary().expected_role
    inputs = [s for s in metal if values[s.key] and role(process, s.flow) == "input"]
    others = [slot.key for slot in metal if role(process, slot.flow) != "input"]
    if process == CHARGE_POOL:
        keys = tuple(slot.key for slot in inputs)
        if keys:
            yield Whole(process, keys, sum(values[key] for key in keys))
    elif process == RECOVERY:
        yield from _recovery(process, tuple(others), values)
    elif inputs:
        yield _balance(process, tuple(slot.key for slot in inputs), tuple(others), values)


def _balance(
    process: str, inputs: tuple[str, ...], outputs: tuple[str, ...], values: Mapping[str, float]
) -> Balance:
    into, out = sum(values[key] for key in inputs), sum(values[key] for key in outputs)
    loss = into - 1.0 - out
    dross = Slot(process, "dross", "inventory", "t/t").key
    if loss < _NO_LOSS:
        return Balance(process, inputs, outputs, loss)
    if values.get(dross):
        return Balance(process, inputs, outputs, loss, dross, values[dross])
    return Balance(process, inputs, outputs, loss, loss_name(process))


# Below a gram per tonne what a ledger leaves open are its last digits.
_NO_LOSS = 1e-6


def loss_name(process: str) -> str:
    """Return the name of a step's metal loss: no slot asks for it, it follows from the others."""
    return f"{process}/loss"


def _recovery(
    process: str, returned: tuple[str, ...], values: Mapping[str, float]
) -> Iterator[Group]:
    """What comes back and what stays make the metal that melting lost into the dross, per t."""
    back = sum(values[key] for key in returned)
    charge = Slot("melting", "charge_metal", "inventory", "t/t").key
    dross = Slot("melting", "dross", "inventory", "t/t").key
    held = 1.0
    if charge in values and values.get(dross):
        lost = (values[charge] - 1.0) / values[dross]
        held = min(1.0, lost) if lost > back else 1.0
    if 0 < back < held:
        yield Whole(process, returned, held, held - back)


def _power(values: Mapping[str, float]) -> Iterator[Group]:
    """Yield the sources of the site's power with what the grid delivers: together they make 1."""
    keys = [Slot("", flow, "property", "1").key for flow in SHARE_FLOWS]
    stated = tuple(key for key in keys if values.get(key))
    if stated:
        claimed = sum(values[key] for key in stated)
        yield Whole("electricity", stated, max(claimed, 1.0), max(1.0 - claimed, 0.0))


def _equalities(nominal: Nominal, values: Mapping[str, float]) -> Iterator[Group]:
    for constraint in nominal.system.constraints:
        parts = _sum_of_slots(constraint.formula)
        if constraint.is_equality and constraint.low == ONE and parts is not None:
            stated = tuple(key for key in parts if values.get(key))
            yield Whole(constraint.code, stated, sum(values[key] for key in stated))


def _unsolved(nominal: Nominal) -> set[str]:
    """Return the slots of equalities that are no plain sum; the tie is stated, not how to keep it.

    A slot that such a sum ties and whose value is 0 stays 0 too.
    """
    return set(nominal.system.tied_slots())


def _sum_of_slots(formula: Formula) -> tuple[str, ...] | None:
    """Return the slots of a plain sum, None for any other formula."""
    if isinstance(formula, Slot):
        return (formula.key,)
    if formula == ZERO:
        return ()
    if isinstance(formula, Operation) and formula.name == "+":
        left, right = _sum_of_slots(formula.left), _sum_of_slots(formula.right)
        return None if left is None or right is None else (*left, *right)
    return None
