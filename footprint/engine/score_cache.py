"""Scores of a background on disk: a memory-mapped array and a small record that must fit it.

Two files per set of scores. The array's name carries its hash and both are put in place by a
rename, so a reader sees a whole pair or none: two writers cannot mix theirs, and one that is killed
leaves a file nobody reads. What does not fit (another background, solver or version, a torn or
altered array) is computed anew, and the caller is told why.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from footprint.engine.adjoint import (
    DEFAULT_REFINEMENTS,
    AdjointScores,
    Floats,
    adjoint_scores,
)
from lca_models.background.matrices import Background

FORMAT = "footprint/scores/v1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a stored set of scores must be of, in every respect, to be used."""

    format: str
    background: str
    gases: tuple[str, ...]
    solver: str
    refinements: int
    numpy: str
    scipy: str

    @property
    def stem(self) -> str:
        """The name of the record: the hash of all of it."""
        return content_hash("scores", asdict(self))


@dataclass(frozen=True, slots=True)
class CachedScores:
    """Scores (products, gases), read-only; `found` says what happened to the cache.

    `found` is `read`, `new` (nothing was there) or why what was there was not used: `torn`
    (record), `missing` (array), `altered` (array is not its hash), `other` (record of something
    else).
    """

    scores: Floats
    gases: tuple[str, ...]
    change: tuple[float, ...]
    solver: str
    refinements: int
    found: str


def wanted(background: Background, solver: str, refinements: int) -> Wanted:
    """Return what the scores of a background are filed under."""
    return Wanted(
        format=FORMAT,
        background=background.sha256,
        gases=background.gases,
        solver=solver,
        refinements=refinements,
        numpy=np.__version__,
        scipy=scipy.__version__,
    )


def cached_scores(
    folder: Path,
    background: Background,
    *,
    solver: str = "superlu",
    refinements: int = DEFAULT_REFINEMENTS,
) -> CachedScores:
    """Return kg of each gas per unit of every product, read from `folder` or computed into it.

    Raises BadInput as `adjoint_scores`.
    """

    asked = wanted(background, solver, refinements)
    return read_or_compute(
        folder,
        asked,
        len(background.products),
        lambda: solved_scores(background, solver, refinements),
    )


def solved_scores(background: Background, solver: str, refinements: int) -> AdjointScores:
    """Return kg of each gas per unit of every product, solved now; a loop is told by its names."""
    names = [f"{item.activity or item.name} [{item.key}]" for item in background.products]
    return adjoint_scores(
        background.technosphere,
        background.loads(),
        solver=solver,
        refinements=refinements,
        names=names,
    )


def read_or_compute(
    folder: Path, asked: Wanted, products: int, compute: Callable[[], AdjointScores]
) -> CachedScores:
    """Read scores that fit in every respect, else compute and store them."""
    shape = (products, len(asked.gases))
    try:
        record, scores = _read(folder, asked, shape)
        change, found = tuple(record["change"]), "read"
    except _NotUsable as reason:
        solved = compute()
        _write(folder, asked, solved)
        scores, change, found = solved.scores, tuple(map(float, solved.change)), str(reason)
        scores.flags.writeable = False
    return CachedScores(scores, asked.gases, change, asked.solver, asked.refinements, found)


class _NotUsable(Exception):
    """Why a stored set of scores is not used."""


def _read(folder: Path, asked: Wanted, shape: tuple[int, int]) -> tuple[dict[str, Any], Floats]:
    record = _read_record(folder / f"{asked.stem}.json")
    given = {**record, "gases": tuple(record["gases"])}
    if any(given.get(name) != value for name, value in asdict(asked).items()):
        raise _NotUsable("other")
    path = folder / _array_name(asked.stem, str(record["array_sha256"]))
    try:
        content = path.read_bytes()
    except OSError:
        raise _NotUsable("missing") from None
    if hashlib.sha256(content).hexdigest() != record["array_sha256"]:
        raise _NotUsable("altered")
    try:
        scores = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        raise _NotUsable("altered") from None
    if scores.shape != shape or scores.dtype != np.float64:
        raise _NotUsable("altered")
    return record, scores


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = strict_json(path.read_bytes())
    except FileNotFoundError:
        raise _NotUsable("new") from None
    except (OSError, BadInput):
        raise _NotUsable("torn") from None
    needed = {"gases": list, "change": list, "array_sha256": str}
    if not isinstance(record, dict) or not all(
        isinstance(record.get(name), kind) for name, kind in needed.items()
    ):
        raise _NotUsable("torn")
    return record


def _array_name(stem: str, sha256: str) -> str:
    # The name is rebuilt from hex digits only: a record cannot point outside its folder.
    digits = "".join(char for char in sha256 if char in "0123456789abcdef")
    return f"{stem}.{digits}.npy"


def _write(folder: Path, asked: Wanted, solved: AdjointScores) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    held = BytesIO()
    np.save(held, np.ascontiguousarray(solved.scores), allow_pickle=False)
    content = held.getvalue()
    sha256 = hashlib.sha256(content).hexdigest()
    _put(folder / _array_name(asked.stem, sha256), content)
    record = {
        **asdict(asked),
        "change": [float(value) for value in solved.change],
        "array_sha256": sha256,
    }
    _put(folder / f"{asked.stem}.json", (json.dumps(record, indent=1) + "\n").encode())


def _put(path: Path, content: bytes) -> None:
    """Write a file whole: beside its place first, then by renaming."""
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
