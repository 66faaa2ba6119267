"""Making a study definite: its site, period and release found, its factors at hand, evaluated.

What a calculation, an account and a portfolio all begin with; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session, select

from factor_db.factors.keep.years import require_product_code
from factor_db.factors.record.factor import Factor
from factor_db.factors.release.releases import (
    Release,
    load_release,
    published_of_site,
    release_names,
)
from factor_db.foundation.errors import BadInput
from factor_db.ledger.frozen.site_ledgers import period_name
from factor_db.store.sight import require_sight_of_site, sites_in_sight
from factor_db.store.tables import FactorVersion, Organisation, Site
from footprint.solving.evaluate import Nominal, evaluate
from footprint.study.definition import Study
from footprint.study.hand_values import doubt_of, known_of, slots_by_key
from footprint.study.own_routes import with_own_dross_route
from footprint.study.supplied import Supplies, require_precursors, supplied
from footprint.study.unused import require_all_used
from lca_models.catalogue import CHAIN_PRODUCTS, product_system
from lca_models.primary_aluminium import ANODE_PLANT
from lca_models.system.resolve import Resolver, Where


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a result says of its site."""

    code: str
    organisation_zh: str
    organisation_en: str
    uscc: str
    region: str
    owner: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A study made definite: its site, period and release known, its factors at hand."""

    study: Study
    where: Where
    site: SiteFacts
    own: tuple[Factor, ...]
    release: Release
    resolver: Resolver
    suppliers: Supplies


def prepare(session: Session, study: Study, releases: dict[str, Release] | None = None) -> Prepared:
    """Make a study definite; raises BadInput for an unknown site, period or release.

    So it does for a value set by hand that is far from all that is known (SET_DOUBTFUL).

    `releases` keeps what was loaded for whoever prepares many studies on one state of the store.
    """
    site, own = _site_and_factors(session, study)
    periods = sorted({(f.period_start, f.period_end) for f in own if f.kind == "inventory"})
    named = {period_name(*period): period for period in periods}
    if study.period and study.period not in named:
        raise BadInput(
            "PERIOD_UNKNOWN", site=site.code, period=study.period, known=", ".join(named) or "-"
        )
    if not named:
        raise BadInput("SITE_WITHOUT_FACTORS", site=site.code)
    period = study.period or preferred_period(named)
    name = study.release or release_names(session)[-1]
    loaded = {} if releases is None else releases
    if name not in loaded:
        loaded[name] = load_release(session, name)
    release = loaded[name]
    where = Where(site.code, site.region, *named[period], product=study.product_code)
    if study.product_code:
        of_period = [f for f in own if (f.period_start, f.period_end) == named[period]]
        require_product_code(session, of_period, study.product_code)
    routed = with_own_dross_route(with_own_anodes(study, where, own), where, own)
    definite = replace(routed, site=site.code, period=period, release=name)
    definite, suppliers = supplied(session, definite, where)
    resolver = Resolver([*release.factors, *own], where, study.overrides, suppliers)
    _require_plausible(definite, resolver)
    return Prepared(definite, where, site, tuple(own), release, resolver, suppliers)


def evaluated(session: Session, study: Study) -> tuple[Prepared, Nominal]:
    """Prepare and evaluate a study; raises as `calculate_study` does."""
    prepared = prepare(session, study)
    nominal = evaluate(prepared.study, prepared.where, prepared.resolver.pin)
    require_known_slots(prepared.study)
    return prepared, nominal


def with_own_anodes(study: Study, where: Where, own: Iterable[Factor]) -> Study:
    """Return a smelter's study with its anode plant as own where its ledger reports one."""
    if study.product not in CHAIN_PRODUCTS or study.choices.anode_plant:
        return study
    period = (where.period_start, where.period_end)
    reports = any(
        factor.process == ANODE_PLANT and (factor.period_start, factor.period_end) == period
        for factor in own
    )
    return study.changed("anode_plant", "on_site") if reports else study


def preferred_period(named: Mapping[str, tuple[str, str]]) -> str:
    """Return the newest calendar year, or the period that ends last. Rule: PCF-PERIOD-001."""
    years = [name for name, period in named.items() if name == period[0][:4]]
    return max(years or named, key=lambda name: (named[name][1], name))


def require_field_data_used(prepared: Prepared, nominal: Nominal) -> list[str]:
    """Return the readings that a choice replaces; raise Incomplete for what no product takes.

    Rule: PCF-UNUSED-001.
    """
    asked = {slot.key for slot in nominal.system.amount_slots()}
    asked |= {pin.slot.key for pin in nominal.pins}
    choices = nominal.study.choices
    where, system = prepared.where, nominal.system
    return require_all_used(prepared.own, where, system, choices=choices, asked=asked)


def require_known_slots(study: Study) -> None:
    """Raise BadInput when a study names a slot, or buys, what its model does not ask for."""
    system = product_system(study.product, study.choices)
    asked = (*system.amount_slots(), *system.emission_slots())
    known = {slot.key for slot in asked}
    named = {*study.overrides, *study.distributions, *(item.slot for item in study.cut_offs)}
    require_precursors(study, asked)
    misspelt = sorted(named - known)
    if misspelt:
        spread = set(misspelt) <= set(study.distributions) - set(study.overrides)
        code = "DISTRIBUTION_SLOT_UNKNOWN" if spread else "SLOT_UNKNOWN"
        raise BadInput(code, slots=", ".join(misspelt), product=study.product)


def _require_plausible(study: Study, resolver: Resolver) -> None:
    """Refuse values set by hand that are far from all that is known, unless the study takes them.

    Raises BadInput (SET_DOUBTFUL) with every one of them. Rule: DQ-HAND-002.
    """
    if not study.overrides or study.accept_doubts:
        return
    slots = slots_by_key(study.product, study.choices)
    doubts = (
        doubt_of(slots[key], value, known_of(slots[key], resolver.known(slots[key]), study.gwp_set))
        for key, value in study.overrides.items()
        if key in slots
    )
    if listed := ", ".join(filter(None, doubts)):
        raise BadInput("SET_DOUBTFUL", doubts=listed)


def _site_and_factors(session: Session, study: Study) -> tuple[SiteFacts, list[Factor]]:
    """Return the site of a study, or the one that makes its product, with what it published."""
    final = product_system(study.product, study.choices).final
    sites = sites_in_sight(session)
    if study.site:
        fitting = {site.code: site for site in sites if site.code == study.site}
        published = {code: published_of_site(session, code) for code in fitting}
    else:
        published = {site.code: _published_maker(session, site.code, final) for site in sites}
        fitting = {site.code: site for site in sites if published[site.code]}
    if len(fitting) != 1:
        code = "SITE_UNKNOWN" if study.site else "SITE_UNCLEAR"
        known = ", ".join(fitting or (site.code for site in sites)) or "-"
        raise BadInput(code, site=study.site, product=study.product, known=known)
    (site,) = fitting.values()
    return _site_facts(session, site), published[site.code]


def _published_maker(session: Session, site: str, process: str) -> list[Factor]:
    """Return what a site published, nothing where no factor of a process is among it.

    The column is asked first: reading a site's factors means checking the hash of each.
    Raises NotAllowed for another enterprise's site.
    """
    require_sight_of_site(session, site)
    of_process = (FactorVersion.site == site, FactorVersion.process == process)
    if session.exec(select(FactorVersion.sha256).where(*of_process).limit(1)).first() is None:
        return []
    own = published_of_site(session, site)
    return own if any(factor.process == process for factor in own) else []


def _site_facts(session: Session, site: Site) -> SiteFacts:
    organisation = session.get_one(Organisation, site.owner)
    return SiteFacts(
        site.code,
        organisation.name_zh,
        organisation.name_en,
        organisation.uscc,
        site.region,
        site.owner,
    )
