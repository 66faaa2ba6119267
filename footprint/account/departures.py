"""What an explained departure from the usual is worth in a result, where it can be computed.

A doubt of a ledger passes once somebody explains it, and nobody can check words. Two kinds of
doubted figures move a burden from one product to another, and what they move follows from the rows:
site services of which a product takes far less, or more, than the site's mean (AL-SERVICE-001), and
energy booked on a product code far from its peers of the step (AL-CODE-001). Such a result is held
against the one at the mean. Rule: PCF-DEPARTURE-001.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.exceptions import LedgerException
from factor_db.ledger.obligations import SERVICES
from factor_db.ledger.product_energy import CODE_RULE, Taken, energy_flows, far_from_peers
from factor_db.ledger.vocabulary import vocabulary
from footprint.account.gate import Account, worth_per_unit
from footprint.account.site_ledger import ZERO, Key, SiteLedger, cells_of, codes_of, tonnes, total
from footprint.account.systems import SiteProducts
from footprint.study import Study
from lca_models.catalogue import final_process

SERVICE_RULE = "AL-SERVICE-001"


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
    ledger: SiteLedger, account: Account, products: SiteProducts, study: Study
) -> tuple[Departure, ...]:
    """Return the doubted figures that move a study's result, each with its effect."""
    found = products.found[study.product]
    process = final_process(study.product)
    made, carried = ledger.made(process), found.kg_co2e_per_t[found.system.final]
    codes = {product_key(code): kg for code, kg in found.codes.items()}
    code = product_key(study.product_code)
    with localcontext(EXACT):
        effects = [*_services(ledger, products, process, made * carried)]
        if code in codes:
            ours = _of_code(ledger, process, code)
            whole = ours * codes[code] * conversion("t", "kg")
            effects += _energy(ledger, account, products, code, whole)
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
    """Yield what a product takes less of the services than the mean where any share is doubted."""
    limits = rule(SERVICE_RULE)
    low, high = limits.number("least_part"), limits.number("most_part")
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
    if all(low * mean * made[step] <= taken[step] <= high * mean * made[step] for step in made):
        return
    kg = (mean * made[process] - taken[process]) * products.kg_co2e_per_t(SERVICES)
    if kg:
        cells = cells_of([row for step in made for row in ledger.input_rows(step, SERVICES)])
        yield Departure(SERVICE_RULE, process, SERVICES, kg, kg / carried, cells)


def _energy(
    ledger: SiteLedger, account: Account, products: SiteProducts, code: str, carried: Decimal
) -> Iterator[Departure]:
    """Yield the energy a code would carry more at the mean of a step whose codes lie far apart."""
    for process, flow in ledger.by_key:
        made = _made_by_code(ledger, process)
        if flow not in energy_flows() or code not in made or not carried:
            continue
        taken = Taken.of(made, _taken_by_code(ledger, (process, flow)))
        if not far_from_peers(taken):
            continue
        less = (taken.mean - taken.per_tonne(code)) * made[code]
        kg = less * _worth(ledger, account, products, (process, flow))
        if kg:
            cells = cells_of(ledger.input_rows(process, flow))
            yield Departure(CODE_RULE, process, flow, kg, kg / carried, cells)


def _worth(ledger: SiteLedger, account: Account, products: SiteProducts, key: Key) -> Decimal:
    """Return kg CO2e per unit of energy, or per tonne of services."""
    if key[1] == SERVICES:
        return products.kg_co2e_per_t(SERVICES)
    return worth_per_unit(ledger, account, *key)


def _made_by_code(ledger: SiteLedger, process: str) -> dict[str, Decimal]:
    """Return code → tonnes a step made of it; nothing where it makes one code, or names none."""
    codes = codes_of(ledger.rows_of(process, role="product"))
    if len(codes) < 2:
        return {}
    return {code: _of_code(ledger, process, code) for code in sorted(codes)}


def _of_code(ledger: SiteLedger, process: str, code: str) -> Decimal:
    rows = ledger.rows_of(process, role="product")
    return tonnes(row for row in rows if product_key(row.product) == code)


def _taken_by_code(ledger: SiteLedger, key: Key) -> dict[str, Decimal]:
    rows = ledger.input_rows(*key)
    return {
        code: total(row for row in rows if product_key(row.product) == code)
        for code in {product_key(row.product) for row in rows}
    }
