"""A product study that reads background uncertainty from a bank, against its foreground alone.

1,000 samples of the same foreground draws on both sides; ours opens the bank, checks the hashes of
what it reads and multiplies each purchase by its product's sampled score. The bank is drawn once
per background; its row says what that costs. Agreement: foreground and background of single
samples solved together as one system.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import spsolve

from benchmarks import ours
from benchmarks.cases import Case, case
from benchmarks.harness import AT_MOST, Record, Side, compared, largest_difference
from benchmarks.synth import HASHES, SIZES
from benchmarks.whole_system import GAS, with_inputs
from footprint.engine.backgrounds.bank import Bank, bank_multipliers, open_bank
from footprint.engine.backgrounds.bank_build import BankOrder, build_bank
from footprint.engine.backgrounds.draws import BackgroundDraws, BackgroundUncertainty
from lca_models.background.matrices import Background, Product

GROUP = "bank"
SAMPLES, SEED, CHECKED, GOAL = 1000, 1, 2, 2.0


@dataclass(frozen=True)
class Banked:
    """A case, its background with uncertainty, and the bank of what the foreground buys."""

    case: Case
    background: Background
    uncertainty: BackgroundUncertainty
    folder: Path

    @property
    def order(self) -> BankOrder:
        """What the bank holds: every product the foreground buys."""
        keys = sorted({key_of(row) for row in self.case.purchases.rows})
        return BankOrder(keys, SAMPLES, SEED)

    def build(self) -> Bank:
        """Draw the bank."""
        found = build_bank(self.folder, self.background, self.uncertainty, self.order)
        if found is None:
            raise RuntimeError("the bank was not finished")
        return found

    def multipliers(self) -> Any:
        """Open the bank and return the factor of each purchase, (purchases, samples)."""
        bank = open_bank(self.folder, background_sha256=self.background.sha256)
        rows, places = np.unique(self.case.purchases.rows, return_inverse=True)
        each = np.stack([bank_multipliers(bank, key_of(row), {GAS: 1.0}) for row in rows])
        return each[places]


def key_of(row: int) -> str:
    """Return the key of a background product."""
    return f"{int(row):06}"


def banked(here: Case, folder: Path) -> Banked:
    """Return a case with its background as the engine takes it."""
    technosphere, biosphere = here.technosphere, here.biosphere
    background = Background(
        name="made up",
        sha256=HASHES[here.size],
        products=tuple(Product(key_of(row), "", "", "") for row in range(here.size)),
        flows=(),
        technosphere=technosphere,
        biosphere=biosphere,
        gas_rows={GAS: here.factors},
    )
    sigmas = BackgroundUncertainty(
        with_inputs(technosphere, here.technosphere_sigmas).data, here.biosphere_sigmas
    )
    return Banked(here, background, sigmas, folder)


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the build of the bank and the study that reads it."""
    here = case(size)
    costs = ours.unit_costs(here, solver)
    with tempfile.TemporaryDirectory() as folder:
        study = banked(here, Path(folder) / "bank")
        started = time.perf_counter()
        bank = study.build()
        yield build_record(study, bank, time.perf_counter() - started)
        yield study_record(study, ours.by_exchanges(here, costs), bank)


def build_record(study: Banked, bank: Bank, seconds: float) -> Record:
    """Return what drawing the bank took, order and nominal factorisation included."""
    record = bank.record
    return Record(
        group=GROUP,
        work=f"drawing a bank of {len(bank.keys)} products, {SAMPLES} samples, one indicator",
        ours="sweeps in computed order",
        unit="sample",
        size=study.case.size,
        our_seconds=[seconds / SAMPLES],
        numbers={
            "seconds": seconds,
            "non_productive": float(len(record["non_productive"])),
            "direct": float(record["direct"]),
            "sweeps": record["steps"] / SAMPLES,
            "megabytes": bank.scores(bank.keys[0]).nbytes * len(bank.keys) / 1e6,
        },
    )


def study_record(study: Banked, foreground: ours.Foreground, bank: Bank) -> Record:
    """Return the study with the bank against the same study without."""
    space = np.empty((len(foreground.sigmas), SAMPLES))
    bought = slice(len(study.case.inputs.rows), None)
    purchases = slice(bought.start, bought.start + len(study.case.purchases.rows))

    def drawn() -> Any:
        # The engine's own draws, in one block: 1,000 samples are less than a block holds.
        return foreground._drawn_block(foreground._streams(SEED), space)

    def alone() -> Any:
        return foreground.scores(drawn())

    def with_bank() -> Any:
        multipliers = drawn()
        multipliers[purchases] *= study.multipliers()
        return foreground.scores(multipliers)

    record = compared(
        Side("foreground and banked background, bank read", with_bank, SAMPLES),
        Side("the foreground alone", alone, SAMPLES),
        group=GROUP,
        work=f"Monte Carlo of a study, {SAMPLES} samples, {len(foreground.sigmas)} exchanges",
        unit="sample",
        size=study.case.size,
        direction=AT_MOST,
        goal=GOAL if study.case.size == max(SIZES) else None,
        agreement=difference(study, drawn().copy(), with_bank(), bank),
        agreement_goal=1e-9,
    )
    plain, banked_scores = alone(), with_bank()[bank.productive]
    spread = {"alone": plain.std() / plain.mean(), "banked": banked_scores.std() / plain.mean()}
    return replace(record, numbers={f"relative_sd_{name}": float(v) for name, v in spread.items()})


def difference(study: Banked, multipliers: Any, scores: Any, bank: Bank) -> float:
    """Return the largest relative difference from the whole drawn system solved directly."""
    draws = BackgroundDraws(study.background, study.uncertainty, seed=SEED)
    found, expected = [], []
    for sample in np.flatnonzero(bank.productive)[:CHECKED]:
        amounts = study.case.amounts * multipliers[:, sample]
        technosphere = study.background.technosphere.copy()
        technosphere.data = draws.technosphere(int(sample))
        demand, direct = study.case.background_demand(amounts)
        costs = spsolve(sparse.csc_array(technosphere.T), draws.loads(int(sample))[:, 0])
        expected.append(float(costs @ demand) + direct)
        found.append(scores[sample])
    return largest_difference(found, expected)
