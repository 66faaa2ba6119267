"""The parameters of every model, gathered from the models and the reference data themselves.

A parameter is a slot that a product's model asks for under some choice. Nothing is written down
twice: choices come from the catalogue, slots from the product systems, ranges from the plausibility
table of the ledger checks, defaults from what the resolver takes. `model_pages.py` writes it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cache
from itertools import combinations

from factor_db.factors.record.reference import reference_factors, upper_bounds
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.ledger.checks.properties import property_range
from factor_db.ledger.form.limits import Envelope, envelopes, narrow_envelopes
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from factor_db.ledger.form.vocabulary import CALORIFIC
from footprint.sampling.dependence import BALANCED, side_of
from footprint.sampling.dependence import FIXED as KEPT
from footprint.study.offered_choices import METHODOLOGICAL
from lca_models.catalogue import available_choices, completed_choices, product_system
from lca_models.system.formula import Slot
from lca_models.system.resolve import Pin, Resolver, Where
from lca_models.system.unit_process import Choices, ProductSystem

REGION = "CN-CQ"
OBLIGATORY, OPTIONAL, PROPERTY, FACTOR = "obligatory", "optional", "property", "factor"
FIXED, FROM_LEDGER, FROM_FACTOR, UNKNOWN = "fixed", "ledger", "factor", "unknown"
FROM_CLASSES = "classes"

Deviation = tuple[tuple[str, str], ...]
"""Choices that differ from the defaults, as (choice, value), in the order of the catalogue."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One slot of a product's models, and everything that is known of it.

    `own`: a process of the site uses it and the ledger fills it. `needed_with` and `not_with` say
    under which deviations from the default choices it is asked for, or is not; both are empty where
    every choice asks for it. `plausible` is the range of the ledger checks in the slot's unit, with
    the `narrower` ones of some plants; None where the checks have none. `default` is the shipped
    factor for the region, None where there is none; `bound` then is the registered upper bound that
    a cut-off may rest on. `part` is `fixed` for what keeps its nominal value in every sample,
    `balanced` for what is drawn with an equation that ties it, else empty.
    """

    slot: Slot
    process: str
    own: bool
    optional: bool
    needed_with: tuple[Deviation, ...]
    not_with: tuple[Deviation, ...]
    plausible: tuple[Decimal, Decimal] | None
    narrower: tuple[Envelope, ...]
    default: Pin | None
    bound: Mapping[str, str] | None
    part: str

    @property
    def kind(self) -> str:
        """Return who has to bring the value: obligatory or optional field data, or a factor."""
        if self.slot.quantity == "property":
            return OPTIONAL if self.optional else PROPERTY
        if self.slot.quantity != "inventory" or not self.own:
            return FACTOR
        return OPTIONAL if self.optional else OBLIGATORY

    @property
    def _from_ledger(self) -> bool:
        return self.kind in (OBLIGATORY, OPTIONAL) or (self.kind == PROPERTY and self.own)

    @property
    def distribution(self) -> str:
        """Return how the value is drawn in a sampled interval."""
        if self.part:
            return self.part
        if self.kind in (OBLIGATORY, OPTIONAL):
            return FROM_LEDGER
        if self.default is not None:
            return FROM_CLASSES if self.default.factor.mixture else FROM_FACTOR
        return FROM_LEDGER if self._from_ledger else UNKNOWN

    @property
    def missing(self) -> bool:
        """Tell whether a result may need the slot and neither a ledger nor a default fills it."""
        return self.default is None and not self.optional and not self._from_ledger


@dataclass(frozen=True, slots=True)
class ModelTable:
    """A product's model: its default system, the choices with their values, its parameters."""

    product: str
    system: ProductSystem
    choices: Mapping[str, tuple[str, ...]]
    defaults: Choices
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class _Use:
    slot: Slot
    process: str
    own: bool


@cache
def model_table(product: str) -> ModelTable:
    """Return a product's parameters under its default choices and every one or two others.

    Two, because a smelter's power speaks only where the primary chain is modelled. Raises BadInput
    (PRODUCT_UNKNOWN).
    """
    known = {field.name for field in fields(Choices)}
    offered = {name: v for name, v in available_choices(product).items() if name in known}
    defaults = completed_choices(product, Choices())
    systems = dict(_systems(product, offered, defaults))
    uses = {deviation: _uses_by_name(system) for deviation, system in systems.items()}
    names = dict.fromkeys(name for found in uses.values() for name in found)
    tied = frozenset().union(*(system.tied_slots() for system in systems.values()))
    parameters = tuple(_parameter(name, uses, tied) for name in names)
    return ModelTable(product, systems[()], offered, defaults, parameters)


def is_methodological(choice: str) -> bool:
    """Tell whether a choice is one of method; all others describe how the product is made."""
    return choice in METHODOLOGICAL


def _systems(
    product: str, offered: Mapping[str, tuple[str, ...]], defaults: Choices
) -> Iterator[tuple[Deviation, ProductSystem]]:
    others = [
        (choice, value)
        for choice, values in offered.items()
        for value in values
        if value != getattr(defaults, choice)
    ]
    pairs = (pair for pair in combinations(others, 2) if pair[0][0] != pair[1][0])
    for deviation in ((), *((single,) for single in others), *pairs):
        try:
            yield deviation, product_system(product, replace(defaults, **dict(deviation)))
        except BadInput:  # two choices that exclude each other have no system
            continue


def _uses_by_name(system: ProductSystem) -> dict[tuple[str, str], _Use]:
    """Return (slot key, unit) → its first use, own before others, in the order of the system."""
    found: dict[tuple[str, str], _Use] = {}
    for use in _uses(system):
        name = (use.slot.key, use.slot.unit)
        known = found.setdefault(name, use)
        if use.own and not known.own:
            found[name] = use
    return found


def _uses(system: ProductSystem) -> Iterator[_Use]:
    for process in system.processes:
        amounts = dict.fromkeys(
            s for exchange in process.exchanges for s in exchange.amount.slots()
        )
        yield from (_Use(slot, process.code, process.own) for slot in amounts)
    own = {process.code for process in system.processes if process.own}
    of_equations = (slot for item in system.constraints for slot in item.slots())
    for slot in dict.fromkeys((*of_equations, *system.emission_slots())):
        yield _Use(slot, slot.process, slot.process in own)


def _parameter(
    name: tuple[str, str],
    uses: Mapping[Deviation, Mapping[tuple[str, str], _Use]],
    tied: frozenset[str],
) -> Parameter:
    asking = {deviation for deviation, found in uses.items() if name in found}
    everywhere = [uses[deviation][name] for deviation in uses if deviation in asking]
    slot = everywhere[0].slot
    process = slot.process or everywhere[0].process
    default = default_pin(slot)
    return Parameter(
        slot=slot,
        process=process,
        own=any(use.own for use in everywhere),
        optional=all(use.slot.optional for use in everywhere),
        needed_with=() if () in asking else _smallest(asking, uses),
        not_with=_singles_without(asking, uses) if () in asking else (),
        plausible=_plausible(process, slot),
        narrower=narrow_envelopes().get((process, slot.flow), ()) if _is_inventory(slot) else (),
        default=default,
        bound=None if default else upper_bounds().get(slot.key),
        part=_part(slot, tied),
    )


def _part(slot: Slot, tied: frozenset[str]) -> str:
    side = side_of(slot)
    if side == KEPT:
        return FIXED
    balanced = side == BALANCED or slot.flow in SHARE_FLOWS or slot.key in tied
    return BALANCED if balanced else ""


def _plausible(process: str, slot: Slot) -> tuple[Decimal, Decimal] | None:
    """Return the range that the ledger checks know of a slot, None where they know none."""
    material, _, name = slot.flow.partition(".")
    if _is_inventory(slot):
        found = envelopes().get((process, slot.flow))
        return (found.low, found.high) if found and found.unit == slot.unit else None
    # A ratio of two masses, such as CO2 per carbon, is no share and no calorific value.
    known = name == CALORIFIC or slot.unit == "1"
    return property_range(material, name) if name and known else None


def _is_inventory(slot: Slot) -> bool:
    return slot.quantity == "inventory"


def _smallest(asking: set[Deviation], uses: Iterable[Deviation]) -> tuple[Deviation, ...]:
    """Return the deviations that ask for a slot without a smaller one among them that does."""
    return tuple(
        deviation
        for deviation in uses
        if deviation in asking and not any(set(other) < set(deviation) for other in asking)
    )


def _singles_without(asking: set[Deviation], uses: Iterable[Deviation]) -> tuple[Deviation, ...]:
    return tuple(item for item in uses if len(item) == 1 and item not in asking)


def default_pin(slot: Slot) -> Pin | None:
    """Return what the shipped factors give a slot in the region, None where nothing fits."""
    return _resolver().pin(slot)


def reference_year() -> str:
    """Return the year for which defaults are resolved: that of the pedigree's time scores."""
    return rule("DQ-PEDIGREE-001").parameters["reference_year"]


@cache
def _resolver() -> Resolver:
    """Return a resolver of the shipped factors for the region in the reference year."""
    year = reference_year()
    where = Where("", REGION, f"{year}-01-01", f"{year}-12-31")
    return Resolver(reference_factors(), where)
