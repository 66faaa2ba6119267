"""Re-hashing what is stored: files and rows, factors, states, documents, against the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, select

from factor_db.factors.lifecycle import load_factor
from factor_db.foundation.canonical import content_hash, sha256_hex, strict_json
from factor_db.foundation.errors import FootprintError
from factor_db.ledger.checks import read_frozen
from factor_db.ledger.importing import stored_row
from factor_db.store.audit import broken_leaves, log_entries
from factor_db.store.tables import Document, FactorVersion, LedgerEntry, LedgerFile, StateEntry

_DERIVED = ("kind", "process", "flow", "quantity", "geography", "site", "owner", "illustrative")


def altered_contents(session: Session) -> list[dict[str, str]]:
    """Return everything whose content is not its hash, that the log does not know, or that is gone.

    Covers ledger files and their rows, factors, documents, state histories and the log itself.
    """
    faults = broken_leaves(session)
    for kind, found, action in (
        ("ledger", _ledgers(session), "import"),
        ("factor", _factors(session), "create"),
        ("document", _documents(session), "create"),
    ):
        logged, intact = _logged(session, kind, action), dict(found)
        wrong = {subject for subject, whole in intact.items() if not whole} | (set(intact) ^ logged)
        faults += [{"kind": kind, "subject": subject} for subject in sorted(wrong)]
    return faults + _wrong_states(session)


def _wrong_states(session: Session) -> list[dict[str, str]]:
    """Every state entry has its leaf, and every leaf of a state its entry."""
    entries = session.exec(select(StateEntry)).all()
    stored = Counter((e.subject_kind, e.subject, e.state, e.actor) for e in entries)
    kinds = {"factor", "certificate"}
    logged = Counter(
        (leaf["kind"], leaf["subject"], leaf["action"], leaf["actor"])
        for leaf in log_entries(session)
        if leaf["kind"] in kinds and leaf["action"] != "create"
    )
    wrong = (stored - logged) + (logged - stored)
    return [{"kind": "state", "subject": key[1]} for key in sorted(wrong)]


def _logged(session: Session, kind: str, action: str) -> set[str]:
    kinds = {kind}
    if kind == "document":
        kinds = {"release", "calculation", "certificate", *session.exec(select(Document.kind))}
    return {
        leaf["subject"]
        for leaf in log_entries(session)
        if leaf["kind"] in kinds and leaf["action"] == action
    }


def _ledgers(session: Session) -> Iterable[tuple[str, bool]]:
    for file in session.exec(select(LedgerFile)):
        query = select(LedgerEntry).where(LedgerEntry.ledger == file.sha256)
        rows = session.exec(query.order_by(col(LedgerEntry.row_number))).all()
        whole = sha256_hex(file.content) == file.sha256
        yield file.sha256, whole and [row.model_dump() for row in rows] == _rows_of(file)


def _rows_of(file: LedgerFile) -> list[dict[str, Any]]:
    """Return the rows that the frozen file itself gives, as they would be stored today."""
    rows = sorted(read_frozen(file.content), key=lambda row: row.row_number)
    return [stored_row(row, file).model_dump() for row in rows]


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
