"""The cast house that plate, extrusion and recycled ingot share: charge, melt, refine.

The charge pool makes one tonne of *external* charge. Melting draws its whole charge from the pool
and every step with internal scrap or recovered metal gives its metal back to it, so that the pool
is asked for exactly the metal that must be bought; remelting energy and melt loss stay in the loop
(rule AL-LOOP-001).
"""

from __future__ import annotations

from lca_models.formula import Formula, total
from lca_models.slots import CHARGE_POOL, FLOW_UNITS, Step, inventory, upstream_part
from lca_models.unit_process import Choices, Exchange, Input, Link, UnitProcess

ALLOYING = ("magnesium", "silicon", "copper", "zinc", "manganese", "chromium")
PRIMARY = ("primary_ingot", "primary_liquid")
SCRAP = ("scrap_pre_consumer", "scrap_post_consumer")
TRANSPORT = ("truck_transport", "rail_transport", "barge_transport")

SCRAP_RULES = {
    "cut-off": "PCF-SCRAP-CUTOFF",
    "pre-consumer-mass": "PCF-SCRAP-PRECONSUMER",
    "cbam-zero": "CBAM-SCRAP-ZERO",
}
"""Scrap rule a study may choose → id in the rule register."""

_CHAIN_PROVIDER = {"primary_ingot": "primary_casting", "primary_liquid": "electrolysis"}


def external_charge(*further: str) -> Formula:
    """Return the external materials per tonne of whole charge, t/t: the divisor of the pool.

    Internal scrap and recovered metal are no external materials: they close loops.
    """
    materials = (*PRIMARY, *SCRAP, *ALLOYING, *further)
    return total(*(inventory(CHARGE_POOL, flow) for flow in materials))


def primary_metal(choices: Choices, flow: str, amount: Formula, shown_as: str = "") -> Exchange:
    """Return primary metal as a published product footprint, or as the modelled chain's product.

    `shown_as` names another flow that carries this metal's footprint, such as pre-consumer scrap.
    """
    if choices.primary_source == "modelled":
        return Link(_CHAIN_PROVIDER[flow], amount)
    parts = (upstream_part(flow, "cradle_to_gate"),)
    rule = SCRAP_RULES[choices.scrap_rule] if shown_as else ""
    return Input(shown_as or flow, "t", amount, parts, link="precursor", rule=rule)


def scrap(choices: Choices, flow: str, amount: Formula) -> tuple[Exchange, ...]:
    """Return purchased scrap under the scrap rule chosen.

    `cut-off` and `cbam-zero`: no burden. `pre-consumer-mass`: a tonne of pre-consumer scrap
    carries the footprint of a tonne of primary ingot, which is conservative because most of it
    was not primary; post-consumer scrap stays free.

    Rule: PCF-SCRAP-CUTOFF, PCF-SCRAP-PRECONSUMER, CBAM-SCRAP-ZERO.
    """
    free = Input(flow, "t", amount, (), link="precursor", rule=SCRAP_RULES[choices.scrap_rule])
    if choices.scrap_rule != "pre-consumer-mass" or flow != "scrap_pre_consumer":
        return (free,)
    metal = primary_metal(choices, "primary_ingot", amount, shown_as=flow)
    # A link carries the chain's product, so the scrap itself needs its own row in the flow table.
    return (free, metal) if isinstance(metal, Link) else (metal,)


def transports(process: str, per: Formula | None = None) -> tuple[Input, ...]:
    """Return road, rail and waterway transport, tkm per tonne of product or per tonne of `per`."""
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
    external = external_charge(*(("prepared_scrap",) if prepared_by else ()))

    def share(flow: str) -> Formula:
        return inventory(CHARGE_POOL, flow) / external

    exchanges: list[Exchange] = [primary_metal(choices, flow, share(flow)) for flow in PRIMARY]
    for flow in SCRAP:
        exchanges.extend(scrap(choices, flow, share(flow)))
    if prepared_by:
        exchanges.append(Link(prepared_by, share("prepared_scrap")))
    exchanges.extend(Input(flow, "t", share(flow), (upstream_part(flow),)) for flow in ALLOYING)
    exchanges.extend(transports(CHARGE_POOL, external))
    step = Step(CHARGE_POOL, choices)
    return step.process("metal_input", "charge_metal", *exchanges)


def melting(choices: Choices, dross: Exchange | None = None) -> UnitProcess:
    """Return melting and holding; dross is handed over unless another exchange is given."""
    step = Step("melting", choices)
    return step.process(
        "casthouse",
        "molten_metal",
        step.takes("charge_metal", CHARGE_POOL),
        step.burns("natural_gas"),
        step.electricity(),
        step.burns("diesel"),
        *step.uses("flux_salt"),
        dross or step.hands_over("dross"),
    )


def refining(choices: Choices) -> UnitProcess:
    """Return degassing, filtering and grain refining of the melt."""
    step = Step("refining", choices)
    return step.process(
        "casthouse",
        "refined_metal",
        step.takes("molten_metal", "melting"),
        step.burns("natural_gas"),
        step.electricity(),
        *step.uses("argon", "ceramic_filter", "grain_refiner"),
    )


def casting(choices: Choices, code: str, product: str) -> UnitProcess:
    """Return casting of refined metal into slab, billet or ingot, with its cooling water."""
    step = Step(code, choices)
    return step.process(
        "casthouse",
        product,
        step.takes("refined_metal", "refining"),
        step.electricity(),
        *step.uses("water"),
    )
