"""What the commands say beside sampled figures: too few samples, seeds, doubtful intervals, marks.

System: the example plate. By hand: a uniform of 1000 to 2000 times the nominal gas of the
furnace lifts every draw far above the nominal total, which so lies below the whole interval.
146 samples: 0.975 ** 146 = 0.0248 < 0.025 < 0.975 ** 145, the fewest of which one lies below the
2.5 % quantile in 97.5 of 100 samples.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factor_db.store.work import Store
from footprint import __file__ as package
from footprint.cli.main import main
from footprint.engine.statistics.intervals import least_samples
from footprint.solving.preparation import evaluated
from footprint.study.definition import default_study

GAS = "melting/natural_gas/inventory"
PLATE = Path(package).with_name("studies").joinpath("plate.toml").read_text("utf-8")
HUGE = "99999999999999999999999999"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", *arguments])
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


@pytest.fixture(autouse=True)
def _home(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))


@pytest.fixture
def lifted(demo_store: Store, tmp_path: Path) -> Path:
    with demo_store.read() as session:
        gas = evaluated(session, default_study("plate"))[1].amounts()[GAS]
    study = tmp_path / "lifted.toml"
    stated = f'{{ kind = "uniform", minimum = "{1000 * gas}", maximum = "{2000 * gas}" }}'
    study.write_text(f'{PLATE}\n[distributions]\n"{GAS}" = {stated}\n', encoding="utf-8")
    return study


def test_too_few_samples_are_refused_with_the_least_number(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert least_samples() == 146
    table = tmp_path / "studies.csv"
    table.write_text("study,product\na,plate\n", encoding="utf-8")
    for asked in (
        ("calculate", "plate"),
        ("uncertainty", "plate", "--sobol"),
        ("portfolio", str(table), "--out", str(tmp_path / "out.parquet")),
    ):
        code, out, told = run(capsys, *asked, "--samples", "145")
        assert (code, out) == (2, "")
        assert "146" in told


@pytest.mark.parametrize("seed", [HUGE, "-1", str(2**53)])
def test_a_seed_out_of_bounds_is_bad_input(capsys: pytest.CaptureFixture[str], seed: str) -> None:
    bank = ("background", "bank", "x", "--key", "a", "--uncertainty", "x.csv")
    commands = (("calculate", "plate"), ("uncertainty", "plate"), ("portfolio", "x.csv"), bank)
    for command in (*commands, ("compare", "a.toml", "b.toml")):
        code, _, told = run(capsys, *command, "--seed", seed)
        assert code == 2
        assert "--seed" in told


def test_options_of_draws_without_draws_are_said_to_do_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, told = run(capsys, "calculate", "plate", "--seed", "2")
    assert (code, "--seed: no effect" in told) == (0, True)
    assert "no effect" not in run(capsys, "calculate", "plate")[2]


def test_a_total_outside_its_interval_is_warned_of(
    capsys: pytest.CaptureFixture[str], lifted: Path
) -> None:
    asked = ("--samples", "150", "--json")
    _, out, told = run(capsys, "calculate", str(lifted), *asked)
    assert "outside its sampled interval" in told
    assert json.loads(out)["total"]["interval"]["drift"] == ["mean", "median", "outside"]
    _, out, told = run(capsys, "uncertainty", str(lifted), "--samples", "150")
    assert "outside its sampled interval" in told
    assert "median of each log-normal" not in " ".join(out.split())
    assert GAS in out


def test_two_studies_pass_the_gate_and_ties_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f'gwp_set = "AR5"\n{PLATE}', encoding="utf-8")
    asked = ("uncertainty", "plate", "--samples", "150", "--against")
    code, out, told = run(capsys, *asked, str(other), "--json")
    document = json.loads(out)
    assert (code, document["illustrative"]) == (0, True)
    assert [item["attribute"] for item in document["against"]["mismatches"]] == ["gwp_set"]
    assert "Illustrative" in told
    _, out, _ = run(capsys, *asked, str(other))
    assert out.index("may not be compared") < out.index("−")
    _, out, _ = run(capsys, *asked, "plate")
    assert "equal in all draws" in out
    assert "may not be compared" not in out


def test_a_result_compared_with_itself_is_equal_in_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = json.loads(run(capsys, "calculate", "plate", "--json")[1])["calculation"]
    _, out, _ = run(capsys, "compare", name, name, "--samples", "150")
    assert "equal in all common samples" in out
    asked = ("view", name, "--standard", "iso14067", "--explain", "all", "--json")
    assert json.loads(run(capsys, *asked)[1])["illustrative"] is True
