"""The checks of a PDF certificate: its signature, its signer, its attachments and its QR text."""

from __future__ import annotations

import binascii
import logging
import struct
import zlib
from dataclasses import dataclass

from pyhanko.pdf_utils.misc import PdfError

from factor_db.foundation.errors import BadInput
from footprint.certificate.checks.report import Check
from footprint.certificate.fields import JsonObject
from footprint.certificate.printed.pdf import ATTACHMENT_NAME, QR_ATTACHMENT_NAME
from footprint.certificate.printed.qr import qr_content, read_qr
from footprint.certificate.printed.signature import PdfNotAccepted, read_signed_pdf
from footprint.certificate.proof import public_key_of

# What a damaged file sets off inside the PDF and ASN.1 readers, none of which promises one type.
READER_FAULTS = (
    PdfError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,  # among them what a reader has not implemented, and recursion too deep
    OSError,
    EOFError,
    binascii.Error,
    struct.error,
    zlib.error,
)
logging.getLogger("pyhanko").addHandler(logging.NullHandler())
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class OpenedPdf:
    """A PDF whose signature holds: its signer's fingerprint, attached JSON and QR text."""

    signer_sha256: str
    certificate: bytes
    qr: bytes


def open_pdf(data: bytes) -> OpenedPdf | Check:
    """Return what an intact signed PDF carries, or the check that failed."""
    try:
        signed = read_signed_pdf(data)
        return OpenedPdf(
            signed.certificate_sha256,
            signed.attachments[ATTACHMENT_NAME],
            signed.attachments[QR_ATTACHMENT_NAME],
        )
    except PdfNotAccepted as error:
        reason = str(error)
    except READER_FAULTS as error:
        reason = type(error).__name__
    return Check("pdf_signature", False, "CERTIFICATE_PDF_SIGNATURE_FAILED", {"reason": reason})


def check_copy(credential: JsonObject, opened: OpenedPdf) -> list[Check]:
    """Return the checks `pdf_signature` and `qr` of a PDF around its attached credential."""
    return [_check_signer(credential, opened), _check_qr(credential, opened)]


def _check_signer(credential: JsonObject, opened: OpenedPdf) -> Check:
    """Whether the intact PDF signature is by the certificate that the signed JSON names."""
    if credential["issuer"]["pdfCertificateSha256"] != opened.signer_sha256:
        params = {"reason": "pdfCertificateSha256"}
        return Check("pdf_signature", False, "CERTIFICATE_PDF_SIGNATURE_FAILED", params)
    return Check("pdf_signature", True, "CERTIFICATE_PDF_SIGNATURE_OK")


def _check_qr(credential: JsonObject, opened: OpenedPdf) -> Check:
    """Whether the QR text is signed by the same key and says what the attached JSON says."""
    try:
        key = public_key_of(credential["issuer"]["id"].removeprefix("did:key:"))
        content = read_qr(opened.qr.decode("ascii"), key)
        ok = content == qr_content(credential, opened.certificate)
    except (BadInput, LookupError, TypeError, ValueError):
        ok = False
    return Check("qr", ok, "CERTIFICATE_QR_OK" if ok else "CERTIFICATE_QR_FAILED")
