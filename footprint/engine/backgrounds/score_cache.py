"""Scores of a background on disk: an array and a small record that must fit it.

Two files per set of scores. The array's name carries its hash and both are put in place by a
rename, so a reader sees a whole pair or none: two writers cannot mix theirs, and one that is killed
leaves a file nobody reads. An array is read once, whole, and the bytes that were hashed are the
bytes that are used. What does not fit (another background, solver or version, a torn or altered
array) is computed anew, and the caller is told why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.files import write_whole
from footprint.engine.backgrounds.adjoint import (
    DEFAULT_REFINEMENTS,
    AdjointScores,
    Floats,
    adjoint_scores,
)
from lca_models.background.matrices import Background

FORMAT = "footprint/scores/v2"


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
        scores, change = _read(folder, asked, shape)
        found = "read"
    except _NotUsable as reason:
        solved = compute()
        _write(folder, asked, solved)
        scores, change, found = solved.scores, tuple(map(float, solved.change)), str(reason)
    scores.flags.writeable = False
    return CachedScores(scores, asked.gases, change, asked.solver, asked.refinements, found)


class _NotUsable(Exception):
    """Why a stored set of scores is not used."""


def _read(folder: Path, asked: Wanted, shape: tuple[int, int]) -> tuple[Floats, tuple[float, ...]]:
    record, change = _read_record(folder / f"{asked.stem}.json")
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
        scores = np.load(BytesIO(content), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise _NotUsable("altered") from None
    if scores.shape != shape or scores.dtype != np.float64:
        raise _NotUsable("altered")
    return scores, change


def _read_record(path: Path) -> tuple[dict[str, Any], tuple[float, ...]]:
    """Return a record and its changes, which are texts there: JSON knows no infinity."""
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
    try:
        return record, tuple(map(float, record["change"]))
    except (TypeError, ValueError):
        raise _NotUsable("torn") from None


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
    write_whole(folder / _array_name(asked.stem, sha256), content)
    record = {
        **asdict(asked),
        "change": [repr(float(value)) for value in solved.change],
        "array_sha256": sha256,
    }
    text = json.dumps(record, allow_nan=False, indent=1) + "\n"
    write_whole(folder / f"{asked.stem}.json", text.encode())
