"""The charge: what a tonne of purchased metal consists of, what it carries, what melting loses.

The charge pool makes one tonne of *external* charge. Melting draws its whole charge from the pool
and every step with internal scrap or recovered metal gives its metal back to it, so that the pool
is asked for exactly the metal that must be bought; remelting energy and melt loss stay in the loop
(rule AL-LOOP-001). Liquid metal and liquid alloy are charged without being melted: the energy of
melting is what was metered, so they only change the mix.
"""

from __future__ import annotations

from collections.abc import Mapping

from lca_models.system.alloy_limits import within_alloy
from lca_models.system.constraints import Constraint
from lca_models.system.formula import ONE, ZERO, Formula, Slot, total, upper
from lca_models.system.scrap_rules import scrap_rule
from lca_models.system.slots import (
    CHARGE_POOL,
    FLOW_UNITS,
    Step,
    inventory,
    upstream_part,
)
from lca_models.system.unit_process import Choices, Exchange, Input, Link, UnitProcess

ALLOYING = (
    *("magnesium", "silicon", "copper", "zinc", "manganese", "chromium"),
    *("titanium", "iron"),
)
PRIMARY = ("primary_ingot", "primary_t_bar", "primary_liquid")
# Made by another enterprise from scrap and alloying: each has a product footprint of its own.
RECYCLED = ("recycled_ingot", "liquid_alloy")
PRE_CONSUMER = ("scrap_pre_consumer", "scrap_turnings")
POST_CONSUMER = (
    *("scrap_post_consumer", "scrap_beverage_cans", "scrap_painted"),
    "scrap_shredded_mix",
)
SCRAP = (*PRE_CONSUMER, *POST_CONSUMER)
SCRAP_ORIGIN = {
    **dict.fromkeys(PRE_CONSUMER, "pre-consumer"),
    **dict.fromkeys(POST_CONSUMER, "post-consumer"),
}
"""Scrap by type → whether it comes from before or after its use."""

TRANSPORT = ("truck_transport", "rail_transport", "barge_transport", "sea_transport")
ALLOYS = ("1060", "2024", "3003", "5083", "6061", "6063", "6082", "7075", "ADC12")

# What melts alike loses alike; each group has one loss, measured or set (rule AL-LOSS-001).
LOSS_GROUPS: dict[str, tuple[str, ...]] = {
    "new_metal": (*PRIMARY, *RECYCLED, *ALLOYING, "recovered_metal"),
    "clean_scrap": ("internal_scrap", "scrap_pre_consumer", "scrap_post_consumer"),
    "coated_scrap": ("scrap_beverage_cans", "scrap_painted", "prepared_scrap"),
    "fine_scrap": ("scrap_turnings", "scrap_shredded_mix"),
}

_CHAIN_PROVIDER = {
    "primary_ingot": "primary_casting",
    "primary_t_bar": "primary_casting",
    "primary_liquid": "electrolysis",
}
# A T-bar is primary ingot in another mould and takes the same footprint.
_FOOTPRINT_OF = {"primary_t_bar": "primary_ingot"}


def charge_mix(choices: Choices, *further: str) -> dict[str, Formula]:
    """Return flow → its share of a tonne of external charge, t/t.

    Measured: amount / sum of amounts; internal scrap and recovered metal close loops and are no
    external materials. With an alloy chosen, each element is added up to the middle of the alloy's
    limits less what the rest of the charge brings, and the other materials share what is left in
    their measured proportions. Rule: AL-ALLOY-001.
    """
    others = (*PRIMARY, *RECYCLED, *SCRAP, *further)
    if choices.alloying == "measured":
        external = external_charge(*further)
        return {flow: inventory(CHARGE_POOL, flow) / external for flow in (*others, *ALLOYING)}
    added = {element: _addition(choices.alloying, element) for element in ALLOYING}
    left = ONE - total(*added.values())
    base = total(*(inventory(CHARGE_POOL, flow) for flow in others))
    return {**{flow: inventory(CHARGE_POOL, flow) / base * left for flow in others}, **added}


def external_charge(*further: str) -> Formula:
    """Return the external materials per tonne of whole charge, t/t: the divisor of the pool."""
    materials = (*PRIMARY, *RECYCLED, *SCRAP, *ALLOYING, *further)
    return total(*(inventory(CHARGE_POOL, flow) for flow in materials))


def _addition(alloy: str, element: str) -> Formula:
    target = Slot("", f"alloy_{alloy.lower()}.{element}", "property", "1")
    return upper(ZERO, target - _brought(element))


def _brought(element: str) -> Slot:
    """Return what the charge brings of an element beside what is added, t/t."""
    return Slot("", f"charge.{element}_content", "property", "1", optional=True)


def charged_per_melt(*further: str) -> Formula:
    """Return the charge that one tonne of melt takes by the losses of what is charged, t/t.

    Whole charge / (whole charge - sum of each group's mass x its loss). `further` names what only
    some models charge. Rule: AL-LOSS-001.
    """
    always = {*PRIMARY, *RECYCLED, *SCRAP, *ALLOYING, "internal_scrap", *further}
    groups = {
        group: total(*(inventory(CHARGE_POOL, flow) for flow in flows if flow in always))
        for group, flows in LOSS_GROUPS.items()
    }
    whole = total(*groups.values())
    lost = total(*(mass * _melt_loss(group) for group, mass in groups.items()))
    return whole / (whole - lost)


def _melt_loss(group: str) -> Slot:
    return Slot("", f"{group}.melt_loss", "property", "1")


def constraints(choices: Choices) -> tuple[Constraint, ...]:
    """Return the limits of a charge: losses are shares, and an alloy's additions leave room."""
    limits: list[Constraint] = []
    if choices.melt_loss == "by_charge":
        limits += [
            Constraint("MELT_LOSS", _melt_loss(group), ZERO, ONE, "AL-LOSS-001")
            for group in LOSS_GROUPS
        ]
    if choices.alloying != "measured":
        added = total(*(_addition(choices.alloying, element) for element in ALLOYING))
        limits.append(Constraint("ALLOY_ADDITIONS", added, ZERO, ONE, "AL-ALLOY-001"))
        brought = {element: _brought(element) for element in ALLOYING}
        limits += within_alloy(choices.alloying, brought)
    return tuple(limits)


def primary_metal(choices: Choices, flow: str, amount: Formula) -> Exchange:
    """Return primary metal as a published product footprint, or as the modelled chain's product."""
    if choices.primary_source == "modelled":
        return Link(_CHAIN_PROVIDER[flow], amount)
    parts = (upstream_part(_FOOTPRINT_OF.get(flow, flow), "cradle_to_gate"),)
    return Input(flow, "t", amount, parts, link="precursor")


def scrap(choices: Choices, flow: str, amount: Formula) -> tuple[Exchange, ...]:
    """Return purchased scrap under the scrap rule chosen (see scrap_rules.py).

    Where pre-consumer scrap carries a burden it is the seller's figure, whatever the study's own
    primary metal is: neither a supplier of ingot nor the modelled chain made that scrap. Without
    the figure the resolver takes a conservative default and names it (PCF-SCRAP-DEFAULT).
    """
    return scrap_rule(choices.scrap_rule).buys(flow, amount, pre_consumer=flow in PRE_CONSUMER)


def transports(process: str, per: Formula | None = None) -> tuple[Input, ...]:
    """Return transport by mode, tkm per tonne of product or per tonne of `per`."""
    inputs = []
    for flow in TRANSPORT:
        amount = inventory(process, flow) if per is None else inventory(process, flow) / per
        parts = (upstream_part(flow, "life_cycle"),)
        inputs.append(Input(flow, FLOW_UNITS[flow], amount, parts))
    return tuple(inputs)


def charging(choices: Choices, prepared_by: str = "") -> UnitProcess:
    """Return the charge pool: one tonne of external charge in its purchased mix.

    `prepared_by` names the process whose prepared scrap is charged too.
    """
    further = ("prepared_scrap",) if prepared_by else ()
    mix: Mapping[str, Formula] = charge_mix(choices, *further)
    exchanges: list[Exchange] = [primary_metal(choices, flow, mix[flow]) for flow in PRIMARY]
    for flow in RECYCLED:
        parts = (upstream_part(flow, "cradle_to_gate"),)
        exchanges.append(Input(flow, "t", mix[flow], parts, link="precursor"))
    for flow in SCRAP:
        exchanges.extend(scrap(choices, flow, mix[flow]))
    if prepared_by:
        exchanges.append(Link(prepared_by, mix["prepared_scrap"]))
    exchanges.extend(Input(flow, "t", mix[flow], (upstream_part(flow),)) for flow in ALLOYING)
    exchanges.extend(transports(CHARGE_POOL, external_charge(*further)))
    step = Step(CHARGE_POOL, choices)
    return step.process("metal_input", "charge_metal", *exchanges)
