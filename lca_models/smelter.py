"""What a smelter chooses: whose power its cells use, and how its perfluorocarbons are found.

Owns the parameters of both and the limits their numbers must keep. Every coefficient is a factor
of the database; plant data (anode-effect minutes, overvoltage, current efficiency, power shares)
have no default and come from the site or the study.
"""

from __future__ import annotations

from dataclasses import replace

from factor_db.foundation.errors import BadInput
from lca_models.system.constraints import Constraint, RuleNumber
from lca_models.system.electricity import electricity_inputs
from lca_models.system.electricity_rules import electricity_rule
from lca_models.system.formula import ONE, ZERO, Formula, Slot, total
from lca_models.system.slots import Step, inventory
from lca_models.system.unit_process import Choices, Emission, Input, Part

PFC_METHODS = ("amount", "slope", "overvoltage", "default")
TECHNOLOGIES = ("CWPB", "PFPB_L", "PFPB_M", "SWPB", "VSS", "HSS")
POWER_TYPES = ("coal", "gas", "hydro", "nuclear", "wind", "pv", "biomass", "csp")
SMELTER_POWER = ("grid", "coal", "hydro", "mix")

_WITH_OVERVOLTAGE = ("CWPB", "SWPB")
_RULE_OF_METHOD = {"slope": "AL-PFC-002", "overvoltage": "AL-PFC-003"}
_SHARES_RULE, _EFFICIENCY_RULE = "AL-POWER-001", "AL-CE-001"


def rules(choices: Choices) -> tuple[str, ...]:
    """Return the register ids that the smelter's choices rest on."""
    method = _RULE_OF_METHOD.get(choices.pfc_method)
    of_method = (method,) if method else ()
    return ("AL-PFC-001", *of_method, "AL-PFC-004", "AL-POWER-002", "AL-POWER-003")


def require_one_statement(choices: Choices) -> None:
    """Refuse the power of one smelter said twice: by its type and by a rule for the site's power.

    Own generation and instruments are shares of every kWh of the site, the cells' among them. A
    type of power for the cells says the same kWh again, so that shares would multiply and claimed
    kWh count once more at the casting; under `residual` the type is a claim without instrument.

    Raises BadInput (SMELTER_POWER_TWICE). Rule: AL-POWER-003.
    """
    rule = electricity_rule(choices.electricity_rule)
    if choices.smelter_power != "grid" and not rule.is_grid_average:
        raise BadInput(
            "SMELTER_POWER_TWICE",
            power=choices.smelter_power,
            rule=choices.electricity_rule,
        )


def electricity(choices: Choices, step: Step) -> tuple[Input, ...]:
    """Return the power of the cells, kWh per t of liquid aluminium, by where it comes from.

    `grid` carries its delivery. `coal` and `hydro` are the smelter's own stations or a direct line:
    life cycle of generation, no delivery. `mix` splits the one metered amount by shares, each type
    as captive power and `grid` as grid power. Alumina, anodes and casting stay on the grid.

    Rule: AL-POWER-001, AL-POWER-002.
    """
    demand = inventory(step.code, "electricity")
    if choices.smelter_power == "grid":
        return step.electricity()
    if choices.smelter_power != "mix":
        return (_captive(choices.smelter_power, demand, step),)
    grid = electricity_inputs(demand * power_share("electricity"), choices, step.own)
    return *grid, *(
        _captive(f, demand * power_share(f"electricity_{f}"), step) for f in POWER_TYPES
    )


def _captive(power: str, amount: Formula, step: Step) -> Input:
    flow = f"electricity_{power}"
    slot = Slot("", flow, "life_cycle", "kg/kWh")
    generation = Part("upstream", slot, "2" if step.own else "3")
    return Input(flow, "kWh", amount, (generation,))


def power_share(flow: str) -> Slot:
    """Return the slot of a power type's share of the cells' electricity, a fraction of 1.

    It is optional because the shares make 1: what is not stated can only be 0.
    """
    return Slot("", f"{flow}.smelter_share", "property", "1", optional=True)


def pfc_emissions(choices: Choices, step: Step) -> tuple[Emission, ...]:
    """Return CF4 and C2F6 by the method chosen, and CF4 outside anode effects, kg per t.

    `amount` takes both as they were measured or published. Low-voltage CF4 is a row of its own and
    may stay unstated; who states an amount that already holds it leaves that row empty or 0.

    Raises BadInput (SMELTER_TECHNOLOGY). Rule: AL-PFC-001 to AL-PFC-004.
    """
    unstated = replace(inventory(step.code, "low_voltage_cf4"), optional=True)
    low_voltage = Emission("low_voltage_cf4", "cf4", unstated)
    if choices.pfc_method == "amount":
        return step.emits("cf4"), step.emits("c2f6"), low_voltage
    cf4, c2f6 = _anode_effects(choices)
    return Emission("cf4", "cf4", cf4), Emission("c2f6", "c2f6", c2f6), low_voltage


def _anode_effects(choices: Choices) -> tuple[Formula, Formula]:
    """Return CF4 and C2F6 of anode effects, kg per t of liquid aluminium.

    slope: CF4 = anode-effect minutes per cell-day x slope of the technology.
    overvoltage: CF4 = coefficient x overvoltage in mV / current efficiency as the percent number.
    C2F6 = CF4 x the mass ratio of the technology and method. default: the regulator's two amounts.
    """
    if choices.pfc_method == "default":
        cf4, c2f6 = (Slot("", f"{gas}.default", "property", "kg/t") for gas in ("cf4", "c2f6"))
        return cf4, c2f6
    if choices.pfc_method == "slope":
        technology = _technology(choices, TECHNOLOGIES)
        minutes = Slot("", "cf4.anode_effect_minutes", "property", "min/d")
        by_slope = minutes * _coefficient(f"cf4.slope_{technology}", "kg/t")
        return by_slope, by_slope * _coefficient(f"c2f6.per_cf4_{technology}", "kg/kg")
    technology = _technology(choices, _WITH_OVERVOLTAGE)
    overvoltage = Slot("", "cf4.anode_effect_overvoltage", "property", "mV")
    coefficient = _coefficient(f"cf4.overvoltage_{technology}", "kg/t")
    by_voltage = coefficient * overvoltage / _current_efficiency()
    ratio = _coefficient(f"c2f6.per_cf4_overvoltage_{technology}", "kg/kg")
    return by_voltage, by_voltage * ratio


def _technology(choices: Choices, allowed: tuple[str, ...]) -> str:
    """Return the technology as slots name it; coefficients differ fourfold, so none is guessed."""
    if choices.smelter_technology not in allowed:
        raise BadInput(
            "SMELTER_TECHNOLOGY",
            method=choices.pfc_method,
            technology=choices.smelter_technology or "-",
            known=", ".join(allowed),
        )
    return choices.smelter_technology.lower()


def _coefficient(flow: str, unit: str) -> Slot:
    """Return the slot of a method's coefficient: like an emission factor, no activity of a site."""
    return Slot("", flow, "coefficient", unit)


def _current_efficiency() -> Slot:
    return Slot("", "liquid_aluminium.current_efficiency", "property", "%")


def constraints(choices: Choices) -> tuple[Constraint, ...]:
    """Return the limits of the smelter's numbers under the choices.

    Rule: AL-POWER-001 (shares make 1), AL-CE-001 (current efficiency is the percent number).
    """
    found: list[Constraint] = []
    if choices.smelter_power == "mix":
        flows = ("electricity", *(f"electricity_{power}" for power in POWER_TYPES))
        shares = [power_share(flow) for flow in flows]
        found.append(Constraint("POWER_SHARES", total(*shares), ONE, ONE, _SHARES_RULE))
        found += [Constraint("POWER_SHARE_RANGE", s, ZERO, ONE, _SHARES_RULE) for s in shares]
    if choices.pfc_method == "overvoltage":
        low, high = (RuleNumber(_EFFICIENCY_RULE, bound) for bound in ("lowest", "highest"))
        efficiency = _current_efficiency()
        found.append(Constraint("CURRENT_EFFICIENCY", efficiency, low, high, _EFFICIENCY_RULE))
    return tuple(found)
