"""Unit processes and product systems as data: what is linked, used, burnt and emitted.

A process makes one unit (tonne) of its reference product. Its exchanges are of three kinds:
`Link` to another process of the system, `Input` of something whose emissions a factor gives,
and `Emission` of a gas straight from the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from lca_models.system.constraints import Constraint
from lca_models.system.formula import Formula, Slot


@dataclass(frozen=True, slots=True)
class Link:
    """Product of another process of the system, in its unit per unit of ours.

    A negative amount returns metal to the provider's pool: that is how internal scrap loops.
    """

    process: str
    amount: Formula
    role: str = "input"


@dataclass(frozen=True, slots=True)
class Part:
    """One share of an input's emissions: `combustion` here, `upstream` before, or `process`."""

    name: str
    slot: Slot
    scope: str


@dataclass(frozen=True, slots=True)
class Input:
    """Something used or handed over per unit of product, and where its emissions come from.

    `origin` is fossil, biogenic or process; `link` is own, precursor or upstream and holds for the
    upstream part. An input without parts is burden-free by a rule, which `rule` names.
    """

    flow: str
    unit: str
    amount: Formula
    parts: tuple[Part, ...]
    role: str = "input"
    link: str = "upstream"
    origin: str = "fossil"
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Emission:
    """A gas that the process itself emits, kg per unit of product.

    `link` says how it reaches a site that does not own the process: precursor or upstream.
    """

    flow: str
    gas: str
    amount: Formula
    origin: str = "process"
    link: str = "precursor"


Exchange = Link | Input | Emission


@dataclass(frozen=True)
class UnitProcess:
    """One step: `own` says that it is under the site's control and takes the site's own data."""

    code: str
    stage: str
    product: str
    exchanges: tuple[Exchange, ...]
    own: bool = True

    @property
    def links(self) -> Iterator[Link]:
        """Yield the exchanges that take the product of another process, or give metal back."""
        return (item for item in self.exchanges if isinstance(item, Link))

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of the exchanges' amounts and parts, each once."""
        return tuple(dict.fromkeys(self._slots()))

    def _slots(self) -> Iterator[Slot]:
        for exchange in self.exchanges:
            yield from exchange.amount.slots()
            if isinstance(exchange, Input):
                yield from (part.slot for part in exchange.parts)

    def linked_to(self, codes: frozenset[str]) -> UnitProcess:
        """Return the process without its links to any other than these processes."""
        kept = (e for e in self.exchanges if not isinstance(e, Link) or e.process in codes)
        return replace(self, exchanges=tuple(kept))


@dataclass(frozen=True)
class ProductSystem:
    """The processes that make a product; `final` is the process whose product is declared.

    `version` names the model; it changes whenever a number could. `rules` are the register ids
    the structure rests on, `constraints` what its numbers must satisfy. `scrap` holds, under the
    code of each step that may sell scrap, what a tonne of that scrap carries, where its rule lets
    it carry anything.
    """

    product: str
    version: str
    final: str
    processes: tuple[UnitProcess, ...]
    rules: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    scrap: tuple[UnitProcess, ...] = ()

    def process(self, code: str) -> UnitProcess:
        """Return one process; KeyError when the system has none of that code."""
        for item in self.processes:
            if item.code == code:
                return item
        raise KeyError(code)

    def amount_slots(self) -> tuple[Slot, ...]:
        """Return the slots of exchanges' amounts and of constraints, each once."""
        return self._amount_slots

    @cached_property
    def _amount_slots(self) -> tuple[Slot, ...]:
        return tuple(dict.fromkeys(self._slots_of_amounts()))

    @cached_property
    def optional_keys(self) -> tuple[str, ...]:
        """The keys of amount slots that count 0 where nothing fills them (PCF-MISSING-002)."""
        found = (slot.key for slot in self._slots_of_amounts() if slot.optional)
        return tuple(dict.fromkeys(found))

    def _slots_of_amounts(self) -> Iterator[Slot]:
        for process in self.processes:
            for exchange in process.exchanges:
                yield from exchange.amount.slots()
        for constraint in self.constraints:
            yield from constraint.slots()

    def tied_slots(self) -> frozenset[str]:
        """Return the keys of slots that an equality ties: one may not move without the others."""
        ties = (item for item in self.constraints if item.is_equality)
        return frozenset(slot.key for constraint in ties for slot in constraint.slots())

    def emission_slots(self) -> Iterator[Slot]:
        """Yield the slots of every input's parts, also of inputs whose amount is zero."""
        for process in self.processes:
            for exchange in process.exchanges:
                if isinstance(exchange, Input):
                    yield from (part.slot for part in exchange.parts)

    def limited_to(self, codes: frozenset[str]) -> ProductSystem:
        """Return the system of some of its processes, with the constraints these have a slot in."""
        if len(codes) == len(self.processes):
            return self
        found = self._parts.get(codes)
        if found is None:
            found = self._parts[codes] = self._part(codes)
        return found

    @cached_property
    def _parts(self) -> dict[frozenset[str], ProductSystem]:
        """Parts asked for before: one for each set of steps that some plant has, so few."""
        return {}

    def _part(self, codes: frozenset[str]) -> ProductSystem:
        processes, scrap = (
            tuple(item.linked_to(codes) for item in items if item.code in codes)
            for items in (self.processes, self.scrap)
        )
        used = {slot.key for process in processes for slot in process.slots}
        limits = tuple(
            item for item in self.constraints if any(slot.key in used for slot in item.slots())
        )
        return replace(self, processes=processes, constraints=limits, scrap=scrap)


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices that change a product system; each is printed with the result.

    Method: `scrap_rule`, `electricity_rule`, `allocation`, `primary_source` (`published`, a product
    factor, or `modelled`, the chain of this package). Technology: `smelter_power`, `pfc_method` and
    `smelter_technology` speak of the modelled chain only; `surface` and `temper` select steps,
    `metered` those that the ledger shows; `alloying` is `measured` or the alloy whose composition
    is met; `melt_loss` is `measured` or `by_charge`; `dross_route` is `treated` elsewhere or
    `recovered` in the site's own furnace; `anode_plant` says whether a smelter's anodes are
    `bought` or made `on_site`. An empty text stands for the product's own default; a smelter
    technology has none.
    """

    scrap_rule: str = "cut-off"
    electricity_rule: str = "location"
    allocation: str = "subdivision"
    primary_source: str = "published"
    smelter_power: str = "grid"
    pfc_method: str = "amount"
    smelter_technology: str = ""
    surface: str = ""
    temper: str = ""
    alloying: str = "measured"
    melt_loss: str = "measured"
    dross_route: str = ""
    anode_plant: str = ""

    def record(self) -> dict[str, str]:
        """Return the choices as JSON types.

        `anode_plant` came later and stands in it only where the anodes are the site's own, so that
        what was calculated before keeps its hash.
        """
        stated = asdict(self)
        if self.anode_plant in ("", "bought"):
            del stated["anode_plant"]
        return stated
