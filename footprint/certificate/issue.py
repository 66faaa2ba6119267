"""Issue a certificate: build, sign, print and write the three files, each whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from factor_db.foundation.canonical import canonical_json, sha256_hex
from factor_db.foundation.errors import BadInput
from footprint.certificate.certifiable import (
    require_closed,
    require_enough_samples,
    require_not_negative,
    require_own_stock_kept,
    require_smelter_judged,
    require_supply_judged,
)
from footprint.certificate.keys import Keys
from footprint.certificate.payload import Review, build_credential, is_illustrative
from footprint.certificate.period import require_whole_year
from footprint.certificate.proof import sign
from footprint.result.document import ResultDocument
from footprint.words.book import words

JSON_FILE = "certificate.json"
PDF_FILE = "certificate.pdf"
FILES = (JSON_FILE, PDF_FILE, "issuer.json")


@dataclass(frozen=True, slots=True)
class Issued:
    """A finished certificate that is not written yet: its files' bytes and facts."""

    contents: dict[str, bytes]
    certificate_id: str
    pdf_unsigned_sha256: str
    valid_until: str
    illustrative: bool

    def sha256(self, name: str) -> str:
        """Return the SHA-256 of one of the files."""
        return sha256_hex(self.contents[name])

    def write(self, out: Path) -> None:
        """Write the files into a folder, which is made if need be."""
        _write(out, self.contents)


def issue(
    document: ResultDocument,
    keys: Keys,
    issued_at: datetime,
    review_level: str | Review,
    out: Path,
) -> dict[str, Any]:
    """Write certificate.json, certificate.pdf and issuer.json into a folder.

    Returns {certificate_id, sha256 (of certificate.json), pdf_sha256, pdf_unsigned_sha256,
    valid_until, illustrative, paths}. Raises as `make_certificate`.
    """
    made = make_certificate(document, keys, issued_at, review_level)
    made.write(out)
    return {
        "certificate_id": made.certificate_id,
        "sha256": made.sha256(JSON_FILE),
        "pdf_sha256": made.sha256(PDF_FILE),
        "pdf_unsigned_sha256": made.pdf_unsigned_sha256,
        "valid_until": made.valid_until,
        "illustrative": made.illustrative,
        "paths": {name: str(out / name) for name in FILES},
    }


def make_certificate(
    document: ResultDocument,
    keys: Keys,
    issued_at: datetime,
    review_level: str | Review,
    *,
    short_period: bool = False,
) -> Issued:
    """Build, sign and print a certificate without writing it; `issued_at` carries a time zone.

    The JSON and the unsigned PDF are the same bytes for the same document, keys, time and review.
    `short_period` says that a period of less than a year is meant. Raises BadInput or Incomplete
    when the calculation cannot be certified, or the key's role does not fit it.
    """
    from footprint.certificate.printed.pdf import render_pdf
    from footprint.certificate.printed.qr import qr_content, qr_text
    from footprint.certificate.printed.signature import sign_pdf

    if is_illustrative(document) != keys.illustrative:
        raise BadInput("CERTIFICATE_KEY_ROLE", role=keys.public["role"])
    review = review_level if isinstance(review_level, Review) else Review(review_level)
    require_not_negative(document)
    credential = build_credential(document, keys.public, issued_at=issued_at, review=review)
    require_closed(document)
    require_own_stock_kept(document)
    require_supply_judged(document)
    require_smelter_judged(document)
    require_enough_samples(document)
    require_whole_year(document.period, short_period=short_period)
    signed = sign(
        credential,
        keys.signing,
        verification_method=keys.public["verificationMethod"],
        created=credential["validFrom"],
    )
    data = canonical_json(signed)
    unsigned = render_pdf(signed, data, qr_text(qr_content(signed, data), keys.signing))
    printed = sign_pdf(unsigned, keys, reason=_reason())
    return Issued(
        dict(zip(FILES, (data, printed, canonical_json(keys.public)), strict=True)),
        signed["id"],
        sha256_hex(unsigned),
        signed["validUntil"][:10],
        keys.illustrative,
    )


def _reason() -> str:
    subtitle = words("CERTIFICATE_SUBTITLE")
    return f"{subtitle['zh']} / {subtitle['en']}"


def _write(out: Path, contents: dict[str, bytes]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".certificate-", dir=out))
    try:
        for name, content in contents.items():
            with (new / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for name in contents:
            (new / name).replace(out / name)
    finally:
        shutil.rmtree(new, ignore_errors=True)
