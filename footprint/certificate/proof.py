"""W3C Data Integrity proofs with the cryptosuite `eddsa-jcs-2022`, over plain JSON objects.

The signature covers SHA-256(canonical proof options) followed by SHA-256(canonical document), so
it holds for exactly the JSON a reader sees; no JSON-LD processing and no network are involved.
Source: W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3; its test vectors are in the tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from factor_db.foundation.canonical import canonical_json

MULTICODEC_ED25519 = b"\xed\x01"
SIGNATURE_BYTES = 64
MULTIBASE_LIMIT = 200
PROOF_TYPE = "DataIntegrityProof"
CRYPTOSUITE = "eddsa-jcs-2022"
PURPOSE = "assertionMethod"
PROOF_FIELDS = {
    "@context",
    "type",
    "cryptosuite",
    "created",
    "verificationMethod",
    "proofPurpose",
    "proofValue",
}

Proof = TypedDict(
    "Proof",
    {
        "@context": NotRequired[list[str]],
        "type": str,
        "cryptosuite": str,
        "created": str,
        "verificationMethod": str,
        "proofPurpose": str,
        "proofValue": str,
    },
)
"""A proof as JSON; it repeats the `@context` of the document where that has one."""


def multibase_of(key: Ed25519PublicKey) -> str:
    """Return a public key as multibase base58btc text (`z6Mk…`)."""
    return "z" + base58.b58encode(MULTICODEC_ED25519 + key.public_bytes_raw()).decode("ascii")


def public_key_of(multibase: str) -> Ed25519PublicKey:
    """Read a `z6Mk…` public key; raises ValueError for anything else."""
    raw = _base58btc(multibase)
    if not raw.startswith(MULTICODEC_ED25519):
        raise ValueError("not an Ed25519 multikey")
    return Ed25519PublicKey.from_public_bytes(raw[len(MULTICODEC_ED25519) :])


def signed_hash(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """Return the 64 bytes a proof signs: hash of the proof options, then hash of the document."""
    return (
        hashlib.sha256(canonical_json(options)).digest()
        + hashlib.sha256(canonical_json(document)).digest()
    )


def sign(
    document: Mapping[str, Any],
    key: Ed25519PrivateKey,
    *,
    verification_method: str,
    created: str,
) -> dict[str, Any]:
    """Return the document with its proof; the same input gives the same bytes.

    `created` is a UTC instant as text. A document that already has a proof is refused (ValueError).
    """
    if "proof" in document:
        raise ValueError("the document already carries a proof")
    options = {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": verification_method,
        "proofPurpose": PURPOSE,
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(signed_hash(document, options))
    value = "z" + base58.b58encode(signature).decode("ascii")
    return {**document, "proof": {**options, "proofValue": value}}


def verify(secured: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether the document's one proof is an intact `eddsa-jcs-2022` proof by this key.

    Stricter than the standard on purpose: the proof has exactly the fields `sign` writes and
    repeats the document's whole `@context`. Never raises for a malformed proof.
    """
    document = {name: item for name, item in secured.items() if name != "proof"}
    proof = secured.get("proof")
    if not isinstance(proof, Mapping) or not _options_are_ours(proof, document):
        return False
    options = {name: item for name, item in proof.items() if name != "proofValue"}
    try:
        signature = _base58btc(proof["proofValue"])
        key.verify(signature, signed_hash(document, options))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return len(signature) == SIGNATURE_BYTES


def _options_are_ours(proof: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    created = proof.get("created")
    try:
        datetime.strptime(str(created), "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return (
        set(proof) == (PROOF_FIELDS if "@context" in document else PROOF_FIELDS - {"@context"})
        and proof["type"] == PROOF_TYPE
        and proof["cryptosuite"] == CRYPTOSUITE
        and proof["proofPurpose"] == PURPOSE
        and isinstance(proof["verificationMethod"], str)
        and proof.get("@context") == document.get("@context")
    )


def _base58btc(text: object) -> bytes:
    # The length bound keeps a hostile file from a decoder whose time grows with the square.
    if not isinstance(text, str) or not text.startswith("z") or len(text) > MULTIBASE_LIMIT:
        raise ValueError("not base58btc multibase text")
    return base58.b58decode(text[1:].encode("ascii"))
