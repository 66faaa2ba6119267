"""Calculating a footprint: resolve, evaluate, sample, and write the one result document.

The command line, the API and the pages all print what `CalculationResult.document` holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from factor_db.factors.factor import Factor
from factor_db.factors.releases import Release, load_release, published_of_site, release_names
from factor_db.factors.years import require_product_code
from factor_db.foundation.canonical import content_hash, plain, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.reference_files import reference_rows
from factor_db.ledger.site_ledgers import period_name
from factor_db.store.sight import require_sight
from factor_db.store.tables import Document, Organisation, Site
from factor_db.store.work import Work
from footprint.alternatives import alternatives_of
from footprint.carried_model import MODEL, model_of
from footprint.document import figures_of
from footprint.evaluate import Nominal, evaluate
from footprint.hand_values import doubt_of, known_of, slots_by_key
from footprint.study import Study
from footprint.supplied import Supplies, require_precursors, supplied
from lca_models.catalogue import CHAIN_PRODUCTS, product_system
from lca_models.primary_aluminium import ANODE_PLANT
from lca_models.resolve import Pin, Resolver, Where

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a result says of its site."""

    code: str
    organisation_zh: str
    organisation_en: str
    uscc: str
    region: str
    owner: str


@dataclass(frozen=True)
class CalculationResult:
    """A finished calculation; `document` is plain JSON with decimals as strings."""

    nominal: Nominal
    document: dict[str, Any]

    @cached_property
    def contributions(self) -> pandas.DataFrame:
        """The contribution table; `kg_gas` and `kg_co2e` are floats for reading, not for proof."""
        return _frame(self.document["contributions"], ["kg_gas", "kg_co2e"])

    @cached_property
    def flows(self) -> pandas.DataFrame:
        """The flow table; each amount stands in the unit of its `unit` column."""
        return _frame(self.document["flows"], ["amount"])


def _frame(rows: list[dict[str, Any]], numbers: list[str]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(rows).astype(dict.fromkeys(numbers, float))


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
    site = _site_facts(session, study)
    own = published_of_site(session, site.code)
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
    definite = replace(
        with_own_anodes(study, where, own), site=site.code, period=period, release=name
    )
    definite, suppliers = supplied(session, definite, where)
    resolver = Resolver([*release.factors, *own], where, study.overrides, suppliers)
    _require_plausible(definite, resolver)
    return Prepared(definite, where, site, tuple(own), release, resolver, suppliers)


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


def calculate_study(
    session: Session,
    study: Study,
    *,
    samples: int = 0,
    seed: int = 1,
    sampling: str = "random",
) -> CalculationResult:
    """Calculate a study on the factors of the store; `sampling` is `random` or `quasi`.

    Raises BadInput for anything unknown, Incomplete with the empty slots (exit 3).
    """
    prepared, nominal = evaluated(session, study)
    interval = None
    if samples:
        from footprint.uncertainty import sampled_interval

        interval = sampled_interval(nominal, samples=samples, seed=seed, sampling=sampling)
    # The account compares with what this module calculates, so it stands above it.
    from footprint.account.record import checks_of

    checks = checks_of(session, prepared, nominal)
    return CalculationResult(nominal, _document(prepared, nominal, interval, checks))


def evaluated(session: Session, study: Study) -> tuple[Prepared, Nominal]:
    """Prepare and evaluate a study; raises as `calculate_study` does."""
    prepared = prepare(session, study)
    nominal = evaluate(prepared.study, prepared.where, prepared.resolver.pin)
    require_known_slots(prepared.study)
    return prepared, nominal


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


def store_calculation(work: Work, result: CalculationResult) -> str:
    """Store a result as a document with lineage to its factors, and return its id."""
    document = result.document
    site = work.session.get_one(Site, document["site"]["code"])
    work.require_owner(site.owner)
    name = str(document["calculation"])
    work.document("calculation", name, document, content_hash("document", document), site.owner)
    work.made_from(name, [factor.sha256 for pin in result.nominal.pins for factor in pin.sources])
    return name


def load_calculation(session: Session, name: str) -> dict[str, Any]:
    """Return a stored calculation's document by its id, or by the beginning of it.

    Raises BadInput when no calculation, or more than one, begins like that, NotAllowed for another
    enterprise's.
    """
    query = select(Document).where(Document.kind == "calculation").order_by(col(Document.name))
    found = [item for item in session.exec(query) if name and item.name.startswith(name)]
    if len(found) != 1:
        raise BadInput("CALCULATION_UNKNOWN", calculation=name, count=len(found))
    require_sight(session, found[0].owner)
    document: dict[str, Any] = strict_json(found[0].payload.encode())
    return document


def _site_facts(session: Session, study: Study) -> SiteFacts:
    final = product_system(study.product, study.choices).final
    sites = session.exec(select(Site).order_by(col(Site.code))).all()
    if study.site:
        fitting = [site for site in sites if site.code == study.site]
    else:
        fitting = [
            site
            for site in sites
            if any(factor.process == final for factor in published_of_site(session, site.code))
        ]
    if len(fitting) != 1:
        code = "SITE_UNKNOWN" if study.site else "SITE_UNCLEAR"
        known = ", ".join(site.code for site in (fitting or sites)) or "-"
        raise BadInput(code, site=study.site, product=study.product, known=known)
    site = fitting[0]
    organisation = session.get_one(Organisation, site.owner)
    return SiteFacts(
        site.code,
        organisation.name_zh,
        organisation.name_en,
        organisation.uscc,
        site.region,
        site.owner,
    )


def _document(
    prepared: Prepared,
    nominal: Nominal,
    interval: dict[str, Any] | None,
    checks: Mapping[str, Any],
) -> dict[str, Any]:
    alternatives, extra_pins = alternatives_of(
        prepared.study, prepared.where, prepared.resolver.pin
    )
    figures = figures_of(nominal, alternatives)
    body: dict[str, Any] = plain(
        {
            **figures,
            "site": {key: value for key, value in asdict(prepared.site).items() if key != "owner"},
            "total": {**figures["total"], "interval": interval},
            "release": {"name": prepared.release.name, "sha256": prepared.release.sha256},
            "unused_field_data": _unused(prepared, nominal),
            **checks,
            "inputs": {
                "study": nominal.study.record(),
                "where": asdict(prepared.where),
                "pins": [pin.record() for pin in _merged(nominal.pins, extra_pins)],
                MODEL: model_of(prepared.study).record(),
            },
        }
    )
    return {"calculation": content_hash("calculation", body), **body}


def _unused(prepared: Prepared, nominal: Nominal) -> list[str]:
    """Return the site's own non-zero amounts that no slot of the model asked for.

    They are in the ledger and not in the result, so the result has to say so.
    """
    asked = {slot.key for slot in nominal.system.amount_slots()}
    # Other steps of the site make its other products.
    steps = {process.code for process in nominal.system.processes}
    internal = {row["code"] for row in reference_rows("flows.csv") if row["category"] == "internal"}
    return [
        factor.ref
        for factor in prepared.own
        if factor.process in steps
        and factor.kind == "inventory"
        and factor.slot_key not in asked
        and factor.flow not in internal
        and factor.value
    ]


def _merged(first: tuple[Pin, ...], others: list[Pin]) -> list[Pin]:
    merged: Mapping[str, Pin] = {pin.slot.key: pin for pin in (*others, *first)}
    return [merged[key] for key in sorted(merged)]
