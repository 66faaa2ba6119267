"""Drawing a background bank: block by block, to be stopped and taken up again at any moment.

Scores are written through to disk before the note of them is; a build that is killed goes on from
its last note and ends with the same bytes as one that was not.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from footprint.engine.bank import FORMAT, RECORD, SCORES, Bank, column_sha256, open_bank
from footprint.engine.draws import BackgroundDraws, BackgroundUncertainty, Matrices
from footprint.engine.sweep_plan import LANES, SweepPlan, plan_sweeps
from footprint.engine.sweeps import TOLERANCE, method_here, solve_samples

# A block needs about the memory of the matrices of eight samples; waiting for the disk after each
# would cost more than solving a small one, so a killed build repeats up to eight blocks.
BLOCK = LANES
NOTED = BLOCK * LANES
PARTIAL, NOTES = "scores.partial.npy", "progress.json"


@dataclass(frozen=True)
class BankOrder:
    """What a bank is to hold: samples of the scores of products, by key, from a seed."""

    keys: Sequence[str]
    samples: int
    seed: int
    tolerance: float = TOLERANCE


def build_bank(
    folder: Path,
    background: Matrices,
    uncertainty: BackgroundUncertainty,
    order: BankOrder,
    *,
    progress: Callable[[int, int], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Bank | None:
    """Draw a bank into `folder`, or go on with the one begun there; open it if it is finished.

    `progress(done, samples)` is called after each block; where `stopped()` is true the build ends
    with None and can be taken up again. Raises BadInput BANK_PRODUCT, BANK_SAMPLES, BANK_SIGMA,
    and BANK_OTHER when the folder holds a bank of other settings.
    """
    sigmas = uncertainty.checked(background)
    settings = _settings(background, sigmas, order)
    if (folder / RECORD).exists():
        return _of_same_settings(open_bank(folder), settings)
    folder.mkdir(parents=True, exist_ok=True)
    notes = _notes(folder, settings)
    draws = BackgroundDraws(background, sigmas, seed=order.seed)
    plan = _plan(background, draws.gases, settings["products"])
    scores = _partial(folder, plan, order.samples, fresh=not notes["done"])
    block = None
    while notes["done"] < order.samples:
        if stopped is not None and stopped():
            _note(folder, scores, notes)
            return None
        first = notes["done"]
        count = min(BLOCK, order.samples - first)
        if block is None or len(block[0]) != count:
            block = draws.samples(first, count)
        else:
            draws.samples(first, count, block)
        _solve_block(plan, block, order, scores, notes)
        if progress is not None:
            progress(notes["done"], order.samples)
        if notes["done"] % NOTED == 0:
            _note(folder, scores, notes)
    return _finish(folder, plan, scores, notes)


def _settings(
    background: Matrices, uncertainty: BackgroundUncertainty, order: BankOrder
) -> dict[str, Any]:
    known = {product.key for product in background.products}
    keys = sorted(set(order.keys))
    unknown = [key for key in keys if key not in known]
    if unknown or not keys:
        raise BadInput("BANK_PRODUCT", folder=background.name, product=", ".join(unknown))
    if order.samples < 1:
        raise BadInput("BANK_SAMPLES", samples=order.samples)
    return {
        "background_sha256": background.sha256,
        "format": FORMAT,
        "gases": sorted(background.gas_rows),
        "method": method_here(),
        "products": keys,
        "samples": order.samples,
        "seed": order.seed,
        "tolerance": repr(order.tolerance),
        "uncertainty_sha256": uncertainty.sha256,
        "versions": {
            "machine": platform.machine(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
    }


def _of_same_settings(bank: Bank, settings: dict[str, Any]) -> Bank:
    """Return a finished bank; one made by another version or machine is as good."""
    told = ("method", "versions")
    given = bank.record["settings"]
    if any(given[name] != value for name, value in settings.items() if name not in told):
        raise BadInput("BANK_OTHER", folder=bank.folder.name)
    return bank


def _notes(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what was noted of a build begun here, or the notes of a new one."""
    if not (folder / NOTES).exists() or not (folder / PARTIAL).exists():
        return {"direct": 0, "done": 0, "non_productive": [], "settings": settings, "steps": 0}
    notes: dict[str, Any] = strict_json((folder / NOTES).read_bytes())
    # Half of one machine's numbers and half of another's would be nobody's: all must agree.
    if notes["settings"] != settings:
        raise BadInput("BANK_OTHER", folder=folder.name)
    return notes


def _plan(background: Matrices, gases: Sequence[str], keys: Sequence[str]) -> SweepPlan:
    rows = {product.key: row for row, product in enumerate(background.products)}
    loads = np.stack([background.biosphere.T @ background.gas_rows[gas] for gas in gases], axis=1)
    return plan_sweeps(background.technosphere, loads, [rows[key] for key in keys])


def _partial(folder: Path, plan: SweepPlan, samples: int, *, fresh: bool) -> Any:
    if not fresh:
        return np.load(folder / PARTIAL, mmap_mode="r+")
    shape = (*plan.nominal.shape, samples)
    return np.lib.format.open_memmap(folder / PARTIAL, mode="w+", dtype="<f8", shape=shape)


def _solve_block(
    plan: SweepPlan, block: tuple[Any, Any], order: BankOrder, scores: Any, notes: dict[str, Any]
) -> None:
    """Solve a block of samples and count it in the notes."""
    found = solve_samples(plan, *block, tolerance=order.tolerance)
    first = notes["done"]
    scores[:, :, first : first + len(found.scores)] = np.moveaxis(found.scores, 0, -1)
    notes["non_productive"] += (first + np.flatnonzero(~found.productive)).tolist()
    notes["direct"] += int(found.direct.sum())
    notes["steps"] += int(found.iterations.sum())
    notes["done"] += len(found.scores)


def _note(folder: Path, scores: Any, notes: dict[str, Any]) -> None:
    """Write the scores through to disk, then the note that they are there."""
    scores.flush()
    _write_json(folder / NOTES, notes)


def _finish(folder: Path, plan: SweepPlan, scores: Any, notes: dict[str, Any]) -> Bank:
    """Put the finished array and its record in place; the record last, for it makes the bank."""
    columns = [column_sha256(column) for column in scores]
    nominal = [[repr(float(value)) for value in row] for row in plan.nominal]
    kept = ("direct", "non_productive", "settings", "steps")
    record = {**{name: notes[name] for name in kept}, "columns": columns, "nominal": nominal}
    scores.flush()
    os.replace(folder / PARTIAL, folder / SCORES)
    _write_json(folder / RECORD, {**record, "sha256": content_hash("bank", record)})
    (folder / NOTES).unlink(missing_ok=True)
    return open_bank(folder)


def _write_json(path: Path, value: Any) -> None:
    """Write beside the target and move it there, so that a reader sees the whole or the old."""
    beside = path.with_suffix(".writing")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
