"""Data Integrity proofs against the W3C vectors.

System: the Alumni credential and key pair of W3C vc-di-eddsa, cryptosuite eddsa-jcs-2022.
By hand: signed bytes = SHA-256(canonical options) || SHA-256(canonical document), that is the
files proofHashJCS and docHashJCS one after the other (combinedHashJCS), Ed25519 over them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from factor_db.foundation.canonical import canonical_json
from footprint.certificate.proof import (
    multibase_of,
    public_key_of,
    sign,
    signed_hash,
    verify,
)

VECTORS = Path(__file__).parent / "data" / "di-eddsa"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def key_pair() -> Ed25519PrivateKey:
    raw = base58.b58decode(read("keyPair.json")["privateKeyMultibase"][1:])
    return Ed25519PrivateKey.from_private_bytes(raw[2:])


def test_key_is_written_as_the_vector_writes_it():
    text = read("keyPair.json")["publicKeyMultibase"]
    assert multibase_of(key_pair().public_key()) == text
    assert multibase_of(public_key_of(text)) == text


def test_canonical_forms_and_hashes_equal_the_vectors():
    document, options = read("unsigned.json"), read("proofConfigJCS.json")
    assert canonical_json(document).decode() == (VECTORS / "canonDocJCS.txt").read_text()
    assert canonical_json(options).decode() == (VECTORS / "proofCanonJCS.txt").read_text()
    combined = (VECTORS / "combinedHashJCS.txt").read_text().strip()
    assert signed_hash(document, options).hex() == combined


def test_signing_again_gives_the_vector_byte_for_byte():
    expected = read("signedJCS.json")
    again = sign(
        read("unsigned.json"),
        key_pair(),
        verification_method=expected["proof"]["verificationMethod"],
        created=expected["proof"]["created"],
    )
    assert again == expected
    signature = base58.b58decode(again["proof"]["proofValue"][1:]).hex()
    assert signature == (VECTORS / "sigHexJCS.txt").read_text().strip()


def test_vector_verifies():
    assert verify(read("signedJCS.json"), key_pair().public_key())


def test_another_key_does_not_verify():
    assert not verify(read("signedJCS.json"), Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("created", "2023-02-24T23:36:39Z"),
        ("created", "yesterday"),
        ("proofPurpose", "authentication"),
        ("cryptosuite", "eddsa-rdfc-2022"),
        ("type", "Ed25519Signature2020"),
        ("@context", ["https://www.w3.org/ns/credentials/v2"]),
        ("proofValue", "z" + "1" * 500),
        ("proofValue", "not multibase"),
        ("proofValue", 7),
        ("expires", "2030-01-01T00:00:00Z"),
    ],
)
def test_changed_proof_does_not_verify(name, value):
    secured = read("signedJCS.json")
    secured["proof"][name] = value
    assert not verify(secured, key_pair().public_key())


def test_missing_proof_field_does_not_verify():
    for name in read("signedJCS.json")["proof"]:
        secured = read("signedJCS.json")
        del secured["proof"][name]
        assert not verify(secured, key_pair().public_key())


def test_changed_document_does_not_verify():
    secured = read("signedJCS.json")
    secured["credentialSubject"]["alumniOf"] = "The School of Example"
    assert not verify(secured, key_pair().public_key())


def test_a_document_is_signed_once_only():
    with pytest.raises(ValueError, match="already"):
        sign(read("signedJCS.json"), key_pair(), verification_method="x", created="x")


@pytest.mark.parametrize("text", ["", "z", "zzz", "6Mk", "z6Mk0OIl", "Ω", "z" + "1" * 60])
def test_strange_keys_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        public_key_of(text)
