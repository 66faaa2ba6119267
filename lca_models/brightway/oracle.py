"""Brightway as oracle: solve a compiled system with bw2calc.

Brightway's project is global to a process, and its import prints, warns and makes a folder.
So nothing of it is imported before it is needed, and solving works on a datapackage in memory and
touches no project. The user's own Brightway folder is never opened. Amounts are per tonne of
product.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from lca_models.brightway.quiet import FOLDER_VARIABLE, import_quietly
from lca_models.system.compile import CompiledSystem

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
            return import_quietly("bw2calc")
        before = os.environ.get(FOLDER_VARIABLE)
        os.environ[FOLDER_VARIABLE] = folder = tempfile.mkdtemp(prefix="brightway-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        try:
            return import_quietly("bw2calc")
        finally:
            if before is None:
                del os.environ[FOLDER_VARIABLE]
            else:
                os.environ[FOLDER_VARIABLE] = before
