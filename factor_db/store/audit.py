"""Reading the audit log: its head, its proofs, and whether the stored rows are what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, TypedDict

from sqlalchemy import Table
from sqlmodel import Session, col, select

from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.store.audit_log import (
    consistency_path,
    inclusion_path,
    leaf_hash,
    tree_root,
)
from factor_db.store.content import (
    group_column,
    group_key,
    held,
    held_tables,
    rows_hash,
    stored_rows,
)
from factor_db.store.earlier_leaves import held_against_earlier_leaves
from factor_db.store.tables import AuditLeaf

# What people call the things of a table; any other table goes by its own name.
KINDS = {
    "document": "document",
    "evidencefile": "evidence",
    "factorversion": "factor",
    "instrumentuse": "instrument",
    "ledgerentry": "ledger",
    "ledgerfile": "ledger",
    "lineageedge": "lineage",
    "stateentry": "state",
}
# Rows that are written once: a second leaf over one says that it was changed or taken away.
WRITTEN_ONCE = frozenset(
    {
        *("actor", "document", "factorversion", "ledgerentry"),
        *("ledgerfile", "organisation", "site", "stateentry"),
    }
)
TIME_RULE = "AUDIT-TIME-001"
Group = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not fit: its kind and subject, what is wrong, and the leaf that says so.

    `fault` is `altered`, `gone`, `unknown` (stored past the log), `twice` (a second leaf over what
    is written once) or, for a leaf, `broken` or `backwards` (before the one in front of it).
    """

    kind: str
    subject: str
    fault: str
    position: int | None = None

    def record(self) -> dict[str, Any]:
        """Return the fault as JSON."""
        return asdict(self)


class TreeHead(TypedDict):
    """The log's size and its Merkle root in hex, as JSON."""

    size: int
    root: str


class HeldRows(TypedDict):
    """The stored rows that a leaf stands for: their table, key, columns and hash."""

    columns: list[str]
    key: str
    sha256: str
    table: str


class LeafEntry(TypedDict, total=False):
    """What a leaf says, as JSON; the earliest say neither `v` nor `rows`."""

    action: str
    actor: str
    at: str
    kind: str
    position: int
    rows: HeldRows
    subject: str
    v: int


class InclusionProof(TypedDict):
    """One leaf's entry with its index, the tree's size and the path to its root, as JSON."""

    entry: LeafEntry
    leaf_index: int
    path: list[str]
    tree_size: int


def tree_head(session: Session) -> TreeHead:
    """Return the log's size and its Merkle root in hex."""
    leaves = _leaf_hashes(session)
    return {"size": len(leaves), "root": tree_root(leaves).hex()}


def root_at(session: Session, size: int) -> str | None:
    """Return the root over the first `size` leaves in hex, or None when there are fewer."""
    leaves = _leaf_hashes(session)
    return tree_root(leaves[:size]).hex() if 0 <= size <= len(leaves) else None


def inclusion_proof(session: Session, index: int) -> InclusionProof:
    """Return one leaf's entry with its index, the tree's size and the path to its root.

    Raises BadInput when the log has no such leaf.
    """
    leaf = session.get(AuditLeaf, index)
    leaves = _leaf_hashes(session)
    if leaf is None or index >= len(leaves):
        raise BadInput("AUDIT_LEAF_UNKNOWN", leaf=index, size=len(leaves))
    return {
        "entry": strict_json(leaf.entry.encode()),
        "leaf_index": index,
        "path": [node.hex() for node in inclusion_path(leaves, index)],
        "tree_size": len(leaves),
    }


def consistency_proof(session: Session, old_size: int) -> list[str]:
    """Return the path showing that the log begins with its first `old_size` leaves.

    Raises BadInput when the log is shorter.
    """
    leaves = _leaf_hashes(session)
    if not 0 <= old_size <= len(leaves):
        raise BadInput("AUDIT_LEAF_UNKNOWN", leaf=old_size, size=len(leaves))
    return [node.hex() for node in consistency_path(leaves, old_size)] if old_size else []


def leaves_about(session: Session, subject: str) -> list[int]:
    """Return the positions of the leaves about a subject, oldest first."""
    entries = _entries(session)
    return [position for position, entry in entries if entry.get("subject") == subject]


def log_entries(session: Session) -> Iterator[Mapping[str, str | int]]:
    """Yield every entry of the log as JSON, in order; an entry that is no JSON is empty."""
    for _, entry in _entries(session):
        yield entry


def numbered_entries(session: Session) -> dict[int, Mapping[str, str | int]]:
    """Return every entry of the log by its position, which says nothing of how many there are."""
    return dict(_entries(session))


def log_faults(session: Session) -> list[Fault]:
    """Return every leaf and every stored row that does not fit the log, in the log's order.

    Each group of rows has to hash to what its last leaf says; rows without any leaf are unknown.
    """
    last: dict[Group, tuple[int, dict[str, Any]]] = {}
    old: list[tuple[int, dict[str, Any]]] = []
    again: list[Fault] = []
    for position, entry in _entries(session):
        if "v" not in entry:
            old.append((position, entry))
        elif isinstance(rows := entry.get("rows"), dict):
            group = (str(rows.get("table")), str(rows.get("key")))
            if group in last and group[0] in WRITTEN_ONCE:
                again.append(Fault(_kind(group), group[1], "twice", position))
            last[group] = (position, rows)
    faults, uncovered = _compared(session, last)
    faults += [*again, *_backwards(session)]
    newer = {key for _, key in last}
    unknown, gone = held_against_earlier_leaves(old, uncovered, newer)
    faults += [Fault(_kind(group), group[1], "unknown") for group in unknown]
    faults += [Fault(kind, subject, "gone", position) for kind, subject, position in gone]
    faults.sort(key=lambda fault: (fault.position is None, fault.position or 0, fault.subject))
    return _broken_leaves(session) + faults


def _compared(
    session: Session, last: dict[Group, tuple[int, dict[str, Any]]]
) -> tuple[list[Fault], dict[Group, list[dict[str, Any]]]]:
    """Compare stored rows with the last leaf of their group; return also the groups without one."""
    faults: list[Fault] = []
    uncovered: dict[Group, list[dict[str, Any]]] = {}
    seen: set[Group] = set()
    for table in held_tables():
        for key, rows in _groups(session, table):
            group = (table.name, key)
            seen.add(group)
            if group not in last:
                uncovered[group] = rows
                continue
            position, said = last[group]
            if rows_hash(table, rows, said.get("columns") or ()) != said.get("sha256"):
                faults.append(Fault(_kind(group), key, "altered", position))
    empty = {table.name: held(table, "", []).content for table in held_tables()}
    for group, (position, said) in last.items():
        if group not in seen and said.get("sha256") != empty.get(group[0]):
            faults.append(Fault(_kind(group), group[1], "gone", position))
    return faults, uncovered


def _groups(session: Session, table: Table) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield a table's rows by group; files are in memory one at a time."""

    def key_of(row: dict[str, Any]) -> str:
        return group_key(table, row)

    rows: Iterable[dict[str, Any]] = stored_rows(session, table)
    if group_column(table) is not next(iter(table.primary_key)):
        rows = sorted(rows, key=key_of)  # else they come group by group
    for key, group in groupby(rows, key=key_of):
        yield key, list(group)


def _backwards(session: Session) -> Iterator[Fault]:
    """Yield the leaves whose time lies before one in front of them. Rule: AUDIT-TIME-001."""
    allowed = timedelta(seconds=int(rule(TIME_RULE).number("backwards_seconds")))
    latest: datetime | None = None
    for position, entry in _entries(session):
        try:
            at = datetime.strptime(str(entry.get("at")), "%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            continue  # an entry that cannot be read is named as broken
        if latest is not None and at < latest - allowed:
            yield Fault("audit leaf", str(position), "backwards", position)
        latest = at if latest is None else max(latest, at)


def _kind(group: Group) -> str:
    return KINDS.get(group[0], group[0])


def _broken_leaves(session: Session) -> list[Fault]:
    """Return the leaves whose entry, hash or position does not fit, in order."""
    faults = []
    query = select(AuditLeaf).order_by(col(AuditLeaf.position))
    for expected, leaf in enumerate(session.exec(query)):
        entry = _read(leaf.entry)
        intact = leaf_hash(str(leaf.entry).encode()).hex() == leaf.leaf_hash
        if not intact or leaf.position != expected or entry.get("position") != expected:
            faults.append(Fault("audit leaf", str(leaf.position), "broken", leaf.position))
    return faults


def _entries(session: Session) -> Iterator[tuple[int, dict[str, Any]]]:
    query = select(AuditLeaf.position, AuditLeaf.entry).order_by(col(AuditLeaf.position))
    for position, entry in session.exec(query):
        yield position, _read(entry)


def _read(entry: str) -> dict[str, Any]:
    """Return an entry's JSON; an entry that is none says nothing."""
    try:
        content = strict_json(str(entry).encode())
    except BadInput:
        return {}
    return content if isinstance(content, dict) else {}


def _leaf_hashes(session: Session) -> list[bytes]:
    # The hashes come from the entries, so that a head never vouches for an altered one.
    query = select(AuditLeaf.entry).order_by(col(AuditLeaf.position))
    return [leaf_hash(str(entry).encode()) for entry in session.exec(query)]
