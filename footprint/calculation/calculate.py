"""Calculating a footprint: resolve, evaluate, sample, and write the one result document.

The command line, the API and the pages all show what `CalculationResult.result` holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.loops import TOLLED
from factor_db.store.sight import sees
from factor_db.store.tables import Document, Site
from factor_db.store.work import Work
from footprint.choices.alternatives import alternatives_of
from footprint.figures.document import figures_of
from footprint.judgement.record import checks_of
from footprint.judgement.smelter_evidence import smelter_evidence_of
from footprint.result.checks import SiteChecks
from footprint.result.document import ResultDocument, identified, read_result
from footprint.result.inputs import Inputs
from footprint.result.rows import Contribution, FlowRow
from footprint.result.tables import Plant, ReleaseRef
from footprint.result.total import IntervalRecord
from footprint.solving.evaluate import Nominal
from footprint.solving.preparation import Prepared, evaluated, require_field_data_used
from footprint.study.carried_model import model_of
from footprint.study.definition import Study
from footprint.supply.against_ledger import supply_of
from lca_models.system.resolve import Pin

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class CalculationResult:
    """A finished calculation: the exact result and the typed document of it."""

    nominal: Nominal
    result: ResultDocument

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document as plain JSON with decimals as strings, as `--json` prints it."""
        return self.result.record()

    @cached_property
    def contributions(self) -> pandas.DataFrame:
        """The contribution table; `kg_gas` and `kg_co2e` are floats for reading, not for proof."""
        return _frame(self.result.contributions, ["kg_gas", "kg_co2e"])

    @cached_property
    def flows(self) -> pandas.DataFrame:
        """The flow table; each amount stands in the unit of its `unit` column."""
        return _frame(self.result.flows, ["amount"])


def _frame(rows: Sequence[Contribution | FlowRow], numbers: list[str]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(map(asdict, rows)).astype(dict.fromkeys(numbers, float))


def site_checks(session: Session, prepared: Prepared, nominal: Nominal) -> SiteChecks:
    """Return what a result says of its site: closure, possibility, suppliers, metal tolled.

    Raises Incomplete for readings that are in nobody's result (PCF-UNUSED-001).
    """
    replaced = require_field_data_used(prepared, nominal)
    supply = supply_of(session, prepared, nominal)
    closure, possible = checks_of(session, prepared, nominal)
    return SiteChecks(
        unused_field_data=tuple(replaced),
        tolled_metal=_tolled(prepared),
        supply=supply,
        smelter=smelter_evidence_of(session, nominal),
        closure=closure,
        possible=possible,
    )


def calculate_study(
    session: Session,
    study: Study,
    *,
    samples: int = 0,
    seed: int = 1,
    sampling: str = "random",
) -> CalculationResult:
    """Calculate a study on the factors of the store; `sampling` is `random` or `quasi`.

    Raises BadInput for anything unknown, Incomplete with the empty slots, or with the readings of
    the site that are in no result (exit 3).
    """
    prepared, nominal = evaluated(session, study)
    checks = site_checks(session, prepared, nominal)
    interval = None
    if samples:
        from footprint.sampling.uncertainty import interval_or_reason

        interval, reason = interval_or_reason(
            nominal, samples=samples, seed=seed, sampling=sampling
        )
        if reason and checks.possible:
            possible = checks.possible.model_copy(update={"no_interval": reason})
            checks = checks.model_copy(update={"possible": possible})
    return CalculationResult(nominal, _document(prepared, nominal, interval, checks))


def store_calculation(work: Work, calculated: CalculationResult) -> str:
    """Store a result as a document with lineage to its factors, and return its id."""
    document = calculated.document
    site = work.session.get_one(Site, calculated.result.site.code)
    work.require_owner(site.owner)
    name = calculated.result.calculation
    work.document("calculation", name, document, content_hash("document", document), site.owner)
    sources = (factor.sha256 for pin in calculated.nominal.pins for factor in pin.sources)
    work.made_from(name, list(sources))
    return name


def load_calculation(session: Session, name: str) -> ResultDocument:
    """Return a stored calculation's result by its id, or by the beginning of it.

    Raises BadInput when no calculation in the user's sight, or more than one, begins like that, or
    its document is malformed.
    """
    query = select(Document).where(Document.kind == "calculation").order_by(col(Document.name))
    found = [
        item
        for item in session.exec(query)
        if name and item.name.startswith(name) and sees(session, item.owner)
    ]
    if len(found) != 1:
        raise BadInput("CALCULATION_UNKNOWN", calculation=name, count=len(found))
    return read_result(strict_json(found[0].payload.encode()))


def _document(
    prepared: Prepared, nominal: Nominal, interval: IntervalRecord | None, checks: SiteChecks
) -> ResultDocument:
    study, site = prepared.study, prepared.site
    alternatives, extra_pins = alternatives_of(study, prepared.where, prepared.resolver.pin)
    return identified(
        ResultDocument(
            **dict(figures_of(nominal, alternatives, interval=interval)),
            **dict(checks),
            calculation="",
            site=Plant(
                code=site.code,
                organisation_zh=site.organisation_zh,
                organisation_en=site.organisation_en,
                uscc=site.uscc,
                region=site.region,
            ),
            release=ReleaseRef(name=prepared.release.name, sha256=prepared.release.sha256),
            inputs=Inputs(
                study=nominal.study,
                where=prepared.where,
                pins=_merged(nominal.pins, extra_pins),
                model=model_of(study),
            ),
        )
    )


def _tolled(prepared: Prepared) -> tuple[str, ...]:
    """Name the site's factors that say metal moved for toll conversion.

    Rule: PCF-TOLLING-001.
    """
    where = prepared.where
    return tuple(
        factor.ref
        for factor in prepared.own
        if factor.flow == TOLLED
        and (factor.period_start, factor.period_end) == (where.period_start, where.period_end)
        and factor.value
    )


def _merged(first: tuple[Pin, ...], others: list[Pin]) -> tuple[Pin, ...]:
    merged: Mapping[str, Pin] = {pin.slot.key: pin for pin in (*others, *first)}
    return tuple(merged[key] for key in sorted(merged))
