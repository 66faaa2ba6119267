"""Lineage: what a thing was made from and what was made from it, over every kind of thing stored.

Edges join keys (hashes, or a calculation's content-derived id); the kinds stay opaque below, and
here each key is given its name and its state. Staleness is asked of these edges, never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, or_, select

from factor_db.foundation.canonical import decimal_value, strict_json
from factor_db.store.sight import sees, sees_version
from factor_db.store.tables import Document, EvidenceFile, FactorVersion, LedgerFile, LineageEdge
from factor_db.store.work import state_of

# A factor in one of these states no longer stands behind what rests on it.
STALE_STATES = ("superseded", "withdrawn")


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the lineage: its key, kind, name and state, and a word on what it holds.

    `detail` is the span of ledger cells of a factor, product and site of a calculation, else empty.
    """

    key: str
    kind: str
    name: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything above and below one thing; `edges` are (parent, child), sorted."""

    centre: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def record(self) -> dict[str, Any]:
        """Return the graph as JSON types."""
        return {
            "centre": self.centre,
            "edges": [{"child": child, "parent": parent} for parent, child in self.edges],
            "nodes": [asdict(node) for node in self.nodes],
        }


@dataclass(frozen=True, slots=True)
class StaleCertificate:
    """A certificate that rests on factors no longer in force, each `id@version state`."""

    certificate: str
    factors: tuple[str, ...]
    owner: str

    def record(self) -> dict[str, Any]:
        """Return the certificate as JSON types."""
        return {**asdict(self), "factors": list(self.factors)}


def lineage_graph(session: Session, centre: str) -> Graph:
    """Return all that a thing was made from and all that was made from it, each walked to its end.

    Siblings are left out: of a calculation under a factor only the way to that factor is shown.
    What belongs to another enterprise stays a nameless node.
    """
    edges = {*_walk(session, centre, upward=True), *_walk(session, centre, upward=False)}
    keys = {centre, *(key for edge in edges for key in edge)}
    return Graph(centre, tuple(_nodes(session, keys)), tuple(sorted(edges)))


def stale_certificates(session: Session) -> list[StaleCertificate]:
    """Return the certificates that rest on a superseded or withdrawn factor, with those factors.

    Resting is use: a certificate over a later version does not rest on the version before it.
    """
    found: dict[str, set[str]] = {}
    versions = dict(session.exec(select(FactorVersion.sha256, FactorVersion.factor_id)).all())
    for row in session.exec(select(FactorVersion)):
        state = state_of(session, row.sha256)
        if state is not None and state.state in STALE_STATES:
            for child in _users_of(session, row.sha256, versions):
                found.setdefault(child, set()).add(f"{row.factor_id}@{row.version} {state.state}")
    certificates = session.exec(
        select(Document).where(
            Document.kind == "certificate", col(Document.sha256).in_(sorted(found))
        )
    )
    stale = [
        StaleCertificate(item.name, tuple(sorted(found[item.sha256])), item.owner)
        for item in certificates
        if sees(session, item.owner)
    ]
    return sorted(stale, key=lambda item: item.certificate)


def parents_of(session: Session, start: str) -> dict[str, str]:
    """Return every ancestor of a thing with the child over which the shortest way leads to it.

    An earlier version of a factor is its history and no ancestor: nothing of it needs to be in it.
    """
    found: dict[str, str] = {}
    front = [start]
    while front:
        edges = session.exec(select(LineageEdge).where(col(LineageEdge.child).in_(front))).all()
        keys = {key for edge in edges for key in (edge.parent, edge.child)}
        versions = select(FactorVersion.sha256, FactorVersion.factor_id)
        ids = dict(session.exec(versions.where(col(FactorVersion.sha256).in_(keys))).all())
        new = {
            edge.parent: edge.child
            for edge in sorted(edges, key=lambda edge: (edge.parent, edge.child))
            if edge.parent not in {start, *found}
            and (edge.parent not in ids or ids[edge.parent] != ids.get(edge.child))
        }
        found.update(new)
        front = sorted(new)
    return found


def _users_of(session: Session, start: str, versions: Mapping[str, str]) -> set[str]:
    """Return everything made from a thing, `versions` (hash → factor id) of itself left out."""
    found: set[str] = set()
    front = {start}
    while front:
        query = select(LineageEdge).where(col(LineageEdge.parent).in_(sorted(front)))
        front = {
            edge.child
            for edge in session.exec(query)
            if edge.parent not in versions or versions[edge.parent] != versions.get(edge.child, "")
        } - found
        found |= front
    return found


def _walk(session: Session, start: str, *, upward: bool) -> Iterable[tuple[str, str]]:
    """Yield every edge on the way up or down from a key, each once."""
    near = LineageEdge.child if upward else LineageEdge.parent
    seen, front = {start}, [start]
    while front:
        edges = session.exec(select(LineageEdge).where(col(near).in_(front))).all()
        front = sorted({edge.parent if upward else edge.child for edge in edges} - seen)
        seen.update(front)
        yield from ((edge.parent, edge.child) for edge in edges)


def _nodes(session: Session, keys: Iterable[str]) -> list[Node]:
    wanted = sorted(keys)
    named: dict[str, tuple[str, str, str]] = {}
    for row in session.exec(select(FactorVersion).where(col(FactorVersion.sha256).in_(wanted))):
        if not sees_version(session, row):
            continue
        locator = strict_json(row.payload.encode())["source"]["locator"]
        named[row.sha256] = ("factor", f"{row.factor_id}@{row.version}", locator)
    for file in session.exec(select(LedgerFile).where(col(LedgerFile.sha256).in_(wanted))):
        if sees(session, file.owner):
            period = f"{file.period_start}/{file.period_end}"
            named[file.sha256] = ("ledger", file.file_name, period)
    # Not the files themselves, which may be large.
    attached = select(
        EvidenceFile.sha256, EvidenceFile.owner, EvidenceFile.file_name, EvidenceFile.media_type
    )
    for key, owner, name, kind in session.exec(
        attached.where(col(EvidenceFile.sha256).in_(wanted))
    ):
        if sees(session, owner):
            named[key] = ("evidence", name, kind)
    by_key = or_(col(Document.sha256).in_(wanted), col(Document.name).in_(wanted))
    for document in session.exec(select(Document).where(by_key)):
        # A calculation is cited by its id, which is its name; everything else by its hash.
        key = document.sha256 if document.sha256 in wanted else document.name
        if sees(session, document.owner):
            named[key] = (document.kind, document.name, _detail(document))
    nodes = []
    for key in wanted:
        kind, name, detail = named.get(key, ("unknown", key, ""))
        nodes.append(Node(key, kind, name, _state(session, key), detail))
    return nodes


def _detail(item: Document) -> str:
    if item.kind != "calculation":
        return ""
    content = strict_json(item.payload.encode())
    unit = content["declared_unit"]["unit"]
    total = f"{decimal_value(content['total']['value']):.4f}"
    return (
        f"{content['product']} {content['site']['code']} {total} {content['total']['unit']}/{unit}"
    )


def _state(session: Session, key: str) -> str:
    entry = state_of(session, key)
    return entry.state if entry else ""
