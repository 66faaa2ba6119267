"""Re-hashing what is stored: files, factors and documents must still be what the log says."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, select

from factor_db.factors.lifecycle import load_factor
from factor_db.foundation.canonical import content_hash, sha256_hex, strict_json
from factor_db.foundation.errors import FootprintError
from factor_db.store.audit import broken_leaves, logged_subjects
from factor_db.store.tables import Document, FactorVersion, LedgerFile

_DERIVED = ("kind", "process", "flow", "quantity", "geography", "site", "owner", "illustrative")


def altered_contents(session: Session) -> list[dict[str, str]]:
    """Return everything whose content is not its hash, or whose hash the log does not know."""
    faults = broken_leaves(session)
    for kind, found, action in (
        ("ledger", _ledgers(session), "import"),
        ("factor", _factors(session), "create"),
        ("document", _documents(session), "create"),
    ):
        logged = _logged(session, kind, action)
        faults += [
            {"kind": kind, "subject": subject}
            for subject, intact in found
            if not intact or subject not in logged
        ]
    return faults


def _logged(session: Session, kind: str, action: str) -> set[str]:
    if kind != "document":
        return logged_subjects(session, kind, action)
    kinds = set(session.exec(select(Document.kind)))
    return set().union(*(logged_subjects(session, item, action) for item in kinds))


def _ledgers(session: Session) -> Iterable[tuple[str, bool]]:
    for file in session.exec(select(LedgerFile)):
        yield file.sha256, sha256_hex(file.content) == file.sha256


def _factors(session: Session) -> Iterable[tuple[str, bool]]:
    for row in session.exec(select(FactorVersion)):
        try:
            factor = load_factor(row)
        except (FootprintError, ValueError):
            yield row.sha256, False
        else:
            columns = all(getattr(row, name) == getattr(factor, name) for name in _DERIVED)
            yield (
                row.sha256,
                columns and row.factor_id == factor.id and row.version == factor.version,
            )


def _documents(session: Session) -> Iterable[tuple[str, bool]]:
    for document in session.exec(select(Document)):
        # A release is hashed under its own name, so that it can be cited; the rest as documents.
        separator = "release" if document.kind == "release" else "document"
        try:
            content = strict_json(document.payload.encode())
        except FootprintError:
            yield document.sha256, False
        else:
            yield document.sha256, content_hash(separator, content) == document.sha256
