"""Users of a store: one role each, and the enterprise they act for."""

from __future__ import annotations

import re

from sqlmodel import Session, col, select

from factor_db.foundation.errors import BadInput
from factor_db.store.home import ROLES
from factor_db.store.sight import visible_owner
from factor_db.store.tables import Actor
from factor_db.store.work import Work

_NAME = re.compile(r"\S(.{0,62}\S)?")
_ORGANISATION = re.compile(r"[0-9A-Za-z-]{0,32}")


def add_user(work: Work, name: str, role: str, organisation: str = "") -> Actor:
    """Create a user; an empty organisation acts for none, or locally for all.

    The organisation may import its first ledger later. Raises BadInput for a name in use, an
    unknown role or a malformed code, NotAllowed unless an administrator acts.
    """
    work.require_right("user.add")
    if not _NAME.fullmatch(name) or work.session.get(Actor, name) is not None:
        raise BadInput("USER_NAME", user=name)
    if role not in ROLES:
        raise BadInput("USER_ROLE", role=role, known=", ".join(ROLES))
    if not _ORGANISATION.fullmatch(organisation):
        raise BadInput("USER_ORGANISATION", organisation=organisation)
    actor = Actor(name=name, role=role, organisation=organisation)
    work.store(actor, "create", "actor", name)
    return actor


def users_of(session: Session) -> list[Actor]:
    """Return the users in sight, by name: of other enterprises' people nobody learns here."""
    owner = visible_owner(session)
    found = session.exec(select(Actor).order_by(col(Actor.name)))
    return [actor for actor in found if owner is None or actor.organisation in ("", owner)]
