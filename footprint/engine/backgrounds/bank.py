"""The background bank: sampled scores of linked products, drawn once, read by every study.

A study whose background is uncertain too would solve the whole database once per sample. The bank
has done so: for each sample, the score of one unit of each linked product. Column s of every
product belongs to one drawn database, so a study that reads sample s of all it buys keeps the
correlation between products, and two studies over one bank can be compared sample by sample.

Scores are kept per gas (kg of gas per unit): factors are per gas here, characterisation stays
exchangeable, and eight gases of one sample share a pass through the matrix, so all of them cost
about twice one. The array is (products, gases, samples): what a study reads of a product lies in
one piece, and is hashed by itself, so reading few products of a large bank is cheap. The same
inputs give the same bytes on one platform and numpy; another processor may round otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from footprint.engine.arrays import Flags, Floats

FORMAT = "footprint/bank/v1"
RECORD, SCORES = "bank.json", "scores.npy"


@dataclass(frozen=True)
class Bank:
    """A finished bank on disk; `record` is its JSON. Products are named by their keys."""

    folder: Path
    record: Mapping[str, Any]

    @property
    def keys(self) -> tuple[str, ...]:
        """The products in the bank."""
        return tuple(self.record["settings"]["products"])

    @property
    def gases(self) -> tuple[str, ...]:
        """The gases of each score, sorted."""
        return tuple(self.record["settings"]["gases"])

    @property
    def samples(self) -> int:
        """The number of samples, the non-productive ones included."""
        return int(self.record["settings"]["samples"])

    @cached_property
    def productive(self) -> Flags:
        """Which samples are an economy, (samples,); the scores of the others are NaN."""
        mask = np.ones(self.samples, dtype=bool)
        mask[list(self.record["non_productive"])] = False
        return mask

    @cached_property
    def _array(self) -> Floats:
        try:
            array: Floats = np.load(self.folder / SCORES, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise BadInput("BANK_BROKEN", folder=self.folder.name, reason=str(error)) from None
        if array.shape != (len(self.keys), len(self.gases), self.samples):
            raise BadInput("BANK_BROKEN", folder=self.folder.name, reason=str(array.shape))
        return array

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key: place for place, key in enumerate(self.keys)}

    @cached_property
    def _read(self) -> dict[int, Floats]:
        return {}

    def place(self, key: str) -> int:
        """Return the row of a product; BadInput BANK_PRODUCT when the bank lacks it."""
        if key not in self._places:
            raise BadInput("BANK_PRODUCT", folder=self.folder.name, product=key)
        return self._places[key]

    def scores(self, key: str) -> Floats:
        """Return sampled kg of each gas per unit of a product, (gases, samples), hash checked."""
        place = self.place(key)
        if place not in self._read:
            found = np.array(self._array[place])
            if column_sha256(found) != self.record["columns"][place]:
                raise BadInput("BANK_BROKEN", folder=self.folder.name, reason=key)
            self._read[place] = found
        return self._read[place]


def column_sha256(scores: Floats) -> str:
    """Return the SHA-256 of one product's scores as little-endian doubles."""
    return hashlib.sha256(np.ascontiguousarray(scores, dtype="<f8").data).hexdigest()


def open_bank(folder: Path, *, background_sha256: str | None = None) -> Bank:
    """Open a finished bank; the scores are checked against their hashes as they are read.

    Raises BadInput: BANK_MISSING, BANK_BROKEN, and BANK_OTHER_BACKGROUND when it was drawn from
    another background than the one asked for.
    """
    try:
        record = strict_json((folder / RECORD).read_bytes())
        settings = record["settings"]
        sha256 = record.pop("sha256")
    except FileNotFoundError:
        raise BadInput("BANK_MISSING", folder=folder.name) from None
    except (BadInput, KeyError, TypeError, AttributeError) as error:
        raise BadInput("BANK_BROKEN", folder=folder.name, reason=str(error)) from None
    if settings.get("format") != FORMAT or content_hash("bank", record) != sha256:
        raise BadInput("BANK_BROKEN", folder=folder.name, reason=RECORD)
    if background_sha256 not in (None, settings["background_sha256"]):
        raise BadInput("BANK_OTHER_BACKGROUND", folder=folder.name)
    return Bank(folder, record)


def bank_draws(bank: Bank, key: str) -> dict[str, Floats]:
    """Return gas → sampled kg per unit of a product, (samples,): what an emission slot takes.

    NaN where a sample is not productive: mask with `bank.productive`, which counts them.
    """
    return dict(zip(bank.gases, bank.scores(key), strict=True))


def bank_multipliers(bank: Bank, key: str, weights: Mapping[str, float]) -> Floats:
    """Return sampled over nominal weighted score of a product, (samples,), one for all gases.

    `weights` is kg CO2e per kg of gas. Raises BadInput BANK_GAS for a gas without a weight and
    BANK_NO_SCORE when the nominal is zero.
    """
    missing = [gas for gas in bank.gases if gas not in weights]
    if missing:
        raise BadInput("BANK_GAS", gases=", ".join(missing))
    weight = np.array([float(weights[gas]) for gas in bank.gases])
    nominal = float(weight @ np.array(bank.record["nominal"][bank.place(key)], dtype=float))
    if not nominal:
        raise BadInput("BANK_NO_SCORE", product=key)
    return weight @ bank.scores(key) / nominal
