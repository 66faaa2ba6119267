"""Issuer keys: Ed25519 for the JSON and the QR, P-256 with a self-signed certificate for the PDF.

Two sets stand side by side: `issuer`, and `illustrative` for everything that rests on example
data, so that a certificate over examples can never carry the issuer's own signature.
Private keys are PEM PKCS8 without a passphrase, readable by their owner only.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from factor_db.foundation.canonical import canonical_json, sha256_hex, strict_json
from factor_db.foundation.errors import BadInput, NotAllowed
from footprint.certificate.proof import multibase_of, public_key_of

ROLES = ("issuer", "illustrative")
PDF_CERTIFICATE_YEARS = 20
COMMON_NAME_LIMIT_BYTES = 64  # upper bound of a common name in X.520, as cryptography counts it


class IssuerDocument(TypedDict):
    """Who signs, as JSON that may be handed to anyone: name, keys and since when."""

    name: str
    did: str
    verificationMethod: str
    publicKeyMultibase: str
    pdfCertificatePem: str
    pdfCertificateSha256: str
    role: str
    created: str


ISSUER_FIELDS = set(IssuerDocument.__annotations__)


@dataclass(frozen=True, slots=True)
class Keys:
    """One loaded key set; `public` is the issuer document that may be handed to anyone."""

    signing: Ed25519PrivateKey
    pdf_key_pem: bytes
    public: IssuerDocument

    @property
    def illustrative(self) -> bool:
        """Whether this set signs example data only."""
        return bool(self.public["role"] == "illustrative")


def utc_text(moment: datetime) -> str:
    """Return an instant as `YYYY-MM-DDTHH:MM:SSZ`; raises BadInput without a time zone."""
    if moment.tzinfo is None:
        raise BadInput("CERTIFICATE_TIME_ZONE", value=moment.isoformat())
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create_keys(folder: Path, issuer_name: str, created_at: datetime) -> list[IssuerDocument]:
    """Create both key sets in a folder that does not exist yet or is empty.

    Returns the two public issuer documents, `issuer` first. Written as a whole or not at all.
    Raises NotAllowed when the folder already holds something: keys are never overwritten.
    """
    if not issuer_name.strip():
        raise BadInput("CERTIFICATE_ISSUER_NAME")
    if folder.exists():
        if any(folder.iterdir()):
            raise NotAllowed("CERTIFICATE_KEYS_EXIST", folder=str(folder))
        folder.rmdir()
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".keys-", dir=folder.parent))  # mkdtemp gives mode 0700
    try:
        documents = [_create_set(new, role, issuer_name, created_at) for role in ROLES]
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return documents


def load_keys(folder: Path, illustrative: bool) -> Keys:
    """Load one key set; raises BadInput when it is absent, unreadable or not of one piece."""
    role = "illustrative" if illustrative else "issuer"
    try:
        signing = serialization.load_pem_private_key(
            (folder / f"{role}-ed25519.pem").read_bytes(), password=None
        )
        pdf_key_pem = (folder / f"{role}-pdf.pem").read_bytes()
        public = read_issuer((folder / f"{role}.json").read_bytes())
    except (OSError, ValueError) as error:
        raise _unreadable_keys(folder, str(error)) from None
    if not isinstance(signing, Ed25519PrivateKey) or public["role"] != role:
        raise _unreadable_keys(folder, role)
    if multibase_of(signing.public_key()) != public["publicKeyMultibase"]:
        raise _unreadable_keys(folder, "publicKeyMultibase")
    return Keys(signing, pdf_key_pem, public)


def known_issuers(folder: Path) -> list[IssuerDocument]:
    """Return the public documents of a keys folder, without touching private keys; [] if none."""
    paths = [folder / f"{role}.json" for role in ROLES]
    return [read_issuer(path.read_bytes()) for path in paths if path.is_file()]


def read_issuer(data: bytes) -> IssuerDocument:
    """Read an issuer document and check that it agrees with itself; raises BadInput otherwise."""
    value = strict_json(data)
    if not isinstance(value, dict) or set(value) != ISSUER_FIELDS:
        raise BadInput("CERTIFICATE_ISSUER_FILE", reason="fields")
    if not all(isinstance(item, str) for item in value.values()) or value["role"] not in ROLES:
        raise BadInput("CERTIFICATE_ISSUER_FILE", reason="role")
    key = value["publicKeyMultibase"]
    if value["did"] != f"did:key:{key}" or value["verificationMethod"] != f"did:key:{key}#{key}":
        raise BadInput("CERTIFICATE_ISSUER_FILE", reason="did")
    try:
        public_key_of(key)
        certificate = x509.load_pem_x509_certificate(value["pdfCertificatePem"].encode())
    except ValueError as error:
        raise BadInput("CERTIFICATE_ISSUER_FILE", reason=str(error)) from None
    if certificate.fingerprint(hashes.SHA256()).hex() != value["pdfCertificateSha256"]:
        raise BadInput("CERTIFICATE_ISSUER_FILE", reason="pdfCertificateSha256")
    return cast(IssuerDocument, value)


def _unreadable_keys(folder: Path, reason: str) -> BadInput:
    return BadInput("CERTIFICATE_KEYS_UNREADABLE", folder=str(folder), reason=reason)


def _create_set(folder: Path, role: str, issuer_name: str, created_at: datetime) -> IssuerDocument:
    name = issuer_name.strip()
    if role == "illustrative":
        name = f"{name} (示例 illustrative)"
    signing = Ed25519PrivateKey.generate()
    pdf_key = ec.generate_private_key(ec.SECP256R1())
    certificate = _pdf_certificate(pdf_key, name, created_at)
    key = multibase_of(signing.public_key())
    public: IssuerDocument = {
        "name": name,
        "did": f"did:key:{key}",
        "verificationMethod": f"did:key:{key}#{key}",
        "publicKeyMultibase": key,
        "pdfCertificatePem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "pdfCertificateSha256": sha256_hex(certificate.public_bytes(serialization.Encoding.DER)),
        "role": role,
        "created": utc_text(created_at),
    }
    _write_private(folder / f"{role}-ed25519.pem", _private_pem(signing))
    _write_private(folder / f"{role}-pdf.pem", _private_pem(pdf_key))
    _write_private(folder / f"{role}.json", canonical_json(public))
    return public


def _pdf_certificate(
    key: ec.EllipticCurvePrivateKey, name: str, created_at: datetime
) -> x509.Certificate:
    common_name = name.encode("utf-8")[:COMMON_NAME_LIMIT_BYTES].decode("utf-8", "ignore")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    start = created_at.astimezone(UTC).replace(microsecond=0)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,  # PAdES readers expect the non-repudiation bit
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(120) | 1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * PDF_CERTIFICATE_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _private_pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_private(path: Path, data: bytes) -> None:
    # O_EXCL and the mode at creation: the key never exists with wider permission, even briefly.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
