"""Scrap given back may not take more along than its metal brought. Rule PCF-POSSIBLE-001.

Scrap returned to the charge is credited at the footprint of a tonne of external charge (rule
AL-LOOP-001). That is neutral while the scrap comes from the charge's own metal, which carries the
charge and what casting it took. A step that runs on metal bought with a lower footprint would shed,
with every tonne of scrap, what never came in: a sister product of the cast house would pay, and no
sum of the site shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.loops import INTERNAL_SCRAP
from footprint.account.code_scrap import kg_per_t_entering
from footprint.account.systems import SiteProduct
from footprint.account.verdict import Reason
from footprint.evaluate import Nominal
from lca_models.compile import CompiledSystem
from lca_models.slots import CHARGE_POOL

RULE = "PCF-POSSIBLE-001"
RETURNED = "POSSIBLE_RETURNED_SCRAP"
# What recovers metal out of dross takes no metal in that a supplier gave a footprint.
_NO_METAL_IN = frozenset({"dross_recovery", CHARGE_POOL})
_DIGITS = Decimal("0.0001")
ZERO, ONE = Decimal(0), Decimal(1)


def returned_above_entering(nominal: Nominal, compiled: CompiledSystem) -> Iterator[Reason]:
    """Yield each step whose scrap is credited above the mean of the metal entering, kg/kg."""
    steps = [code for code in _giving_back(compiled) if code not in _NO_METAL_IN]
    if not steps:
        return
    product = SiteProduct(nominal, compiled)
    credited = product.kg_co2e_per_t[CHARGE_POOL]
    most = ONE + rule(RULE).number("returned_tolerance")
    for process in steps:
        entering = kg_per_t_entering(product, process)
        if entering is not None and credited > entering * most:
            params = {"process": process, "flow": INTERNAL_SCRAP}
            params |= {"credited": _text(credited), "entering": _text(entering)}
            yield Reason(RETURNED, params)


def _giving_back(compiled: CompiledSystem) -> list[str]:
    """Return the steps that give metal back to the charge, in the order of the system."""
    pool = [i for i, code in enumerate(compiled.processes) if code == CHARGE_POOL]
    givers = {user for user, provider, t in compiled.links if t < 0 and provider in pool}
    return [code for place, code in enumerate(compiled.processes) if place in givers]


def _text(kg_per_t: Decimal) -> str:
    return decimal_text((kg_per_t * conversion("kg", "t")).quantize(_DIGITS))
