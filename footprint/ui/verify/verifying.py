"""Verifying an uploaded certificate: the same `verify_file` as the command line, nothing kept."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from factor_db.foundation.canonical import strict_json
from footprint.certificate.checks.report import VerifyReport
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.keys import read_issuer
from footprint.certificate.service import own_issuers


def verify_upload(
    certificate: bytes, issuer: bytes | None, status: bytes | None = None
) -> VerifyReport:
    """Check a certificate's bytes, told apart by content; raises BadInput for a bad issuer file.

    `status` is the issuer's signed status list, as revoking writes it. With an issuer file only
    that issuer counts as known, else the issuers of this home. The certificate lies in a folder of
    its own for the time of the check and is deleted with it.
    """
    listed = strict_json(status) if status is not None else None
    known = [read_issuer(issuer)] if issuer is not None else own_issuers()
    with tempfile.TemporaryDirectory(prefix="footprint-verify-") as folder:
        path = Path(folder) / "certificate"
        path.write_bytes(certificate)
        today = datetime.now(UTC).date()  # the dates of a certificate are UTC
        return verify_file(path, known, today, neighbour_counts=False, status_list=listed)
