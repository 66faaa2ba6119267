"""The demonstration plate exported for Brightway: its score, changed parameters, the command.

The exact total is that of the calculation. The stored project must hold it to 1e-9, and after
changing parameters and recalculating hold what `--set` of the same slots calculates; bw2calc reads
matrices in single precision and must find both to 1e-6.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from factor_db.store.work import Store
from footprint.brightway.export import (
    FORMATS,
    export_calculation,
    inventory_of_result,
)
from footprint.calculation.calculate import CalculationResult, calculate_study
from footprint.cli.main import main
from footprint.figures.recompute import nominal_of
from footprint.study.definition import default_study
from lca_models.brightway.project import PROJECT_NAME, score_project

OVERRIDES = {
    "hot_rolling/electricity/inventory": Decimal("201.5"),
    "scalping/internal_scrap/inventory": Decimal("0.06"),
    "natural_gas.net_calorific_value/property": Decimal("34.1"),
    "electricity/life_cycle": Decimal("0.4123"),
}
CHANGES = {
    "hot_rolling__electricity__inventory": 201.5,
    "scalping__internal_scrap__inventory": 0.06,
    "natural_gas_net_calorific_value__property": 34.1,
    "electricity__life_cycle__co2e": 0.4123,
}


@pytest.fixture(scope="module")
def plate(demo_store: Store) -> CalculationResult:
    with demo_store.read() as session:
        return calculate_study(session, default_study("plate"))


def test_the_project_holds_the_total_and_follows_changed_parameters(
    plate: CalculationResult, demo_store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    export_calculation(plate.result, folder)
    found = score_project(folder, PROJECT_NAME)
    total = float(plate.nominal.total) * 1000
    assert found.double == pytest.approx(total, rel=1e-9)
    assert found.bw2calc == pytest.approx(total, rel=1e-6)
    with demo_store.read() as session:
        changed = calculate_study(session, replace(default_study("plate"), overrides=OVERRIDES))
    after = float(changed.nominal.total) * 1000
    found = score_project(folder, PROJECT_NAME, CHANGES)
    assert found.double == pytest.approx(after, rel=1e-9)
    assert found.bw2calc == pytest.approx(after, rel=1e-6)
    assert abs(after / total - 1) > 1e-3


def test_every_pinned_factor_is_a_parameter_with_level_reference_and_source(
    plate: CalculationResult,
) -> None:
    inventory = inventory_of_result(nominal_of(plate.result), plate.result)
    comments = [parameter.comment for parameter in inventory.parameters]
    for pin in plate.nominal.pins:
        stated = f"{pin.slot.key} | {pin.level} | {pin.factor.ref} | "
        mine = [comment for comment in comments if comment.startswith(stated)]
        assert len(mine) == (1 if "value" in pin.factor.amounts else len(pin.factor.amounts))
        assert pin.factor.source.citation in mine[0]
    drawn = {p.name for p in inventory.parameters if p.sigma}
    assert "electricity__life_cycle__co2e" in drawn
    assert "hot_rolling__homogenised_slab__inventory" not in drawn


def test_what_stands_outside_the_headline_stays_out_of_the_export(demo_store: Store) -> None:
    """Recycled ingot: substitution charges 1.1 t of scrap as primary, beside the result only."""

    def rows(rule: str) -> list[tuple[str, str, float]]:
        with demo_store.read() as session:
            study = default_study("recycled_ingot").changed("scrap_rule", rule)
            result = calculate_study(session, study).result
        found = inventory_of_result(nominal_of(result), result).activities
        return [(a.code, row.input, row.amount) for a in found for row in a.rows if row.amount]

    assert rows("substitution") == rows("cut-off")


def test_the_command_writes_each_format_and_knows_no_other(
    plate: CalculationResult,
    demo_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    monkeypatch.setenv("FOOTPRINT_LANG", "en")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    code, out, _ = run("calculate", "plate", "--json")
    calculation = json.loads(out)["calculation"]
    for form, files in (
        ("brightway-package", {"footprint.bw2package"}),
        ("brightway-excel", {"gases.xlsx", "foreground.xlsx", "method.xlsx"}),
    ):
        asked = ("export", calculation, "--format", form, "--out", str(tmp_path / form))
        assert run(*asked)[0] == 0
        assert {path.name for path in (tmp_path / form).iterdir()} == {
            "load.py",
            "README.txt",
            *files,
        }
        assert run(*asked)[0] == 2  # a folder that is not empty stays as it is
    readme = (tmp_path / "brightway-excel" / "README.txt").read_text(encoding="utf-8")
    assert f"{plate.nominal.total:.6f}" in readme
    assert "每千克" in readme
    code, _, err = run("export", calculation, "--format", "ilcd", "--out", str(tmp_path / "x"))
    assert code == 2
    assert all(form in err for form in FORMATS)
    assert not (tmp_path / "x").exists()
