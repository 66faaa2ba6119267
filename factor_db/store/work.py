"""The one write path: a unit of work that names its actor and appends to the audit log.

A unit of work is one database transaction. Everything it stores also leaves a leaf in the audit
log in that same transaction, so either both exist or neither. SQLite writers queue at the start
(BEGIN IMMEDIATE) instead of failing at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlmodel import Session, col, func, select

from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.audit_log import leaf_hash
from factor_db.store.home import database_url
from factor_db.store.tables import Actor, AuditLeaf, Document, LineageEdge, StateEntry

SCHEMA_HEAD = "0001"
BUSY_TIMEOUT_MS = 60_000


def utc_now() -> str:
    """Return this instant in UTC, to the second, with the one designator `Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Work:
    """An open unit of work: a session, the acting user, and the log entries it will leave."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session = session
        self.actor = actor
        self._next_position: int | None = None

    def require(self, *roles: str) -> None:
        """Raise NotAllowed unless the actor has one of the roles; admin may do everything."""
        if self.actor.role not in (*roles, "admin"):
            raise NotAllowed(
                "ACTION_NOT_ALLOWED",
                user=self.actor.name,
                role=self.actor.role,
                roles=", ".join(roles),
            )

    def require_owner(self, organisation: str) -> None:
        """Raise NotAllowed when the actor acts for another organisation than the owner."""
        if self.actor.organisation not in ("", organisation):
            raise NotAllowed("OWNER_ONLY", user=self.actor.name, organisation=organisation)

    def store(self, row: Any, action: str, kind: str, subject: str) -> None:
        """Add a row and its leaf; `subject` is the hash or code of what was stored."""
        self.session.add(row)
        self.record(action, kind, subject)

    def record(self, action: str, kind: str, subject: str) -> None:
        """Append one leaf to the audit log: when, who, what was done to which subject."""
        position = self._take_position()
        entry = canonical_json(
            {
                "action": action,
                "actor": self.actor.name,
                "at": utc_now(),
                "kind": kind,
                "position": position,
                "subject": subject,
            }
        )
        self.session.add(
            AuditLeaf(
                position=position,
                entry=entry.decode(),
                leaf_hash=leaf_hash(entry).hex(),
            )
        )

    def _take_position(self) -> int:
        # Writers queue at the start of a unit of work, so nobody else can append before its end.
        if self._next_position is None:
            last = self.session.exec(select(func.max(AuditLeaf.position))).one()
            self._next_position = 0 if last is None else last + 1
        self._next_position += 1
        return self._next_position - 1

    def document(self, kind: str, name: str, payload: Any, sha256: str, owner: str) -> Document:
        """Store a document once; the same content under the same name is returned, not doubled."""
        known = self.session.get(Document, sha256)
        if known is not None:
            return known
        text = canonical_json(payload).decode()
        row = Document(sha256=sha256, kind=kind, name=name, owner=owner, payload=text)
        self.store(row, "create", kind, sha256)
        return row

    def made_from(self, child: str, parents: Sequence[str]) -> None:
        """Record that `child` was made from each of `parents`."""
        for parent in sorted(set(parents)):
            if self.session.get(LineageEdge, (parent, child)) is None:
                self.session.add(LineageEdge(parent=parent, child=child))

    def enter_state(self, kind: str, subject: str, state: str, reason: str = "") -> None:
        """Append a state to a subject's history."""
        entry = StateEntry(
            subject_kind=kind,
            subject=subject,
            state=state,
            actor=self.actor.name,
            at=utc_now(),
            reason=reason,
        )
        self.store(entry, state, kind, subject)


def state_of(session: Session, subject: str) -> StateEntry | None:
    """Return the last entry of a subject's state history, or None."""
    query = select(StateEntry).where(StateEntry.subject == subject)
    return session.exec(query.order_by(col(StateEntry.id).desc()).limit(1)).first()


class Store:
    """A database at its newest schema, opened for reading sessions and units of work."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        _migrate(self.engine)

    @classmethod
    def at(cls, home: Path) -> Store:
        """Open (or create) the store of a home folder."""
        home.mkdir(parents=True, exist_ok=True)
        return cls(database_url(home))

    def close(self) -> None:
        """Release the database's connections."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state of the store and changes nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.rollback()

    @contextmanager
    def work(self, user: str) -> Iterator[Work]:
        """Open a unit of work for a user; it is stored whole at the end, or not at all."""
        writing = self.engine.execution_options(writes=True)
        with Session(writing, expire_on_commit=False) as session:
            actor = session.get(Actor, user)
            if actor is None:
                known = ", ".join(sorted(session.exec(select(Actor.name)).all()))
                raise BadInput("USER_UNKNOWN", user=user, known=known or "-")
            yield Work(session, actor)
            session.commit()

    @contextmanager
    def founding(self) -> Iterator[Work]:
        """Open the unit of work that creates the first users; only `init` needs it."""
        founder = Actor(name="admin", role="admin")
        with Session(self.engine.execution_options(writes=True), expire_on_commit=False) as session:
            yield Work(session, founder)
            session.commit()


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling begins too late; ours stands in _begin_sqlite.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        version = None
        if inspect(connection).has_table("alembic_version"):
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version != SCHEMA_HEAD:
        # Alembic takes a second to import: only a store that is behind pays for it.
        from factor_db.store.migrations.run import upgrade

        upgrade(engine)
