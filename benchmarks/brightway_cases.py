"""A case as Brightway data packages in memory, for bw2calc; no project is needed or touched.

Ids: background products and activities 1 to size, foreground processes from 10 million, flows from
20 million. Uncertain exchanges are log-normal (`stats_arrays` number 2) with the amount as median.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.cases import Case, Exchanges

FOREGROUND, FLOWS, METHOD = 10_000_000, 20_000_000, ("climate",)
BACKGROUND_NAME, FOREGROUND_NAME = "background", "foreground"
LOG_NORMAL = 2


def calculation() -> Any:
    """Return bw2calc, imported without its advice on solvers."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("bw2calc")


def _package(name: str, depends_on: list[str]) -> Any:
    processing = importlib.import_module("bw_processing")
    package = processing.create_datapackage(name=name, sum_intra_duplicates=True)
    package.metadata["database_dependencies"] = depends_on
    return package


def _add(
    package: Any,
    matrix: str,
    rows: Any,
    columns: Any,
    amounts: Any,
    sigmas: Any = None,
    **more: Any,
) -> None:
    processing = importlib.import_module("bw_processing")
    indices = np.empty(len(rows), dtype=processing.INDICES_DTYPE)
    indices["row"], indices["col"] = rows, columns
    if sigmas is not None:
        uncertainty = np.zeros(len(rows), dtype=processing.UNCERTAINTY_DTYPE)
        drawn = sigmas > 0
        uncertainty["uncertainty_type"] = np.where(drawn, LOG_NORMAL, 0)
        uncertainty["loc"] = np.where(drawn, np.log(np.abs(amounts)), amounts)
        uncertainty["scale"] = np.where(drawn, sigmas, np.nan)
        for field in ("shape", "minimum", "maximum"):
            uncertainty[field] = np.nan
        uncertainty["negative"] = False
        more["distributions_array"] = uncertainty
    package.add_persistent_vector(
        matrix=f"{matrix}_matrix",
        name=f"{package.metadata['name']}_{matrix}_{len(package.groups)}",
        indices_array=indices,
        data_array=np.asarray(amounts, dtype=float),
        **more,
    )


def background_package(case: Case, *, uncertain: bool = False) -> Any:
    """Return the background: production, inputs, elementary flows."""
    package = _package(BACKGROUND_NAME, [])
    inputs = case.technosphere.tocoo()
    used = inputs.row != inputs.col
    made = np.arange(1, case.size + 1)
    _add(package, "technosphere", made, made, case.technosphere.diagonal())
    sigmas = case.technosphere_sigmas if uncertain else None
    rows, columns = inputs.row[used] + 1, inputs.col[used] + 1
    flip = np.ones(len(rows), dtype=bool)
    _add(package, "technosphere", rows, columns, -inputs.data[used], sigmas, flip_array=flip)
    emitted = case.biosphere.tocoo()
    sigmas = case.biosphere_sigmas if uncertain else None
    _add(package, "biosphere", emitted.row + FLOWS, emitted.col + 1, emitted.data, sigmas)
    return package


def foreground_package(case: Case) -> Any:
    """Return the foreground with its uncertain exchanges."""
    package = _package(FOREGROUND_NAME, [BACKGROUND_NAME])
    made = np.arange(case.processes) + FOREGROUND
    _add(package, "technosphere", made, made, np.ones(case.processes))

    def taken(kind: Exchanges, first: int) -> None:
        flip = np.ones(len(kind.rows), dtype=bool)
        columns = kind.processes + FOREGROUND
        _add(
            package,
            "technosphere",
            kind.rows + first,
            columns,
            kind.amounts,
            kind.sigmas,
            flip_array=flip,
        )

    taken(case.inputs, FOREGROUND)
    taken(case.purchases, 1)
    emitted = case.emissions
    rows, columns = emitted.rows + FLOWS, emitted.processes + FOREGROUND
    _add(package, "biosphere", rows, columns, emitted.amounts, emitted.sigmas)
    return package


def method_package(case: Case) -> Any:
    """Return the characterisation: kg CO2e per unit of each flow that has a factor."""
    package = _package("method", [])
    flows = np.flatnonzero(case.factors)
    zeros = np.zeros(len(flows), dtype=int)
    weights = case.factors[flows]
    _add(package, "characterization", flows + FLOWS, zeros, weights, identifier=list(METHOD))
    return package


def drawn_amounts(case: Case, lca: Any) -> Any:
    """Return the foreground amounts that stand in bw2calc's matrices, in the order of the case."""
    found = []
    rows, columns = lca.dicts.product, lca.dicts.activity
    for kind, first in ((case.inputs, FOREGROUND), (case.purchases, 1)):
        found += [
            -lca.technosphere_matrix[rows[int(row) + first], columns[int(process) + FOREGROUND]]
            for row, process in zip(kind.rows, kind.processes, strict=True)
        ]
    found += [
        lca.biosphere_matrix[lca.dicts.biosphere[int(row) + FLOWS], columns[int(j) + FOREGROUND]]
        for row, j in zip(case.emissions.rows, case.emissions.processes, strict=True)
    ]
    return np.array(found)
