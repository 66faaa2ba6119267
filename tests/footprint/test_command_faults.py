"""What a command says of faults: all of them at once, in one language, with the right exit code.

System under test: `calculate`, `portfolio`, `benchmark`, `background` and `statement` as typed, on the
demo store. Reference: the words of the catalogue and the exit codes 2 (bad input) and 4 (not allowed).
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from footprint.cli.main import main


@pytest.fixture(autouse=True)
def _demo(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", *arguments])
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def test_a_value_below_zero_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "calculate", "plate", "--set", "electricity/life_cycle=-1")
    assert (code, out) == (2, "")
    assert err == "'electricity/life_cycle': -1 is below zero; no factor is.\n"


def test_a_study_file_may_not_set_a_value_below_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.toml"
    file.write_text('product = "plate"\n[set]\n"electricity/life_cycle" = -1\n', encoding="utf-8")
    code, _, err = run(capsys, "calculate", str(file))
    assert (code, "below zero" in err) == (2, True)


def test_every_faulty_option_is_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("calculate", "plate", "--set", "nosuch/x=1", "--set", "electricity/life_cycle=abc")
    more = ("--choice", "foo=bar", "--scrap-rule", "weird", "--gwp", "AR9", "--engine", "x")
    code, out, err = run(capsys, *asked, *more, "--supplier", "a", "--json")
    assert code == 2
    for word in ("nosuch/x", "abc", "foo=bar", "scrap_rule=weird", "AR9", "'x'", "'a'"):
        assert word in err, word
    assert err.endswith("Faults: 7\n")
    codes = [item["error"] for item in json.loads(out)["faults"]]
    assert codes[:3] == ["CHOICE_NOT_AVAILABLE", "CHOICE_UNKNOWN", "GWP_SET_UNKNOWN"]
    assert len(codes) == 7


def test_a_slot_of_the_choice_that_was_meant_is_no_second_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slot = "electricity/residual_life_cycle"
    code, _, err = run(
        capsys, "calculate", "plate", "--electricity-rule", "residul", "--set", f"{slot}=1 kg/kWh"
    )
    assert (code, slot in err, "residul" in err) == (2, False, True)


def portfolio_file(tmp_path: Path, rows: str) -> tuple[str, ...]:
    file = tmp_path / "s.csv"
    file.write_text("study,product,site\n" + rows, encoding="utf-8")
    out = str(tmp_path / "o.parquet")
    return "portfolio", str(file), "--out", out, "--workers", "1"


def test_a_portfolio_stopped_early_says_that_nothing_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal comes in the middle of reading the store, which is ended whole before the stop."""
    from footprint.portfolio import run as running

    real, read = running.prepare_questions, []

    def prepare(*arguments: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        read.append("not torn")
        return real(*arguments)

    monkeypatch.setattr(running, "prepare_questions", prepare)
    code, out, err = run(capsys, *portfolio_file(tmp_path, "1,plate,CQ-PLATE\n"))
    assert (code, out, read) == (130, "", ["not torn"])
    assert err == "Stopped before this run had done a block of studies; no results were written.\n"
    assert not (tmp_path / "o.parquet").exists()


def test_a_stop_after_the_results_were_written_is_no_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from footprint.portfolio import run as running

    monkeypatch.setattr(running.Parts, "remove", lambda _: signal.raise_signal(signal.SIGINT))
    code, out, _ = run(capsys, *portfolio_file(tmp_path, "1,plate,CQ-PLATE\n"))
    assert code == 0
    assert "studies on illustrative data: 1; estimates: 0" in out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_first_reasons_are_said_and_a_site_out_of_sight_is_one_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"N{n},plate,NOWHERE\n" for n in range(6)) + "P,plate,CQ-PLATE\n"
    asked = portfolio_file(tmp_path, rows)
    code, out, err = run(capsys, *asked)
    assert (code, out.startswith("studies: 7; 1 complete")) == (3, True)
    assert "N4 (refused): there is no site 'NOWHERE'" in err
    assert "N5" not in err
    assert "studies not listed here: 1;" in err
    document = json.loads(run(capsys, *asked, "--json")[1])
    assert [item["study"] for item in document["reasons"]] == ["N0", "N1", "N2", "N3", "N4"]
    assert (document["illustrative"], document["estimates"]) == (1, 0)
    seen = portfolio_file(tmp_path, "P,plate,CQ-PLATE\nR,recycled_ingot,CQ-RECYCLED\n")
    # What is out of sight reads as what is not there.
    code, _, err = run(capsys, "--as", "standards", *seen)
    assert (code, "there is no site 'CQ-PLATE'" in err) == (3, True)


@pytest.mark.parametrize("option", ["--out", "--contributions"])
def test_outputs_of_a_portfolio_end_in_parquet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    asked = portfolio_file(tmp_path, "1,plate,CQ-PLATE\n")
    code, _, err = run(capsys, *asked, option, str(tmp_path / "x.csv"))
    assert (code, "must end in .parquet" in err) == (2, True)
    assert not (tmp_path / "x.csv").exists()


def test_an_empty_file_has_no_heading_to_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = portfolio_file(tmp_path, "")
    (tmp_path / "s.csv").write_text("", encoding="utf-8")
    code, _, err = run(capsys, *asked)
    assert code == 2
    assert err == (
        "file: the file holds no study.\ns.csv is not usable and nothing was written. Faults: 1\n"
    )


def test_a_benchmark_that_shows_no_site_blames_sight_and_not_the_sites(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "--as", "standards", "benchmark", "plate", "--samples", "0")
    assert code == 0
    assert "this user sees no site" in " ".join(out.split())


def test_a_checked_statement_speaks_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.txt"
    file.write_text("Our plate is carbon neutral.", encoding="utf-8")
    code, out, err = run(capsys, "statement", "--check", str(file), "--json")
    found = json.loads(out)
    assert (code, err, found["sound"]) == (1, "", False)
    assert found["refused_words"]


def test_a_stop_before_the_command_began_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    from footprint.cli import entry
    from footprint.cli import main as commands

    monkeypatch.setattr(commands, "main", lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as left:
        entry.main()
    assert left.value.code == 130
