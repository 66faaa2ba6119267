"""Whose data the acting user may see: an enterprise's field data are its own.

Every session opened for a user carries that user (`Session.info`); services ask here before they
hand out rows. A session opened for nobody is the product itself at work (audit, migration, tests).
What is out of sight reads as if it were not there, wherever somebody names it: no message, exit
code or count tells the two apart. NotAllowed is for who holds the thing already.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.tables import Actor, FactorVersion, Site, StateEntry

_ACTOR = "actor"
# What these two hold is meant for everyone: shipped reference data and the park's own factors.
COMMON_OWNERS = frozenset({"reference", "park"})
# Reviewing, publishing and administering need to see what was entered.
SEEING_ROLES = frozenset({"auditor", "park", "admin"})


def act_for(session: Session, actor: Actor) -> None:
    """Bind a session to the user it was opened for."""
    session.info[_ACTOR] = actor


def sees(session: Session, owner: str) -> bool:
    """Tell whether the session's user may see field data of an organisation.

    Auditors, the park and administrators that act for no one enterprise see all; the standards
    team sees none; anyone else sees the organisation they act for. A local exporter who acts for
    no enterprise is the only user of the store and sees what is in it.
    """
    return owner in COMMON_OWNERS or visible_owner(session) in (None, owner)


def visible_owner(session: Session) -> str | None:
    """Return None when the session's user sees all field data, else the one owner, or empty."""
    actor: Actor | None = session.info.get(_ACTOR)
    if actor is None:
        return None
    if actor.organisation:
        return actor.organisation
    return None if actor.role in SEEING_ROLES or actor.role == "exporter" else ""


def require_sight(session: Session, owner: str) -> None:
    """Raise NotAllowed when the session's user may not see an organisation's field data."""
    if not sees(session, owner):
        actor: Actor = session.info[_ACTOR]
        raise NotAllowed("SIGHT_REFUSED", user=actor.name, role=actor.role)


def sites_in_sight(session: Session) -> list[Site]:
    """Return the sites whose field data the session's user may see, by code."""
    query = select(Site).order_by(col(Site.code))
    return [site for site in session.exec(query) if sees(session, site.owner)]


def require_sight_of_site(session: Session, code: str) -> None:
    """Raise BadInput for a site out of the user's sight; one that is not there reads the same.

    Whoever sees every site is not asked here whether it is there.
    """
    if visible_owner(session) is None:
        return
    known = [site.code for site in sites_in_sight(session)]
    if code not in known:
        raise BadInput("SITE_UNKNOWN", site=code, known=", ".join(known) or "-")


def kept_by_owner(row: FactorVersion) -> bool:
    """Tell whether a factor version serves its owner alone, whatever its state.

    So do a site's field factors, and a product's footprint whose licence leaves it with its owner
    (a supplier's, handed to one buyer).
    """
    if row.site or row.kind != "product":
        return bool(row.site)
    return bool(strict_json(row.payload.encode())["redistribution"] == "owner")


def sees_version(session: Session, row: FactorVersion) -> bool:
    """Tell whether the session's user may see a factor version.

    Field factors belong to their enterprise. So does a product's footprint, unless it is one that
    may be cited and its owner published it: then it is what a seller hands over to every buyer.
    """
    if not (row.site or row.kind == "product") or sees(session, row.owner):
        return True
    if kept_by_owner(row):
        return False
    entered = select(StateEntry).where(
        StateEntry.subject == row.sha256, StateEntry.state == "published"
    )
    return session.exec(entered).first() is not None


def require_sight_of_factor(session: Session, sha256: str) -> None:
    """Raise NotAllowed for a factor version, by its hash, that the user may not see."""
    row = session.get(FactorVersion, sha256)
    if row is not None and not sees_version(session, row):
        require_sight(session, row.owner)


def require_sight_of_all(session: Session) -> None:
    """Raise NotAllowed unless the session's user may see every enterprise's field data."""
    if visible_owner(session) is not None:
        actor: Actor = session.info[_ACTOR]
        raise NotAllowed("SIGHT_REFUSED", user=actor.name, role=actor.role)


@contextmanager
def house_at_work(session: Session) -> Iterator[None]:
    """Let the product itself look, for a result that shows no one's data (a park average)."""
    actor = session.info.pop(_ACTOR, None)
    try:
        yield
    finally:
        if actor is not None:
            session.info[_ACTOR] = actor
