"""Timing two sides in turn, and the records both `make bench` and the page are made from.

Importing this module sets one thread for every BLAS, so it comes before numpy. Each round runs
every side once, in turn, after a round that is not counted: a machine that slows down for a while
slows both. Times are per unit of work (a sample, a product), so that sides may run different
numbers of units; ratios are taken round by round.
"""

from __future__ import annotations

import os

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
for _variable in THREAD_VARIABLES:
    os.environ[_variable] = "1"

import json  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from dataclasses import asdict, dataclass, field  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

ROUNDS = 5
LEAST_SECONDS, MOST_REPEATS = 0.05, 1000
AT_LEAST, AT_MOST = "at_least", "at_most"


@dataclass(frozen=True)
class Side:
    """One side of a comparison: what runs, and how many units of work one run does."""

    name: str
    run: Callable[[], object]
    units: int = 1


@dataclass(frozen=True)
class Record:
    """What was measured of one row: seconds per unit of each round, ours and the peer's.

    `goal` is a bound of the ratio: at least peer / ours, at most ours / peer; without one the row
    is shown and not judged. `limit` is a bound of our own seconds. `agreement` is the largest
    relative difference of the two answers. `not_run` says why a row has no times.
    """

    group: str
    work: str
    ours: str = ""
    against: str = ""
    unit: str = ""
    size: int = 0
    our_seconds: Sequence[float] = ()
    peer_seconds: Sequence[float] = ()
    direction: str = AT_LEAST
    goal: float | None = None
    limit_seconds: float | None = None
    agreement: float | None = None
    agreement_goal: float | None = None
    remark: str = ""
    not_run: str = ""
    numbers: dict[str, float] = field(default_factory=dict)

    def ratios(self) -> list[float]:
        """Return the ratio of each round: peer / ours, or ours / peer for an upper bound."""
        pairs = zip(self.our_seconds, self.peer_seconds, strict=True)
        if self.direction == AT_LEAST:
            return [peer / ours for ours, peer in pairs]
        return [ours / peer for ours, peer in pairs]

    def faults(self) -> list[str]:
        """Return which goals are not met: ratio, time, agreement."""
        found = []
        if self.goal is not None and self.peer_seconds:
            ratio = statistics.median(self.ratios())
            met = ratio >= self.goal if self.direction == AT_LEAST else ratio <= self.goal
            found += [] if met else ["ratio"]
        if self.limit_seconds is not None and self.our_seconds:
            met = statistics.median(self.our_seconds) <= self.limit_seconds
            found += [] if met else ["time"]
        if self.agreement_goal is not None and self.agreement is not None:
            found += [] if self.agreement <= self.agreement_goal else ["agreement"]
        return found


def in_turn(*sides: Side, rounds: int = ROUNDS) -> list[list[float]]:
    """Return each side's seconds per unit in each round, the first round left out.

    What takes less than `LEAST_SECONDS` is run as often as it takes to last that long.
    """
    times: list[list[float]] = [[] for _ in sides]
    repeats = [1] * len(sides)
    for turn in range(rounds + 1):
        for place, side in enumerate(sides):
            started = time.perf_counter()
            for _ in range(repeats[place]):
                side.run()
            taken = (time.perf_counter() - started) / repeats[place]
            if turn:
                times[place].append(taken / side.units)
            else:
                repeats[place] = max(1, min(MOST_REPEATS, int(LEAST_SECONDS / taken)))
    return times


def compared(ours: Side, peer: Side, *, rounds: int = ROUNDS, **row: Any) -> Record:
    """Time both sides in turn and return the record of the row."""
    our_seconds, peer_seconds = in_turn(ours, peer, rounds=rounds)
    return Record(
        ours=ours.name,
        against=peer.name,
        our_seconds=our_seconds,
        peer_seconds=peer_seconds,
        **row,
    )


def largest_difference(found: Any, expected: Any) -> float:
    """Return the largest relative difference of two arrays; a NaN anywhere counts as infinite."""
    import numpy as np

    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    return float(np.max(np.abs(found - expected) / np.abs(expected)))


def write_lines(records: Sequence[Record], path: Path) -> None:
    """Append records to a file of JSON lines."""
    with path.open("a", encoding="utf-8") as lines:
        for record in records:
            lines.write(json.dumps(asdict(record), ensure_ascii=False, sort_keys=True) + "\n")


def read_lines(path: Path) -> list[Record]:
    """Return the records of a file of JSON lines; none when there is no file."""
    if not path.is_file():
        return []
    return [Record(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
