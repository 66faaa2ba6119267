"""The small words in which the models are written: inventories, energy, supplies and one step.

Owns the unit each flow is counted in and the GHG scope of each part of an input. It holds no
amount: every number behind a slot is a factor of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain

from factor_db.ledger.form.loops import INTERNAL_SCRAP, withheld_share
from factor_db.ledger.form.vocabulary import MAY_BE_ABSENT, SOLD_SCRAP, vocabulary
from lca_models.system.electricity import electricity_inputs
from lca_models.system.formula import ONE, Formula, Slot
from lca_models.system.scrap_rules import SERVICE, scrap_rule, shared
from lca_models.system.unit_process import (
    Choices,
    Emission,
    Exchange,
    Input,
    Link,
    Part,
    UnitProcess,
)

CHARGE_POOL = "charging"
_IN_BALANCE = frozenset({INTERNAL_SCRAP, SOLD_SCRAP})

FLOW_UNITS = {code: flow.unit for code, flow in vocabulary().flows.items()}
"""Flow → the unit it is counted in, from the vocabulary of ledgers."""


@cache
def _absentable() -> frozenset[tuple[str, str]]:
    pairs = vocabulary().process_flows
    return frozenset(key for key, pair in pairs.items() if pair.obligatory == MAY_BE_ABSENT)


def inventory(process: str, flow: str, unit: str = "", *, needed: bool = False) -> Slot:
    """Return the slot of a flow's amount per tonne of a process's product, e.g. in kWh/t.

    `unit` replaces the flow's own unit; the primary chain states its fuels in MJ. The slot is
    optional where the vocabulary says that a plant may not have the flow, unless it is `needed`.
    """
    optional = not needed and (process, flow) in _absentable()
    # Scrap that a step does not report is proven not to be there by its metal balance.
    balanced = optional and flow in _IN_BALANCE
    return Slot(process, flow, "inventory", f"{unit or FLOW_UNITS[flow]}/t", optional, balanced)


def net_calorific_value(fuel: str) -> Slot:
    """Return the slot of a fuel's net calorific value, MJ per m3 or kg."""
    return Slot("", f"{fuel}.net_calorific_value", "property", f"MJ/{FLOW_UNITS[fuel]}")


def fuel_energy(process: str, fuel: str) -> Formula:
    """Return the energy of a metered fuel, MJ per tonne of product: amount x calorific value.

    Emissions follow energy and not volume (rule FUEL-GAS-001).
    """
    return inventory(process, fuel) * net_calorific_value(fuel)


def scope_of(part: str, own: bool) -> str:
    """Return the GHG scope of a part: 1 for what the site emits itself, 3 for all the rest."""
    return "1" if own and part != "upstream" else "3"


def upstream_part(flow: str, quantity: str = "upstream", unit: str = "") -> Part:
    """Return the supply of a flow (kg gas per its unit) as a scope 3 part."""
    slot = Slot("", flow, quantity, f"kg/{unit or FLOW_UNITS[flow]}")
    return Part("upstream", slot, scope_of("upstream", own=True))


def fuel_parts(fuel: str, own: bool = True) -> tuple[Part, ...]:
    """Return combustion and supply of a fuel, kg gas per MJ, each counted once (FUEL-WTT-001)."""
    burnt = Part("combustion", Slot("", fuel, "combustion", "kg/MJ"), scope_of("combustion", own))
    return burnt, upstream_part(fuel, unit="MJ")


def supply(process: str, flow: str, quantity: str = "upstream", role: str = "input") -> Input:
    """Return something bought in, or a waste handed over, with the emissions of its life cycle."""
    return Input(
        flow, FLOW_UNITS[flow], inventory(process, flow), (upstream_part(flow, quantity),), role
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One process being written down: its code, the choices it sees, whether the site owns it.

    `link` says how the direct emissions of a process outside the site reach it: as a precursor
    or upstream.
    """

    code: str
    choices: Choices
    own: bool = True
    link: str = "upstream"

    def takes(self, flow: str, provider: str) -> Link:
        """Take the product of an earlier step, t per t: metal that this route cannot do without."""
        return Link(provider, inventory(self.code, flow, needed=True))

    def returns(self, flow: str) -> Link:
        """Give metal back to the charge pool, t per t: the loop of internal scrap.

        Only what was really kept returns: less the share that was neither charged nor a small
        change of its own stock (rule PCF-SCRAP-STOCK-001).
        """
        withheld = Slot("", withheld_share(flow), "property", "1", optional=True, balanced=True)
        made = inventory(self.code, flow)
        return Link(CHARGE_POOL, -(made * (ONE - withheld)), "internal")

    def scraps(self) -> tuple[Exchange, ...]:
        """Return internal scrap to the pool and let the rest be sold, under the scrap rule."""
        return self.returns("internal_scrap"), *self.sells()

    def sells(self) -> tuple[Exchange, ...]:
        """Sell scrap, t per t: what it takes along is divided in `process` (see scrap_rules.py)."""
        return scrap_rule(self.choices.scrap_rule).sells(inventory(self.code, SOLD_SCRAP))

    def services(self) -> Link:
        """Take what the site uses as a whole, t served per t."""
        return Link("site_services", inventory(self.code, "site_services"), SERVICE)

    def electricity(self) -> tuple[Input, ...]:
        """Use power by the electricity rule chosen, one input for each source."""
        return electricity_inputs(inventory(self.code, "electricity"), self.choices, self.own)

    def burns(self, fuel: str) -> Input:
        """Burn a fuel metered in m3 or kg per tonne."""
        amount = fuel_energy(self.code, fuel)
        return Input(fuel, "MJ", amount, fuel_parts(fuel, self.own), link=self.link)

    def burns_energy(self, fuel: str) -> Input:
        """Burn a fuel that the inventory states as energy, MJ per tonne."""
        amount = inventory(self.code, fuel, "MJ")
        return Input(fuel, "MJ", amount, fuel_parts(fuel, self.own), link=self.link)

    def uses(self, *flows: str) -> tuple[Input, ...]:
        """Use auxiliaries or packaging, each with its supply."""
        return tuple(supply(self.code, flow) for flow in flows)

    def hands_over(self, flow: str) -> Input:
        """Hand a waste to somebody who treats it."""
        return supply(self.code, flow, "treatment", "waste")

    def emits(self, flow: str, gas: str = "") -> Emission:
        """Emit a gas that the inventory counts itself, kg per tonne; `gas` if the flow differs."""
        return Emission(flow, gas or flow, inventory(self.code, flow))

    def process(
        self, stage: str, product: str, *exchanges: Exchange | tuple[Exchange, ...]
    ) -> UnitProcess:
        """Return the finished process; exchanges may come singly or as a group.

        A step that sells scrap shares its exchanges with it as the scrap rule says.
        """
        groups = (item if isinstance(item, tuple) else (item,) for item in exchanges)
        flat = shared(self.choices.scrap_rule, tuple(chain(*groups)))
        return UnitProcess(self.code, stage, product, flat, self.own)
