"""Reading the audit log: its head, and whether every leaf is still what was appended."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import strict_json
from factor_db.store.audit_log import leaf_hash, tree_root
from factor_db.store.tables import AuditLeaf


def tree_head(session: Session) -> dict[str, Any]:
    """Return the log's size and its Merkle root in hex."""
    leaves = session.exec(select(AuditLeaf.leaf_hash).order_by(col(AuditLeaf.position))).all()
    root = tree_root([bytes.fromhex(leaf) for leaf in leaves])
    return {"size": len(leaves), "root": root.hex()}


def broken_leaves(session: Session) -> list[dict[str, str]]:
    """Return the leaves whose entry, hash or position does not fit, in order."""
    faults = []
    leaves = session.exec(select(AuditLeaf).order_by(col(AuditLeaf.position))).all()
    for expected, leaf in enumerate(leaves):
        intact = leaf_hash(leaf.entry.encode()).hex() == leaf.leaf_hash
        if not intact or leaf.position != expected or _position(leaf) != expected:
            faults.append({"kind": "audit leaf", "subject": str(leaf.position)})
    return faults


def log_entries(session: Session) -> list[dict[str, Any]]:
    """Return every entry of the log as JSON, in order."""
    entries = session.exec(select(AuditLeaf.entry).order_by(col(AuditLeaf.position)))
    return [strict_json(entry.encode()) for entry in entries]


def _position(leaf: AuditLeaf) -> int:
    entry = strict_json(leaf.entry.encode())
    return int(entry["position"])
