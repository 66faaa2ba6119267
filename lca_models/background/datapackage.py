"""Reading the matrices of a Brightway 2.5 data package: a zip of arrays with a descriptor.

The package is read as what it is, without Brightway: no project is opened and no pickle loaded.
Data are single precision as Brightway stores them; sums are made in double precision.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from lca_models.background.matrices import Floats

DESCRIPTOR = "datapackage.json"
TECHNOSPHERE, BIOSPHERE = "technosphere_matrix", "biosphere_matrix"


@dataclass(frozen=True, slots=True)
class Exchanges:
    """The exchanges of one matrix as stored: numbers of rows and columns, signed amounts.

    `reference` marks the production of an activity's own product; `output` any output.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats
    reference: NDArray[np.bool_]
    output: NDArray[np.bool_]


def read_package(path: Path) -> dict[str, Exchanges]:
    """Return matrix name → exchanges of one data package (zip file or folder).

    Raises BadInput (DATAPACKAGE_UNREADABLE) for anything else, and for packages whose amounts are
    not plain stored vectors.
    """
    parts: dict[str, list[Exchanges]] = {}
    try:
        for matrix, arrays in _groups(path):
            parts.setdefault(matrix, []).append(_exchanges(arrays))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BadInput("DATAPACKAGE_UNREADABLE", path=path.name, reason=reason) from None
    return {matrix: joined(found) for matrix, found in parts.items()}


def is_package(path: Path) -> bool:
    """Tell whether a file or folder is a data package, by its descriptor."""
    if path.is_dir():
        return (path / DESCRIPTOR).is_file()
    try:
        with zipfile.ZipFile(path) as archive:
            return DESCRIPTOR in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def joined(parts: list[Exchanges]) -> Exchanges:
    """Return several sets of exchanges as one."""
    names = ("rows", "columns", "values", "reference", "output")
    return Exchanges(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def require_small(path: Path, sizes: Iterator[int]) -> None:
    """Raise BadInput (ARCHIVE_TOO_LARGE) when a file unpacks beyond rule DQ-LCI-SIZE."""
    if sum(sizes) > rule("DQ-LCI-SIZE").number("largest_bytes"):
        raise BadInput("ARCHIVE_TOO_LARGE", path=path.name)


def _groups(path: Path) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    """Yield each group of the two matrices as kind → array."""
    if path.is_dir():
        files = {item.name: item.read_bytes() for item in path.iterdir() if item.is_file()}
    else:
        with zipfile.ZipFile(path) as archive:
            require_small(path, (item.file_size for item in archive.infolist()))
            files = {name: archive.read(name) for name in archive.namelist()}
    groups: dict[str, tuple[str, dict[str, NDArray[Any]]]] = {}
    for resource in json.loads(files[DESCRIPTOR])["resources"]:
        matrix = resource.get("matrix")
        if matrix not in (TECHNOSPHERE, BIOSPHERE):
            continue
        if resource.get("category", "vector") != "vector" or resource.get("format") != "npy":
            raise ValueError(f"{resource.get('name')}: {resource.get('category')}")
        array = np.load(BytesIO(files[resource["path"]]), allow_pickle=False)
        groups.setdefault(resource["group"], (matrix, {}))[1][resource["kind"]] = array
    yield from groups.values()


def _exchanges(arrays: dict[str, NDArray[Any]]) -> Exchanges:
    indices = arrays["indices"]
    values = np.asarray(arrays["data"], dtype=np.float64)
    flip = arrays.get("flip", np.zeros(values.size, dtype=bool)).astype(bool)
    output = ~flip
    return Exchanges(
        rows=np.asarray(indices["row"], dtype=np.int64),
        columns=np.asarray(indices["col"], dtype=np.int64),
        values=np.where(flip, -values, values),
        reference=arrays.get("reference", np.zeros(values.size, dtype=bool)).astype(bool),
        output=output,
    )
