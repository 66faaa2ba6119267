"""What a command says of faults: all of them at once, in one language, with the right exit code.

System under test: `calculate`, `portfolio`, `benchmark`, `background` and `statement` as typed, on the
demo store. Reference: the words of the catalogue and the exit codes 2 (bad input) and 4 (not allowed).
"""

from __future__ import annotations

import json
import shutil
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
        capsys, "calculate", "plate", "--electricity-rule", "residul", "--set", f"{slot}=1"
    )
    assert (code, slot in err, "residul" in err) == (2, False, True)
