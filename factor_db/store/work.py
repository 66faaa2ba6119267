"""The one write path: a unit of work that names its actor and appends to the audit log.

A unit of work is one database transaction. Everything it stores also leaves a leaf in the audit
log in that same transaction, so either both exist or neither. A leaf carries the hash of the rows
it stands for, over all their columns; what a caller adds to the session without a word gets its
leaf at the end. Writers queue at the start of a unit of work instead of failing at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, inspect
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel, col, func, select

from factor_db.foundation.canonical import canonical_json, sha256_hex
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.audit_log import leaf_hash
from factor_db.store.content import (
    Held,
    group_key,
    held,
    held_tables,
    stored_rows,
    table_of,
    values_of,
)
from factor_db.store.engine import fault_of, open_engine, writing
from factor_db.store.home import database_url, private_folder
from factor_db.store.rights import ADMIN, is_open, owner_kind, roles_of
from factor_db.store.sight import act_for
from factor_db.store.tables import Actor, AuditLeaf, Document, LineageEdge, StateEntry

SCHEMA_HEAD = "0005"
# SQLite takes no more than 32 766 values in one statement.
_ASKED_AT_ONCE = 10_000
LEAF_VERSION = 2


def utc_now() -> str:
    """Return this instant in UTC, to the second, with the one designator `Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Work:
    """An open unit of work: a session, the acting user, and the log entries it will leave."""

    def __init__(self, session: Session, actor: Actor, *, founds: bool = False) -> None:
        self.session = session
        self.actor = actor
        self.founds = founds
        self._next_position: int | None = None
        self._next_state: int | None = None
        self._parents: dict[str, set[str]] = {}
        self._held: dict[tuple[str, str], str] = {}
        self._stored: dict[tuple[str, str], dict[str, Any]] = {}
        self._touched: set[tuple[str, str]] = set()
        event.listen(session, "before_flush", self._note_changes)

    def require_right(
        self, action: str, *, kind: str = "", owner: str = "", state: str = ""
    ) -> None:
        """Raise NotAllowed unless the table of rights opens an action to the actor's role.

        With an owner, the owner's code, the row for what it is of that kind and state has to be
        open; without one, any row of the action. The product itself, founding, may do everything.
        """
        if self.founds:
            return
        role = self.actor.role
        thing = {"kind": kind, "owner": owner_kind(owner), "state": state}
        if is_open(action, role, **thing) if owner else role in (*roles_of(action), ADMIN):
            return
        raise NotAllowed(
            "ACTION_NOT_ALLOWED",
            user=self.actor.name,
            role=role,
            roles=", ".join(roles_of(action)),
        )

    def require_owner(self, organisation: str) -> None:
        """Raise NotAllowed when the actor acts for another organisation than the owner."""
        if self.actor.organisation not in ("", organisation):
            raise NotAllowed("OWNER_ONLY", user=self.actor.name, organisation=organisation)

    def store(self, row: SQLModel, action: str, kind: str, subject: str) -> None:
        """Add a row and its leaf; `subject` is the hash or code of what was stored."""
        self.session.add(row)
        table, values = table_of(row), values_of(row)
        rows = held(table, group_key(table, values), [values])
        self._stored[rows.group] = _told_by(values)
        self.record(action, kind, subject, rows)

    def record(self, action: str, kind: str, subject: str, rows: Held | None = None) -> None:
        """Append one leaf to the audit log: when, who, what was done to which subject.

        `rows` are the stored rows that the leaf stands for; the last leaf of a group holds.
        """
        position = self._take_position()
        content = {
            "action": action,
            "actor": self.actor.name,
            "at": utc_now(),
            "kind": kind,
            "position": position,
            "subject": subject,
            "v": LEAF_VERSION,
        }
        if rows is not None:
            content["rows"] = {
                "columns": rows.columns,
                "key": rows.key,
                "sha256": rows.content,
                "table": rows.table,
            }
            self._held[rows.group] = rows.content
        entry = canonical_json(content)
        self.session.add(
            AuditLeaf(
                position=position,
                entry=entry.decode(),
                leaf_hash=leaf_hash(entry).hex(),
            )
        )

    def seal(self) -> None:
        """Give every stored row that has no leaf yet, or changed since, its leaf."""
        self.session.flush()
        tables = {table.name: table for table in held_tables()}
        for name, key in sorted(self._touched):
            rows = held(tables[name], key, stored_rows(self.session, tables[name], key))
            if self._held.get(rows.group) != rows.content:
                self.record("hold", name, key, rows)

    def _note_changes(self, session: Session, *_: object) -> None:
        for row in (*session.new, *session.dirty, *session.deleted):
            if isinstance(row, AuditLeaf):
                continue
            table, values = table_of(row), values_of(row)
            group = (table.name, group_key(table, values))
            alone = len(table.primary_key) == 1 and row not in session.deleted
            if not alone or self._stored.get(group) != _told_by(values):
                self._touched.add(group)

    def _take_position(self) -> int:
        # Writers queue at the start of a unit of work, so nobody else can append before its end.
        if self._next_position is None:
            last = self.session.exec(select(func.max(AuditLeaf.position))).one()
            self._next_position = 0 if last is None else last + 1
        self._next_position += 1
        return self._next_position - 1

    def document(self, kind: str, name: str, payload: object, sha256: str, owner: str) -> Document:
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
        if not parents:
            return
        if child not in self._parents:
            query = select(LineageEdge.parent).where(LineageEdge.child == child)
            self._parents[child] = set(self.session.exec(query))
        known = self._parents[child]
        edges = [LineageEdge(parent=parent, child=child) for parent in sorted(set(parents) - known)]
        if edges:
            self.session.add_all(edges)
            known.update(edge.parent for edge in edges)
            rows = [{"child": child, "parent": parent} for parent in known]
            self.record("link", "lineage", child, held(table_of(edges[0]), child, rows))

    def enter_state(self, kind: str, subject: str, state: str, reason: str = "") -> None:
        """Append a state to a subject's history."""
        entry = StateEntry(
            id=self._take_state(),
            subject_kind=kind,
            subject=subject,
            state=state,
            actor=self.actor.name,
            at=utc_now(),
            reason=reason,
        )
        self.store(entry, state, kind, subject)

    def _take_state(self) -> int:
        # Numbered here and not by the database, whose numbers have gaps after a failed work.
        if self._next_state is None:
            last = self.session.exec(select(func.max(StateEntry.id))).one()
            self._next_state = 1 if last is None else last + 1
        self._next_state += 1
        return self._next_state - 1


def _told_by(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row with the hash of a file's bytes in place of all of them."""
    return {
        name: sha256_hex(value) if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def state_of(session: Session, subject: str) -> StateEntry | None:
    """Return the last entry of a subject's state history, or None."""
    query = select(StateEntry).where(StateEntry.subject == subject)
    return session.exec(query.order_by(col(StateEntry.id).desc()).limit(1)).first()


def last_entries(session: Session, subjects: Sequence[str]) -> dict[str, StateEntry]:
    """Return the last entry of each subject that has a history."""
    found: dict[str, StateEntry] = {}
    for at in range(0, len(subjects), _ASKED_AT_ONCE):
        part = subjects[at : at + _ASKED_AT_ONCE]
        query = select(StateEntry).where(col(StateEntry.subject).in_(part))
        entries = session.exec(query.order_by(col(StateEntry.id)))
        found.update((entry.subject, entry) for entry in entries)
    return found


def first_entries(session: Session, subjects: Sequence[str]) -> dict[str, int]:
    """Return the number of the first entry of each subject that has a history: when it came."""
    found: dict[str, int] = {}
    for at in range(0, len(subjects), _ASKED_AT_ONCE):
        part = subjects[at : at + _ASKED_AT_ONCE]
        query = select(StateEntry.subject, func.min(StateEntry.id)).group_by(
            col(StateEntry.subject)
        )
        came = session.exec(query.where(col(StateEntry.subject).in_(part)))
        found.update((subject, number) for subject, number in came if number is not None)
    return found


def last_states(session: Session, subjects: Sequence[str]) -> dict[str, str]:
    """Return the state of each subject that has a history."""
    return {key: entry.state for key, entry in last_entries(session, subjects).items()}


class Store:
    """A database at its newest schema, opened for reading sessions and units of work."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        try:
            _migrate(self.engine)
        except BaseException:
            self.engine.dispose()
            raise

    @classmethod
    def at(cls, home: Path) -> Store:
        """Open (or create) the store of a home folder."""
        private_folder(home)
        return cls(database_url(home))

    def close(self) -> None:
        """Release the database's connections."""
        self.engine.dispose()

    @contextmanager
    def read(self, user: str | None = None) -> Iterator[Session]:
        """Open a session that sees one state of the store and changes nothing.

        With a user it hands out only what that user may see; without one it serves the product
        itself (founding, audit, backup).
        """
        with Session(self.engine, expire_on_commit=False) as session:
            if user is not None:
                act_for(session, _known_actor(session, user))
            yield session
            session.rollback()

    @contextmanager
    def work(self, user: str) -> Iterator[Work]:
        """Open a unit of work for a user; it is stored whole at the end, or not at all."""
        with self._writing() as session:
            actor = _known_actor(session, user)
            act_for(session, actor)
            work = Work(session, actor)
            yield work
            work.seal()

    @contextmanager
    def founding(self) -> Iterator[Work]:
        """Open the unit of work that creates the first users; only `init` needs it."""
        with self._writing() as session:
            work = Work(session, Actor(name="admin", role="admin"), founds=True)
            yield work
            work.seal()

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        try:
            with Session(writing(self.engine), expire_on_commit=False) as session:
                yield session
                session.commit()
        except DBAPIError as error:
            fault = fault_of(error)
            if fault is None:
                raise
            raise fault from None


def _known_actor(session: Session, user: str) -> Actor:
    actor = session.get(Actor, user)
    if actor is None:
        known = ", ".join(sorted(session.exec(select(Actor.name)).all()))
        raise BadInput("USER_UNKNOWN", user=user, known=known or "-")
    return actor


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        version = None
        if inspect(connection).has_table("alembic_version"):
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version != SCHEMA_HEAD:
        # Alembic takes a second to import: only a store that is behind pays for it.
        from factor_db.store.migrations.run import upgrade

        upgrade(engine)
