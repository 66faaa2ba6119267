"""A background on disk: one folder named by its hash, checked against it whenever it is read."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from lca_models.background.matrices import Background, Flow, Product, content_sha256, gas_rows
from lca_models.background.written import BackgroundRecord, ImportReport

RECORD = "background.json"
REPORT = "report.json"
_MATRICES = ("technosphere", "biosphere")
_PARTS = ("data", "indices", "indptr")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a background came from: file or folder name, its database, version and licence."""

    file: str
    file_sha256: str
    database: str
    version: str
    licence: str
    redistribution: str
    url: str = ""


def write_background(
    folder: Path, background: Background, origin: Origin, report: ImportReport
) -> Path:
    """Write a background under `folder`/<sha256>, whole or not at all; return that folder.

    The same content written again replaces only its name, origin and report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / background.sha256
    written = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        for name in _MATRICES:
            matrix = getattr(background, name)
            for part in _PARTS:
                np.save(written / f"{name}.{part}.npy", getattr(matrix, part), allow_pickle=False)
        _write_json(written / REPORT, report)
        _write_json(written / RECORD, _record(background, origin))
        _put(written, target)
    finally:
        shutil.rmtree(written, ignore_errors=True)
    return target


def _put(written: Path, target: Path) -> None:
    try:
        written.rename(target)
    except OSError:  # it is there already, with the same content
        for name in (REPORT, RECORD):
            os.replace(written / name, target / name)


def _record(background: Background, origin: Origin) -> dict[str, object]:
    return {
        "name": background.name,
        "sha256": background.sha256,
        "origin": asdict(origin),
        "gases": list(background.gases),
        "shape": [len(background.products), len(background.flows)],
        "products": [asdict(item) for item in background.products],
        "flows": [asdict(item) for item in background.flows],
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_record(folder: Path) -> BackgroundRecord:
    """Return the record of a stored background as it stands; BadInput (BACKGROUND_DAMAGED)."""
    try:
        record: BackgroundRecord = strict_json((folder / RECORD).read_bytes())
    except (OSError, BadInput):
        raise BadInput("BACKGROUND_DAMAGED", folder=folder.name) from None
    return record


def read_origin(folder: Path) -> Origin:
    """Return where a stored background came from."""
    return Origin(**read_record(folder)["origin"])


def read_report(folder: Path) -> ImportReport:
    """Return the report of the import; BadInput (BACKGROUND_DAMAGED)."""
    try:
        report: ImportReport = strict_json((folder / REPORT).read_bytes())
    except (OSError, BadInput):
        raise BadInput("BACKGROUND_DAMAGED", folder=folder.name) from None
    return report


def read_background(folder: Path) -> Background:
    """Return a stored background; BadInput (BACKGROUND_DAMAGED) unless its content is its hash."""
    record = read_record(folder)
    try:
        products = tuple(Product(**item) for item in record["products"])
        flows = tuple(Flow(**item) for item in record["flows"])
        shapes = ((len(products), len(products)), (len(flows), len(products)))
        technosphere, biosphere = (
            _read_matrix(folder, name, shape) for name, shape in zip(_MATRICES, shapes, strict=True)
        )
        found = content_sha256(products, flows, technosphere, biosphere)
    except (OSError, ValueError, TypeError, KeyError):
        raise BadInput("BACKGROUND_DAMAGED", folder=folder.name) from None
    if found != folder.name or record["sha256"] != found:
        raise BadInput("BACKGROUND_DAMAGED", folder=folder.name)
    return Background(
        name=record["name"],
        sha256=found,
        products=products,
        flows=flows,
        technosphere=technosphere,
        biosphere=biosphere,
        gas_rows=gas_rows(flows),
    )


def _read_matrix(folder: Path, name: str, shape: tuple[int, int]) -> sparse.csc_array:
    parts = [np.load(folder / f"{name}.{part}.npy", allow_pickle=False) for part in _PARTS]
    matrix = sparse.csc_array((parts[0], parts[1], parts[2]), shape=shape)
    matrix.check_format(full_check=True)
    return matrix
