"""Revoking a certificate: its state in the store, and the issuer's signed list that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.sight import sees
from factor_db.store.tables import Document
from factor_db.store.work import Work, state_of
from footprint.certificate.keys import load_keys
from footprint.certificate.service import keys_folder
from footprint.certificate.status import STATES, sign_status_list

REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that was revoked, and whether its key is that of example data."""

    name: str
    illustrative: bool


def revoke_certificate(work: Work, certificate: str, reason: str) -> Revoked:
    """Revoke a certificate by its id or the end of it.

    Raises BadInput for one that is unknown, as another enterprise's is, or revoked already, or
    without a reason.
    """
    work.require_right("certificate.revoke")
    query = select(Document).where(Document.kind == "certificate").order_by(col(Document.name))
    found = [
        row
        for row in work.session.exec(query)
        if certificate and row.name.endswith(certificate) and sees(work.session, row.owner)
    ]
    if len(found) != 1:
        raise BadInput("CERTIFICATE_REVOKE_UNKNOWN", certificate=certificate, count=len(found))
    row = found[0]
    work.require_owner(row.owner)
    state = state_of(work.session, row.sha256)
    if not reason.strip() or (state is not None and state.state == REVOKED):
        stated = state.state if state else "-"
        raise BadInput("CERTIFICATE_REVOKE_STATE", certificate=row.name, state=stated)
    work.enter_state("certificate", row.sha256, REVOKED, reason)
    return Revoked(row.name, _illustrative(work.session, row))


def signed_list(session: Session, *, illustrative: bool) -> bytes:
    """Return the signed status list of the certificates under one of the issuer's two keys."""
    entries = {}
    for row in session.exec(select(Document).where(Document.kind == "certificate")):
        entry = state_of(session, row.sha256)
        inactive = entry is not None and entry.state in STATES
        if entry is not None and inactive and _illustrative(session, row) is illustrative:
            entries[row.name] = {"status": entry.state, "reason": entry.reason}
    keys = load_keys(keys_folder(), illustrative)
    return canonical_json(sign_status_list(entries, keys, as_of=datetime.now(UTC)))


def _illustrative(session: Session, row: Document) -> bool:
    """Tell under which key a certificate stands: that of example data, or the issuer's own."""
    name = strict_json(row.payload.encode())["calculation"]
    query = select(Document).where(Document.kind == "calculation", Document.name == name)
    calculation = session.exec(query).one()
    return strict_json(calculation.payload.encode())["illustrative"] is True
