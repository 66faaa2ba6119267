"""What this machine can do at all, measured in the run that is compared with it.

The limit of a row is the time its draws, its memory traffic and its arithmetic would take if
nothing else cost anything. Which counts belong to a row is said where the row is made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.harness import Record, Side, in_turn

_BLOCK, _DRAWS = 1024, 2_000_000
_COPIED, _MATRIX = 16_000_000, 1024


@dataclass(frozen=True)
class MachineLimits:
    """Seconds of one log-normal draw, of one byte read or written, of one operation of dgemm."""

    draw: float
    normal: float
    byte: float
    operation: float

    def seconds(self, *, draws: float = 0, bytes_moved: float = 0, operations: float = 0) -> float:
        """Return the least time for so many draws, bytes and operations, one after the other."""
        return draws * self.draw + bytes_moved * self.byte + operations * self.operation


def measured() -> MachineLimits:
    """Return the limits of one core of this machine, medians of five rounds."""
    chance, block = np.random.default_rng(1), np.empty(_BLOCK)
    source, target = np.ones(_COPIED), np.empty(_COPIED)
    left = chance.random((_MATRIX, _MATRIX))
    right, product = left.T.copy(), np.empty((_MATRIX, _MATRIX))

    def normals() -> None:
        for _ in range(_DRAWS // _BLOCK):
            chance.standard_normal(out=block)

    def log_normals() -> None:
        for _ in range(_DRAWS // _BLOCK):
            chance.standard_normal(out=block)
            np.exp(block, out=block)

    drawn = _DRAWS // _BLOCK * _BLOCK
    times = in_turn(
        Side("normals", normals, drawn),
        Side("log-normals", log_normals, drawn),
        Side("copy", lambda: np.copyto(target, source), _COPIED * 16),
        Side("dgemm", lambda: np.matmul(left, right, out=product), 2 * _MATRIX**3),
    )
    normal, draw, byte, operation = (float(np.median(found)) for found in times)
    return MachineLimits(draw=draw, normal=normal, byte=byte, operation=operation)


def record(limits: MachineLimits, group: str) -> Record:
    """Return the limits as a record, for the page."""
    return Record(group, "roofs of one core", unit="", numbers=asdict(limits))
