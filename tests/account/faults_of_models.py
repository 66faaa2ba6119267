"""Faults of the models: the product system as data, with one exchange that is not what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from random import Random
from typing import Any

from fault_operators import Faulty, operator
from fault_plants import FaultPlant, Run

from factor_db.foundation.canonical import EXACT
from lca_models.catalogue import product_system
from lca_models.system.amounts import with_unstated
from lca_models.system.compile import DECIMAL_ARITHMETIC
from lca_models.system.formula import ONE, Formula, Operation, Slot
from lca_models.system.unit_process import (
    Choices,
    Exchange,
    Input,
    Link,
    ProductSystem,
    UnitProcess,
)

ZERO = Decimal(0)


@dataclass(frozen=True)
class Place:
    """An exchange that is not zero, where it stands, and the amounts its process knows."""

    process: UnitProcess
    exchange: Exchange
    values: Mapping[str, Decimal]

    def __str__(self) -> str:
        item = self.exchange
        name = item.process if isinstance(item, Link) else item.flow
        return f"{self.process.code}/{name}"


def _places(plant: FaultPlant, run: Run, *kinds: type) -> list[Place]:
    """Return every exchange of the plant's products that carries something, each once."""
    found: dict[str, Place] = {}
    for product in plant.products:
        nominal = run.general[product]
        full = product_system(product, Choices(scrap_rule=plant.scrap_rule))
        values = with_unstated(nominal.system, nominal.amounts(), DECIMAL_ARITHMETIC)
        for process in nominal.system.processes:
            for item in full.process(process.code).exchanges:
                if isinstance(item, kinds) and _amount(item.amount, values):
                    place = Place(full.process(process.code), item, values)
                    found.setdefault(str(place), place)
    return [found[key] for key in sorted(found)]


def _amount(formula: Formula, values: Mapping[str, Decimal]) -> Decimal:
    if any(slot.key not in values for slot in formula.slots()):
        return ZERO
    with localcontext(EXACT):
        return Decimal(formula.evaluate(values, DECIMAL_ARITHMETIC))


def _place(plant: FaultPlant, run: Run, chance: Random, *kinds: type) -> Place:
    return chance.choice(_places(plant, run, *(kinds or (Link, Input, object))))


def _with(plant: FaultPlant, place: Place, *instead: Exchange) -> FaultPlant:
    """Return the plant whose models have other exchanges at a place."""

    def remodel(system: ProductSystem) -> ProductSystem:
        processes = tuple(
            replace(process, exchanges=tuple(_changed(process.exchanges, place, instead)))
            if process.code == place.process.code
            else process
            for process in system.processes
        )
        return replace(system, processes=processes)

    return replace(plant, remodel=remodel)


def _changed(
    exchanges: tuple[Exchange, ...], place: Place, instead: tuple[Exchange, ...]
) -> Iterator[Exchange]:
    for item in exchanges:
        if item == place.exchange:
            yield from instead
        else:
            yield item


def _amounts_to(plant: FaultPlant, place: Place, amount: Formula) -> FaultPlant:
    return _with(plant, place, replace(place.exchange, amount=amount))


def _slots(place: Place, wanted: Callable[[Slot, Decimal], bool]) -> list[Slot]:
    """Return the slots with a value that a formula of the same step might have taken instead."""
    known: dict[str, Slot] = {}
    for item in place.process.exchanges:
        known.update((slot.key, slot) for slot in item.amount.slots())
    return [
        slot
        for key, slot in sorted(known.items())
        if place.values.get(key) and wanted(slot, place.values[key])
    ]


def _swapped(formula: Formula, old: Slot, new: Slot) -> Formula:
    if isinstance(formula, Operation):
        left, right = (_swapped(side, old, new) for side in (formula.left, formula.right))
        return Operation(formula.name, left, right)
    return new if formula == old else formula


@operator("models", "drop an exchange")
def _drop(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    place = _place(plant, run, chance)
    return str(place), _with(plant, place)


@operator("models", "count an exchange twice")
def _double(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    place = _place(plant, run, chance)
    return str(place), _amounts_to(plant, place, place.exchange.amount + place.exchange.amount)


@operator("models", "halve an exchange")
def _halve(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    place = _place(plant, run, chance)
    return str(place), _amounts_to(plant, place, place.exchange.amount / (ONE + ONE))


@operator("models", "turn the sign of an exchange")
def _negate(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    place = _place(plant, run, chance)
    return str(place), _amounts_to(plant, place, -place.exchange.amount)


@operator("models", "book an exchange at another step")
def _move(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    place = _place(plant, run, chance, Input)
    codes = sorted({str(item.process.code) for item in _places(plant, run, Link, Input)})
    other = chance.choice([code for code in codes if code != place.process.code])
    without = _with(plant, place).remodel

    def remodel(system: ProductSystem) -> ProductSystem:
        here = {process.code for process in system.processes}
        if other not in here or place.process.code not in here:
            return system
        processes = tuple(
            replace(process, exchanges=(*process.exchanges, place.exchange))
            if process.code == other
            else process
            for process in without(system).processes
        )
        return replace(system, processes=processes)

    return f"{place} at {other}", replace(plant, remodel=remodel)


@operator("models", "take metal of another step")
def _provider(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    place = _place(plant, run, chance, Link)
    systems = [
        {process.code for process in nominal.system.processes} for nominal in run.general.values()
    ]
    known = set.intersection(*(codes for codes in systems if place.process.code in codes))
    used = {place.process.code, getattr(place.exchange, "process", "")}
    other = chance.choice(sorted(known - used))
    return f"{place} from {other}", _with(plant, place, replace(place.exchange, process=other))


@operator("models", "read another slot of the same step")
def _other_slot(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    place = _place(plant, run, chance)
    old = sorted({slot for slot in place.exchange.amount.slots() if slot.process}, key=str)
    new = _slots(place, lambda slot, _: slot.process != "" and slot not in old)
    if not old or not new:
        return None
    taken, instead = chance.choice(old), chance.choice(new)
    return f"{taken} → {instead}", _amounts_to(
        plant, place, _swapped(place.exchange.amount, taken, instead)
    )


@operator("models", "read the same flow of another step")
def _same_flow(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    place = _place(plant, run, chance)
    old = sorted({slot for slot in place.exchange.amount.slots() if slot.process}, key=str)
    if not old:
        return None
    taken = chance.choice(old)
    known = {
        slot.key: slot
        for item in _places(plant, run, Link, Input)
        for slot in item.exchange.amount.slots()
        if slot.flow == taken.flow and slot.process != taken.process and item.values.get(slot.key)
    }
    if not known:
        return None
    instead = known[chance.choice(sorted(known))]
    return f"{taken} → {instead}", _amounts_to(
        plant, place, _swapped(place.exchange.amount, taken, instead)
    )


@operator("models", "deduct a second slot")
def _deduct(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    place = _place(plant, run, chance)
    units = {slot.unit for slot in place.exchange.amount.slots()}
    new = _slots(place, lambda slot, _: slot.unit in units and slot.process != "")
    new = [slot for slot in new if slot not in set(place.exchange.amount.slots())]
    if not new:
        return None
    second = chance.choice(new)
    return f"{place} − {second}", _amounts_to(plant, place, place.exchange.amount - second)


@operator("models", "multiply by a share")
def _by_share(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    place = _place(plant, run, chance)
    shares = {
        slot.key: slot
        for item in _places(plant, run, Link, Input)
        for slot in item.exchange.amount.slots()
        if slot.unit in {"1", "t/t"} and 0 < item.values.get(slot.key, ZERO) < 1
    }
    if not shares:
        return None
    share = shares[chance.choice(sorted(shares))]
    return f"{place} × {share}", _amounts_to(plant, place, place.exchange.amount * share)


@operator("models", "divide by a metal input")
def _by_input(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    place = _place(plant, run, chance)
    totals = _slots(place, lambda slot, value: slot.unit == "t/t" and value != 1)
    if not totals:
        return None
    divisor = chance.choice(totals)
    return f"{place} ÷ {divisor}", _amounts_to(plant, place, place.exchange.amount / divisor)


@operator("models", "leave out a part (upstream, combustion, process)")
def _part_left_out(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _parts(plant, run, chance, lambda part, _: ())


@operator("models", "count a part twice")
def _part_twice(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _parts(plant, run, chance, lambda part, _: (part, part))


@operator("models", "take another quantity type of the same flow")
def _quantity(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _parts(plant, run, chance, lambda part, slot: (replace(part, slot=slot),), flow=True)


@operator("models", "take the factor of another flow")
def _factor_of_other(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _parts(plant, run, chance, lambda part, slot: (replace(part, slot=slot),), flow=False)


def _parts(
    plant: FaultPlant,
    run: Run,
    chance: Random,
    change: Callable[[Any, Slot], tuple[Any, ...]],
    *,
    flow: bool | None = None,
) -> Faulty | None:
    """Change one part of an input; `flow` asks for another slot of the same flow, or of another."""
    found = [
        (place, index)
        for place in _places(plant, run, Input)
        for index, part in enumerate(place.exchange.parts)  # type: ignore[union-attr]
        if flow is None or _others(plant, part.slot, same_flow=flow)
    ]
    if not found:
        return None
    place, index = chance.choice(found)
    assert isinstance(place.exchange, Input)
    part = place.exchange.parts[index]
    slot = part.slot
    if flow is not None:
        slot = chance.choice(_others(plant, part.slot, same_flow=flow))
    parts = place.exchange.parts
    instead = (*parts[:index], *change(part, slot), *parts[index + 1 :])
    changed = replace(place.exchange, parts=instead)
    label = f"{place} {part.name}" + (f" → {slot}" if slot != part.slot else "")
    return label, _with(plant, place, changed)


def _others(plant: FaultPlant, slot: Slot, *, same_flow: bool) -> list[Slot]:
    """Return emission slots with a value: of the flow, or of the quantity in other flows."""
    found = []
    for key in sorted(plant.values):
        flow, _, quantity = key.rpartition("/")
        if "/" in flow or quantity in {"property", "coefficient", "inventory"}:
            continue
        alike = flow == slot.flow if same_flow else quantity == slot.quantity
        if alike and key != slot.key:
            found.append(Slot("", flow, quantity, slot.unit))
    return found


@operator("case", "bought slab or billet deducted from the step's own once more")
def _doubled_deduction(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    """The case study: own metal was read as own less bought, though its row holds own alone."""
    bought = {"billet_heating": "purchased_billet", "scalping": "purchased_slab"}
    found = [
        (place, slot)
        for place in _places(plant, run, Link)
        if place.process.code in bought
        for slot in _slots(place, lambda slot, _: slot.flow in bought.values())
    ]
    if not found:
        return None
    place, slot = chance.choice(found)
    return f"{place} − {slot}", _amounts_to(plant, place, place.exchange.amount - slot)
