"""Certificates and the store: keys of a home folder, issuing with lineage, whom we know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from factor_db.factors.lifecycle import SELF_REVIEWED, history
from factor_db.foundation.canonical import content_hash
from factor_db.store.home import home_folder
from factor_db.store.tables import Site
from factor_db.store.work import Work
from footprint.certificate.issue import issue
from footprint.certificate.keys import create_keys, known_issuers, load_keys
from lca_models.resolve import OWN

LOCAL_ISSUER = "本机签发方 / local issuer"


def keys_folder() -> Path:
    """Return the folder of the issuer keys in the home folder."""
    return home_folder() / "keys"


def ensure_keys(issuer: str = LOCAL_ISSUER) -> None:
    """Create the issuer keys of the home folder unless they exist."""
    if not known_issuers(keys_folder()):
        create_keys(keys_folder(), issuer, datetime.now(UTC))


def own_issuers() -> list[dict[str, Any]]:
    """Return the public issuer documents of this home: the issuers that `verify` knows."""
    return known_issuers(keys_folder())


def issue_certificate(
    work: Work, document: dict[str, Any], out: Path, *, issued_at: datetime
) -> str:
    """Issue a certificate over a stored calculation, record it with its lineage, return its id.

    Raises Incomplete for an estimate or empty slots, NotAllowed for another owner's site, and
    BadInput when the calculation cannot be certified any more.
    """
    work.require("exporter", "park")
    site = work.session.get_one(Site, document["site"]["code"])
    work.require_owner(site.owner)
    ensure_keys()
    keys = load_keys(keys_folder(), illustrative=document["illustrative"])
    issued = issue(document, keys, issued_at, review_level(work.session, document), out)
    name = str(issued["certificate_id"])
    payload = {
        "calculation": document["calculation"],
        "certificate": name,
        "pdf_sha256": issued["pdf_sha256"],
        "sha256": issued["sha256"],
        "valid_until": issued["valid_until"],
    }
    sha256 = content_hash("document", payload)
    work.document("certificate", name, payload, sha256, site.owner)
    work.enter_state("certificate", sha256, "active")
    work.made_from(sha256, [document["calculation"]])
    return name


def review_level(session: Session, document: dict[str, Any]) -> str:
    """Return how the site's own factors were reviewed: the weakest review among them counts."""
    own = {
        resolved["factor"]
        for resolved in document["coverage"]["resolved"]
        if resolved["level"] == OWN
    }
    hashes = [
        factor["sha256"]
        for factor in document["factors"]
        if f"{factor['id']}@{factor['version']}" in own
    ]
    levels = {_level_of(session, sha256) for sha256 in hashes}
    for level in ("self_declared", "self_reviewed"):
        if level in levels:
            return level
    return "internally_reviewed" if levels else "self_declared"


def _level_of(session: Session, sha256: str) -> str:
    reviews = [entry for entry in history(session, sha256) if entry.state == "reviewed"]
    if not reviews:
        return "self_declared"
    alone = any(entry.reason.startswith(SELF_REVIEWED) for entry in reviews)
    return "self_reviewed" if alone else "internally_reviewed"
