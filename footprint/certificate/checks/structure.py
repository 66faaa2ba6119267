"""Whether a JSON value has the shape of a Verifiable Credential 2.0, and of our certificate.

Covers the data-model rules that plain JSON can show; what needs JSON-LD term mapping (types and
terms defined by further contexts) is out of reach here and is not needed by `eddsa-jcs-2022`.
Source: W3C VC Data Model 2.0, section 4; its test-suite inputs are in the tests.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from footprint.certificate.edition import number_of
from footprint.certificate.payload import CONTEXT, TYPES

BASE_CONTEXT = "https://www.w3.org/ns/credentials/v2"
DEPTH_LIMIT = 40
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+")
TIMESTAMP = re.compile(
    r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"  # xsd:dateTimeStamp
)
# Properties whose objects need a type; those marked True need an id that is a URL as well.
TYPED = {
    "credentialStatus": False,
    "credentialSchema": True,
    "evidence": False,
    "termsOfUse": False,
    "refreshService": False,
    "proof": False,
}
OWN_FIELDS = {"@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject"}
SUBJECT_OBJECTS = ("calculation", "status", "review", "result", "declaredUnit", "product")


def too_deep(value: Any) -> bool:
    """Whether a value nests deeper than any certificate; walks without recursion."""
    layer, depth = [value], 0
    while layer:
        depth += 1
        layer = [child for item in layer for child in _children(item)]
        if depth > DEPTH_LIMIT:
            return True
    return False


def not_normal_text(value: Any) -> bool:
    """Whether any text or key of a value is not in Unicode normal form C."""
    return any(not unicodedata.is_normalized("NFC", text) for text in _texts(value))


def credential_faults(value: Any) -> list[str]:
    """Return what keeps a value from being a Verifiable Credential 2.0; empty when it is one."""
    if not isinstance(value, Mapping):
        return ["credential"]
    checks = {
        "@context": _context_ok(value.get("@context")),
        "type": _type_ok(value.get("type")),
        "id": "id" not in value or _is_url(value["id"]),
        "issuer": _issuer_ok(value.get("issuer")),
        "credentialSubject": _subjects_ok(value.get("credentialSubject")),
        "validFrom": "validFrom" not in value or _instant(value["validFrom"]) is not None,
        "validUntil": "validUntil" not in value or _instant(value["validUntil"]) is not None,
    }
    faults = [name for name, ok in checks.items() if not ok]
    if not faults and {"validFrom", "validUntil"} <= set(value):
        start, end = _instant(value["validFrom"]), _instant(value["validUntil"])
        if start is not None and end is not None and end < start:
            faults.append("validUntil")
    return faults + [
        name
        for name, needs_id in TYPED.items()
        if name in value and not _typed_ok(value[name], needs_id)
    ]


def certificate_faults(value: Any) -> list[str]:
    """Return what keeps a value from being a signed certificate of ours; empty when it is one."""
    faults = credential_faults(value)
    if faults:
        return faults
    if set(value) != OWN_FIELDS | {"proof"}:
        return sorted(set(value) ^ (OWN_FIELDS | {"proof"}))
    subject, issuer = value["credentialSubject"], value["issuer"]
    if value["@context"] != CONTEXT or value["type"] != TYPES or not isinstance(subject, Mapping):
        return ["type"]
    if number_of(subject.get("certificateSchema")) is None:
        return ["certificateSchema"]
    if not isinstance(subject.get("illustrative"), bool):
        faults.append("illustrative")
    if not _own_issuer_ok(issuer):
        faults.append("issuer")
    faults += [name for name in SUBJECT_OBJECTS if not isinstance(subject.get(name), Mapping)]
    for name in ("validFrom", "validUntil"):
        if not str(value[name]).endswith("Z") or len(value[name]) != len("2026-11-22T00:00:00Z"):
            faults.append(name)
    return faults


def _children(item: Any) -> list[Any]:
    if isinstance(item, Mapping):
        return list(item.values())
    return list(item) if isinstance(item, list) else []


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        if isinstance(item, Mapping):
            yield from item
        waiting.extend(_children(item))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and URL.fullmatch(value) is not None


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str) or not TIMESTAMP.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _context_ok(value: Any) -> bool:
    if not isinstance(value, list) or not value or value[0] != BASE_CONTEXT:
        return False
    return all(isinstance(item, Mapping) or _is_url(item) for item in value[1:])


def _type_ok(value: Any) -> bool:
    types = _as_list(value)
    return "VerifiableCredential" in types and all(isinstance(item, str) for item in types)


def _issuer_ok(value: Any) -> bool:
    return _is_url(value.get("id") if isinstance(value, Mapping) else value)


def _own_issuer_ok(value: Any) -> bool:
    fields = {"id", "name", "pdfCertificateSha256"}
    return (
        isinstance(value, Mapping)
        and set(value) == fields
        and all(isinstance(item, str) for item in value.values())
    )


def _subjects_ok(value: Any) -> bool:
    subjects = _as_list(value)
    return bool(subjects) and all(
        isinstance(item, Mapping) and item and ("id" not in item or _is_url(item["id"]))
        for item in subjects
    )


def _typed_ok(value: Any, needs_id: bool) -> bool:
    return all(
        isinstance(item, Mapping)
        and bool(item.get("type"))
        and all(isinstance(name, str) for name in _as_list(item["type"]))
        and (_is_url(item["id"]) if "id" in item else not needs_id)
        for item in _as_list(value)
    )
