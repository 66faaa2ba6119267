"""Shape of credentials: the W3C test-suite inputs, and hostile values.

The suite's inputs are templates: it fills in the issuer, and dates for PAST DATE and FUTURE DATE.
Names tell the answer: `-ok` is a credential, `-fail` is none, `-fail-or-inject` is none as it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from footprint.certificate.checks.structure import (
    SUBJECT_OBJECTS,
    certificate_faults,
    credential_faults,
    not_normal_text,
    too_deep,
)
from footprint.certificate.edition import SCHEMA
from footprint.certificate.payload import CONTEXT, TYPES

INPUTS = sorted((Path(__file__).parent / "data" / "vcdm2").glob("credential-*.json"))
DATES = {"PAST DATE": "2020-01-01T00:00:00Z", "FUTURE DATE": "2040-01-01T00:00:00Z"}


def filled(path: Path) -> Any:
    value = json.loads(path.read_text(encoding="utf-8"))
    if "no-issuer" not in path.name:
        issuer = value.setdefault("issuer", "did:example:issuer")
        if issuer == {}:
            issuer["id"] = "did:example:issuer"
    for name in ("validFrom", "validUntil"):
        if value.get(name) in DATES:
            value[name] = DATES[value[name]]
    return value


def test_the_inputs_are_there():
    assert len([path for path in INPUTS if path.stem.endswith("-ok")]) == 34
    assert len([path for path in INPUTS if "-fail" in path.stem]) == 33


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_w3c_input(path):
    assert bool(credential_faults(filled(path))) == ("-fail" in path.stem)


@pytest.mark.parametrize("value", [None, [], 3, "text", {}, {"type": 3}, {"issuer": {"id": []}}])
def test_strange_values_are_faults_not_errors(value):
    assert credential_faults(value)
    assert certificate_faults(value)


def certificate(**changes: Any) -> dict[str, Any]:
    """Return the least value that has the shape of a signed certificate of ours."""
    subject = {name: {} for name in SUBJECT_OBJECTS}
    return {
        "@context": CONTEXT,
        "id": "urn:footprint:certificate:1",
        "type": TYPES,
        "issuer": {"id": "did:key:z6Mk", "name": "x", "pdfCertificateSha256": "0"},
        "validFrom": "2026-11-22T00:00:00Z",
        "validUntil": "2028-11-22T00:00:00Z",
        "credentialSubject": {"certificateSchema": SCHEMA, "illustrative": True, **subject},
        "proof": {"type": "DataIntegrityProof"},
        **changes,
    }


def test_a_certificate_of_the_right_shape_has_no_fault():
    assert certificate_faults(certificate()) == []


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"@context": [*CONTEXT, "https://example.org/more"]}, ["type"]),
        ({"type": [*TYPES, "Another"]}, ["type"]),
        ({"credentialSubject": [certificate()["credentialSubject"]]}, ["type"]),
        ({"further": 1}, ["further"]),
        ({"issuer": {"id": "did:key:z6Mk", "name": "x"}}, ["issuer"]),
        ({"issuer": {"id": "did:key:z6Mk", "name": 1, "pdfCertificateSha256": "0"}}, ["issuer"]),
        ({"validFrom": "2026-11-22T00:00:00+00:00"}, ["validFrom"]),
        ({"validUntil": "2028-11-22T00:00:00.0Z"}, ["validUntil"]),
        ({"validUntil": "2026-11-21T23:59:59Z"}, ["validUntil"]),
    ],
)
def test_each_fault_of_the_shape_is_named(changes, faults):
    assert certificate_faults(certificate(**changes)) == faults


def test_each_object_of_the_subject_is_needed():
    for name in (*SUBJECT_OBJECTS, "illustrative", "certificateSchema"):
        subject = {**certificate()["credentialSubject"], name: None}
        assert certificate_faults(certificate(credentialSubject=subject)) == [name]


def test_depth_is_bounded_without_recursion():
    value: Any = []
    for _ in range(100_000):
        value = [value]
    assert too_deep(value)
    while value:  # taken apart by hand: freeing it in one go would recurse
        value = value[0]
    assert not too_deep({"a": [1, {"b": "c"}]})


def test_decomposed_text_is_noticed_in_keys_and_values():
    assert not_normal_text({"e\u0301": 1})
    assert not_normal_text(["e\u0301"])
    assert not not_normal_text({"é": ["铝"]})
