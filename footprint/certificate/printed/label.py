"""The label: value, product, holder and QR on a picture of 100 mm, for business documents.

It says nothing that the certificate does not, in the words that were signed; same certificate, same
bytes. Words: rules CERT-BUSINESS and CERT-OWN of the certificate's statements.
"""

from __future__ import annotations

from typing import Literal

from footprint.certificate.fields import JsonObject
from footprint.certificate.printed.pdf import compiled

LabelKind = Literal["svg", "png"]
DOTS_PER_INCH = 300


def render_label(credential: JsonObject, qr: str, kind: LabelKind) -> bytes:
    """Return the label of a signed credential as SVG or PNG; `qr` is the signed text of its QR."""
    return compiled("label.typ", credential, qr, output=kind, ppi=DOTS_PER_INCH)[0]
