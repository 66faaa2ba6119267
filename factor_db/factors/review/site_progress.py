"""How far each site is on its way from a ledger to published factors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.ledger.frozen.corrections import KIND as CORRECTION
from factor_db.ledger.frozen.site_ledgers import answering_ledgers, period_name
from factor_db.store.sight import sees
from factor_db.store.tables import (
    FactorVersion,
    LedgerFile,
    LineageEdge,
    Organisation,
    Site,
    StateEntry,
)
from factor_db.store.work import first_entries, last_states


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A frozen ledger that answers for its site: period and file.

    `derived` tells whether factors were derived of it, after the last correction laid over it.
    """

    sha256: str
    period: str
    file_name: str
    derived: bool


@dataclass(frozen=True, slots=True)
class SiteProgress:
    """A site, its ledgers by period, and how many of its factors' newest versions stand where."""

    code: str
    owner: str
    organisation_zh: str
    organisation_en: str
    illustrative: bool
    ledgers: tuple[LedgerLine, ...]
    states: Mapping[str, int]


def site_progress(session: Session) -> list[SiteProgress]:
    """Return every site in the user's sight that has a ledger, by code."""
    found = []
    for site in session.exec(select(Site).order_by(col(Site.code))).all():
        ledgers = _ledgers(session, site) if sees(session, site.owner) else ()
        if ledgers:
            owner = session.get_one(Organisation, site.owner)
            names = (owner.name_zh, owner.name_en)
            states = _states(session, site.code)
            line = SiteProgress(site.code, site.owner, *names, site.illustrative, ledgers, states)
            found.append(line)
    return found


def _ledgers(session: Session, site: Site) -> tuple[LedgerLine, ...]:
    """Return the newest ledger of each period of a site, the earliest period first."""
    answering = [item for item in answering_ledgers(session, site.owner) if item.site == site.code]
    return tuple(
        LedgerLine(
            item.sha256,
            period_name(item.period_start, item.period_end),
            session.exec(
                select(LedgerFile.file_name).where(LedgerFile.sha256 == item.sha256)
            ).one(),
            _last_made(session, item.sha256, "factor")
            > _last_made(session, item.sha256, CORRECTION),
        )
        for item in sorted(answering, key=lambda item: item.period_start)
    )


def _last_made(session: Session, ledger: str, kind: str) -> int:
    """Return the number of the first state of what was made of a ledger last; 0 for nothing."""
    query = (
        select(StateEntry.subject)
        .join(LineageEdge, col(LineageEdge.child) == col(StateEntry.subject))
        .where(LineageEdge.parent == ledger, StateEntry.subject_kind == kind)
        .distinct()
    )
    return max(first_entries(session, session.exec(query).all()).values(), default=0)


def _states(session: Session, site: str) -> Mapping[str, int]:
    query = select(FactorVersion.factor_id, FactorVersion.sha256).where(FactorVersion.site == site)
    newest = dict(session.exec(query.order_by(col(FactorVersion.version))).all())
    return Counter(last_states(session, list(newest.values())).values())
