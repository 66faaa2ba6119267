"""The certificates that were issued here: what the store knows of them, and the files kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
from factor_db.store.work import first_entries, last_entries
from footprint.certificate.issue import FILES


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
    state: str
    reason: str
    files: tuple[Path, ...]


def certificates_folder() -> Path:
    """Return the folder of the home that keeps what the pages issue, a folder each."""
    return home_folder() / "certificates"


@contextmanager
def unfinished() -> Iterator[Path]:
    """Give a folder of the home for files that are not yet a certificate; it is gone afterwards."""
    certificates_folder().mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=".unfinished-", dir=certificates_folder()))
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


def keep(folder: Path, name: str) -> None:
    """Keep the files of a folder as those of a certificate.

    Only after the store has it: files of a certificate that no store knows could not be revoked.
    """
    if not _folder(name).exists():
        folder.rename(_folder(name))


def kept_files(name: str) -> list[Path]:
    """Return the files of a certificate that the home keeps: JSON, PDF and the issuer's key."""
    return [file for file in (_folder(name) / item for item in FILES) if file.is_file()]


def issued_certificates(session: Session) -> list[IssuedCertificate]:
    """Return the certificates in the user's sight, the newest first."""
    query = select(Document).where(Document.kind == "certificate").order_by(col(Document.name))
    rows = [row for row in session.exec(query) if sees(session, row.owner)]
    entries = last_entries(session, [row.sha256 for row in rows])
    issued = first_entries(session, list(entries))
    rows.sort(key=lambda row: issued[row.sha256], reverse=True)
    return [_certificate(session, row, entries[row.sha256]) for row in rows]


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
        entry.state,
        entry.reason,
        tuple(kept_files(row.name)),
    )


def _folder(name: str) -> Path:
    return certificates_folder() / name.rpartition(":")[2]
