"""The command line: exit codes, JSON on stdout alone, errors as one line, nothing heavy at start.

System under test: `footprint` as users type it, in a process of its own where start-up matters and
in this process elsewhere. Exit codes: 0 done, 1 invalid, 2 bad input, 3 incomplete, 4 not allowed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from factor_db.ledger import check
from footprint.cli.main import hoisted, main

EXAMPLES = Path(__file__).parents[2] / "factor_db" / "reference" / "examples"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


@pytest.fixture
def demo(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    return demo_home


def test_help_imports_neither_brightway_nor_pandas() -> None:
    program = (
        "import sys; from footprint.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'bw2data', 'bw2calc', 'bw_processing', 'pandas', 'numpy', 'sqlmodel', 'streamlit'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "calculate" in done.stdout


def test_global_options_may_stand_anywhere() -> None:
    given = ["calculate", "plate", "--lang", "en", "--json", "--as=park"]
    assert hoisted(given) == ["--lang", "en", "--as=park", "calculate", "plate", "--json"]


def test_calculate_prints_json_and_nothing_else(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "calculate", "plate", "--json")
    assert code == 0
    assert json.loads(out)["product"] == "plate"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["calculate", "cheese"], 2, "cheese"),
        (["calculate", "plate", "--site", "NOWHERE"], 2, "NOWHERE"),
        (["calculate", "plate", "--release", "1999.01"], 2, "1999.01"),
        (["calculate", "plate", "--gwp", "AR9"], 2, "AR9"),
        (["calculate", "plate", "--scrap-rule", "magic"], 2, "magic"),
        (["calculate", "plate", "--choice", "magic=1"], 2, "magic"),
        (["calculate", "plate", "--choice", "surface"], 2, "surface"),
        (["calculate", "plate", "--choice", "smelter_power=steam"], 2, "steam"),
        (["calculate", "plate", "--set", "nonsense"], 2, "nonsense"),
        (["calculate", "plate", "--set", "electricity/life_cycle=abc"], 2, "abc"),
        (["calculate", "plate", "--engine", "steam"], 2, "steam"),
        (["calculate", "absent.toml"], 2, "absent.toml"),
        (["calculate", "plate", "--electricity-rule", "residual"], 3, "electricity/residual_life_cycle"),
        (["calculate"], 2, "product"),
        (["nonsense"], 2, "nonsense"),
        (["--lang", "fr", "init"], 2, "fr"),
        (["--as", "nobody", "calculate", "plate"], 2, "nobody"),
        (["factor", "show", "nothing"], 2, "nothing"),
        (["factor", "derive", "--site", "NOWHERE"], 2, "NOWHERE"),
        (["--as", "auditor", "factor", "publish", "elec.cn.footprint.national.2024"], 2, "published"),
        (["--as", "auditor", "ledger", "import", str(EXAMPLES / "plate_mill.xlsx")], 4, "auditor"),
        (["ledger", "check", "absent.xlsx"], 2, "absent.xlsx"),
        (["certify", "0000", "--out", "x"], 2, "0000"),
        (["verify", "absent.json"], 2, "absent.json"),
        (["export", "0000", "--out", "x"], 2, "0000"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line_and_no_traceback(
    demo: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    found, out, err = run(capsys, *arguments)
    assert found == code
    assert words in out + err
    assert "Traceback" not in err


def test_an_incomplete_result_still_answers_in_json(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "calculate", "plate", "--electricity-rule", "residual", "--json")
    assert code == 3
    assert json.loads(out)["coverage"]["missing"] == [{"slot": "electricity/residual_life_cycle"}]


def test_a_clean_ledger_is_accepted_and_a_template_can_be_read(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "ledger", "check", str(EXAMPLES / "plate_mill.xlsx"), "--json")
    assert (code, json.loads(out)) == (0, {"valid": True, "findings": []})
    assert run(capsys, "ledger", "template", str(tmp_path / "空白模板.xlsx"))[0] == 0
    assert check(tmp_path / "空白模板.xlsx").findings


def test_the_whole_path_on_the_command_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Import, derive, review, publish, calculate, certify and verify, each as its own user."""
    assert run(capsys, "ledger", "import", str(EXAMPLES / "plate_mill.xlsx"))[0] == 0
    code, out, _ = run(capsys, "factor", "derive", "--site", "CQ-PLATE", "--json")
    refs = json.loads(out)["factors"]
    assert (code, "cq-plate.2025.melting.natural_gas@1" in refs) == (0, True)
    assert run(capsys, "factor", "submit", "--site", "CQ-PLATE")[0] == 0
    assert run(capsys, "factor", "submit", "--site", "CQ-PLATE")[0] == 2  # none is left
    assert run(capsys, "factor", "review", refs[0])[0] == 4
    assert run(capsys, "factor", "publish", refs[0], "--as", "park")[0] == 2
    assert run(capsys, "--as", "auditor", "factor", "review", *refs)[0] == 0
    assert run(capsys, "--as", "park", "factor", "publish", "--site", "CQ-PLATE")[0] == 0
    code, out, _ = run(capsys, "calculate", "plate", "--samples", "150", "--json")
    calculation = json.loads(out)["calculation"]
    folder = tmp_path / "证书"
    assert run(capsys, "certify", calculation, "--out", str(folder))[0] == 0
    code, out, _ = run(capsys, "verify", str(folder / "certificate.json"), "--json")
    report = json.loads(out)
    assert (code, report["valid"], report["illustrative"]) == (0, True, True)
    assert run(capsys, "audit", "verify")[0] == 0
    code, out, _ = run(
        capsys, "factor", "trace", "cq-plate.2025.melting.electricity", "--lang", "en"
    )
    assert code == 0
    assert "plate_mill.xlsx meters!" in out
