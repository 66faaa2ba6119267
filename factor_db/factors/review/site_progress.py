"""How far each site is on its way from a ledger to published factors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.ledger.frozen.site_ledgers import period_name, replaced_ledgers
from factor_db.store.sight import sees
from factor_db.store.tables import FactorVersion, LedgerFile, LineageEdge, Organisation, Site
from factor_db.store.work import last_states


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A frozen ledger that answers for its site: period, file, and whether factors rest on it."""

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
        ledgers = _ledgers(session, site.code) if sees(session, site.owner) else ()
        if ledgers:
            owner = session.get_one(Organisation, site.owner)
            names = (owner.name_zh, owner.name_en)
            states = _states(session, site.code)
            line = SiteProgress(site.code, site.owner, *names, site.illustrative, ledgers, states)
            found.append(line)
    return found


def _ledgers(session: Session, site: str) -> tuple[LedgerLine, ...]:
    gone = replaced_ledgers(session, site)
    columns = (
        LedgerFile.sha256,
        LedgerFile.period_start,
        LedgerFile.period_end,
        LedgerFile.file_name,
    )  # not the files themselves, which may be large
    query = select(*columns).where(LedgerFile.site == site)
    parents = select(LineageEdge.parent).where(
        col(LineageEdge.parent).in_(select(LedgerFile.sha256).where(LedgerFile.site == site))
    )
    derived = set(session.exec(parents))
    return tuple(
        LedgerLine(sha256, period_name(start, end), name, sha256 in derived)
        for sha256, start, end, name in session.exec(query.order_by(col(LedgerFile.period_start)))
        if sha256 not in gone
    )


def _states(session: Session, site: str) -> Mapping[str, int]:
    query = select(FactorVersion.factor_id, FactorVersion.sha256).where(FactorVersion.site == site)
    newest = dict(session.exec(query.order_by(col(FactorVersion.version))).all())
    return Counter(last_states(session, list(newest.values())).values())
