"""The label of a certificate that is at hand as a PDF: no store, no key, no network needed."""

from __future__ import annotations

from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from footprint.certificate.checks.pdf import check_copy, open_pdf
from footprint.certificate.checks.report import Check
from footprint.certificate.checks.structure import certificate_faults
from footprint.certificate.fields import JsonObject
from footprint.certificate.printed.label import LabelKind, render_label
from footprint.certificate.proof import public_key_of, verify


def label_of(pdf: bytes, kind: LabelKind) -> bytes:
    """Return the label of a certificate's PDF as SVG or PNG.

    Raises BadInput (CERTIFICATE_LABEL_REFUSED) where the PDF is none of ours, or was changed.
    """
    opened = open_pdf(pdf)
    if isinstance(opened, Check):
        raise BadInput("CERTIFICATE_LABEL_REFUSED", check=opened.name)
    credential: JsonObject = strict_json(opened.certificate)
    if certificate_faults(credential):
        raise BadInput("CERTIFICATE_LABEL_REFUSED", check="structure")
    if not verify(credential, public_key_of(credential["issuer"]["id"].removeprefix("did:key:"))):
        raise BadInput("CERTIFICATE_LABEL_REFUSED", check="intact")
    for check in check_copy(credential, opened):
        if not check.ok:
            raise BadInput("CERTIFICATE_LABEL_REFUSED", check=check.name)
    return render_label(credential, opened.qr.decode("ascii"), kind)
