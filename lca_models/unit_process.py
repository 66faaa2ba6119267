"""Unit processes and product systems as data: what is linked, used, burnt and emitted.

A process makes one unit (tonne) of its reference product. Its exchanges are of three kinds:
`Link` to another process of the system, `Input` of something whose emissions a factor gives,
and `Emission` of a gas straight from the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from lca_models.constraints import Constraint
from lca_models.formula import Formula, Slot


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


@dataclass(frozen=True, slots=True)
class UnitProcess:
    """One step: `own` says that it is under the site's control and takes the site's own data."""

    code: str
    stage: str
    product: str
    exchanges: tuple[Exchange, ...]
    own: bool = True


@dataclass(frozen=True, slots=True)
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

    def amount_slots(self) -> Iterator[Slot]:
        """Yield the slots of exchanges' amounts and of constraints (inventory and properties)."""
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
