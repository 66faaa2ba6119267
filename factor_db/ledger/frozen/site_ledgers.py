"""Which frozen ledger of a site answers: of several periods the one asked for, of one the newest.

A ledger that another one knowingly replaced is kept, and answers no more. Rule: PCF-PERIOD-001.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from factor_db.foundation.errors import BadInput
from factor_db.store.sight import require_sight, sees, sites_in_sight
from factor_db.store.tables import LedgerFile, Site, StateEntry
from factor_db.store.work import Work

REPLACED = "replaced"
_LEAST_PREFIX = 8


def ledger_of_site(session: Session, site: str, period: str | None = None) -> LedgerFile:
    """Return the frozen ledger of a site (for a period `YYYY` or `YYYY-MM-DD/YYYY-MM-DD`).

    Of several for one period the one imported last counts; one that was replaced never does.
    Raises BadInput when the site or the period has none, or when no period is named and the site
    has ledgers of several. Another enterprise's site has none.
    """
    # Not the files themselves, which may be large.
    query = (
        select(
            LedgerFile.period_end,
            func.coalesce(func.max(StateEntry.id), 0),
            LedgerFile.sha256,
            LedgerFile.period_start,
        )
        .outerjoin(StateEntry, col(StateEntry.subject) == col(LedgerFile.sha256))
        .where(LedgerFile.site == site)
        .group_by(col(LedgerFile.sha256))
    )
    gone = replaced_ledgers(session, site)
    place = session.get(Site, site)
    in_sight = place is None or sees(session, place.owner)
    found = [
        (imported, sha256, period_name(start, end))
        for end, imported, sha256, start in (session.exec(query) if in_sight else ())
        if period in (None, period_name(start, end), f"{start}/{end}") and sha256 not in gone
    ]
    if not found:
        stored = set(session.exec(select(LedgerFile.site).distinct()))
        known = ", ".join(item.code for item in sites_in_sight(session) if item.code in stored)
        raise BadInput("LEDGER_NONE", site=site, period=period or "-", known=known or "-")
    file = session.get_one(LedgerFile, max(found)[1])
    periods = sorted({name for _, _, name in found})
    if len(periods) > 1:
        raise BadInput("LEDGER_PERIOD_UNCLEAR", site=site, known=", ".join(periods))
    return file


def period_name(start: str, end: str) -> str:
    """Return `2025` for a calendar year, else `2025-01-01/2025-06-30`."""
    if start[:4] == end[:4] and start.endswith("-01-01") and end.endswith("-12-31"):
        return start[:4]
    return f"{start}/{end}"


def replaced_ledgers(session: Session, site: str) -> frozenset[str]:
    """Return the hashes of a site's ledgers that another one replaced."""
    query = (
        select(StateEntry.subject)
        .join(LedgerFile, col(LedgerFile.sha256) == col(StateEntry.subject))
        .where(StateEntry.state == REPLACED, LedgerFile.site == site)
    )
    return frozenset(session.exec(query))


class Answering(NamedTuple):
    """A ledger that answers for its site and period (ISO days), by its hash."""

    site: str
    period_start: str
    period_end: str
    sha256: str


def answering_ledgers(
    session: Session, owner: str, without: Collection[str] = ()
) -> tuple[Answering, ...]:
    """Return the newest ledger of each site and period of an owner, by site and period.

    `without` are hashes of ledgers that count no more, beside those that another one replaced.
    Raises NotAllowed for another enterprise's.
    """
    require_sight(session, owner)
    entries = (
        select(StateEntry.subject, StateEntry.state, func.coalesce(func.max(StateEntry.id), 0))
        .join(LedgerFile, col(LedgerFile.sha256) == col(StateEntry.subject))
        .where(LedgerFile.owner == owner)
        .group_by(col(StateEntry.subject), col(StateEntry.state))
    )
    gone = set(without)
    last: dict[str, int] = {}
    for sha256, state, entry in session.exec(entries):
        last[sha256] = max(last.get(sha256, 0), entry or 0)
        gone |= {sha256} if state == REPLACED else set()
    query = select(
        LedgerFile.site, LedgerFile.period_start, LedgerFile.period_end, LedgerFile.sha256
    )
    newest: dict[tuple[str, str, str], tuple[int, str]] = {}
    for site, start, end, sha256 in session.exec(query.where(LedgerFile.owner == owner)):
        if sha256 not in gone:
            place = site, start, end
            newest[place] = max(newest.get(place, (0, "")), (last.get(sha256, 0), sha256))
    return tuple(Answering(*place, newest[place][1]) for place in sorted(newest))


def named_ledgers(
    session: Session, site: str, names: Iterable[str], *, owner: str = ""
) -> list[str]:
    """Return the hashes of the site's ledgers of some periods, or of some hashes' first digits.

    By its hash also a ledger of another site of `owner`: the same plant under another code.
    Raises BadInput (LEDGER_REPLACES_UNKNOWN) for a name that no ledger in force has, NotAllowed
    for another enterprise's site.
    """
    names = list(names)
    if not names:
        return []
    query = select(
        LedgerFile.sha256, LedgerFile.period_start, LedgerFile.period_end, LedgerFile.owner
    )
    gone = replaced_ledgers(session, site)
    known: dict[str, set[str]] = {}
    for sha256, start, end, holder in session.exec(query.where(LedgerFile.site == site)):
        require_sight(session, holder)
        if sha256 not in gone:
            known[sha256] = {period_name(start, end), f"{start}/{end}"}
    listed = ", ".join(sorted({min(periods, key=len) for periods in known.values()}))
    for other in answering_ledgers(session, owner) if owner else ():
        known.setdefault(other.sha256, set())
    found: list[str] = []
    for name in names:
        wanted = name.strip().lower()
        hits = [
            sha256
            for sha256, periods in known.items()
            if wanted in periods or (len(wanted) >= _LEAST_PREFIX and sha256.startswith(wanted))
        ]
        if not hits:
            raise BadInput("LEDGER_REPLACES_UNKNOWN", name=name, site=site, known=listed or "-")
        found += [sha256 for sha256 in sorted(hits) if sha256 not in found]
    return found


def replace_ledgers(work: Work, ledgers: Sequence[str], by: str) -> None:
    """Record that ledgers answer no more, and which one took their place.

    Raises NotAllowed for another owner's ledger.
    """
    for sha256 in ledgers:
        work.require_owner(work.session.get_one(LedgerFile, sha256).owner)
        work.enter_state("ledger", sha256, REPLACED, by)
    work.session.flush()
