"""Primary aluminium from the mine: bauxite, alumina, anode, electrolysis, casting.

The inventories are literature values that state fuels as energy (MJ per tonne). CO2 of electrolysis
comes from a carbon balance on the net anode consumption. CF4 and C2F6 are amounts per tonne, by
whatever method the factor was made; a guideline default covers high-voltage anode effects only.
"""

from __future__ import annotations

from lca_models.formula import ONE, Formula, Slot
from lca_models.slots import Step, inventory
from lca_models.unit_process import Choices, Emission, Input, Part, UnitProcess

FINAL = "primary_casting"
FINAL_LIQUID = "electrolysis"
STAGE = "primary_chain"
_POWER_FLOWS = {"coal": "electricity_coal", "hydro": "electricity_hydro"}


def processes(choices: Choices, own_smelter: bool = False) -> tuple[UnitProcess, ...]:
    """Return the chain of primary ingot; the smelter is the site's own when it is the product.

    Mine, refinery and anode plant are never own: their emissions are scope 3.
    """
    return (
        _bauxite_mining(choices),
        _alumina_refining(choices),
        _anode_production(choices),
        _electrolysis(choices, own_smelter),
        _primary_casting(choices, own_smelter),
    )


def anode_co2_kg_per_t() -> Formula:
    """Return the CO2 of net anode consumption, kg per t of liquid aluminium.

    Net anode consumption x (1 - sulphur - ash) x CO2 per carbon, all as mass. The vocabulary
    counts anode carbon in t; its slot asks for kg, the unit of an emission.

    Rule: AL-ANODE-001.
    """
    carbon_share = ONE - _anode("sulphur_content", "1") - _anode("ash_content", "1")
    net_anode = inventory(FINAL_LIQUID, "anode_carbon", "kg")
    return net_anode * carbon_share * _anode("co2_per_carbon", "kg/kg")


def smelter_electricity(choices: Choices, step: Step) -> tuple[Input, ...]:
    """Return the smelter's power: by the electricity rule, or captive coal or hydro undelivered.

    The amount is one slot whatever the power, because the cells use the same kWh.
    """
    if choices.smelter_power == "grid":
        return step.electricity()
    flow = _POWER_FLOWS[choices.smelter_power]
    slot = Slot("", flow, "life_cycle", "kg/kWh")
    generation = Part("upstream", slot, "2" if step.own else "3")
    return (Input(flow, "kWh", inventory(step.code, "electricity"), (generation,)),)


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
    )


def _electrolysis(choices: Choices, own: bool) -> UnitProcess:
    step = Step(FINAL_LIQUID, choices, own=own, link="precursor")
    return step.process(
        STAGE,
        "liquid_aluminium",
        step.takes("alumina", "alumina_refining"),
        step.takes("anode", "anode_production"),
        *step.uses("aluminium_fluoride", "cathode_carbon", "steel"),
        smelter_electricity(choices, step),
        Emission("anode_carbon", "co2", anode_co2_kg_per_t()),
        step.emits("cf4"),
        step.emits("c2f6"),
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
