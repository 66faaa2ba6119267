"""Brightway as oracle and as export: solve a compiled system with bw2calc, write it as a project.

Brightway's project is global to a process, and its import prints, warns and makes a folder.
So nothing of it is imported before it is needed; solving works on a datapackage in memory and
touches no project; projects are written and scored in a child process that knows only the folder
it is given. The user's own Brightway folder is never opened. Amounts are per tonne of product.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from factor_db.foundation.errors import BadInput
from lca_models.compile import CompiledSystem

FOLDER_VARIABLE = "BRIGHTWAY2_DIR"
FOREGROUND, GASES = "aluminium foreground", "aluminium gases"
# bw2calc recommends an optional solver to every user at import; this and no other warning is ours.
SOLVER_ADVERTISEMENT = r"\s*It seems like you have an (AMD/INTEL x64|ARM) architecture"

_import_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class OracleResult:
    """What bw2calc finds for one tonne of product.

    `gas_kg` is (burden index, gas) → kg of gas; `total_kg_co2e` is the score.
    """

    gas_kg: Mapping[tuple[int, str], float]
    total_kg_co2e: float


def burden_gases(compiled: CompiledSystem) -> tuple[tuple[int, str], ...]:
    """Return (burden index, gas) of each biosphere row of the datapackage, in order."""
    return tuple(
        (index, gas) for index, burden in enumerate(compiled.burdens) for gas in burden.gases
    )


def datapackage(compiled: CompiledSystem, gwp: Mapping[str, float]) -> Any:
    """Return the system as a `bw_processing.Datapackage` in memory, float64.

    One biosphere row per burden and gas, so that contributions can be read row by row. Activity
    ids count processes from 0, biosphere ids go on from there. `gwp` is gas → kg CO2e per kg; the
    gas `co2e` counts as it is. KeyError when a gas has no GWP.
    """
    numpy, processing = importlib.import_module("numpy"), importlib.import_module("bw_processing")
    package = processing.create_datapackage()
    count, rows = len(compiled.processes), burden_gases(compiled)
    entries = [(index, index, 1.0, False) for index in range(count)]
    entries += [(provider, user, float(amount), True) for user, provider, amount in compiled.links]
    _add_matrix(package, numpy, processing, "technosphere_matrix", entries)
    emitted = [
        (
            count + row,
            compiled.burdens[index].process_index,
            float(compiled.burdens[index].gases[gas]),
            False,
        )
        for row, (index, gas) in enumerate(rows)
    ]
    _add_matrix(package, numpy, processing, "biosphere_matrix", emitted)
    # Brightway reads a second index of 0 in a characterisation matrix as "the whole world".
    weights = [(count + row, 0, _weight(gas, gwp), False) for row, (_, gas) in enumerate(rows)]
    _add_matrix(package, numpy, processing, "characterization_matrix", weights)
    return package


def solve_with_bw2calc(compiled: CompiledSystem, gwp: Mapping[str, float]) -> OracleResult:
    """Solve a compiled system of floats for one tonne of its product with bw2calc.

    The first call in a process imports Brightway, which takes some seconds.
    """
    calculation = _bw2calc()
    lca = calculation.LCA(demand={compiled.final_index: 1}, data_objs=[datapackage(compiled, gwp)])
    lca.lci()
    lca.lcia()
    kilograms = lca.inventory.sum(axis=1).A1
    count = len(compiled.processes)
    gas_kg = {
        key: float(kilograms[lca.dicts.biosphere[count + row]])
        for row, key in enumerate(burden_gases(compiled))
    }
    return OracleResult(gas_kg, float(lca.score))


def write_project(
    folder: Path, name: str, compiled: CompiledSystem, *, gwp_set: str, gwp: Mapping[str, float]
) -> None:
    """Write a Brightway project of a compiled system of floats into a folder of its own.

    The foreground database holds our processes per tonne with explicit production exchanges;
    metal given back is a negative technosphere exchange. A second database holds the gases, and
    the method is ("GWP100", gwp_set). Open it with BRIGHTWAY2_DIR set to the folder.

    Raises BadInput (BRIGHTWAY_FOLDER_NOT_EMPTY): existing projects are never changed.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("BRIGHTWAY_FOLDER_NOT_EMPTY", folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    used = sorted({gas for _, gas in burden_gases(compiled)})
    content = {
        "name": name,
        "foreground": _foreground(compiled),
        "gases": {gas: _weight(gas, gwp) for gas in used},
        "method": ["GWP100", gwp_set],
        "final": compiled.processes[compiled.final_index],
    }
    _run_child(folder, "write", content)


def score_project(folder: Path, name: str) -> float:
    """Return the score of the product of a project we wrote, kg CO2e per tonne, by bw2calc.

    Raises BadInput (BRIGHTWAY_PROJECT_UNKNOWN): Brightway itself would make an empty project.
    """
    found = (folder / "projects.db").is_file()
    answer = _run_child(folder, "score", {"name": name}) if found else {}
    if "score" not in answer:
        raise BadInput("BRIGHTWAY_PROJECT_UNKNOWN", folder=str(folder), name=name)
    return float(answer["score"])


def _weight(gas: str, gwp: Mapping[str, float]) -> float:
    return 1.0 if gas == "co2e" else float(gwp[gas])


def _add_matrix(
    package: Any,
    numpy: ModuleType,
    processing: ModuleType,
    matrix: str,
    entries: list[tuple[int, int, float, bool]],
) -> None:
    package.add_persistent_vector(
        matrix=matrix,
        name=matrix.removesuffix("_matrix"),
        indices_array=numpy.array(
            [(row, column) for row, column, _, _ in entries], dtype=processing.INDICES_DTYPE
        ),
        data_array=numpy.array([amount for _, _, amount, _ in entries], dtype=numpy.float64),
        flip_array=numpy.array([flip for _, _, _, flip in entries], dtype=bool),
    )


def _bw2calc() -> ModuleType:
    """Import bw2calc once, quietly, with a temporary folder in place of the user's."""
    with _import_lock:
        if "bw2data" in sys.modules:
            return _import_quietly("bw2calc")
        before = os.environ.get(FOLDER_VARIABLE)
        os.environ[FOLDER_VARIABLE] = folder = tempfile.mkdtemp(prefix="brightway-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        try:
            return _import_quietly("bw2calc")
        finally:
            if before is None:
                del os.environ[FOLDER_VARIABLE]
            else:
                os.environ[FOLDER_VARIABLE] = before


def _import_quietly(module: str) -> ModuleType:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=SOLVER_ADVERTISEMENT, category=UserWarning)
        return importlib.import_module(module)


def _foreground(compiled: CompiledSystem) -> list[dict[str, Any]]:
    activities: list[dict[str, Any]] = [
        {"code": code, "technosphere": [], "biosphere": []} for code in compiled.processes
    ]
    for user, provider, amount in compiled.links:
        row = {"input": compiled.processes[provider], "amount": float(amount)}
        activities[user]["technosphere"].append(row)
    for index, gas in burden_gases(compiled):
        burden = compiled.burdens[index]
        row = {"input": gas, "amount": float(burden.gases[gas])}
        row |= {"flow": burden.flow, "part": burden.part, "scope": burden.scope}
        row |= {"slot": burden.slot}
        activities[burden.process_index]["biosphere"].append(row)
    return activities


def _run_child(folder: Path, command: str, content: Mapping[str, Any]) -> dict[str, Any]:
    package_root = str(Path(__file__).resolve().parent.parent)
    search_path = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
    environment = os.environ | {FOLDER_VARIABLE: str(folder.resolve()), "PYTHONPATH": search_path}
    done = subprocess.run(
        [sys.executable, "-m", "lca_models.brightway", command],
        input=json.dumps(content),
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"Brightway child failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _child_write(content: Mapping[str, Any]) -> dict[str, Any]:
    data = _import_quietly("bw2data")
    data.projects.set_current(content["name"])
    gases = {(GASES, gas): _gas_node(gas) for gas in content["gases"]}
    data.Database(GASES).write(gases)
    activities = {(FOREGROUND, item["code"]): _activity(item) for item in content["foreground"]}
    foreground = data.Database(FOREGROUND)
    foreground.write(activities)
    method = data.Method(tuple(content["method"]))
    method.register(unit="kg CO2e")
    method.write([((GASES, gas), weight) for gas, weight in content["gases"].items()])
    foreground.metadata["final"] = content["final"]
    foreground.metadata["method"] = content["method"]
    data.databases.flush()
    return {"written": True}


def _gas_node(gas: str) -> dict[str, Any]:
    return {"name": gas, "unit": "kilogram", "categories": ("air",), "type": "emission"}


def _activity(item: Mapping[str, Any]) -> dict[str, Any]:
    code = item["code"]
    exchanges = [{"input": (FOREGROUND, code), "amount": 1.0, "type": "production"}]
    for kind, database in (("technosphere", FOREGROUND), ("biosphere", GASES)):
        exchanges += [row | {"input": (database, row["input"]), "type": kind} for row in item[kind]]
    return {
        "name": code,
        "reference product": code,
        "unit": "tonne",
        "location": "GLO",
        "exchanges": exchanges,
    }


def _child_score(content: Mapping[str, Any]) -> dict[str, Any]:
    data, calculation = _import_quietly("bw2data"), _import_quietly("bw2calc")
    if content["name"] not in data.projects:
        return {}
    data.projects.set_current(content["name"])
    metadata = data.Database(FOREGROUND).metadata
    demand = {data.get_node(database=FOREGROUND, code=metadata["final"]): 1}
    lca = calculation.LCA(demand, method=tuple(metadata["method"]))
    lca.lci()
    lca.lcia()
    return {"score": float(lca.score)}


def _child_main(command: str) -> None:
    content = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        answer = {"write": _child_write, "score": _child_score}[command](content)
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _child_main(sys.argv[1])
