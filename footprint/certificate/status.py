"""The issuer's signed status list: which certificates are suspended or revoked, as of an instant.

Signed like a certificate (`eddsa-jcs-2022`), so an offline verifier can say "status as of".
A certificate that the list does not name is active as of the list's instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from factor_db.foundation.canonical import plain
from factor_db.foundation.errors import BadInput
from footprint.certificate.fields import JsonObject
from footprint.certificate.keys import Keys, utc_text
from footprint.certificate.proof import public_key_of, sign, verify

LIST_TYPE = "FootprintStatusList"
STATES = ("suspended", "revoked")


def sign_status_list(
    entries: Mapping[str, JsonObject], keys: Keys, *, as_of: datetime
) -> dict[str, Any]:
    """Return a signed list; `entries`: certificate id → {"status", "reason"} for the inactive ones.

    Raises BadInput for a status other than suspended or revoked.
    """
    for entry in entries.values():
        if entry.get("status") not in STATES:
            raise BadInput("CERTIFICATE_FIELD", field="status")
    instant = utc_text(as_of)
    document = plain(
        {"type": LIST_TYPE, "issuer": keys.public["did"], "asOf": instant, "entries": entries}
    )
    method = keys.public["verificationMethod"]
    return sign(document, keys.signing, verification_method=method, created=instant)


def status_in(
    listed: JsonObject, *, issuer_did: str, certificate_id: str
) -> tuple[str, str] | None:
    """Return (status, as-of instant) by a list, or None when the list is not this issuer's own."""
    entries, as_of = listed.get("entries"), listed.get("asOf")
    if listed.get("type") != LIST_TYPE or listed.get("issuer") != issuer_did:
        return None
    if not isinstance(entries, Mapping) or not isinstance(as_of, str):
        return None
    try:
        key = public_key_of(issuer_did.removeprefix("did:key:"))
    except ValueError:
        return None
    if not verify(listed, key):
        return None
    entry = entries.get(certificate_id, {"status": "active"})
    state = entry.get("status") if isinstance(entry, Mapping) else None
    return (state, as_of) if state in {*STATES, "active"} else None
