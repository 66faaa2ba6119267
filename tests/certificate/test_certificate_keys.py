"""Issuer keys: two sets, owner-only files, never overwritten, read back as they were written."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput, NotAllowed
from footprint.certificate.keys import create_keys, known_issuers, load_keys, read_issuer

CREATED = datetime(2026, 11, 1, tzinfo=UTC)


def test_two_sets_with_owner_only_files(keys_folder):
    assert keys_folder.stat().st_mode & 0o777 == 0o700
    paths = sorted(path.name for path in keys_folder.iterdir())
    assert paths == [
        "illustrative-ed25519.pem",
        "illustrative-pdf.pem",
        "illustrative.json",
        "issuer-ed25519.pem",
        "issuer-pdf.pem",
        "issuer.json",
    ]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in keys_folder.iterdir())


def test_the_sets_share_no_key(keys_folder):
    first, second = known_issuers(keys_folder)
    assert first["role"] == "issuer"
    assert second["role"] == "illustrative"
    assert first["did"] != second["did"]
    assert first["pdfCertificateSha256"] != second["pdfCertificateSha256"]


def test_keys_are_never_overwritten(keys_folder):
    before = {path.name: path.read_bytes() for path in keys_folder.iterdir()}
    with pytest.raises(NotAllowed):
        create_keys(keys_folder, "另一家", CREATED)
    assert before == {path.name: path.read_bytes() for path in keys_folder.iterdir()}


def test_failure_leaves_nothing(tmp_path):
    with pytest.raises(BadInput):
        create_keys(tmp_path / "keys", "  ", CREATED)
    with pytest.raises(BadInput):
        create_keys(tmp_path / "keys", "名", CREATED.replace(tzinfo=None))
    assert list(tmp_path.iterdir()) == []


def test_long_names_are_possible(tmp_path):
    documents = create_keys(tmp_path / "keys", "名" * 100, CREATED)
    assert documents[0]["name"] == "名" * 100


def test_absent_keys_are_bad_input(tmp_path):
    with pytest.raises(BadInput):
        load_keys(tmp_path, False)
    assert known_issuers(tmp_path) == []


def test_mixed_up_keys_are_noticed(tmp_path):
    create_keys(tmp_path / "keys", "名", CREATED)
    other = (tmp_path / "keys" / "illustrative-ed25519.pem").read_bytes()
    (tmp_path / "keys" / "issuer-ed25519.pem").write_bytes(other)
    with pytest.raises(BadInput):
        load_keys(tmp_path / "keys", False)


@pytest.mark.parametrize("name", ["did", "publicKeyMultibase", "pdfCertificateSha256", "role"])
def test_changed_issuer_documents_are_refused(keys_folder, name):
    document = json.loads((keys_folder / "issuer.json").read_text())
    document[name] = document[name][:-1] + ("1" if document[name][-1] != "1" else "2")
    with pytest.raises(BadInput):
        read_issuer(canonical_json(document))
