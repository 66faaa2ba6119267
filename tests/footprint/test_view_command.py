"""`footprint view` as users type it: files, explanation, JSON alone on stdout, exit codes.

System: the command line over one stored calculation of the plate example (illustrative data).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.cli.main import main
from footprint.study.definition import default_study


@pytest.fixture(scope="module")
def calculation(demo_home: Path) -> str:
    store = Store.at(demo_home)
    with store.work("exporter") as work:
        name = store_calculation(work, calculate_study(work.session, default_study("plate")))
    store.close()
    return name


@pytest.fixture(autouse=True)
def _home(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["view", *arguments])
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def test_files_in_either_form_carry_the_mark(
    calculation: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("report.md", "report.pdf", "report.json"):
        arguments = (calculation[:12], "--standard", "iso14067", "--out", str(tmp_path / name))
        code, out, err = run(capsys, *arguments, "--lang", "en")
        assert (code, out) == (0, "")
        assert "llustrative" in err
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert page.count("> **Illustrative data: not for trade, reporting or publicity**") == 2
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert (
        json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["illustrative"] is True
    )


def test_without_a_file_the_report_is_printed(
    calculation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, calculation, "--standard", "iso14067")
    assert code == 0
    assert out.startswith("# 产品碳足迹研究报告（GB/T 24067-2024 / ISO 14067:2018）")


def test_json_is_alone_on_stdout(calculation: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, calculation, "--standard", "iso14067", "--json")
    assert code == 0
    assert json.loads(out)["standard"] == "iso14067"
    assert "示例数据" in err
    code, out, _ = run(
        capsys, calculation, "--standard", "iso14067", "--explain", "total", "--json"
    )
    assert code == 0
    assert json.loads(out)["figures"][-1]["name"] == "total"


def test_explanation_in_the_readers_language(
    calculation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (calculation, "--standard", "iso14067", "--explain", "fossil.share")
    _, chinese, _ = run(capsys, *arguments, "--lang", "zh")
    assert "公式 part / whole * percent" in chinese
    assert "[result.primary.china.peng2022@2]" in chinese
    _, english, _ = run(capsys, *arguments, "--lang", "en")
    assert "Formula part / whole * percent" in english
    assert max(map(len, english.splitlines())) <= 100 or "sum(" in english


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--standard", "iai"), "View iai does not fit product 'plate'"),
        (("--standard", "gbt44905"), "View gbt44905 does not fit product 'plate'"),
        (("--standard", "weather"), "There is no view 'weather'"),
        (("--standard", "iso14067", "--explain", "no.figure"), "has no figure 'no.figure'"),
        (("--standard", "iso14067", "--out", "x.doc"), "cannot be written as '.doc'"),
        (("--standard", "iso14067", "--gwp", "AR9"), "AR9"),
    ],
)
def test_faults_are_one_line_and_exit_2(
    calculation: str,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    code, out, err = run(capsys, calculation, *arguments, "--lang", "en")
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
