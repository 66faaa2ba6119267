"""The small words in which the models are written: inventories, energy, supplies and one step.

Owns the unit each flow is counted in and the GHG scope of each part of an input. It holds no
amount: every number behind a slot is a factor of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from lca_models.electricity import electricity_inputs
from lca_models.formula import Formula, Slot
from lca_models.unit_process import Choices, Emission, Exchange, Input, Link, Part, UnitProcess

CHARGE_POOL = "charging"

_FLOWS_BY_UNIT = {
    "kWh": "electricity electricity_coal electricity_hydro",
    "m3": "natural_gas argon nitrogen",
    "tkm": "truck_transport rail_transport barge_transport",
    "kg": (
        "diesel heavy_oil coal grain_refiner flux_salt ceramic_filter rolling_oil tool_steel"
        " caustic_soda sulphuric_acid coating_powder lime aluminium_fluoride calcined_coke pitch"
        " cathode_carbon steel wood_packaging plastic_film steel_strapping paper organic_coating"
        " cf4 c2f6"
    ),
    "t": (
        "primary_ingot primary_liquid scrap_pre_consumer scrap_post_consumer internal_scrap"
        " recovered_metal magnesium silicon copper zinc manganese chromium water wastewater dross"
        " salt_slag sorting_residue charge_metal molten_metal refined_metal slab scalped_slab"
        " homogenised_slab hot_rolled_plate quenched_plate stretched_plate aged_plate sawn_plate"
        " billet homogenised_billet heated_billet raw_profile cut_profile aged_profile"
        " anodised_profile coated_profile collected_scrap sorted_scrap shredded_scrap"
        " prepared_scrap cast_ingot bauxite alumina anode anode_carbon"
        " liquid_aluminium"
    ),
}
FLOW_UNITS = {flow: unit for unit, flows in _FLOWS_BY_UNIT.items() for flow in flows.split()}
"""Flow → the unit it is counted in; the same as in the reference vocabulary (a test compares)."""


def inventory(process: str, flow: str, unit: str = "") -> Slot:
    """Return the slot of a flow's amount per tonne of a process's product, e.g. in kWh/t.

    `unit` replaces the flow's own unit; the primary chain states its fuels in MJ.
    """
    return Slot(process, flow, "inventory", f"{unit or FLOW_UNITS[flow]}/t")


def net_calorific_value(fuel: str) -> Slot:
    """Return the slot of a fuel's net calorific value, MJ per m3 or kg."""
    return Slot("", f"{fuel}.net_calorific_value", "property", f"MJ/{FLOW_UNITS[fuel]}")


def fuel_energy(process: str, fuel: str) -> Formula:
    """Return the energy of a metered fuel, MJ per tonne of product: amount x calorific value."""
    return inventory(process, fuel) * net_calorific_value(fuel)


def scope_of(part: str, own: bool) -> str:
    """Return the GHG scope of a part: 1 for what the site emits itself, 3 for all the rest."""
    return "1" if own and part != "upstream" else "3"


def upstream_part(flow: str, quantity: str = "upstream", unit: str = "") -> Part:
    """Return the supply of a flow (kg gas per its unit) as a scope 3 part."""
    slot = Slot("", flow, quantity, f"kg/{unit or FLOW_UNITS[flow]}")
    return Part("upstream", slot, scope_of("upstream", own=True))


def fuel_parts(fuel: str, own: bool = True) -> tuple[Part, ...]:
    """Return combustion and supply of a fuel, kg gas per MJ."""
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
        """Take the product of an earlier step, t per t."""
        return Link(provider, inventory(self.code, flow))

    def returns(self, flow: str) -> Link:
        """Give metal back to the charge pool, t per t: the loop of internal scrap."""
        return Link(CHARGE_POOL, -inventory(self.code, flow), "internal")

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

    def emits(self, gas: str) -> Emission:
        """Emit a gas that the inventory counts itself, kg per tonne."""
        return Emission(gas, gas, inventory(self.code, gas))

    def process(
        self, stage: str, product: str, *exchanges: Exchange | tuple[Exchange, ...]
    ) -> UnitProcess:
        """Return the finished process; exchanges may come singly or as a group."""
        groups = (item if isinstance(item, tuple) else (item,) for item in exchanges)
        return UnitProcess(self.code, stage, product, tuple(chain(*groups)), self.own)
