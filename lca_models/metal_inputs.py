"""Which metal a step takes: of every step that may feed it, and bought, as the ledger says.

A row of a ledger means what it says: `homogenised_billet` is the site's own, `purchased_billet` is
bought, and nothing is deducted from anything (rule PCF-OWN-METAL-001). What a step may take stands
in the vocabulary of ledgers, so model and ledger know the same alternatives. Each of them may be
absent; a step that takes none of them has no metal, which `reach.py` refuses.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from factor_db.ledger.form.vocabulary import BOUGHT_AS_CAST, PRIMARY_STAGE, metal_flows, vocabulary
from lca_models.system.formula import Slot
from lca_models.system.slots import Step, inventory, upstream_part
from lca_models.system.unit_process import Exchange, Input, Link


@cache
def makers() -> dict[str, str]:
    """Return intermediate flow → the process that makes it, without the primary chain."""
    words = vocabulary()
    return {
        process.product: process.code
        for process in words.processes.values()
        if process.stage != PRIMARY_STAGE
        and words.flows[process.product].category == "intermediate"
    }


def metal_slot(process: str, flow: str) -> Slot:
    """Return the slot of a metal input: optional, and proven by balance, where there are others."""
    slot = inventory(process, flow, needed=True)
    if len(metal_flows(process)) == 1:
        return slot
    return replace(slot, optional=True, balanced=True)


def metal_inputs(
    step: Step, only: str = "", *, leave_out: tuple[str, ...] = ()
) -> tuple[Exchange, ...]:
    """Return every metal a step may take, each for itself, t per t of its product.

    `only` names the one flow of the site's own making that a fixed route takes; bought metal may
    join it. `leave_out` are flows of steps that the model does not have.
    """
    exchanges: list[Exchange] = []
    for flow in metal_flows(step.code):
        slot = metal_slot(step.code, flow)
        if flow in BOUGHT_AS_CAST:
            parts = (upstream_part(BOUGHT_AS_CAST[flow], "cradle_to_gate"),)
            exchanges.append(Input(flow, "t", slot, parts, link="precursor"))
        elif flow not in leave_out and only in ("", flow):
            exchanges.append(Link(makers()[flow], slot))
    return tuple(exchanges)
