"""Brightway as oracle and as export.

System under test: recycled ingot and plate with synthetic numbers (conftest), AR6 GWPs (CO2 1,
fossil CH4 29.8, CF4 7380, C2F6 12 400, HFC-134a 1530); rows known only as CO2e count 1. Our own
sum is activity x gas x GWP; bw2calc must find every row to 1e-9. A written project holds that score
to 1e-9 and bw2calc finds it there to 1e-6, its stored matrices being in single precision. Nothing
may appear in HOME or on stdout, and every warning is an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from factor_db.foundation.errors import BadInput
from lca_models.brightway.building import inventory_of
from lca_models.brightway.oracle import burden_gases, datapackage, solve_with_bw2calc
from lca_models.brightway.project import score_project, write_project
from lca_models.catalogue import product_system
from lca_models.system.compile import FLOAT_ARITHMETIC, CompiledSystem, compile_system
from lca_models.system.unit_process import Choices

GWP = {"co2": 1.0, "ch4_fossil": 29.8, "cf4": 7380.0, "c2f6": 12400.0, "hfc-134a": 1530.0}

CHILD = """
import warnings
warnings.simplefilter("error")
from decimal import Decimal
from lca_models.brightway.oracle import solve_with_bw2calc
from lca_models.system.compile import CompiledSystem, Burden
gases = {"co2": 3.0}
burden = Burden(0, 0, "gas", "MJ", 2.0, "combustion", "1", "own", "fossil", "input", "s", gases)
system = CompiledSystem("p", "p-1", ("pool", "final"), 1, ((1, 0, 2.0), (1, 0, -0.5)), (burden,))
assert solve_with_bw2calc(system, {"co2": 1.0}).total_kg_co2e == 4.5
"""


def _compiled(kit: SimpleNamespace, product: str, **choices: str) -> CompiledSystem:
    system = product_system(product, Choices(**choices))
    values, factors = kit.synthetic(system)
    return compile_system(
        system,
        {key: float(value) for key, value in values.items()},
        {key: {gas: float(kg) for gas, kg in gases.items()} for key, gases in factors.items()},
        FLOAT_ARITHMETIC,
    )


def _expected(kit: SimpleNamespace, compiled: CompiledSystem) -> dict[tuple[int, str], float]:
    activity = kit.float_activity(compiled)
    return {
        (index, gas): float(
            compiled.burdens[index].gases[gas] * activity[compiled.burdens[index].process_index]
        )
        for index, gas in burden_gases(compiled)
    }


def _score(rows: dict[tuple[int, str], float]) -> float:
    return sum(kilograms * GWP.get(gas, 1.0) for (_, gas), kilograms in rows.items())


@pytest.mark.parametrize(
    ("product", "choices"),
    [("recycled_ingot", {}), ("plate", {"primary_source": "modelled"})],
)
def test_bw2calc_finds_every_row(
    product: str, choices: dict[str, str], kit: SimpleNamespace
) -> None:
    compiled = _compiled(kit, product, **choices)
    expected = _expected(kit, compiled)
    found = solve_with_bw2calc(compiled, GWP)
    assert found.gas_kg == pytest.approx(expected, rel=1e-9)
    assert found.total_kg_co2e == pytest.approx(_score(expected), rel=1e-9)


def test_a_gas_without_gwp_is_an_error_not_a_zero(kit: SimpleNamespace) -> None:
    with pytest.raises(KeyError, match="ch4_fossil"):
        datapackage(_compiled(kit, "recycled_ingot"), {"co2": 1.0})


def test_solving_leaves_home_stdout_and_the_users_folder_alone(tmp_path: Path) -> None:
    home, users = tmp_path / "home", tmp_path / "users"
    home.mkdir()
    users.mkdir()
    environment = os.environ | {"HOME": str(home), "BRIGHTWAY2_DIR": str(users)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [*home.iterdir(), *users.iterdir()] == []


def test_importing_the_module_imports_no_brightway() -> None:
    code = (
        "import sys, lca_models.brightway.oracle, lca_models.brightway.project, lca_models.catalogue;"
        "print([m for m in sys.modules if m.startswith(('bw', 'numpy', 'pandas', 'scipy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_written_project_scores_as_we_do(
    tmp_path: Path, kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    compiled = _compiled(kit, "recycled_ingot")
    folder = tmp_path / "project"
    system = product_system("recycled_ingot", Choices())
    values, factors = kit.synthetic(system)
    inventory = inventory_of(system, values, factors, gwp_set="AR6", gwp=GWP)
    write_project(folder, "recycled ingot 再生", inventory)
    found = score_project(folder, "recycled ingot 再生")
    expected = _score(_expected(kit, compiled))
    assert found.double == pytest.approx(expected, rel=1e-9)
    assert found.bw2calc == pytest.approx(expected, rel=1e-6)
    assert list(home.iterdir()) == []
    with pytest.raises(BadInput) as caught:
        write_project(folder, "again", inventory)
    assert caught.value.code == "BRIGHTWAY_FOLDER_NOT_EMPTY"
    for folder_asked, name in ((folder, "unknown"), (home, "recycled ingot 再生")):
        with pytest.raises(BadInput) as caught:
            score_project(folder_asked, name)
        assert caught.value.code == "BRIGHTWAY_PROJECT_UNKNOWN"
    assert list(home.iterdir()) == []
