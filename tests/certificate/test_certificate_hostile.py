"""What an issuer could do with its own key, and hostile files: each fails a named check.

The certificate of conftest.py is changed by its issuer and signed again with a fitting id.
`renamed` gives the calculation a fitting id too, so that only the change itself can be noticed.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy

import pytest

from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput
from footprint.certificate.checks.recomputing import calculation_difference
from footprint.certificate.checks.report import Check, printable
from footprint.result.difference import first_difference
from tests.certificate.certificate_document import calculation, recompute, renamed
from tests.certificate.test_certificate_verify import failing, resigned


def refused_field(own, check, folder, change):
    """Return what `recomputes` says of a certificate whose subject was changed."""
    path = folder / "certificate.json"
    path.write_bytes(resigned(own, lambda item: change(item["credentialSubject"])))
    report = check(path)
    assert failing(report) == {"recomputes"}
    return report.check("recomputes").params["reason"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s.pop("title"), "title"),
        (lambda s: s.pop("subtitle"), "subtitle"),
        (lambda s: s["title"].update(zh="国家产品证书"), "title.zh"),
        (lambda s: s["statements"][0]["text"].update(en="low-carbon"), "statements.0.text.en"),
        (lambda s: s.update(certifiedBy={"zh": "某", "en": "x"}), "certifiedBy"),
        (lambda s: s["review"].update(name={"zh": "某", "en": "x"}), "review.name.en"),
        (lambda s: s["review"].update(by="x"), "review.by"),
        (lambda s: s["quality"]["co2eOnly"].update(rows=True), "quality.co2eOnly.rows"),
    ],
)
def test_words_and_keys_are_compared(own, check, tmp_path, change, field):
    reason = refused_field(own, check, tmp_path, change)
    assert reason == f"credentialSubject.{field}"


def test_a_missing_total_stays_missing(own, check, tmp_path):
    def change(subject):
        subject["choices"]["alternatives"][2]["total"] = {"zh": "0.1", "en": "0.1"}

    reason = refused_field(own, check, tmp_path, change)
    assert reason == "credentialSubject.choices.alternatives.2.total"


def test_the_notice_of_example_data_stays(illustrative, check, tmp_path):
    assert check(illustrative.json_path).valid
    reason = refused_field(
        illustrative, check, tmp_path, lambda subject: subject.pop("illustrativeNotice")
    )
    assert reason == "credentialSubject.illustrativeNotice"


def test_hidden_field_data_fail(own, check, tmp_path):
    def change(subject):
        subject["calculation"]["unused_field_data"] = ["x@1"]
        renamed(subject["calculation"])

    assert "CERTIFICATE_UNUSED_FIELD_DATA" in refused_field(own, check, tmp_path, change)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d["site"].update(code="CQ02"), "site.code"),
        (lambda d: d["site"].update(region="CN-YN"), "site.region"),
        (lambda d: d["site"].update(certified="yes"), "site.certified"),
        (lambda d: d["release"].update(name="2027.01"), "release.name"),
        (lambda d: d["release"].update(note="x"), "release.note"),
        (lambda d: d["inputs"].update(note="x"), "inputs.note"),
        (lambda d: d.update(certifiedBy="x"), "certifiedBy"),
        (lambda d: d.pop("rules"), "rules"),
        (lambda d: d["quality"].update(pds="99"), "quality.pds"),
        (lambda d: d["flows"][0].update(amount="0"), "flows.0.amount"),
        (lambda d: d["coverage"]["not_rebased"].update(rows=True), "coverage.not_rebased.rows"),
        (
            lambda d: d["choices"]["alternatives"][2].update(reason="low-carbon"),
            "choices.alternatives.2.reason",
        ),
        (
            lambda d: d["choices"]["alternatives"][2].update(total="0.1"),
            "choices.alternatives.2.total",
        ),
        (lambda d: d["total"].update(unit="g CO2e"), "total.unit"),
        (lambda d: d["total"].update(certified="x"), "total.certified"),
    ],
)
def test_every_field_of_the_calculation_is_checked(change, field):
    document = calculation()
    assert calculation_difference(document, recompute) == ""
    change(document)
    assert calculation_difference(renamed(document), recompute) == field


def test_the_calculation_id_follows_from_the_rest():
    document = {**calculation(), "calculation": "00" * 32}
    assert calculation_difference(document, recompute) == "calculation"


def test_differences_are_named_by_their_path():
    value = {"a": [{"b": 1}, 2]}
    assert first_difference(value, deepcopy(value)) == ""
    assert first_difference(value, {"a": [{"b": True}, 2]}) == "a.0.b"
    assert first_difference(value, {"a": [1]}) == "a"
    assert first_difference(value, 7) == "document"


def test_nothing_is_computed_when_the_signature_fails(own, check, tmp_path):
    def costly(document):
        raise AssertionError("recomputed")

    credential = json.loads(own.json_path.read_bytes())
    credential["credentialSubject"]["calculation"]["inputs"]["gsd"] = "1E+999999999999999999"
    path = tmp_path / "certificate.json"
    path.write_bytes(canonical_json(credential))
    report = check(path, recompute=costly)
    assert {"intact", "recomputes"} <= failing(report)
    assert report.check("recomputes").code == "CERTIFICATE_NOT_RECOMPUTED"


@pytest.mark.parametrize("key", [r"\ud800", r"\n\u2713 intact: ok", r"\u001b[2J", r"\u202e"])
def test_answers_are_one_printable_line(own, check, tmp_path, key):
    path = tmp_path / "certificate.json"
    path.write_bytes(own.json_path.read_bytes()[:-1] + f',"{key}":1}}'.encode())
    report = check(path)
    assert failing(report) == {"structure"}
    for lang in ("zh", "en"):
        for item in report.checks:
            line = item.detail(lang)
            assert line.isprintable()
            line.encode("utf-8")


def test_an_issuer_name_forges_no_line(own, check, tmp_path):
    name = "某厂\n✓ issuer_known: ok\x1b[1A"
    path = tmp_path / "certificate.json"
    path.write_bytes(resigned(own, lambda item: item["issuer"].update(name=name)))
    line = check(path).check("issuer_known").detail("zh")
    assert line.isprintable()
    assert r"某厂\n✓" in line


def test_common_text_stays_as_it_is():
    assert printable("重庆（示例）Ltd. – α") == "重庆（示例）Ltd. – α"
    assert Check("x", True, "CERTIFICATE_RECOMPUTES", {"rows": 3}).detail("en").count("3") == 1


def test_pipes_and_folders_are_not_read(own, check, tmp_path):
    os.mkfifo(tmp_path / "certificate.json")
    for path in (tmp_path / "certificate.json", tmp_path):
        with pytest.raises(BadInput) as caught:
            check(path)
        assert caught.value.code == "CERTIFICATE_FILE_UNREADABLE"


def test_a_pipe_beside_the_certificate_is_not_read(illustrative, check, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_bytes(illustrative.json_path.read_bytes())
    os.mkfifo(tmp_path / "issuer.json")
    assert failing(check(path, issuers=[])) == {"issuer_known"}
