"""Running portfolios: the same bytes however the work is cut, ended, taken up or spread.

System under test: `run` and the command on 24 studies of two products, one of which lacks a factor
and one whose site is unknown. Reference: one run in this process, in one block.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from factor_db.foundation.errors import BadInput
from factor_db.foundation.files import locked
from footprint.cli.main import main
from footprint.portfolio import run_portfolio
from footprint.portfolio.run import PortfolioResult
from footprint.portfolio.summary import PortfolioSummary

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "portfolio.json"

HEADINGS = (
    "study,product,site,set:electricity/life_cycle [kg/kWh],"
    "set:charging/recycled_ingot/inventory [t/t]\n"
)
LINES = [
    *(f"P{n:02d},plate,CQ-PLATE,{0.3 + n / 100:.2f},\n" for n in range(12)),
    *(f"R{n:02d},recycled_ingot,CQ-RECYCLED,{0.3 + n / 100:.2f},\n" for n in range(10)),
    "S00,plate,CQ-PLATE,,0.1\n",
    "S01,plate,NOWHERE,,\n",
]


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portfolio") / "studies.csv"
    path.write_text(HEADINGS + "".join(LINES), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def reference(studies: Path, demo_home: Path) -> list[bytes]:
    """Both files of a run in one block."""
    result = go(studies, studies.parent / "reference", demo_home, workers=1)
    assert result.counts == {"complete": 22, "incomplete": 1, "refused": 1}
    assert result.exit_code == 3
    assert result.lowest
    assert result.lowest.study == "R00"
    return both(studies.parent / "reference")


def go(file: Path, to: Path, home: Path, **options: Any) -> PortfolioResult:
    to.mkdir(exist_ok=True)
    outputs = {"out": to / "结果.parquet", "contributions": to / "c.parquet"}
    return run_portfolio(file, home=home, **{**outputs, **options})


def both(folder: Path) -> list[bytes]:
    assert sorted(path.name for path in folder.glob("*")) == ["c.parquet", "结果.parquet"]
    return [(folder / name).read_bytes() for name in ("结果.parquet", "c.parquet")]


def rows(folder: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as parquet

    found = parquet.read_table(folder / "结果.parquet").to_pylist()
    return sorted(found, key=lambda row: str(row["study"]))


def stopping(after: int) -> Callable[[int, int], None]:
    def progress(done: int, _total: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    return progress


def test_processes_and_blocks_do_not_move_a_byte(
    studies: Path, reference: list[bytes], demo_home: Path, tmp_path: Path
) -> None:
    go(studies, tmp_path / "a", demo_home, workers=2, studies_per_block=7)
    assert both(tmp_path / "a") == reference


def test_the_order_of_the_file_does_not_move_a_number(
    studies: Path, reference: list[bytes], demo_home: Path, tmp_path: Path
) -> None:
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text(HEADINGS + "".join(LINES[::-1]), encoding="utf-8")
    go(shuffled, tmp_path / "a", demo_home, workers=1, studies_per_block=5)
    assert rows(tmp_path / "a") == rows(studies.parent / "reference")


def test_a_stopped_run_goes_on_and_a_damaged_part_is_done_again(
    studies: Path, reference: list[bytes], demo_home: Path, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"workers": 1, "studies_per_block": 5}
    with pytest.raises(KeyboardInterrupt):
        go(studies, tmp_path / "a", demo_home, progress=stopping(15), **options)
    parts = tmp_path / "a" / "结果.parquet.parts"
    (parts / "00000001.results.parquet").write_bytes(b"half")
    (parts / "00000004.json.1.unfinished").write_bytes(b"{")
    (tmp_path / "a" / "结果.parquet.1.unfinished").write_bytes(b"half")
    result = go(studies, tmp_path / "a", demo_home, **options)
    assert (result.resumed, result.changed) == (10, ())
    assert both(tmp_path / "a") == reference


def test_another_input_begins_anew_and_says_so(
    studies: Path, reference: list[bytes], demo_home: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text(HEADINGS + "".join(LINES[:6]), encoding="utf-8")
    options: dict[str, Any] = {"workers": 1, "studies_per_block": 5}
    with pytest.raises(KeyboardInterrupt):
        go(other, tmp_path / "a", demo_home, progress=stopping(5), **options)
    result = go(studies, tmp_path / "a", demo_home, **options)
    assert result.resumed == 0
    assert {"input", "factors"} >= set(result.changed) >= {"input"}
    assert both(tmp_path / "a") == reference


def test_a_killed_run_goes_on_to_the_same_bytes(
    studies: Path, reference: list[bytes], demo_home: Path, tmp_path: Path
) -> None:
    """SIGKILL, in a process of its own, once two blocks are sealed; the lock goes with it."""
    program = (
        "import sys, time; from pathlib import Path; from footprint.portfolio import run_portfolio\n"
        "to = Path(sys.argv[2])\n"
        "run_portfolio(sys.argv[1], out=to / '结果.parquet', contributions=to / 'c.parquet',\n"
        "    home=Path(sys.argv[3]), workers=1, studies_per_block=3, progress=lambda *_: time.sleep(0.3))\n"
    )
    folder = tmp_path / "a"
    folder.mkdir()
    command = [sys.executable, "-c", program, str(studies), str(folder), str(demo_home)]
    process = subprocess.Popen(command)
    parts = folder / "结果.parquet.parts"
    while process.poll() is None and len(list(parts.glob("[0-9]*.json"))) < 2:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    result = go(studies, folder, demo_home, workers=1, studies_per_block=3)
    assert result.resumed >= 6
    assert both(folder) == reference


@pytest.mark.parametrize("output", ["结果.parquet", "c.parquet"])
def test_two_runs_on_one_output_are_refused(
    studies: Path, demo_home: Path, tmp_path: Path, output: str
) -> None:
    with locked(tmp_path / f"{output}.lock"), pytest.raises(BadInput) as error:
        go(studies, tmp_path, demo_home)
    assert error.value.code == "FILE_BUSY"


def test_a_full_disk_is_an_error_and_leaves_nothing_half(
    studies: Path,
    reference: list[bytes],
    demo_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, written = os.fsync, 0

    def full(handle: int) -> None:
        nonlocal written
        written += 1
        if written > 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    options: dict[str, Any] = {"workers": 1, "studies_per_block": 6}
    with monkeypatch.context() as changed:
        changed.setattr(os, "fsync", full)
        with pytest.raises(BadInput) as error:
            go(studies, tmp_path / "a", demo_home, **options)
    assert error.value.code == "FILE_NOT_WRITTEN"
    assert not list((tmp_path / "a").glob("*.parquet"))
    assert not list((tmp_path / "a").rglob("*.unfinished"))
    assert go(studies, tmp_path / "a", demo_home, **options).resumed == 6
    assert both(tmp_path / "a") == reference


@pytest.mark.parametrize("out", ["studies.csv", "absent/out.parquet", "."])
def test_an_output_must_be_a_file_of_its_own(
    studies: Path, demo_home: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(studies.parent)
    with pytest.raises(BadInput) as error:
        run_portfolio(studies, out=Path(out), home=demo_home)
    assert error.value.code in {"PORTFOLIO_SAME_FILE", "PORTFOLIO_FOLDER"}


def test_the_command_prints_json_and_leaves_with_3_where_not_all_is_complete(
    studies: Path,
    demo_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    arguments = ["portfolio", str(studies), "--out", str(tmp_path / "o.parquet"), "--workers", "1"]
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (left.value.code, document["complete"], document["refused"]) == (3, 22, 1)
    of_schema = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    of_schema.validate(document)
    assert not of_schema.is_valid({**document, "seconds": str(document["seconds"])})
    assert PortfolioSummary.model_validate(document).record() == document
    by_study = {row["study"]: row for row in _table(tmp_path / "o.parquet")}
    assert by_study["S00"]["missing"] == "recycled_ingot/cradle_to_gate"
    assert by_study["S01"]["code"] == "SITE_UNKNOWN"
    assert "NOWHERE" in by_study["S01"]["reason_zh"]


def _table(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as parquet

    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def test_the_command_lists_every_fault_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.csv"
    file.write_text("study,product,site\n1,cheese,\n1,plate,\n", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["portfolio", str(file), "--out", str(tmp_path / "o.parquet"), "--lang", "en"])
    shown = capsys.readouterr().err
    assert left.value.code == 2
    assert "row 2, column 'product': there is no 'cheese'." in shown
    assert "row 3, column 'study': '1' already stands in row 2." in shown
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


def test_the_example_of_the_docs_works_as_typed(demo_home: Path, tmp_path: Path) -> None:
    """Ingot at 5 kg/kg (5000 kg/t) is below the example's, so are 50 m3 gas for 73.8; residual power has no factor."""
    example = Path(__file__).parents[2] / "docs" / "examples" / "portfolio.csv"
    result = go(example, tmp_path / "a", demo_home, workers=1)
    assert result.counts == {"complete": 6, "incomplete": 1}
    found = {row["study"]: row for row in _table(tmp_path / "a" / "结果.parquet")}
    values = {study: row["kg_co2e_per_kg"] for study, row in found.items()}
    assert values["厚板-若铝锭为 5 kg/kg"] < values["厚板-若熔炼用气 50 m3/t"] < values["厚板-现状"]
    assert found["再生锭-剩余电力"]["missing"] == "electricity/residual_life_cycle"
