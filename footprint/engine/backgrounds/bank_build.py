"""Drawing a background bank: block by block, to be stopped and taken up again at any moment.

Scores are written through to disk before the note of them is; a build that is killed goes on from
its last note and ends with the same bytes as one that was not. One build at a time holds a folder.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.files import locked, remove_unfinished, write_whole
from footprint.engine.backgrounds.bank import FORMAT, RECORD, SCORES, Bank, column_sha256, open_bank
from footprint.engine.backgrounds.draws import (
    BackgroundDraws,
    BackgroundUncertainty,
    Block,
    Matrices,
)
from footprint.engine.backgrounds.sweep_plan import LANES, SweepPlan, plan_sweeps
from footprint.engine.backgrounds.sweeps import TOLERANCE, method_here, solve_samples

# A block needs about the memory of the matrices of eight samples; waiting for the disk after each
# would cost more than solving a small one, so a killed build repeats up to eight blocks.
BLOCK = LANES
NOTED = BLOCK * LANES
PARTIAL, NOTES, LOCK = "scores.partial.npy", "progress.json", "bank.lock"


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
    with None and can be taken up again, as it can after a KeyboardInterrupt. Raises BadInput
    BANK_PRODUCT, BANK_SAMPLES, BANK_SIGMA, BANK_OTHER when the folder holds a bank of other
    settings, and FILE_BUSY while another build is at work there.
    """
    sigmas = uncertainty.checked(background)
    settings = _settings(background, sigmas, order)
    if not (folder / RECORD).exists():
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / LOCK):
            # Another build may have ended between the look and the lock.
            if not (folder / RECORD).exists():
                build = _begun(folder, background, sigmas, order, settings)
                if not build.drawn(progress, stopped):
                    return None
                build.finish()
    return _of_same_settings(open_bank(folder), settings)


@dataclass
class _Build:
    """A build at work: `notes` fit what `scores` hold, whenever it is interrupted."""

    folder: Path
    order: BankOrder
    draws: BackgroundDraws
    plan: SweepPlan
    scores: np.memmap
    notes: dict[str, Any]

    def drawn(
        self,
        progress: Callable[[int, int], None] | None,
        stopped: Callable[[], bool] | None,
    ) -> bool:
        """Draw and solve what is left; False when it was stopped."""
        block: Block | None = None
        try:
            while (first := self.notes["done"]) < self.order.samples:
                if stopped is not None and stopped():
                    self.note()
                    return False
                count = min(BLOCK, self.order.samples - first)
                if block is None or len(block[0]) != count:
                    block = self.draws.samples(first, count)
                else:
                    self.draws.samples(first, count, block)
                self.notes = self._solved(block)
                if progress is not None:
                    progress(self.notes["done"], self.order.samples)
                if self.notes["done"] % NOTED == 0:
                    self.note()
        except KeyboardInterrupt:
            self.note()
            raise
        return True

    def _solved(self, block: Block) -> dict[str, Any]:
        """Solve a block of samples and return the notes that count it."""
        found = solve_samples(self.plan, *block, tolerance=self.order.tolerance)
        notes, first = self.notes, self.notes["done"]
        self.scores[:, :, first : first + len(found.scores)] = np.moveaxis(found.scores, 0, -1)
        masked = (first + np.flatnonzero(~found.productive)).tolist()
        return {
            **notes,
            "non_productive": notes["non_productive"] + masked,
            "direct": notes["direct"] + int(found.direct.sum()),
            "steps": notes["steps"] + int(found.iterations.sum()),
            "done": first + len(found.scores),
        }

    def note(self) -> None:
        """Write the scores through to disk, then the note that they are there."""
        self.scores.flush()
        _write_json(self.folder / NOTES, self.notes)

    def finish(self) -> None:
        """Put the array and its record in place; the record last, for it makes the bank."""
        columns = [column_sha256(column) for column in self.scores]
        nominal = [[repr(float(value)) for value in row] for row in self.plan.nominal]
        kept = ("direct", "non_productive", "settings", "steps")
        record = {**{name: self.notes[name] for name in kept}, "columns": columns}
        record["nominal"] = nominal
        self.note()  # of all samples, by which the array is taken up once it has its name
        if (self.folder / PARTIAL).exists():
            os.replace(self.folder / PARTIAL, self.folder / SCORES)
        _write_json(self.folder / RECORD, {**record, "sha256": content_hash("bank", record)})
        (self.folder / NOTES).unlink(missing_ok=True)


def _begun(
    folder: Path,
    background: Matrices,
    sigmas: BackgroundUncertainty,
    order: BankOrder,
    settings: dict[str, Any],
) -> _Build:
    """Take up the build begun in a folder, or begin one."""
    for name in (NOTES, RECORD):
        remove_unfinished(folder / name)
    draws = BackgroundDraws(background, sigmas, seed=order.seed)
    plan = _plan(background, draws.gases, settings["products"])
    notes, scores = _kept(folder, settings)
    if scores is None:
        # Notes of scores that are gone would be believed of the empty ones made here.
        (folder / NOTES).unlink(missing_ok=True)
        shape = (*plan.nominal.shape, order.samples)
        scores = np.lib.format.open_memmap(folder / PARTIAL, mode="w+", dtype="<f8", shape=shape)
    return _Build(folder, order, draws, plan, scores, notes)


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


def _kept(folder: Path, settings: dict[str, Any]) -> tuple[dict[str, Any], np.memmap | None]:
    """Return what was noted of a build begun here and its scores; else new notes and None."""
    new = {"direct": 0, "done": 0, "non_productive": [], "settings": settings, "steps": 0}
    if not (folder / NOTES).exists():
        return new, None
    notes: dict[str, Any] = strict_json((folder / NOTES).read_bytes())
    # The array has its own name already where a build was killed before it wrote the record.
    names = (PARTIAL, SCORES) if notes["done"] == notes["settings"]["samples"] else (PARTIAL,)
    found = [folder / name for name in names if (folder / name).exists()]
    if not found:
        return new, None
    # Half of one machine's numbers and half of another's would be nobody's: all must agree.
    if notes["settings"] != settings:
        raise BadInput("BANK_OTHER", folder=folder.name)
    return notes, np.load(found[0], mmap_mode="r+")


def _plan(background: Matrices, gases: Sequence[str], keys: Sequence[str]) -> SweepPlan:
    rows = {product.key: row for row, product in enumerate(background.products)}
    loads = np.stack([background.biosphere.T @ background.gas_rows[gas] for gas in gases], axis=1)
    return plan_sweeps(background.technosphere, loads, [rows[key] for key in keys])


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(path, text.encode())
