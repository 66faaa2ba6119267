"""Primary aluminium from the mine: bauxite, alumina, anode, electrolysis, casting.

The inventories are literature values that state fuels as energy (MJ per tonne). CO2 of electrolysis
comes from a carbon balance on the net anode consumption. What the smelter chooses (power, PFC) is
in `smelter`; mine, refinery, anode plant and casting use grid power whatever its cells use.
"""

from __future__ import annotations

from dataclasses import replace

from lca_models import smelter
from lca_models.charge import TRANSPORT
from lca_models.constraints import Constraint
from lca_models.formula import ONE, ZERO, Formula, Slot
from lca_models.slots import FLOW_UNITS, Step, inventory, upstream_part
from lca_models.unit_process import Choices, Emission, Input, UnitProcess

FINAL = "primary_casting"
FINAL_LIQUID = "electrolysis"
STAGE = "primary_chain"
_ANODE_RULE, _BAKING_RULE = "AL-ANODE-001", "AL-ANODE-002"


def processes(choices: Choices, own_smelter: bool = False) -> tuple[UnitProcess, ...]:
    """Return the chain of primary ingot; the smelter is the site's own when it is the product.

    Mine, refinery and anode plant are never own: their emissions are scope 3.
    """
    return (*liquid_processes(choices, own_smelter), _primary_casting(choices, own_smelter))


def liquid_processes(choices: Choices, own_smelter: bool = False) -> tuple[UnitProcess, ...]:
    """Return the chain up to liquid aluminium at the cells, without casting."""
    return (
        _bauxite_mining(choices),
        _alumina_refining(choices),
        _anode_production(choices),
        _electrolysis(choices, own_smelter),
    )


def rules(choices: Choices) -> tuple[str, ...]:
    """Return the register ids the chain rests on."""
    return (_ANODE_RULE, _BAKING_RULE, *smelter.rules(choices))


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
    net_anode = inventory(FINAL_LIQUID, "anode_carbon", "kg")
    return net_anode * anode_carbon_share() * _anode("co2_per_carbon", "kg/kg")


def anode_carbon_share() -> Formula:
    """Return the carbon in net anode, kg/kg: all of it but sulphur and ash."""
    return ONE - _anode("sulphur_content", "1") - _anode("ash_content", "1")


def _baking_co2(step: Step, flow: str) -> Emission:
    """Return CO2 of carbon that burns in the baking furnace, a plant's own statement or none.

    The slot is kg of carbon per t of anode, free of hydrogen, sulphur and ash: the carbon of pitch
    volatiles that burn, or of packing coke. Anode carbon itself is counted at the cells.

    Rule: AL-ANODE-002.
    """
    carbon = replace(inventory(step.code, flow), optional=True)
    return Emission(flow, "co2", carbon * _anode("co2_per_carbon", "kg/kg"), link=step.link)


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


def _anode_production(choices: Choices) -> UnitProcess:
    step = Step("anode_production", choices, own=False)
    return step.process(
        STAGE,
        "anode",
        *step.uses("calcined_coke", "pitch"),
        step.burns_energy("heavy_oil"),
        step.burns_energy("diesel"),
        step.burns_energy("natural_gas"),
        step.electricity(),
        _baking_co2(step, "pitch_volatiles"),
        _baking_co2(step, "packing_coke"),
    )


def _electrolysis(choices: Choices, own: bool) -> UnitProcess:
    step = Step(FINAL_LIQUID, choices, own=own, link="precursor")
    return step.process(
        STAGE,
        "liquid_aluminium",
        step.takes("alumina", "alumina_refining"),
        step.takes("anode", "anode_production"),
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
