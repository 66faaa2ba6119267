"""Certificates and the store: keys of a home folder, issuing with lineage, whom we know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from factor_db.factors.keep.versions import REFERENCE_OWNER, history
from factor_db.factors.review.lifecycle import SELF_REVIEWED
from factor_db.foundation.canonical import content_hash, sha256_hex, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.home import home_folder
from factor_db.store.tables import Document, Site
from factor_db.store.work import Work
from footprint.certificate.checks.recomputing import calculation_difference
from footprint.certificate.issue import JSON_FILE, PDF_FILE, Issued, make_certificate
from footprint.certificate.keys import (
    IssuerDocument,
    create_keys,
    known_issuers,
    load_keys,
    utc_text,
)
from footprint.judgement.pooled_melt import require_pool_told
from footprint.judgement.record import require_possible
from footprint.judgement.standing import pinned_factors, require_standing
from footprint.result.document import ResultDocument

CLOCK_TOLERANCE = timedelta(minutes=5)
LOCAL_ISSUER = "本机签发方 / local issuer"


def keys_folder() -> Path:
    """Return the folder of the issuer keys in the home folder."""
    return home_folder() / "keys"


def ensure_keys(issuer: str = LOCAL_ISSUER) -> None:
    """Create the issuer keys of the home folder unless they exist."""
    if not known_issuers(keys_folder()):
        create_keys(keys_folder(), issuer, datetime.now(UTC))


def own_issuers() -> list[IssuerDocument]:
    """Return the public issuer documents of this home: the issuers that `verify` knows."""
    return known_issuers(keys_folder())


def issue_certificate(
    work: Work,
    document: ResultDocument,
    out: Path,
    *,
    issued_at: datetime,
    short_period: bool = False,
    new_issuer: str = LOCAL_ISSUER,
) -> str:
    """Issue a certificate over a stored calculation, record it with its lineage, return its id.

    The same calculation at the same instant is one certificate: its record stays, and files that
    are there already are left alone. A home without keys gets them, under the name `new_issuer`,
    once nothing speaks against the certificate. Raises Incomplete for an estimate or empty slots,
    NotAllowed for another owner's site, and BadInput when the calculation cannot be certified (any
    more), or covers less than a year and `short_period` does not say that this is meant.
    """
    work.require_right("certificate.issue")
    site = work.session.get_one(Site, document.site.code)
    work.require_owner(site.owner)
    _refuse_future(issued_at)
    if document.inputs.model is None:
        raise BadInput("CERTIFICATE_WITHOUT_MODEL")
    difference = calculation_difference(document.record())
    if difference:
        raise BadInput("CERTIFICATE_DOES_NOT_RECOMPUTE", reason=difference)
    require_possible(work.session, document)
    require_standing(work.session, document)
    require_pool_told(work.session, document)
    ensure_keys(new_issuer)
    keys = load_keys(keys_folder(), illustrative=document.illustrative)
    review = review_level(work.session, document)
    made = make_certificate(document, keys, issued_at, review, short_period=short_period)
    recorded = _recorded(work.session, made)
    if recorded is None:
        _record(work, document, made, site.owner)
    elif _is_there(out, recorded):
        return made.certificate_id
    else:
        work.record("reprint", "certificate", made.sha256(PDF_FILE))
    work.session.flush()  # what the store refuses must not have touched the folder
    made.write(out)
    return made.certificate_id


def _record(work: Work, document: ResultDocument, made: Issued, owner: str) -> None:
    payload = {
        "calculation": document.calculation,
        "certificate": made.certificate_id,
        "pdf_sha256": made.sha256(PDF_FILE),
        "sha256": made.sha256(JSON_FILE),
        "valid_until": made.valid_until,
    }
    sha256 = content_hash("document", payload)
    work.document("certificate", made.certificate_id, payload, sha256, owner)
    work.enter_state("certificate", sha256, "active")
    work.made_from(sha256, [document.calculation])


def _recorded(session: Session, made: Issued) -> dict[str, Any] | None:
    """Return the record of the same certificate, or None; raises BadInput for another JSON."""
    query = select(Document).where(Document.kind == "certificate")
    row = session.exec(query.where(Document.name == made.certificate_id)).first()
    if row is None:
        return None
    payload: dict[str, Any] = strict_json(row.payload.encode())
    if payload["sha256"] != made.sha256(JSON_FILE):
        raise BadInput("CERTIFICATE_ID_TAKEN", certificate=made.certificate_id)
    return payload


def _is_there(out: Path, recorded: dict[str, Any]) -> bool:
    """Whether a folder holds the recorded JSON and PDF, byte for byte."""
    wanted = {JSON_FILE: recorded["sha256"], PDF_FILE: recorded["pdf_sha256"]}
    return all(
        (out / name).is_file() and sha256_hex((out / name).read_bytes()) == sha256
        for name, sha256 in wanted.items()
    )


def _refuse_future(issued_at: datetime) -> None:
    now = datetime.now(UTC)
    issued = utc_text(issued_at)
    if issued_at > now + CLOCK_TOLERANCE:
        raise BadInput("CERTIFICATE_ISSUED_IN_FUTURE", issued=issued, now=utc_text(now))


def review_level(session: Session, document: ResultDocument) -> str:
    """Return how the pinned factors outside the reference were reviewed: the weakest counts."""
    pinned = pinned_factors(document)
    hashes = {factor.sha256 for factor in pinned if factor.owner != REFERENCE_OWNER}
    levels = {_level_of(session, sha256) for sha256 in hashes}
    for level in ("self_declared", "self_reviewed"):
        if level in levels:
            return level
    return "internally_reviewed" if levels else "self_declared"


def _level_of(session: Session, sha256: str) -> str:
    entries = history(session, sha256)
    if not any(entry.state == "reviewed" for entry in entries):
        return "self_declared"
    alone = any(entry.reason.startswith(SELF_REVIEWED) for entry in entries)
    return "self_reviewed" if alone else "internally_reviewed"
