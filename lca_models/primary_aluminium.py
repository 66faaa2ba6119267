"""Primary aluminium from the mine: bauxite, alumina, anode, electrolysis, casting.

The inventories are literature values that state fuels as energy (MJ per tonne). CO2 of electrolysis
comes from a carbon balance on the net anode consumption, and the anodes that are baked for it from
the same balance: what burns at the cells and in the baking furnace came in as coke and pitch. What
the smelter chooses (power, PFC) is in `smelter`. Mine, refinery and bought anodes use grid power
whatever the cells use; casting and an anode plant of the site follow its electricity rule.
"""

from __future__ import annotations

from dataclasses import replace

from lca_models import smelter
from lca_models.charge import TRANSPORT
from lca_models.system.constraints import Constraint
from lca_models.system.formula import ONE, ZERO, Formula, Slot, upper
from lca_models.system.slots import FLOW_UNITS, Step, inventory, upstream_part
from lca_models.system.unit_process import Choices, Emission, Input, Link, UnitProcess

FINAL = "primary_casting"
FINAL_LIQUID = "electrolysis"
STAGE = "primary_chain"
ANODE_PLANT = "anode_production"
_ANODE_RULE, _BAKING_RULE, _CARBON_RULE = "AL-ANODE-001", "AL-ANODE-002", "AL-ANODE-CARBON"
CO2_PER_CARBON = Slot("", "anode_carbon.co2_per_carbon", "property", "kg/kg")
"""Molar masses: the same at every smelter, so no site has a value of its own."""
_BURNT_IN_BAKING = ("pitch_volatiles", "packing_coke")


def processes(choices: Choices, own_smelter: bool = False) -> tuple[UnitProcess, ...]:
    """Return the chain of primary ingot; the smelter is the site's own when it is the product.

    Mine and refinery are never own: their emissions are scope 3. The anode plant is where the
    choice `anode_plant` says so; then it uses the site's electricity.
    """
    return (*liquid_processes(choices, own_smelter), _primary_casting(choices, own_smelter))


def liquid_processes(choices: Choices, own_smelter: bool = False) -> tuple[UnitProcess, ...]:
    """Return the chain up to liquid aluminium at the cells, without casting."""
    return (
        _bauxite_mining(choices),
        _alumina_refining(choices),
        _anode_production(choices, own_smelter and choices.anode_plant == "on_site"),
        _electrolysis(choices, own_smelter),
    )


def rules(choices: Choices) -> tuple[str, ...]:
    """Return the register ids the chain rests on."""
    return (_ANODE_RULE, _BAKING_RULE, _CARBON_RULE, *smelter.rules(choices))


def constraints(choices: Choices) -> tuple[Constraint, ...]:
    """Return the limits of the chain's numbers: the anode is part carbon, and the smelter's own."""
    carbon = Constraint("ANODE_CARBON", anode_carbon_share(), ZERO, ONE, _ANODE_RULE)
    return (carbon, *smelter.constraints(choices))


def anode_co2_kg_per_t() -> Formula:
    """Return the CO2 of net anode consumption, kg per t of liquid aluminium.

    Net anode consumption x (1 - sulphur - ash) x CO2 per carbon, all as mass. The vocabulary
    counts anode carbon in t; its slot asks for kg, the unit of an emission.

    Rule: AL-ANODE-001.
    """
    return net_anode_kg_per_t() * anode_carbon_share() * CO2_PER_CARBON


def net_anode_kg_per_t() -> Slot:
    """Return the net anode consumption, kg per t of liquid aluminium: anodes set less butts."""
    return inventory(FINAL_LIQUID, "anode_carbon", "kg")


def net_anode_supplied_kg_per_t() -> Formula:
    """Return the net anode that a tonne of baked anode is made of, kg per t: all but its butts.

    Coke and pitch, less what burns in the baking furnace: volatiles and packing coke are stated as
    carbon, and coke and pitch count with the carbon share of the anode they make. The rest of the
    tonne is butts that came back from the cells and go round. Rule: AL-ANODE-CARBON.
    """
    bought = inventory(ANODE_PLANT, "calcined_coke") + inventory(ANODE_PLANT, "pitch")
    first, second = (_baking_carbon(flow) for flow in _BURNT_IN_BAKING)
    return bought - (first + second) / anode_carbon_share()


def gross_anode_t_per_t() -> Formula:
    """Return the baked anode set in the cells, t per t of liquid aluminium: net over net supplied.

    A plant that states less than a kilogram of coke and pitch per tonne states none: no anode is
    made of nothing, and the formula stays defined. Rule: AL-ANODE-CARBON.
    """
    return net_anode_kg_per_t() / upper(ONE, net_anode_supplied_kg_per_t())


def anode_carbon_share() -> Formula:
    """Return the carbon in net anode, kg/kg: all of it but sulphur and ash."""
    return ONE - _anode("sulphur_content", "1") - _anode("ash_content", "1")


def _baking_co2(step: Step, flow: str) -> Emission:
    """Return CO2 of carbon that burns in the baking furnace, a plant's own statement or none.

    The slot is kg of carbon per t of anode, free of hydrogen, sulphur and ash: the carbon of pitch
    volatiles that burn, or of packing coke. Anode carbon itself is counted at the cells.

    Rule: AL-ANODE-002.
    """
    carbon = _baking_carbon(flow) * CO2_PER_CARBON
    return Emission(flow, "co2", carbon, link=step.link)


def _baking_carbon(flow: str) -> Slot:
    return replace(inventory(ANODE_PLANT, flow), optional=True)


def _transports(step: Step) -> tuple[Input, ...]:
    """Return the transport of what a step takes, tkm per t of its product; any may be unstated."""
    return tuple(
        Input(
            flow,
            FLOW_UNITS[flow],
            replace(inventory(step.code, flow), optional=True),
            (upstream_part(flow, "life_cycle"),),
        )
        for flow in TRANSPORT
    )


def _anode(name: str, unit: str) -> Slot:
    return Slot("", f"anode_carbon.{name}", "property", unit)


def _bauxite_mining(choices: Choices) -> UnitProcess:
    step = Step("bauxite_mining", choices, own=False)
    return step.process(
        STAGE,
        "bauxite",
        step.burns_energy("heavy_oil"),
        step.burns_energy("diesel"),
        step.electricity(),
    )


def _alumina_refining(choices: Choices) -> UnitProcess:
    step = Step("alumina_refining", choices, own=False)
    return step.process(
        STAGE,
        "alumina",
        step.takes("bauxite", "bauxite_mining"),
        *step.uses("caustic_soda", "lime"),
        step.burns_energy("coal"),
        step.burns_energy("heavy_oil"),
        step.burns_energy("diesel"),
        step.burns_energy("natural_gas"),
        step.electricity(),
        *_transports(step),
    )


def _anode_production(choices: Choices, own: bool) -> UnitProcess:
    step = Step(ANODE_PLANT, choices, own=own)
    return step.process(
        STAGE,
        "anode",
        *step.uses("calcined_coke", "pitch"),
        step.burns_energy("heavy_oil"),
        step.burns_energy("diesel"),
        step.burns_energy("natural_gas"),
        step.electricity(),
        *(_baking_co2(step, flow) for flow in _BURNT_IN_BAKING),
    )


def _electrolysis(choices: Choices, own: bool) -> UnitProcess:
    step = Step(FINAL_LIQUID, choices, own=own, link="precursor")
    return step.process(
        STAGE,
        "liquid_aluminium",
        step.takes("alumina", "alumina_refining"),
        Link(ANODE_PLANT, gross_anode_t_per_t()),
        *step.uses("aluminium_fluoride", "cathode_carbon", "steel"),
        *smelter.electricity(choices, step),
        Emission("anode_carbon", "co2", anode_co2_kg_per_t()),
        *smelter.pfc_emissions(choices, step),
        *_transports(step),
    )


def _primary_casting(choices: Choices, own: bool) -> UnitProcess:
    step = Step(FINAL, choices, own=own, link="precursor")
    return step.process(
        STAGE,
        "primary_ingot",
        step.takes("liquid_aluminium", FINAL_LIQUID),
        step.burns_energy("natural_gas"),
        step.burns_energy("heavy_oil"),
        step.burns_energy("diesel"),
        step.electricity(),
    )
