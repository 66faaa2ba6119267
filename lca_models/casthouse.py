"""The cast house that plate, sheet, extrusion, ring and recycled ingot share: melt, refine, cast.

What is charged, and what a tonne of it consists of, stands in `charge.py`; dross either goes to
somebody who treats it or, as far as the ledger shows, to the site's own rotary furnace, whose metal
returns to the charge.
"""

from __future__ import annotations

from dataclasses import replace

from factor_db.ledger.form.loops import DROSS_HANDED_OVER, DROSS_TAKEN_IN
from lca_models.charge import charged_per_melt, charging
from lca_models.system.formula import ONE, Slot
from lca_models.system.slots import (
    CHARGE_POOL,
    FLOW_UNITS,
    Step,
    inventory,
    scope_of,
    upstream_part,
)
from lca_models.system.unit_process import Choices, Exchange, Input, Link, Part, UnitProcess

RECOVERY = "dross_recovery"
CARBONATES = ("soda_ash", "limestone")


def cast_house(choices: Choices, code: str, product: str) -> tuple[UnitProcess, ...]:
    """Return charging to casting into a slab or a billet."""
    return (charging(choices), *melt(choices), casting(choices, code, product))


def melt(choices: Choices, *further: str) -> tuple[UnitProcess, ...]:
    """Return melting, the recovery of dross where the site has one, and refining.

    `further` names what this model charges beside the materials of every cast house.
    """
    recovered = choices.dross_route == "recovered"
    charged = (*further, "recovered_metal") if recovered else further
    recovery = (dross_recovery(choices),) if recovered else ()
    return (_melting(choices, charged), *recovery, _refining(choices))


def _melting(choices: Choices, further: tuple[str, ...]) -> UnitProcess:
    step = Step("melting", choices)
    charged: Exchange = step.takes("charge_metal", CHARGE_POOL)
    if choices.melt_loss == "by_charge":
        charged = Link(CHARGE_POOL, charged_per_melt(*further))
    return step.process(
        "casthouse",
        "molten_metal",
        charged,
        step.burns("natural_gas"),
        step.electricity(),
        step.burns("diesel"),
        *step.uses("flux_salt"),
        *_dross(choices, step),
        burnt_organics(step, "organic_coating"),
        *(_carbonate(step, flow) for flow in CARBONATES),
        *step.uses("lime"),
    )


def _dross(choices: Choices, step: Step) -> tuple[Exchange, ...]:
    """Hand dross over, taking back the metal its treatment recovers; or treat it on the site.

    A site with a furnace hands over what it does not treat itself, and the melt carries the
    treatment of others' dross whose metal is charged into it (rule AL-DROSS-001).
    """
    handed_over, returned = step.hands_over("dross"), step.returns("recovered_metal")
    if choices.dross_route != "recovered":
        return handed_over, returned
    away, taken_in = _share(DROSS_HANDED_OVER), _share(DROSS_TAKEN_IN)
    made = inventory("melting", "dross")
    # Dross fed per t of dross treated is 1 unless the ledger counts the two apart.
    treated = made * (ONE - away + taken_in) / inventory(RECOVERY, "dross")
    away_from_here = replace(handed_over, amount=made * away)
    return Link(RECOVERY, treated, "waste"), away_from_here, returned


def _share(flow: str) -> Slot:
    """Return a share of own dross that the ledger's rows give; 0 where they have none."""
    return Slot("", flow, "property", "1", optional=True, balanced=True)


def dross_recovery(choices: Choices, *, metal_returns: bool = True) -> UnitProcess:
    """Return the rotary furnace per tonne of dross treated.

    For dross of others the metal goes back to its owner (rule AL-LIQUID-001), so that it is no
    part of the charge: then `metal_returns` is false.
    """
    step = Step(RECOVERY, choices)
    metal = (step.returns("recovered_metal"),) if metal_returns else ()
    return step.process(
        "casthouse",
        "dross_treated",
        step.burns("natural_gas"),
        step.electricity(),
        *step.uses("flux_salt"),
        *metal,
        step.hands_over("salt_slag"),
    )


def burnt_organics(step: Step, flow: str) -> Input:
    """Return paint, lacquer or oil that burns with the metal, kg per tonne."""
    slot = Slot("", flow, "combustion", "kg/kg")
    burnt = Part("combustion", slot, scope_of("combustion", step.own))
    return Input(flow, FLOW_UNITS[flow], inventory(step.code, flow), (burnt,), role="emission")


def _carbonate(step: Step, flow: str) -> Input:
    """Return soda or limestone for flue gas or flux: its supply, and the CO2 it gives off."""
    released = Part("process", Slot("", flow, "process", "kg/kg"), scope_of("process", step.own))
    parts = (released, upstream_part(flow))
    return Input(flow, "kg", inventory(step.code, flow), parts, origin="process")


def _refining(choices: Choices) -> UnitProcess:
    step = Step("refining", choices)
    return step.process(
        "casthouse",
        "refined_metal",
        step.takes("molten_metal", "melting"),
        step.burns("natural_gas"),
        step.electricity(),
        *step.uses("argon", "ceramic_filter", "grain_refiner"),
        *step.scraps(),
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
        *step.scraps(),
    )
