"""Re-hashing what is stored: every row against the log, and every content against its own hash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from factor_db.factors.keep.search_index import index_faults
from factor_db.factors.keep.versions import load_factor
from factor_db.foundation.canonical import content_hash, sha256_hex, strict_json
from factor_db.foundation.errors import FootprintError
from factor_db.ledger.checks.whole import read_frozen
from factor_db.ledger.frozen.evidence import evidence_subject
from factor_db.ledger.frozen.importing import stored_row
from factor_db.store.audit import Fault, log_faults
from factor_db.store.tables import Document, EvidenceFile, FactorVersion, LedgerEntry, LedgerFile

_DERIVED = ("kind", "process", "flow", "quantity", "geography", "site", "owner", "illustrative")


def altered_contents(session: Session) -> list[Fault]:
    """Return everything that is not what the log says or not its own hash: altered, gone, unknown.

    Covers every column of every table. A thing is named once, in the order of the log.
    """
    faults = log_faults(session)
    for kind, altered in (
        ("ledger", _altered_ledgers),
        ("evidence", _altered_evidence),
        ("factor", _altered_factors),
        ("document", _altered_documents),
    ):
        # What the log has named already may not even be readable.
        named = [fault.subject for fault in faults if fault.kind == kind]
        faults += [Fault(kind, subject, "altered") for subject in sorted(altered(session, named))]
    broken = {fault.subject for fault in faults if fault.kind == "factor"}
    faults += [Fault("search", subject, "altered") for subject in index_faults(session, broken)]
    return faults


def _altered_ledgers(session: Session, named: list[str]) -> Iterator[str]:
    for file in session.exec(select(LedgerFile).where(col(LedgerFile.sha256).not_in(named))):
        query = select(LedgerEntry).where(LedgerEntry.ledger == file.sha256)
        rows = session.exec(query.order_by(col(LedgerEntry.row_number))).all()
        whole = sha256_hex(file.content) == file.sha256
        if not whole or [row.model_dump() for row in rows] != _rows_of(file):
            yield file.sha256


def _altered_evidence(session: Session, named: list[str]) -> Iterator[str]:
    # One file at a time: each may be as large as a ledger.
    query = select(EvidenceFile).execution_options(yield_per=1)
    for row in session.exec(query):
        known = any(row.sha256 in subject for subject in named)
        if not known and sha256_hex(row.content) != row.sha256:
            yield evidence_subject(row)


def _rows_of(file: LedgerFile) -> list[dict[str, Any]]:
    """Return the rows that the frozen file itself gives, as they would be stored today."""
    rows = sorted(read_frozen(file.content), key=lambda row: row.row_number)
    return [stored_row(row, file).model_dump() for row in rows]


def _altered_factors(session: Session, named: list[str]) -> Iterator[str]:
    query = select(FactorVersion).where(col(FactorVersion.sha256).not_in(named))
    for row in session.exec(query):
        if not _factor_is_whole(row):
            yield row.sha256


def _factor_is_whole(row: FactorVersion) -> bool:
    """Whether the payload is its hash and the columns beside it are derived from it."""
    try:
        factor = load_factor(row)
    except (FootprintError, ValueError):
        return False
    columns = all(getattr(row, name) == getattr(factor, name) for name in _DERIVED)
    return columns and row.factor_id == factor.id and row.version == factor.version


def _altered_documents(session: Session, named: list[str]) -> Iterator[str]:
    for row in session.exec(select(Document).where(col(Document.sha256).not_in(named))):
        if not _document_is_whole(row):
            yield row.sha256


def _document_is_whole(row: Document) -> bool:
    # A release is hashed under its own name, so that it can be cited; the rest as documents.
    separator = "release" if row.kind == "release" else "document"
    try:
        content = strict_json(row.payload.encode())
    except FootprintError:
        return False
    return content_hash(separator, content) == row.sha256
