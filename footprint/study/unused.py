"""What a site's ledger has and a result does not: readings that no process of the product takes.

They may be another product's, and then they are no affair of this one: their process leads, by what
the ledger says each step takes, to another product or another product code. Everything else that
was metered and is in nobody's footprint bars the result (rule PCF-UNUSED-001).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from factor_db.factors.record.factor import Factor, product_key
from factor_db.foundation.errors import Incomplete
from factor_db.ledger.form.loops import DROSS_HANDED_OVER, DROSS_TAKEN_IN, LOOPS
from factor_db.ledger.form.vocabulary import vocabulary
from lca_models.casthouse import RECOVERY
from lca_models.catalogue import final_processes
from lca_models.charge import ALLOYING
from lca_models.finishing import SERVICES
from lca_models.surface import TREATMENTS
from lca_models.system.resolve import Where
from lca_models.system.slots import CHARGE_POOL
from lca_models.system.unit_process import Choices, ProductSystem

_DROSS = ("melting", "dross")
# The charge of these loops is what their withheld share is made of (PCF-SCRAP-STOCK-001).
_READ_OTHERWISE = frozenset((CHARGE_POOL, flow) for flow in LOOPS)
# Treating dross for others: a tonne by definition, and the metal is its owner's (AL-LIQUID-001).
_OF_THE_OWNER = frozenset({(RECOVERY, "dross"), (RECOVERY, "recovered_metal")})


@dataclass
class _Site:
    """A site's own amounts of a period: as this study sees them, and of any product code.

    `serves_others` tells whether its furnace treats no dross whose metal the site charges.
    """

    here: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    anywhere: set[tuple[str, str]] = field(default_factory=set)
    known: dict[str, bool] = field(default_factory=dict)
    serves_others: bool = False

    @property
    def running(self) -> set[str]:
        """The processes that the ledger reports."""
        return {process for process, _ in self.here}

    def takers(self, process: str) -> set[str]:
        """Return the processes that take something of a process's product, for any code."""
        product = vocabulary().processes[process].product
        if process == RECOVERY and _DROSS in self.anywhere:
            return {_DROSS[0]}
        return {taker for taker, flow in self.anywhere if flow == product}

    def may_take(self, process: str) -> set[str]:
        """Return the running processes that could take a process's product."""
        product = vocabulary().processes[process].product
        role = vocabulary().expected_role
        return {other for other in self.running if role(other, product) == "input"}

    def leads_on(self, process: str) -> bool:
        """Tell whether a process leads to a product of the site, which may be its own."""
        if process not in self.known:
            self.known[process] = process in final_processes()
            takers = self.takers(process)
            sold = not self.may_take(process) and process != SERVICES
            self.known[process] |= sold or any(self.leads_on(taker) for taker in takers)
        return self.known[process]


def require_all_used(
    own: Iterable[Factor],
    where: Where,
    system: ProductSystem,
    *,
    choices: Choices,
    asked: Collection[str],
) -> list[str]:
    """Return the readings that a choice puts another figure in the place of, which is no secret.

    `system` is that of the result, `asked` are the keys of the slots it asked for. Raises
    Incomplete (FIELD_DATA_UNUSED) with the site's readings that are in nobody's result.
    """
    found = unused_field_data(own, where, system, asked)
    replaced = [item.ref for item in found if _is_replaced(item, choices)]
    left = [item.ref for item in found if item.ref not in replaced]
    if left:
        raise Incomplete("FIELD_DATA_UNUSED", factors=", ".join(left), count=len(left))
    return replaced


def _is_replaced(factor: Factor, choices: Choices) -> bool:
    """Tell whether a chosen method counts something else instead of a reading."""
    if choices.melt_loss == "by_charge" and factor.process == "melting":
        return factor.flow == "charge_metal"
    if factor.process == CHARGE_POOL:
        return choices.alloying not in ("", "measured") and factor.flow in ALLOYING
    return choices.surface.endswith("_by_area") and factor.process in TREATMENTS


def unused_field_data(
    own: Iterable[Factor], where: Where, system: ProductSystem, asked: Collection[str]
) -> list[Factor]:
    """Return the site's readings that no product takes. Rule: PCF-UNUSED-001."""
    of_period = [
        factor
        for factor in own
        if (factor.period_start, factor.period_end) == (where.period_start, where.period_end)
    ]
    factors = [factor for factor in of_period if factor.kind == "inventory"]
    site = _site(factors, where)
    dross = {factor.flow: factor.value for factor in of_period if factor.kind == "parameter"}
    site.serves_others = dross.get(DROSS_HANDED_OVER) == 1 and not dross.get(DROSS_TAKEN_IN)
    reached = {process.code for process in system.processes}
    barred = {
        process
        for process in site.running - reached
        if _is_left_out(site, process, reached, system.final)
    }
    excused = _READ_OTHERWISE | (_OF_THE_OWNER if system.final == RECOVERY else frozenset())

    def is_unused(factor: Factor) -> bool:
        key = (factor.process, factor.flow)
        if factor.product or key in excused or not site.here.get(key):
            return False
        unread = factor.process in reached and factor.slot_key not in asked
        return unread or factor.process in barred

    return [factor for factor in factors if is_unused(factor)]


def _site(factors: Iterable[Factor], where: Where) -> _Site:
    site = _Site()
    coded: dict[tuple[str, str], Decimal] = {}
    for factor in factors:
        key = (factor.process, factor.flow)
        if factor.value:
            site.anywhere.add(key)
        if not factor.product:
            site.here[key] = factor.value
        elif where.product and product_key(factor.product) == product_key(where.product):
            coded[key] = factor.value
    site.here.update(coded)
    return site


def _is_left_out(site: _Site, process: str, reached: Collection[str], final: str) -> bool:
    """Tell whether a process outside the result feeds it all the same, or feeds nobody."""
    if process == SERVICES and _services_forgotten(site.here, final):
        return True
    product = vocabulary().processes[process].product
    feeds = any(site.here.get((taker, product)) for taker in reached)
    if process == RECOVERY:
        feeds = _DROSS[0] in reached and bool(site.here.get(_DROSS)) and not site.serves_others
    return feeds or not site.leads_on(process)


def _services_forgotten(here: Mapping[tuple[str, str], Decimal], final: str) -> bool:
    """Tell whether the last step does not say what it takes of the site's services, 0 or not."""
    key = (final, SERVICES)
    return key in vocabulary().process_flows and key not in here
