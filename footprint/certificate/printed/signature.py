"""PAdES signature of the printed copy, and its offline check.

A certification signature that allows no later change covers the whole file. Trust does not come
from the self-signed certificate: its fingerprint stands inside the signed JSON, and the check
compares the two. Readers that know nothing of that show the signature as intact, issuer untrusted.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, fields, signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from footprint.certificate.keys import Keys

FIELD_NAME = "Issuer"
CONTENTS_BYTES = 8192
_HEX = re.compile(rb"<([0-9A-F]*)>")


class PdfNotAccepted(ValueError):
    """The PDF lacks what a certificate has; the text says what, for the verifier's answer."""


@dataclass(frozen=True, slots=True)
class SignedPdf:
    """A PDF whose signature was checked: its signer's fingerprint and its attachments."""

    certificate_sha256: str
    attachments: dict[str, bytes]


def sign_pdf(unsigned: bytes, keys: Keys, *, reason: str) -> bytes:
    """Return the PDF with a PAdES-B certification signature that allows no changes.

    The signed bytes differ from run to run (signing time, ECDSA nonce); the unsigned do not.
    """
    certificate = _load_certificate(keys.public["pdfCertificatePem"])
    make_store: Any = SimpleCertificateStore.from_certs  # untyped upstream
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder_data(keys.pdf_key_pem, passphrase=None),
        cert_registry=make_store([certificate]),
    )
    metadata = PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm="sha256",
        name=keys.public["name"],
        reason=reason,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
    )
    out = io.BytesIO()
    signers.PdfSigner(
        metadata, signer=signer, new_field_spec=fields.SigFieldSpec(sig_field_name=FIELD_NAME)
    ).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(unsigned)), output=out, bytes_reserved=CONTENTS_BYTES
    )
    return out.getvalue()


def read_signed_pdf(data: bytes) -> SignedPdf:
    """Check the signature of a PDF offline and return its signer and attachments.

    Raises PdfNotAccepted when it is unsigned, changed, not covered in whole, or open to changes.
    A hostile file may make the PDF reader raise other errors; the caller treats them the same way.
    """
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    signatures = reader.embedded_signatures
    if len(signatures) != 1:
        raise PdfNotAccepted(f"{len(signatures)} signatures")
    signature = signatures[0]
    certificate = signature.signer_cert
    # The window of a self-signed certificate adds no trust, and a certificate must stay checkable
    # after it has ended: so it is checked at a moment inside that window.
    context = ValidationContext(
        trust_roots=[certificate],
        allow_fetching=False,
        moment=certificate.not_valid_before + timedelta(seconds=1),
    )
    status = validate_pdf_signature(signature, context)
    if not (status.intact and status.valid):
        raise PdfNotAccepted("changed")
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE or not status.bottom_line:
        raise PdfNotAccepted("coverage")
    if signature.docmdp_level != MDPPerm.NO_CHANGES:
        raise PdfNotAccepted("not certified against changes")
    _refuse_loose_bytes(data, signature)
    return SignedPdf(_fingerprint(certificate), _attachments(reader))


def _refuse_loose_bytes(data: bytes, signature: Any) -> None:
    """Refuse anything but the signature and zeros in the one gap the signature cannot cover."""
    start, first, second, _ = (int(value) for value in signature.byte_range)
    gap = data[start + first : second]
    found = _HEX.fullmatch(gap)
    if found is None:
        raise PdfNotAccepted("signature bytes")
    content = bytes.fromhex(found[1].decode("ascii"))
    if content[_der_length(content) :].strip(b"\0"):
        raise PdfNotAccepted("signature bytes")


def _der_length(content: bytes) -> int:
    """Return how many bytes the leading DER value of a byte string occupies."""
    size = content[1]
    if size < 0x80:
        return 2 + size
    count = size & 0x7F
    return 2 + count + int.from_bytes(content[2 : 2 + count], "big")


def _attachments(reader: PdfFileReader) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    listed = reader.root.get("/AF")
    for reference in listed if isinstance(listed, ArrayObject) else []:
        specification = reference.get_object()
        if not isinstance(specification, DictionaryObject):
            raise PdfNotAccepted("attachment")
        stream = specification["/EF"]["/F"]
        name = str(specification["/UF"])
        if name in found or not isinstance(stream, StreamObject):
            raise PdfNotAccepted("attachment")
        found[name] = stream.data
    return found


def _load_certificate(pem: str) -> asn1_x509.Certificate:
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)
    loaded: asn1_x509.Certificate = asn1_x509.Certificate.load(der)
    return loaded


def _fingerprint(certificate: asn1_x509.Certificate) -> str:
    return x509.load_der_x509_certificate(certificate.dump()).fingerprint(hashes.SHA256()).hex()
