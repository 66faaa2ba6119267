"""Calculating a footprint: resolve, evaluate, sample, and write the one result document.

The command line, the API and the pages all print what `CalculationResult.document` holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import content_hash, plain, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.ledger.loops import TOLLED
from factor_db.store.sight import require_sight
from factor_db.store.tables import Document, Site
from factor_db.store.work import Work
from footprint.account.record import checks_of
from footprint.alternatives import alternatives_of
from footprint.carried_model import MODEL, model_of
from footprint.document import figures_of
from footprint.evaluate import Nominal
from footprint.preparation import Prepared, evaluated, require_field_data_used
from footprint.study import Study
from footprint.supply import supply_of
from lca_models.resolve import Pin

if TYPE_CHECKING:
    import pandas


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


def site_checks(session: Session, prepared: Prepared, nominal: Nominal) -> dict[str, Any]:
    """Return what a document says of its site: closure, possibility, suppliers, metal tolled."""
    return {
        **_tolled(prepared),
        **supply_of(session, prepared, nominal),
        **checks_of(session, prepared, nominal),
    }


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
    replaced = require_field_data_used(prepared, nominal)
    interval = None
    checks = site_checks(session, prepared, nominal)
    if samples:
        from footprint.uncertainty import interval_or_reason

        interval, reason = interval_or_reason(
            nominal, samples=samples, seed=seed, sampling=sampling
        )
        if reason:
            checks["possible"]["no_interval"] = reason
    return CalculationResult(
        nominal, _document(prepared, nominal, interval, {"unused_field_data": replaced, **checks})
    )


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


def _tolled(prepared: Prepared) -> dict[str, list[str]]:
    """Name the site's factors that say metal moved for toll conversion; nothing where none did.

    Rule: PCF-TOLLING-001.
    """
    where = prepared.where
    found = [
        factor.ref
        for factor in prepared.own
        if factor.flow == TOLLED
        and (factor.period_start, factor.period_end) == (where.period_start, where.period_end)
        and factor.value
    ]
    return {"tolled_metal": found} if found else {}


def _merged(first: tuple[Pin, ...], others: list[Pin]) -> list[Pin]:
    merged: Mapping[str, Pin] = {pin.slot.key: pin for pin in (*others, *first)}
    return [merged[key] for key in sorted(merged)]
