"""The certificates that were issued here: what the store knows of them, and the files kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import decimal_value, strict_json
from factor_db.store.home import home_folder
from factor_db.store.sight import sees
from factor_db.store.tables import Document, StateEntry
from factor_db.store.work import Work, last_entries
from footprint.certificate.issue import FILES
from footprint.certificate.service import issue_certificate
from footprint.result.document import ResultDocument


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate: what it certifies (kg CO2e per declared unit), its state, the files kept.

    `name` is its id, `state` the last one entered, with its reason; `files` are empty where the
    certificate was written to a folder of somebody's choice.
    """

    name: str
    product: str
    site: str
    organisation_zh: str
    organisation_en: str
    period_start: str
    period_end: str
    value: Decimal
    illustrative: bool
    valid_until: str
    entered_at: str
    state: str
    reason: str
    files: tuple[Path, ...]


def certificates_folder() -> Path:
    """Return the folder of the home that keeps what the pages issue, a folder each."""
    return home_folder() / "certificates"


def issue_and_keep(
    work: Work, document: ResultDocument, issued_at: datetime, *, short_period: bool = False
) -> str:
    """Issue a certificate, keep its files in the home folder, and return its id.

    Raises as `issue_certificate`; where it does, no file is left.
    """
    certificates_folder().mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=".unfinished-", dir=certificates_folder()))
    try:
        name = issue_certificate(
            work, document, made, issued_at=issued_at, short_period=short_period
        )
        kept = _folder(name)
        if not kept.exists():
            made.rename(kept)
    finally:
        rmtree(made, ignore_errors=True)
    return name


def kept_files(name: str) -> list[Path]:
    """Return the files of a certificate that the home keeps: JSON, PDF and the issuer's key."""
    return [file for file in (_folder(name) / item for item in FILES) if file.is_file()]


def issued_certificates(session: Session) -> list[IssuedCertificate]:
    """Return the certificates in the user's sight, the newest first."""
    query = select(Document).where(Document.kind == "certificate").order_by(col(Document.name))
    rows = [row for row in session.exec(query) if sees(session, row.owner)]
    entries = last_entries(session, [row.sha256 for row in rows])
    found = [_certificate(session, row, entries[row.sha256]) for row in rows]
    return sorted(found, key=lambda item: item.entered_at, reverse=True)


def _certificate(session: Session, row: Document, entry: StateEntry) -> IssuedCertificate:
    payload = strict_json(row.payload.encode())
    query = select(Document.payload).where(
        Document.kind == "calculation", Document.name == payload["calculation"]
    )
    said: Mapping[str, Any] = strict_json(session.exec(query).one().encode())
    return IssuedCertificate(
        row.name,
        said["product"],
        said["site"]["code"],
        said["site"]["organisation_zh"],
        said["site"]["organisation_en"],
        said["period"]["start"],
        said["period"]["end"],
        decimal_value(said["total"]["value"]),
        said["illustrative"],
        payload["valid_until"],
        entry.at,
        entry.state,
        entry.reason,
        tuple(kept_files(row.name)),
    )


def _folder(name: str) -> Path:
    return certificates_folder() / name.rpartition(":")[2]
