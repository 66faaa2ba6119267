"""One group at one size with one solver, in a process of its own: records as JSON lines.

`python -m benchmarks.child MODULE SIZE SOLVER FILE`. bw2calc takes PARDISO wherever pypardiso can
be imported, so it is shut out of a process that is to use SuperLU.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path

from benchmarks import harness


def main(module: str, size: str, solver: str, path: str) -> None:
    """Run one module's rows; each is written as soon as it is there."""
    if solver == "superlu":
        sys.modules["pypardiso"] = None  # type: ignore[assignment]
    warnings.simplefilter("ignore")
    for record in importlib.import_module(f"benchmarks.{module}").records(int(size), solver):
        harness.write_lines([record], Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
