"""What the models mean by a pair: which exchange reads it, of which products, and what else moves.

Every model is looked at under its default choices and every other one. An exchange reads a pair
when it carries its flow; that it really does, and in which direction, is found by moving the slot
and evaluating the formula, so that a slot which is written down but cancels out is no reading, and
a slot that moves an exchange of another flow is an effect which has to be explained.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cache

from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.loops import withheld_share
from factor_db.ledger.form.power_sources import (
    INSTRUMENT_CLAIM,
    OWN_CLAIM,
    POWER_FLOW,
    SHARE_FLOWS,
)
from factor_db.ledger.form.vocabulary import PROPERTY, vocabulary
from footprint.meanings import words
from footprint.meanings.pairs import (
    ANY,
    CO_PRODUCT,
    INSTRUMENTS,
    MAIN_METER,
    METAL_SOLD,
    POWER,
    STOCK,
    Pair,
)
from lca_models.catalogue import PRODUCTS, available_choices, completed_choices, product_system
from lca_models.smelter import TECHNOLOGIES
from lca_models.system.formula import Formula, Slot, arithmetic_of
from lca_models.system.scrap_rules import SUBSTITUTION
from lca_models.system.unit_process import (
    Choices,
    Exchange,
    Input,
    Link,
    ProductSystem,
    UnitProcess,
)

INVENTORY = "inventory"
_ARITHMETIC = arithmetic_of(Fraction)
_CLAIMS = {POWER: OWN_CLAIM, INSTRUMENTS: INSTRUMENT_CLAIM}
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """How a model reads a flow of a process: its product, the meaning, and what values it.

    `as_what` is the exchange in short; `parts` are the factors' `flow/quantity`, or a gas. `own`
    says that the process is the site's.
    """

    product: str
    meaning: str
    as_what: str
    parts: tuple[str, ...]
    own: bool = True


@dataclass
class ModelRoad:
    """What all models read: of ledger rows, of properties, and which processes are in them."""

    readings: dict[Key, set[Reading]] = field(default_factory=lambda: defaultdict(set))
    effects: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    properties: set[str] = field(default_factory=set)
    inside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def read_by(self, key: Key) -> tuple[str, ...]:
        """Return the products whose model reads a pair under some choice."""
        found = {item.product for item in self.readings[key]}
        return tuple(product for product in PRODUCTS if product in found)


@cache
def model_road() -> ModelRoad:
    """Return what all models read under all choices."""
    road = ModelRoad()
    for product in PRODUCTS:
        for system in systems_of(product):
            for process in system.processes:
                road.inside[process.code].add(product)
                for exchange in _counted(process):
                    _read(road, product, process, exchange, system)
            slots = (*system.amount_slots(), *system.emission_slots())
            road.properties |= {slot.flow for slot in slots if slot.quantity == PROPERTY}
    return road


def systems_of(product: str) -> Iterator[ProductSystem]:
    """Yield a product's systems: its default choices, and every other one by itself.

    A method of the smelter that needs its technology is given the first.
    """
    known = {item.name for item in fields(Choices)}
    defaults = completed_choices(product, Choices())
    yield product_system(product, defaults)
    for name, values in available_choices(product).items():
        for value in values if name in known else ():
            if value == getattr(defaults, name):
                continue
            chosen = replace(defaults, **{name: value})
            try:
                yield product_system(product, chosen)
            except BadInput:
                yield product_system(product, replace(chosen, smelter_technology=TECHNOLOGIES[0]))


def model_meaning(pair: Pair) -> str:
    """Return what the models mean by a pair, in the words of `words`; `none` for nothing read."""
    road = model_road()
    if pair.role == PROPERTY:
        return words.PROPERTY_OF if pair.flow in road.properties else words.NONE
    if pair.role == STOCK:
        return words.STOCK if withheld_share(pair.flow) in road.properties else words.NONE
    if pair.sheet in _CLAIMS:
        read = {SHARE_FLOWS[flow] for flow in road.properties & set(SHARE_FLOWS)}
        return words.CLAIM if (_CLAIMS[pair.sheet], pair.role) in read else words.NONE
    if pair.role == MAIN_METER:
        return words.NONE
    if pair.flow == ANY:
        return words.AS_ROW
    if pair.role == "product":
        made = pair.process in road.inside
        return words.PRODUCT if made else words.NONE
    if pair.role == CO_PRODUCT and pair.flow == METAL_SOLD:
        # Shared out before any model sees it, where a factor of the process is derived at all.
        return words.SOLD if pair.process in road.inside else words.NONE
    found = {item.meaning for item in own_readings((pair.process, pair.read_as))}
    return "+".join(sorted(found)) or words.NONE


def own_readings(key: Key) -> tuple[Reading, ...]:
    """Return how the products read a pair that own its process; of the others where none does."""
    found = sorted(model_road().readings.get(key, set()))
    return tuple(item for item in found if item.own) or tuple(found)


def _counted(process: UnitProcess) -> Iterator[Exchange]:
    """Yield the exchanges of the headline result: what scrap stands for is outside it."""
    for exchange in process.exchanges:
        if not isinstance(exchange, Input) or exchange.role != SUBSTITUTION:
            yield exchange


def _read(
    road: ModelRoad,
    product: str,
    process: UnitProcess,
    exchange: Exchange,
    system: ProductSystem,
) -> None:
    for slot, rises in _moving(exchange.amount):
        key = (slot.process, slot.flow)
        loop = isinstance(exchange, Link) and exchange.role == "internal"
        if process.code == slot.process and rises != loop and _carries(exchange, slot.flow):
            road.readings[key].add(_reading(product, process, exchange, system))
            continue
        sign = "+" if rises else "-"
        road.effects[key].add(f"{process.code}:{_name(exchange)}{sign}")


def _moving(amount: Formula) -> Iterator[tuple[Slot, bool]]:
    """Yield the inventory slots that move an amount, and whether it rises with them."""
    slots = tuple(dict.fromkeys(amount.slots()))
    # Falling amounts, properties that are small shares: no two alike, nothing cancels or is cut.
    values = {
        slot.key: Fraction(50, 1 + at) if slot.quantity == INVENTORY else Fraction(1, 40 + at)
        for at, slot in enumerate(slots)
    }
    here = amount.evaluate(values, _ARITHMETIC)
    for slot in slots:
        if slot.quantity == INVENTORY:
            there = amount.evaluate(
                {**values, slot.key: values[slot.key] * Fraction(11, 10)}, _ARITHMETIC
            )
            if there != here:
                yield slot, there > here


def _carries(exchange: Exchange, flow: str) -> bool:
    """Tell whether an exchange is that of a flow: its own name, or what the name stands for."""
    if not isinstance(exchange, Link):
        power = flow == POWER_FLOW and exchange.flow.startswith(f"{POWER_FLOW}_")
        return power or exchange.flow == flow
    if exchange.role == "internal":
        return True
    product = vocabulary().processes[exchange.process].product
    return product == flow or _same_good(product, flow)


def _same_good(product: str, flow: str) -> bool:
    """Tell whether a flow is a step's product under the name that its user calls it."""
    return (product, flow) in {
        ("primary_ingot", "primary_t_bar"),
        ("liquid_aluminium", "primary_liquid"),
        ("anode", "anode_carbon"),
        ("dross_treated", "dross"),
    }


def _reading(
    product: str, process: UnitProcess, exchange: Exchange, system: ProductSystem
) -> Reading:
    as_what = f"{type(exchange).__name__} {_name(exchange)}"
    parts: tuple[str, ...] = ()
    if isinstance(exchange, Input):
        parts = tuple(sorted(part.slot.key for part in exchange.parts))
    elif not isinstance(exchange, Link):
        parts = (exchange.gas,)
    return Reading(product, _meaning(exchange, system), as_what, parts, process.own)


def _meaning(exchange: Exchange, system: ProductSystem) -> str:
    if isinstance(exchange, Link):
        if exchange.role == "internal":
            return words.GIVEN_BACK
        if exchange.role == "waste":
            return words.WASTE
        return words.OWN if system.process(exchange.process).own else words.BOUGHT
    if not isinstance(exchange, Input):
        return words.EMISSION
    known = {"co-product": words.SOLD_SCRAP, "waste": words.WASTE, "emission": words.EMISSION}
    if exchange.role in known:
        return known[exchange.role]
    return _meaning_of_input(exchange)


def _meaning_of_input(exchange: Input) -> str:
    quantities = {part.slot.quantity for part in exchange.parts}
    if exchange.flow.startswith(POWER_FLOW):
        return words.POWER
    if exchange.unit == "tkm":
        return words.TRANSPORT
    if vocabulary().flows[exchange.flow].category == "scrap" and exchange.rule:
        return words.SCRAP
    return words.BURNT if "combustion" in quantities else words.BOUGHT


def _name(exchange: Exchange) -> str:
    if isinstance(exchange, Link):
        return vocabulary().processes[exchange.process].product
    return exchange.flow


def parts_of(pair: Pair) -> tuple[str, ...]:
    """Return what values a pair in the models: factors as `flow/quantity`, gases, all choices."""
    parts = {part for item in own_readings((pair.process, pair.flow)) for part in item.parts}
    return tuple(sorted(parts))
