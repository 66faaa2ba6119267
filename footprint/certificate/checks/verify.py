"""Verify a certificate offline: separate answers about one JSON or PDF file.

Needs no store, no network and neither Brightway nor pandas. Integrity is not correctness, and a
key lying beside a file proves nothing: only issuer documents handed in by the caller count as
known, except for illustrative certificates, which claim no trust (rule CERT-INTEGRITY-001).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from stat import S_ISREG
from typing import Any

from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import DOCUMENT_FAULTS, BadInput, FootprintError
from factor_db.foundation.messages import code_of
from footprint.certificate import fields
from footprint.certificate.checks import structure
from footprint.certificate.checks.model import check_model
from footprint.certificate.checks.recomputing import (
    Recompute,
    check_recomputes,
    not_recomputed,
    product_recompute,
    stated_in,
)
from footprint.certificate.checks.report import Certified, Check, VerifyReport
from footprint.certificate.fields import JsonObject
from footprint.certificate.keys import IssuerDocument, read_issuer
from footprint.certificate.period import is_year, months_covered
from footprint.certificate.proof import public_key_of, verify
from footprint.certificate.status import status_in
from footprint.result.tables import Period

FILE_LIMIT_BYTES = 100_000_000
PDF_MARK = b"%PDF-"
# Checks that speak of who reads and when, not of the file.
_OF_THE_READER = ("issuer_known", "in_force", "status")


@dataclass(frozen=True, slots=True)
class _Case:
    """One structurally sound certificate and what the caller knows."""

    credential: dict[str, Any]
    data: bytes
    issuers: Sequence[IssuerDocument]
    neighbour: IssuerDocument | None
    today: date

    @property
    def illustrative(self) -> bool:
        return bool(self.credential["credentialSubject"]["illustrative"])


def verify_file(
    path: Path,
    issuers: Sequence[IssuerDocument],
    today: date,
    *,
    neighbour_counts: bool = True,
    status_list: JsonObject | None = None,
    recompute: Recompute = product_recompute,
) -> VerifyReport:
    """Check a certificate.json or certificate.pdf, told apart by content.

    `issuers` are the issuer documents the caller trusts; `neighbour_counts` lets an issuer.json
    beside an illustrative certificate pin its key (off when the caller named one issuer);
    `status_list` is a signed list of the issuer. Raises BadInput only when the file cannot be
    read; anything wrong in it is answered by a named check.
    """
    data = _bytes_of(path)
    neighbour = _neighbour(path) if neighbour_counts else None
    if data.startswith(PDF_MARK):
        from footprint.certificate.checks import pdf as pdf_check

        opened = pdf_check.open_pdf(data)
        if isinstance(opened, Check):
            return VerifyReport((opened,), illustrative=False)
        credential, checks = _read(opened.certificate, "PDF")
    else:
        opened = None
        credential, checks = _read(data, "JSON")
    if credential is None:
        return VerifyReport(tuple(checks), illustrative=False)
    case = _Case(credential, opened.certificate if opened else data, issuers, neighbour, today)
    intact = _intact(case)
    checks += [_canonical(case), intact]
    if opened is not None:
        checks += pdf_check.check_copy(credential, opened)
    checks += [_issuer_known(case), _in_force(case), *_period(case)]
    checks.append(_status(case, status_list))
    # Nobody answers for the numbers of a file whose signature does not hold: they are not computed.
    stated = stated_in(credential)
    recomputed = check_recomputes(credential, stated, recompute) if intact.ok else not_recomputed()
    checks.append(recomputed)
    if recomputed.ok:
        checks.append(check_model(stated.result))
    checks.append(_illustrative(case))
    # A value of a changed file is not repeated, whatever else is said of it.
    sound = all(check.ok is not False for check in checks if check.name not in _OF_THE_READER)
    certified = _certified(credential) if sound else None
    return VerifyReport(tuple(checks), case.illustrative, certified)


def _certified(credential: JsonObject) -> Certified | None:
    """Return what a certificate says; None where an edition not read here says it otherwise."""
    try:
        return _stated(credential)
    except DOCUMENT_FAULTS:
        return None


def _stated(credential: JsonObject) -> Certified:
    subject = credential["credentialSubject"]
    holder, period = subject["holder"], subject["referencePeriod"]
    return Certified(
        value=subject["result"]["total"]["value"],
        product=subject["product"]["name"],
        holder={"zh": holder["nameZh"], "en": holder["nameEn"]},
        site=f"{subject['facility']['code']} · {subject['facility']['region']}",
        period=(period["start"], period["end"]),
        issuer=credential["issuer"]["name"],
        valid_until=credential["validUntil"][:10],
    )


def _bytes_of(path: Path) -> bytes:
    try:
        found = path.stat()
        if not S_ISREG(found.st_mode):  # reading a pipe would wait for ever
            raise BadInput("CERTIFICATE_FILE_UNREADABLE", path=str(path), reason="not a file")
        if found.st_size > FILE_LIMIT_BYTES:
            raise BadInput("CERTIFICATE_FILE_UNREADABLE", path=str(path), reason="size")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput("CERTIFICATE_FILE_UNREADABLE", path=str(path), reason=reason) from None


def _read(data: bytes, kind: str) -> tuple[dict[str, Any] | None, list[Check]]:
    try:
        value = strict_json(data)
    except BadInput as error:
        return None, [_unreadable(str(error))]
    except (ValueError, RecursionError) as error:  # an integer of more digits than Python reads
        return None, [_unreadable(type(error).__name__)]
    if structure.too_deep(value):
        return None, [_unreadable("depth")]
    if structure.not_normal_text(value):
        return None, [_unreadable("Unicode NFC")]
    readable = Check("readable", True, "CERTIFICATE_READABLE_OK", {"kind": kind})
    faults = structure.certificate_faults(value)
    if faults:
        params = {"faults": ", ".join(faults)}
        return None, [readable, Check("structure", False, "CERTIFICATE_STRUCTURE_FAILED", params)]
    return value, [readable, Check("structure", True, "CERTIFICATE_STRUCTURE_OK")]


def _unreadable(reason: str) -> Check:
    return Check("readable", False, "CERTIFICATE_READABLE_FAILED", {"reason": reason})


def _canonical(case: _Case) -> Check:
    try:
        same = canonical_json(case.credential) == case.data
    except (TypeError, ValueError):  # binary floats and numbers RFC 8785 cannot write
        same = False
    code = "CERTIFICATE_CANONICAL_OK" if same else "CERTIFICATE_CANONICAL_FAILED"
    return Check("canonical", same, code)


def _period(case: _Case) -> list[Check]:
    """Say of a certificate that covers no year how many months it covers: a fact, no fault."""
    try:
        period = Period.model_validate(case.credential["credentialSubject"]["referencePeriod"])
        months = {"months": months_covered(period)}
    except (ValueError, FootprintError):  # no dates: the recomputation says so
        return []
    if is_year(period):
        return []
    return [Check("period", True, "CERTIFICATE_PERIOD_NOT_A_YEAR", months)]


def _intact(case: _Case) -> Check:
    did = case.credential["issuer"]["id"]
    key_text = did.removeprefix("did:key:")
    proof = case.credential["proof"]
    try:
        ok = (
            did == f"did:key:{key_text}"
            and isinstance(proof, Mapping)
            and proof.get("verificationMethod") == f"{did}#{key_text}"
            and proof.get("created") == case.credential["validFrom"]
            and verify(case.credential, public_key_of(key_text))
        )
    except ValueError:
        ok = False
    return Check("intact", ok, "CERTIFICATE_INTACT_OK" if ok else "CERTIFICATE_INTACT_FAILED")


def _neighbour(path: Path) -> IssuerDocument | None:
    try:
        return read_issuer(_bytes_of(path.with_name("issuer.json")))
    except (OSError, ValueError, FootprintError):
        return None


def _issuer_known(case: _Case) -> Check:
    issuer = case.credential["issuer"]
    if any(_same_issuer(case, known) for known in case.issuers):
        return Check("issuer_known", True, "CERTIFICATE_ISSUER_KNOWN", {"name": issuer["name"]})
    if case.illustrative and case.neighbour is not None and _same_issuer(case, case.neighbour):
        code = "CERTIFICATE_ISSUER_PINNED_ILLUSTRATIVE"
        return Check("issuer_known", True, code, {"name": issuer["name"]})
    params = {"name": issuer["name"], "key": issuer["id"]}
    return Check("issuer_known", False, "CERTIFICATE_ISSUER_UNKNOWN", params)


def _same_issuer(case: _Case, known: JsonObject) -> bool:
    issuer = case.credential["issuer"]
    role = "illustrative" if case.illustrative else "issuer"
    return (
        known.get("did") == issuer["id"]
        and known.get("name") == issuer["name"]
        and known.get("pdfCertificateSha256") == issuer["pdfCertificateSha256"]
        and known.get("role") == role
    )


def _in_force(case: _Case) -> Check:
    start, end = case.credential["validFrom"][:10], case.credential["validUntil"][:10]
    ok = start <= case.today.isoformat() <= end
    params = {"today": case.today.isoformat(), "start": start, "end": end}
    return Check(
        "in_force", ok, "CERTIFICATE_IN_FORCE" if ok else "CERTIFICATE_NOT_IN_FORCE", params
    )


def _status(case: _Case, status_list: JsonObject | None) -> Check:
    credential = case.credential
    stated = credential["credentialSubject"]["status"]
    if stated.get("code") != "active" or stated.get("asOf") != credential["validFrom"]:
        return Check("status", False, "CERTIFICATE_STATUS_FAILED")
    if status_list is None:
        return Check("status", True, "CERTIFICATE_STATUS_AT_ISSUE", {"as_of": stated["asOf"]})
    found = status_in(
        status_list, issuer_did=credential["issuer"]["id"], certificate_id=credential["id"]
    )
    if found is None:
        return Check("status", False, "CERTIFICATE_STATUS_LIST_FAILED")
    state, as_of = found
    code = code_of("CERTIFICATE_STATUS_LIST", state)
    return Check("status", state == "active", code, {"as_of": as_of})


def _illustrative(case: _Case) -> Check:
    try:
        stated = _states_illustrative(case.credential["credentialSubject"]["calculation"])
        agrees = stated is case.illustrative
    except (BadInput, *DOCUMENT_FAULTS):
        agrees = False
    if not agrees:
        return Check("illustrative", False, "CERTIFICATE_ILLUSTRATIVE_MISMATCH")
    code = "CERTIFICATE_ILLUSTRATIVE" if case.illustrative else "CERTIFICATE_NOT_ILLUSTRATIVE"
    return Check("illustrative", True, code)


def _states_illustrative(calculation: JsonObject) -> bool:
    """Whether a calculation of any edition rests on example data: by its mark or a factor's."""
    rows = fields.rows_field(calculation, "factors")
    marked = fields.flag_field(calculation, "illustrative")
    return marked or any(row.get("illustrative") is True for row in rows)
