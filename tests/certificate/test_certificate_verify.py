"""The verifier: separate answers, and nothing altered ever passes.

System: the certificates of conftest.py, verified on 2026-11-23, the day after issue.
A stand-in recalculation knows the rows of the hand-made document, so `recomputes` is meaningful.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf.generic import NameObject, StreamObject

from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput
from footprint.certificate.keys import create_keys, load_keys
from footprint.certificate.payload import certificate_id
from footprint.certificate.printed.pdf import render_pdf
from footprint.certificate.printed.qr import qr_content, qr_text
from footprint.certificate.printed.signature import sign_pdf
from footprint.certificate.proof import sign
from footprint.certificate.status import sign_status_list
from tests.certificate.certificate_document import recompute, result

JSON_CHECKS = [
    "readable",
    "structure",
    "canonical",
    "intact",
    "issuer_known",
    "in_force",
    "status",
    "recomputes",
    "model",
    "illustrative",
]
PDF_CHECKS = [*JSON_CHECKS[:4], "pdf_signature", "qr", *JSON_CHECKS[4:]]


def failing(report):
    return {check.name for check in report.checks if not check.ok}


def resigned(issued, change):
    """Return certificate bytes changed by the issuer itself and signed again, id included."""
    credential = json.loads(issued.json_path.read_bytes())
    del credential["proof"]
    change(credential)
    credential["id"] = certificate_id(credential)
    return canonical_json(
        sign(
            credential,
            issued.keys.signing,
            verification_method=issued.keys.public["verificationMethod"],
            created=credential["validFrom"],
        )
    )


def test_json_and_pdf_of_a_known_issuer_pass(own, check):
    for path, names in ((own.json_path, JSON_CHECKS), (own.pdf_path, PDF_CHECKS)):
        report = check(path)
        assert failing(report) == set()
        assert [item.name for item in report.checks] == names
        assert report.valid
        assert not report.illustrative


def test_answers_are_in_both_languages(own, check):
    report = check(own.json_path)
    assert report.as_json("zh")["checks"][3]["detail"].startswith("签名完好")
    assert report.as_json("en")["verdict"] == "Valid: intact, issuer known, in force, recomputes."


def test_content_decides_not_the_suffix(own, check, tmp_path):
    shutil.copy(own.pdf_path, tmp_path / "copy.json")
    assert [item.name for item in check(tmp_path / "copy.json").checks] == PDF_CHECKS


def test_illustrative_is_never_a_plain_valid(illustrative, check):
    report = check(illustrative.json_path)
    assert report.valid
    assert report.illustrative
    assert report.verdict("en").startswith("Intact, illustrative")


def test_neighbour_pins_an_illustrative_key_only(own, illustrative, check):
    report = check(illustrative.json_path, issuers=[])
    assert report.valid
    assert "no trust claimed" in report.check("issuer_known").detail("en")
    assert failing(check(own.json_path, issuers=[])) == {"issuer_known"}


def test_naming_an_issuer_silences_the_neighbour(own, illustrative, check):
    report = check(illustrative.json_path, issuers=[own.keys.public], neighbour_counts=False)
    assert failing(report) == {"issuer_known"}


def test_known_issuer_needs_the_same_key_name_and_role(own, check):
    for name, value in (("name", "别家"), ("role", "illustrative"), ("did", "did:key:z6Mk")):
        assert failing(check(own.json_path, issuers=[{**own.keys.public, name: value}])) == {
            "issuer_known"
        }


def test_in_force_on_the_first_and_the_last_day_only(own, check):
    days = {"2026-11-21": False, "2026-11-22": True, "2028-11-22": True, "2028-11-23": False}
    for day, expected in days.items():
        report = check(own.json_path, today=date.fromisoformat(day))
        assert report.check("in_force").ok is expected


def test_status_list_of_the_issuer_decides(own, check):
    as_of = datetime(2027, 1, 5, tzinfo=UTC)
    entry = {own.result["certificate_id"]: {"status": "revoked", "reason": "meter fault"}}
    revoked = sign_status_list(entry, own.keys, as_of=as_of)
    assert failing(check(own.json_path, status_list=revoked)) == {"status"}
    assert "2027-01-05" in check(own.json_path, status_list=revoked).check("status").detail("en")
    assert check(own.json_path, status_list=sign_status_list({}, own.keys, as_of=as_of)).valid


def test_status_list_of_others_or_altered_is_refused(own, illustrative, check):
    as_of = datetime(2027, 1, 5, tzinfo=UTC)
    foreign = sign_status_list({}, illustrative.keys, as_of=as_of)
    altered = {**sign_status_list({}, own.keys, as_of=as_of), "asOf": "2028-01-05T00:00:00Z"}
    for listed in (foreign, altered, {}, {"type": "FootprintStatusList"}):
        assert failing(check(own.json_path, status_list=listed)) == {"status"}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.randoms(use_true_random=False))
def test_one_changed_digit_anywhere_is_never_valid(own, check, tmp_path, chance):
    data = bytearray(own.json_path.read_bytes())
    place = chance.choice([i for i, byte in enumerate(data) if chr(byte).isdigit()])
    data[place] = chance.choice([digit for digit in b"0123456789" if digit != data[place]])
    path = tmp_path / "certificate.json"
    path.write_bytes(data)
    assert failing(check(path))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.randoms(use_true_random=False))
def test_changed_inserted_or_lost_bytes_are_never_valid(own, check, tmp_path, chance):
    data = bytearray(own.json_path.read_bytes())
    place = chance.randrange(len(data))
    kind = chance.randrange(3)
    if kind == 0:
        data[place] ^= 1 << chance.randrange(8)
    elif kind == 1:
        data.insert(place, chance.randrange(256))
    else:
        del data[place]
    path = tmp_path / "certificate.json"
    path.write_bytes(data)
    assert failing(check(path))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"9" * 10_000,
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"type":"VerifiableCredential"}',
        b"%PDF-1.7",
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    ],
)
def test_malformed_files_fail_a_named_check(check, tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    assert failing(check(path)) <= {"readable", "structure", "pdf_signature"}
    assert not check(path).valid


def test_unreadable_files_are_bad_input(check, tmp_path):
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(BadInput):
            check(path)


def test_pretty_printed_copy_is_not_canonical(own, check, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(json.loads(own.json_path.read_bytes()), indent=1))
    assert failing(check(path)) == {"canonical"}


def test_decomposed_text_is_refused(own, check, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_bytes(resigned(own, lambda item: item["issuer"].update(name="Ame\u0301lie")))
    assert failing(check(path)) == {"readable"}


@pytest.mark.parametrize("number", [1.5, 10**20])
def test_binary_numbers_are_not_canonical(own, check, tmp_path, number):
    credential = json.loads(own.json_path.read_bytes())
    credential["credentialSubject"]["calculation"]["inputs"] = {"x": number}
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(credential, ensure_ascii=False))
    assert {"canonical", "intact"} <= failing(check(path))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # the issuer's own key cannot make a shown figure differ from the calculation
        (lambda s: s["result"]["rounded"].update(value="1.188"), {"recomputes"}),
        (lambda s: s["result"]["byStage"][0].update(value="1.4"), {"recomputes"}),
        (lambda s: s["quality"].update(pdsRounded="90.0"), {"recomputes"}),
        (lambda s: s["calculation"]["total"].update(value="1.187645"), {"recomputes"}),
        (lambda s: s["calculation"]["contributions"].pop(), {"recomputes"}),
        (lambda s: s["calculation"]["contributions"][0].update(factor="x@1"), {"recomputes"}),
        (lambda s: s["calculation"].update(estimate=True), {"recomputes"}),
        (lambda s: s["calculation"].update(contributions=None), {"recomputes"}),
        (lambda s: s["calculation"].update(result_hash="00" * 32), {"recomputes"}),
        (lambda s: s["review"].update(level="verified"), {"recomputes"}),
        (lambda s: s.update(review={}), {"recomputes"}),
        (lambda s: s["status"].update(asOf="2020-01-01T00:00:00Z"), {"status", "recomputes"}),
        (lambda s: s["calculation"].update(illustrative=True), {"illustrative", "recomputes"}),
        (lambda s: s["calculation"].update(factors=7), {"illustrative", "recomputes"}),
    ],
)
def test_an_issuer_cannot_sign_other_figures(own, check, tmp_path, change, expected):
    path = tmp_path / "certificate.json"
    path.write_bytes(resigned(own, lambda item: change(item["credentialSubject"])))
    assert failing(check(path)) == expected


def test_longer_validity_does_not_recompute(own, check, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_bytes(resigned(own, lambda item: item.update(validUntil="2036-11-22T23:59:59Z")))
    assert failing(check(path)) == {"recomputes"}


def test_illustrative_key_cannot_sign_as_own(illustrative, check, tmp_path):
    def unmark(credential):
        credential["credentialSubject"]["illustrative"] = False

    path = tmp_path / "certificate.json"
    path.write_bytes(resigned(illustrative, unmark))
    assert {"issuer_known", "illustrative"} <= failing(check(path))


def test_another_key_under_the_same_name_is_unknown(own, check, tmp_path):
    create_keys(tmp_path / "keys", own.keys.public["name"], datetime(2026, 11, 1, tzinfo=UTC))
    other = load_keys(tmp_path / "keys", False)
    credential = json.loads(own.json_path.read_bytes())
    del credential["proof"]
    credential["issuer"] = {**credential["issuer"], "id": other.public["did"]}
    credential["id"] = certificate_id(credential)
    method = other.public["verificationMethod"]
    path = tmp_path / "certificate.json"
    signed = sign(
        credential,
        other.signing,
        verification_method=method,
        created=credential["validFrom"],
    )
    path.write_bytes(canonical_json(signed))
    assert failing(check(path)) == {"issuer_known"}


def test_failing_recalculation_is_an_answer(own, check):
    def broken(document):
        raise KeyError("study")

    assert failing(check(own.json_path, recompute=broken)) == {"recomputes"}
    reworded = recompute(result())
    reworded["choices"]["alternatives"][2]["reason"] = "electricity/delivery, natural_gas/upstream"
    assert check(own.json_path, recompute=lambda document: reworded).valid
    other = {**recompute(result()), "by_gas": {}}
    assert failing(check(own.json_path, recompute=lambda document: other)) == {"recomputes"}


def test_pdf_with_another_figure_drawn_by_rewriting_fails(own, check, tmp_path):
    writer = pypdf.PdfWriter(clone_from=own.pdf_path)
    page = writer.pages[0]
    stream = StreamObject()
    stream.set_data(page.get_contents().get_data() + b"\nq 1 0 0 rg 60 620 200 60 re f Q\n")
    page[NameObject("/Contents")] = writer._add_object(stream)
    path = tmp_path / "certificate.pdf"
    with path.open("wb") as file:
        writer.write(file)
    assert failing(check(path)) == {"pdf_signature"}


def test_pdf_changed_by_an_appended_revision_fails(own, check, tmp_path):
    writer = IncrementalPdfFileWriter(io.BytesIO(own.pdf_path.read_bytes()))
    writer.root["/PageMode"] = writer.root["/Type"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    path = tmp_path / "certificate.pdf"
    path.write_bytes(out.getvalue())
    assert failing(check(path)) == {"pdf_signature"}
    path.write_bytes(own.pdf_path.read_bytes() + b"\n%more\n")
    assert failing(check(path)) == {"pdf_signature"}


def test_flipped_bytes_of_the_pdf_fail(own, check, tmp_path):
    data = own.pdf_path.read_bytes()
    chance = random.Random(20261122)
    path = tmp_path / "certificate.pdf"
    gap = data.index(b"/Contents <30") + len(b"/Contents ")
    covered = [place for place in range(len(data)) if not gap <= place < gap + 2 * 8192]
    for place in chance.sample(covered, 40):
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert failing(check(path)), place


def test_padding_of_the_signature_may_hold_nothing(own, check, tmp_path):
    data = own.pdf_path.read_bytes()
    end = data.index(b"000000>", data.index(b"/Contents <30"))
    path = tmp_path / "certificate.pdf"
    path.write_bytes(data[:end] + b"000001" + data[end + 6 :])
    assert failing(check(path)) == {"pdf_signature"}


def test_unsigned_copy_and_foreign_signature_fail(own, check, tmp_path):
    """A forger draws another total around the genuine JSON and signs with a key of his own."""
    data = own.json_path.read_bytes()
    credential = json.loads(data)
    text = qr_text(qr_content(credential, data), own.keys.signing)
    credential["credentialSubject"]["result"]["rounded"]["value"] = "1.188"
    forged = render_pdf(credential, data, text)
    path = tmp_path / "certificate.pdf"
    path.write_bytes(forged)
    assert failing(check(path)) == {"pdf_signature"}
    create_keys(tmp_path / "keys", own.keys.public["name"], datetime(2026, 11, 1, tzinfo=UTC))
    path.write_bytes(sign_pdf(forged, load_keys(tmp_path / "keys", False), reason="x"))
    assert failing(check(path)) == {"pdf_signature"}


def test_qr_of_another_certificate_fails(own, check, tmp_path):
    data = own.json_path.read_bytes()
    credential = json.loads(data)
    content = {**qr_content(credential, data), "total": "1.188"}
    pdf = render_pdf(credential, data, qr_text(content, own.keys.signing))
    path = tmp_path / "certificate.pdf"
    path.write_bytes(sign_pdf(pdf, own.keys, reason="x"))
    assert failing(check(path)) == {"qr"}


def test_verifying_needs_neither_brightway_nor_pandas():
    code = (
        "import sys, footprint.certificate.checks.verify, footprint.certificate.checks.pdf;"
        "heavy = ('pandas', 'bw2data', 'bw2calc', 'numpy', 'sqlmodel');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
