"""The QR code: the few figures a phone should show, signed, so that it verifies offline.

Text: `FP1:` + base32(zlib(canonical JSON) + 64-byte Ed25519 signature), in the QR alphanumeric set.
The signature covers a fixed prefix and the packed bytes, so it is checked before anything is
unpacked, and no spare bit of the packing can be changed unseen.
"""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from typing import Any

import segno
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from factor_db.foundation.canonical import canonical_json, sha256_hex, strict_json
from factor_db.foundation.errors import BadInput
from footprint.certificate.fields import JsonObject
from footprint.certificate.proof import SIGNATURE_BYTES
from footprint.words.book import words

PREFIX = "FP1:"
DOMAIN = b"footprint/qr/v1\n"
CONTENT_LIMIT = 4096
TEXT_LIMIT = 4296  # the most a version 40-L symbol holds in the alphanumeric set
BASE32_GROUP = 8


def qr_content(credential: JsonObject, certificate_bytes: bytes) -> dict[str, Any]:
    """Return what the QR says about a signed credential and the bytes of its certificate.json."""
    subject = credential["credentialSubject"]
    total = subject["result"]["total"]
    content: dict[str, Any] = {
        "id": credential["id"],
        "sha256": sha256_hex(certificate_bytes),
        "total": subject["result"]["rounded"]["value"],
        "unit": f"{total['unit']}/{_declared(subject['declaredUnit'])}",
        "product": subject["product"]["code"],
        "until": credential["validUntil"][:10],
        "illustrative": subject["illustrative"],
    }
    if subject["illustrative"]:
        notice = words("CERTIFICATE_ILLUSTRATIVE_WATERMARK")
        content["notice"] = f"{notice['zh']} {notice['en']}"
    return content


def qr_text(content: JsonObject, key: Ed25519PrivateKey) -> str:
    """Return the signed text of the QR code; the same content and key give the same text."""
    packed = zlib.compress(canonical_json(content), 9)
    packed += key.sign(DOMAIN + packed)
    return PREFIX + _base32(packed)


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=")


def read_qr(text: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """Return the content of a QR text after checking its signature; raises BadInput otherwise."""
    if not text.startswith(PREFIX) or len(text) > TEXT_LIMIT:
        raise BadInput("CERTIFICATE_QR_UNREADABLE", reason=PREFIX)
    body = text[len(PREFIX) :]
    try:
        packed = base64.b32decode(body + "=" * (-len(body) % BASE32_GROUP))
        # The last character holds spare bits: only one spelling of the same bytes is ours.
        if _base32(packed) != body:
            raise BadInput("CERTIFICATE_QR_UNREADABLE", reason="base32")
        # The signature covers the packed bytes, for packing leaves spare bits of its own.
        key.verify(packed[-SIGNATURE_BYTES:], DOMAIN + packed[:-SIGNATURE_BYTES])
        data = zlib.decompressobj().decompress(packed[:-SIGNATURE_BYTES], CONTENT_LIMIT)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BadInput("CERTIFICATE_QR_UNREADABLE", reason=str(error)) from None
    except InvalidSignature:
        raise BadInput("CERTIFICATE_QR_UNREADABLE", reason="signature") from None
    content = strict_json(data)
    if not isinstance(content, dict):
        raise BadInput("CERTIFICATE_QR_UNREADABLE", reason="content")
    return content


def qr_svg(text: str) -> str:
    """Return the QR symbol as SVG, error correction M, with the quiet zone of four modules."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=4, dark="#10283c", xmldecl=False, svgns=True
    )
    return out.getvalue().decode("utf-8")


def _declared(unit: JsonObject) -> str:
    return str(unit["unit"]) if unit["amount"] == "1" else f"{unit['amount']} {unit['unit']}"
