"""One judgement for certificate, report, view, comparison, benchmark, lab and statement.

System under test: the example extruder with a main meter 3 % above its processes and site services
stated as none: by hand 3/103 = 2.91 % of the meter is carried by nobody, above the 1 % of rule
DER-METER-004, so its closure is open. Beside it the plate mill as metered, which closes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from plant_cases import calculated, metered, study_of

from factor_db.foundation.errors import EXIT_INCOMPLETE, Incomplete
from factor_db.store.work import Store
from footprint.calculation.calculate import store_calculation
from footprint.certificate.certifiable import require_certifiable
from footprint.cli.main import main
from footprint.comparison.statement import closure_of_value, statement
from footprint.comparison.value import value_of_document
from footprint.lab.combinations import run_lab
from footprint.lab.document import lab_document
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from footprint.study.definition import default_study
from footprint.views.markdown import markdown
from footprint.views.registry import STANDARDS, view_of

SHARE = Decimal("0.03")


@pytest.fixture
def open_result(store: Store, tmp_path: Path) -> str:
    """The id of a stored calculation whose closure is open."""
    site = metered(SHARE, services="none").publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert result.result.closure is not None
    assert result.result.closure.closed is False
    with store.work("exporter") as work:
        return store_calculation(work, result)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*arguments])
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def test_an_open_closure_is_refused_by_every_command_with_exit_code_3(
    open_result: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site = ("--site", "CQ-CASE")
    commands = [
        *(("view", open_result, "--standard", standard) for standard in STANDARDS if standard != "pact"),
        ("view", open_result, "--standard", "pact", "--company-id", "urn:uuid:1", "--product-id", "urn:p:1"),
        ("compare", open_result, open_result),
        ("statement", open_result),
        ("benchmark", "extrusion", *site, "--samples", "0"),
        ("lab", "extrusion", *site, "--vary", "gwp_set"),
        ("uncertainty", "extrusion", "--samples", "10"),
    ]  # fmt: skip
    for command in commands:
        code, out, err = run(capsys, *command, "--lang", "en")
        assert code == EXIT_INCOMPLETE, (command, err)
        assert "2.9126" in err, command
        assert not out.strip(), command


def test_the_report_of_a_closed_result_carries_its_closure(demo_store: Store) -> None:
    document = calculated(demo_store, default_study("plate")).result
    for standard, options in (("iso14067", {}), ("cbam", {"year": "2026"})):
        for lang, said in (("zh", "闭合:厂区账"), ("en", "closure: site account")):
            page = markdown(view_of(document, standard, **options), lang)  # type: ignore[arg-type]
            assert said in page, (standard, lang)
    value = value_of_document(document)
    assert closure_of_value(value, "en").startswith("closure: site account")


def test_another_plant_than_the_one_metered_is_shown_and_says_so(demo_store: Store) -> None:
    study = default_study("plate").changed("alloying", "5083")
    document = calculated(demo_store, study).result
    with pytest.raises(Incomplete):
        require_certifiable(document)
    assert "not the plant as metered" in markdown(view_of(document, "iso14067"), "en")
    said = statement(value_of_document(document), "en")
    assert "not the plant as metered: choices alloying=5083" in said


def test_the_lab_says_how_the_study_closes(
    demo_home: Path, demo_store: Store, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with demo_store.read() as session:
        found = lab_document(run_lab(session, default_study("plate"), ("gwp_set",))).record()
    assert found["closure"]["closed"] is True
    assert found["closure"] == calculated(demo_store, default_study("plate")).document["closure"]
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    code, out, _ = run(capsys, "lab", "plate", "--vary", "gwp_set", "--lang", "en")
    assert code == 0
    assert "closure: site account" in " ".join(out.split())


def test_the_benchmark_says_how_ours_closes(
    demo_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    code, out, _ = run(capsys, "benchmark", "plate", "--samples", "0", "--lang", "en")
    assert code == 0
    assert "closure: site account" in " ".join(out.split())
    code, out, _ = run(capsys, "benchmark", "plate", "--samples", "0", "--json")
    (ours,) = [line for line in json.loads(out)["lines"] if line["ours"]]
    assert ours["closure_en"].startswith("closure: site account")


def test_a_combination_that_no_plant_could_have_is_refused_in_its_row(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never_ar4(nominal: Nominal, _: object) -> tuple[CodedText, ...]:
        found = CodedText("POSSIBLE_NEGATIVE", {"total": "-1"})
        return (found,) if nominal.study.gwp_set == "AR4" else ()

    monkeypatch.setattr("footprint.judgement.impossible.impossibilities", never_ar4)
    monkeypatch.setattr("footprint.judgement.record.impossibilities", never_ar4)
    with demo_store.read() as session:
        found = lab_document(run_lab(session, default_study("plate"), ("gwp_set",))).record()
        rows = {row["choices"]["gwp_set"]: row for row in found["rows"]}
        assert (rows["AR4"]["status"], rows["AR4"]["total"]) == ("refused", None)
        assert rows["AR4"]["code"] == "BLOCKED_IMPOSSIBLE"
        assert "total -1" in rows["AR4"]["message_en"]
        assert rows["AR6"]["status"] == "complete"
        with pytest.raises(Incomplete, match="BLOCKED_IMPOSSIBLE"):
            run_lab(session, replace(default_study("plate"), gwp_set="AR4"), ("gwp_set",))
