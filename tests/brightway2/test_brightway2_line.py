"""Brightway 2 (brightway2 2.4.7) reads package and workbooks with their method and parameters.

System under test: the exports of the demonstration plate, loaded by the script beside them in an
environment of its own with the old line. Its score must be ours and that of the 2.5 project: 1e-9
in double precision from what is stored, 1e-6 by bw2calc, whose matrices are single precision in
both lines. After changing an own amount and an emission factor and recalculating, the score must
be what `--set` of the same slots gives. The failure guarded against: 2.5's own package loads in
2.4.7, after its class names are mended, with a method that silently scores 0.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from brightway2.environment import interpreter, reason_against

from factor_db.store.work import Store
from footprint.brightway.export import export_calculation
from footprint.calculation.calculate import calculate_study
from footprint.study.definition import default_study
from lca_models.brightway.project import PROJECT_NAME, score_project

CHANGES = {
    "hot_rolling/electricity/inventory": "201.5",
    "natural_gas.net_calorific_value/property": "34.1",
    "electricity/life_cycle": "0.4123",
}
NAMES = {
    "hot_rolling__electricity__inventory": 201.5,
    "natural_gas_net_calorific_value__property": 34.1,
    "electricity__life_cycle__co2e": 0.4123,
}
HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        not os.environ.get("FOOTPRINT_SOAK"),
        reason="installs brightway2 2.4.7 into an environment of its own: `make soak`",
    ),
    pytest.mark.skipif(bool(reason_against()), reason=reason_against()),
]


def test_brightway_2_scores_as_we_do(demo_store: Store, tmp_path: Path) -> None:
    study = default_study("plate")
    overrides = {slot: Decimal(value) for slot, value in CHANGES.items()}
    with demo_store.read() as session:
        result = calculate_study(session, study)
        changed = calculate_study(session, replace(study, overrides=overrides))
    total, after = (float(r.nominal.total) * 1000 for r in (result, changed))
    export_calculation(result.result, tmp_path / "project")
    newer = score_project(tmp_path / "project", PROJECT_NAME)
    assert newer.double == pytest.approx(total, rel=1e-9)
    python = interpreter()
    for form in ("brightway-package", "brightway-excel"):
        export_calculation(result.result, tmp_path / form, form)
        answer = _inside(python, tmp_path / form, tmp_path / f"data-{form}")
        assert answer["line"] == [3, 6, 6]
        assert answer["method"] == [["GWP100", "AR6"]]
        assert answer["unit"] == "kg CO2e"
        assert answer["bw2calc"] != 0
        assert answer["double"] == answer["first"] == pytest.approx(newer.double, rel=1e-9)
        assert answer["double"] == pytest.approx(total, rel=1e-9)
        assert answer["bw2calc"] == pytest.approx(newer.bw2calc, rel=1e-6)
        assert answer["bw2calc"] == pytest.approx(total, rel=1e-6)
        assert answer["changed_double"] == pytest.approx(after, rel=1e-9)
        assert answer["changed_bw2calc"] == pytest.approx(after, rel=1e-6)
    assert abs(after / total - 1) > 1e-3


def _inside(python: Path, folder: Path, data: Path) -> dict[str, object]:
    data.mkdir()
    done = subprocess.run(
        [str(python), str(HERE / "inside.py"), str(folder), json.dumps(NAMES)],
        env={**os.environ, "BRIGHTWAY2_DIR": str(data), "HOME": str(data), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer
