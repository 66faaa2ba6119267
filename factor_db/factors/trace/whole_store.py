"""Everything a store can be asked of itself: database, log, contents, and what follows from them.

A fault names what it is about as people call it, who wrote it and when, as far as the log can
tell. A store that is damaged past reading is named too: no check stops the ones after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, or_, select

from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.trace.acts import Act, act_of, subject_in_sight, subject_name
from factor_db.factors.trace.derived_again import derive_again
from factor_db.foundation.errors import DOCUMENT_FAULTS, FootprintError
from factor_db.store.audit import Fault, numbered_entries
from factor_db.store.integrity import database_faults
from factor_db.store.sight import house_at_work
from factor_db.store.tables import Document, FactorVersion, LineageEdge

UNREADABLE = (SQLAlchemyError, FootprintError, *DOCUMENT_FAULTS)


@dataclass(frozen=True, slots=True)
class NamedFault:
    """A fault with its name (`id@version`, a file), and the actor and time of the leaf about it."""

    kind: str
    subject: str
    name: str
    fault: str
    actor: str
    at: str
    position: int | None

    def record(self) -> dict[str, Any]:
        """Return the fault as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verified:
    """What does not fit in the user's sight, and whether anything else does not.

    `earlier` are the field factors of an earlier derivation, in sight, that were not derived again.
    """

    faults: tuple[NamedFault, ...]
    elsewhere: bool
    earlier: tuple[str, ...]


def verify_store(session: Session) -> Verified:
    """Check a whole store; the product itself looks, the user is told what lies in their sight."""
    with house_at_work(session):
        found = _guarded("database", lambda: map(_damage, database_faults(session)))
        found += _guarded("log", lambda: altered_contents(session))
        altered = frozenset(fault.subject for fault in found if fault.kind == "factor")
        earlier: list[str] = []

        def again() -> Iterable[Fault]:
            derived = derive_again(session, altered)
            earlier.extend(derived.earlier)
            return [Fault("factor", subject, "derived") for subject in derived.otherwise]

        found += _guarded("derivation", again)
        found += _guarded("lineage", lambda: _missing_pins(session))
        named = _named(session, found)
    seen = [fault for fault, about in named if _in_sight(session, fault, about)]
    shown = [ref for ref in earlier if _in_sight_by_ref(session, ref)]
    return Verified(tuple(seen), len(seen) < len(named), tuple(shown))


def _guarded(check: str, faults: Callable[[], Iterable[Fault]]) -> list[Fault]:
    """Return the faults a check finds, or that it could not be made."""
    try:
        return list(faults())
    except UNREADABLE as error:
        cause = getattr(error, "orig", None) or error
        return [Fault("database", f"{check}: {type(cause).__name__} {cause}"[:300], "unreadable")]


def _damage(words: str) -> Fault:
    return Fault("database", words, "damaged")


def _missing_pins(session: Session) -> list[Fault]:
    """Return releases and calculations that rest on a factor version which is not stored."""
    kinds = ("release", "calculation")
    query = select(LineageEdge.child, LineageEdge.parent, Document.sha256).join(
        Document,
        or_(
            col(Document.sha256) == col(LineageEdge.child),
            col(Document.name) == col(LineageEdge.child),
        ),
    )
    stored = set(session.exec(select(FactorVersion.sha256)))
    resting = session.exec(query.where(col(Document.kind).in_(kinds)))
    wrong = {sha256 for _, parent, sha256 in resting if parent not in stored}
    return [Fault("document", sha256, "rests on nothing") for sha256 in sorted(wrong)]


def _named(session: Session, faults: list[Fault]) -> list[tuple[NamedFault, str]]:
    """Return faults with name, actor and time, and the key of what each is about.

    What cannot be read stays as it is.
    """
    try:
        entries = numbered_entries(session)
    except UNREADABLE:
        entries = {}
    last = {str(entry.get("subject")): entry for entry in entries.values()}
    return [_with_name(session, fault, entries, last) for fault in faults]


def _with_name(
    session: Session,
    fault: Fault,
    entries: Mapping[int, Mapping[str, str | int]],
    last: dict[str, Mapping[str, str | int]],
) -> tuple[NamedFault, str]:
    place = fault.position
    about = last.get(fault.subject) if place is None else entries.get(place)
    try:
        act: Act | None = act_of(about, lambda key: subject_name(session, key)) if about else None
        name = act.name if act else subject_name(session, fault.subject)
    except UNREADABLE:
        act, name = None, fault.subject
    who = (act.actor, act.at) if act else ("", "")
    named = NamedFault(fault.kind, fault.subject, name, fault.fault, *who, place)
    return named, act.subject if act else fault.subject


def _in_sight(session: Session, fault: NamedFault, about: str) -> bool:
    try:
        return fault.kind == "database" or subject_in_sight(session, about)
    except UNREADABLE:
        return True


def _in_sight_by_ref(session: Session, ref: str) -> bool:
    factor_id, _, version = ref.partition("@")
    query = select(FactorVersion.sha256).where(
        FactorVersion.factor_id == factor_id, FactorVersion.version == int(version)
    )
    return any(subject_in_sight(session, sha256) for sha256 in session.exec(query))
