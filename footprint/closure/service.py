"""The site account of a study, from the store: ledger found, flows valued, closure drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlmodel import Session

from factor_db.foundation.errors import BadInput, FootprintError
from factor_db.foundation.rules import rule
from factor_db.ledger.frozen.importing import ledger_of_site, period_name
from factor_db.ledger.frozen.site_ledgers import answering_ledgers
from factor_db.store.tables import LedgerFile
from footprint.account.gate import Account, account_of
from footprint.account.sharing import scrap_takes_burdens
from footprint.account.site_ledger import SiteLedger, read_site_ledger
from footprint.account.smelter import SmelterChoices
from footprint.account.valuation import Valuation
from footprint.closure.allowances import typed_lines
from footprint.closure.departures import departures_of, explained_of
from footprint.closure.lines import Closure, closure_of
from footprint.closure.metal_back import buys_own_forms
from footprint.closure.scrap_back import RULE as RETURN_RULE
from footprint.closure.systems import SiteProducts, made_products, site_products
from footprint.solving.evaluate import Nominal
from footprint.solving.preparation import Prepared, evaluated, prepare
from footprint.study.definition import Study, default_study
from lca_models.catalogue import CHAIN_PRODUCTS
from lca_models.system.formula import Slot
from lca_models.system.resolve import OWN, Pin

_MODELLED = {
    "primary_ingot": "primary_casting",
    "primary_t_bar": "primary_casting",
    "primary_liquid": "electrolysis",
}
"""Precursor → the process of the modelled chain that makes it."""
_BOUGHT_BY_SMELTERS = {
    "bauxite": "bauxite_mining",
    "alumina": "alumina_refining",
    "anode": "anode_production",
}


@dataclass(frozen=True)
class SiteClosure:
    """A study's ledger, its products and how they close."""

    ledger: SiteLedger
    products: SiteProducts
    closure: Closure


def closed_site(session: Session, prepared: Prepared, nominal: Nominal) -> SiteClosure:
    """Return the account of the ledger behind a result, held against the products of its site.

    Raises BadInput when the site has no ledger of the period or a product cannot be solved.
    """
    file = ledger_behind(session, nominal)
    ledger = read_site_ledger(session, file)
    products = site_products(prepared, nominal, ledger)
    values = valuation_of(prepared.resolver.pin, nominal.study, products)
    account = account_of(ledger, values, nominal.study.choices.electricity_rule)
    scrap_rule = nominal.study.choices.scrap_rule
    asked = scrap_takes_burdens(scrap_rule) or buys_own_forms(ledger)
    before = _ledgers_before(session, file) if asked else ()
    closure = replace(
        closure_of(ledger, account, products, scrap_rule, before),
        typed=typed_lines(ledger, account),
        departures=departures_of(ledger, account, products, nominal),
        explained=explained_of(ledger, products, nominal.study),
    )
    return SiteClosure(ledger, products, closure)


def _ledgers_before(session: Session, file: LedgerFile) -> tuple[SiteLedger, ...]:
    """Return the site's ledgers whose scrap or metal may have come back in one.

    Rules: PCF-SCRAP-RETURN-001, PCF-METAL-RETURN-001.
    """
    year, month = (int(part) for part in file.period_start.split("-")[:2])
    first = year * 12 + month - 1 - int(rule(RETURN_RULE).number("months_before"))
    since = f"{first // 12:04d}-{first % 12 + 1:02d}-01"
    return tuple(
        read_site_ledger(session, session.get_one(LedgerFile, item.sha256))
        for item in answering_ledgers(session, file.owner, (file.sha256,))
        if item.site == file.site and since <= item.period_end < file.period_start
    )


def valuation_of(
    pinner: Callable[[Slot], Pin | None], study: Study, products: SiteProducts
) -> Valuation:
    """Return the values of a study: release, suppliers and, where chosen, the modelled chain.

    What a smelter buys of the chain, and who makes it, is always modelled.
    """
    modelled = {}
    if study.choices.primary_source == "modelled":
        modelled = {
            flow: products.kg_co2e_per_t(process)
            for flow, process in _MODELLED.items()
            if process in products.home
        }
    if set(CHAIN_PRODUCTS) & set(products.found):
        modelled |= {
            flow: products.kg_co2e_per_t(process)
            for flow, process in _BOUGHT_BY_SMELTERS.items()
            if process in products.home
        }
    cut_offs = frozenset(
        item.slot for product in products.found.values() for item in product.nominal.cut_off
    )
    choices = study.choices
    smelter = SmelterChoices(choices.pfc_method, choices.smelter_technology, choices.smelter_power)
    return Valuation(pinner, study.gwp_set, choices.scrap_rule, cut_offs, modelled, smelter=smelter)


def ledger_behind(session: Session, nominal: Nominal) -> LedgerFile:
    """Return the frozen ledger that the site's own factors of a result were derived from.

    Raises BadInput when they come from several ledgers, or from one that is not in the store.
    """
    files = {
        pin.factor.source.file_sha256
        for pin in nominal.pins
        if pin.level == OWN and pin.factor.source.file_sha256
    }
    if len(files) != 1:
        raise BadInput("CLOSURE_LEDGERS", site=nominal.where.site, count=len(files))
    file = session.get(LedgerFile, next(iter(files)))
    if file is None:
        raise BadInput("CLOSURE_LEDGERS", site=nominal.where.site, count=0)
    return file


@dataclass(frozen=True)
class SiteAccount:
    """A site's account under some rules, and its closure where a product can be calculated."""

    prepared: Prepared
    account: Account
    closure: Closure | None
    reason: FootprintError | None = None


def account_of_site(session: Session, question: Study) -> SiteAccount:
    """Return the account of a site; `question` says site, period, rules and GWP set.

    The closure is drawn with the first product that can be calculated. Raises BadInput for an
    unknown site or period, NotAllowed for another enterprise's.
    """
    file = ledger_of_site(session, question.site, question.period or None)
    period = period_name(file.period_start, file.period_end)
    ledger = read_site_ledger(session, file)
    reason: FootprintError | None = None
    for product in made_products(ledger):
        study = replace(
            default_study(product),
            site=question.site,
            period=period,
            gwp_set=question.gwp_set,
            choices=replace(
                default_study(product).choices,
                scrap_rule=question.choices.scrap_rule,
                electricity_rule=question.choices.electricity_rule,
            ),
        )
        try:
            prepared, nominal = evaluated(session, study)
            found = closed_site(session, prepared, nominal)
        except FootprintError as error:
            reason = reason or error
            continue
        return SiteAccount(prepared, found.closure.account, found.closure)
    return _alone(session, replace(question, period=period), ledger, reason)


def _alone(
    session: Session, study: Study, ledger: SiteLedger, reason: FootprintError | None
) -> SiteAccount:
    """Return an account no product was held against."""
    prepared = prepare(session, study)
    cut_offs = frozenset(item.slot for item in study.cut_offs)
    values = Valuation(prepared.resolver.pin, study.gwp_set, study.choices.scrap_rule, cut_offs)
    account = account_of(ledger, values, study.choices.electricity_rule)
    return SiteAccount(prepared, account, None, reason)
