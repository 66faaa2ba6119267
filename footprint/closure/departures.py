"""What a departure from the mean is worth in a result, where nothing but booking shows it.

A doubt of a ledger passes once somebody explains it, and nobody can check words; below the doubt
nobody asks. Two kinds of figures move a burden from one product to another, and what they move
follows from the rows: site services of which a product takes less, or more, than the site's mean
(AL-SERVICE-001), and energy and materials booked on a product code or a co-product apart from its
peers of the step (AL-CODE-001). Such a result is held against the one at the mean. Only rows by
code that are metered, each with its document, are believed as they stand, up to where AL-CODE-001
doubts them: a meter for each product is subdivision, and comes first. Rule: PCF-DEPARTURE-001.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.row_storage import evidence
from factor_db.ledger.months.obligations import SERVICES
from factor_db.ledger.products.energy import (
    CODE_RULE,
    Made,
    Taken,
    energy_flows,
    far_from_peers,
    peers_and_foreign,
)
from factor_db.ledger.reading.exceptions import LedgerException
from factor_db.store.tables import LedgerEntry
from footprint.account.gate import DEPARTURE_RULE, Account, worth_per_unit
from footprint.account.sharing import BY_CAUSE
from footprint.account.site_ledger import ZERO, Key, SiteLedger, cells_of, tonnes, total
from footprint.closure.systems import SiteProducts, compiled_of
from footprint.solving.evaluate import Nominal
from footprint.solving.solve import solve_for_one
from footprint.study.definition import Study
from lca_models.catalogue import final_process

SERVICE_RULE = "AL-SERVICE-001"
# What 34 digits leave of a mean: below this share of a result nothing departs.
_LEAST_SHARE = Decimal("1E-12")


@dataclass(frozen=True, slots=True)
class Departure:
    """One doubted figure behind a result, and what the result would carry more at the mean.

    `kg_co2e` and `share`, of what the product (or the code) carries in the period, are below 0
    where the figure makes the result larger.
    """

    rule: str
    process: str
    flow: str
    kg_co2e: Decimal
    share: Decimal
    cells: tuple[str, ...]


def departures_of(
    ledger: SiteLedger, account: Account, products: SiteProducts, nominal: Nominal
) -> tuple[Departure, ...]:
    """Return the doubted figures that move a study's result, each with its effect."""
    study = nominal.study
    found = products.found[study.product]
    process = final_process(study.product)
    made, carried = ledger.made(process), found.kg_co2e_per_t[found.system.final]
    with localcontext(EXACT):
        effects = [*_services(ledger, products, process, made * carried)]
        effects += _energy(ledger, account, products, nominal)
        return tuple(effects)


def lowered_share(departures: tuple[Departure, ...]) -> Decimal:
    """Return the share of a result that its doubted figures take off it; others are no relief."""
    with localcontext(EXACT):
        return sum((item.share for item in departures if item.share > 0), ZERO)


def explained_of(
    ledger: SiteLedger, products: SiteProducts, study: Study
) -> tuple[LedgerException, ...]:
    """Return the ledger's exceptions about steps that a study's result goes through."""
    steps = {"", *products.found[study.product].compiled.processes}
    return tuple(item for item in ledger.exceptions if item.scope.process in steps)


def _services(
    ledger: SiteLedger, products: SiteProducts, process: str, carried: Decimal
) -> Iterator[Departure]:
    """Yield what a product takes less of the services than the mean: no meter shows a share."""
    made = {
        step: ledger.made(step)
        for step, flow in vocabulary().process_flows
        if flow == SERVICES != step and ledger.made(step)
    }
    taken = {step: ledger.used(step, SERVICES) for step in made}
    whole = sum(taken.values(), ZERO)
    if not whole or not carried or process not in made:
        return
    mean = whole / sum(made.values(), ZERO)
    kg = (mean * made[process] - taken[process]) * products.kg_co2e_per_t(SERVICES)
    if abs(kg) > carried * _LEAST_SHARE:
        cells = cells_of([row for step in made for row in ledger.input_rows(step, SERVICES)])
        yield Departure(SERVICE_RULE, process, SERVICES, kg, kg / carried, cells)


def _energy(
    ledger: SiteLedger, account: Account, products: SiteProducts, nominal: Nominal
) -> Iterator[Departure]:
    """Yield what a result would carry more at the mean of a step whose outputs lie apart.

    A tonne of the result runs each step so many tonnes; there it takes what its code takes, or all
    codes of the product where the step knows no such code.
    """
    final, code = nominal.system.final, product_key(nominal.study.product_code)
    made = ledger.rows_of(final, role="product")
    output = tonnes(row for row in made if product_key(row.product) == code) or tonnes(made)
    carried = output * nominal.total * conversion("t", "kg")
    runs = _tonnes_per_tonne(nominal)
    for process, flow in ledger.by_key:
        if flow not in judged_flows() or process not in runs or not carried:
            continue
        taken = _taken(ledger, (process, flow), products.allocation_method(process))
        doubted = flow in energy_flows() and far_from_peers(taken)
        if not doubted and _is_evidenced(ledger.input_rows(process, flow)):
            continue
        less = taken.mean - taken.per_tonne(*_ours(taken, code))
        worth = _worth(ledger, account, products, (process, flow))
        kg = less * runs[process] * output * worth
        if abs(kg) > abs(carried) * _LEAST_SHARE:
            cells = cells_of(ledger.input_rows(process, flow))
            yield Departure(CODE_RULE, process, flow, kg, kg / carried, cells)


@cache
def judged_flows() -> frozenset[str]:
    """Return the flows held against the mean: energy, services, materials and transport."""
    kinds = rule(DEPARTURE_RULE).items("materials")
    flows = vocabulary().flows.values()
    return energy_flows() | {flow.code for flow in flows if flow.category in kinds}


def _is_evidenced(rows: Iterable[LedgerEntry]) -> bool:
    """Tell whether what is booked by code is metered and has its document, row by row."""
    believed = rule(DEPARTURE_RULE).items("believed_methods")
    return all(
        row.method in believed and evidence(row)
        for row in rows
        if row.amount and product_key(row.product)
    )


def _tonnes_per_tonne(nominal: Nominal) -> dict[str, Decimal]:
    """Return process → t of its product behind a tonne of a result."""
    system = compiled_of(nominal)
    return dict(zip(system.processes, solve_for_one(system), strict=True))


def _ours(taken: Taken, code: str) -> list[Made]:
    """Return the outputs of a step behind a result: its code's, else all of the product."""
    products = [item for item in taken.made if item.role == "product"]
    return [item for item in products if item.code == code] or products


def _taken(ledger: SiteLedger, key: Key, method: str) -> Taken:
    """Return what the outputs of a step take of a flow, co-products as they were allocated."""
    made = (*ledger.rows_of(key[0], "product"), *ledger.rows_of(key[0], "co-product"))
    peers, foreign = peers_and_foreign(made)
    rows = [row for row in ledger.input_rows(*key) if product_key(row.product) not in foreign]
    codes = {product_key(row.product) for row in rows}
    booked = {code: total(r for r in rows if product_key(r.product) == code) for code in codes}
    found = Taken.of(peers, booked)
    shared = any(item.role == "co-product" for item in peers)
    return found.by_cause() if shared and method == BY_CAUSE else found


def _worth(ledger: SiteLedger, account: Account, products: SiteProducts, key: Key) -> Decimal:
    """Return kg CO2e per unit of energy, or per tonne of services."""
    if key[1] == SERVICES:
        return products.kg_co2e_per_t(SERVICES)
    return worth_per_unit(ledger, account, *key)
