"""What a process costs before it works: imports, and a whole sampled calculation from the shell.

Each command is a fresh interpreter of this environment, run in turn with its peer. Its compiled
modules are there after the round that is not counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import AT_MOST, Record, Side, compared

GROUP = "start-up"
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "footprint" / "engine"
# The kernels are imported where numba compiles them, when a background is sampled.
PATHS = [path for path in FOLDER.rglob("[a-z]*.py") if path.stem != "sweep_kernels"]
MODULES = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PATHS)
ENGINE = f"import {', '.join(MODULES)}"
FLOOR = "import numpy, scipy.sparse.linalg"
FOOTPRINT = "from footprint.cli.main import main; main()"


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield both rows; neither depends on a size or a solver."""
    yield compared(
        Side("import of the engine", lambda: _run(ENGINE)),
        Side("import of numpy and scipy.sparse.linalg", lambda: _run(FLOOR)),
        group=GROUP,
        work="import of the engine's modules",
        unit="start",
        direction=AT_MOST,
        goal=1.5,
    )
    with tempfile.TemporaryDirectory() as folder:
        home = {"FOOTPRINT_HOME": folder}
        publish_plate(Path(folder))
        asked = ("calculate", "plate", "--samples", "10000", "--seed", "1", "--json")
        yield compared(
            Side("footprint calculate plate", lambda: _run(FOOTPRINT, *asked, more=home)),
            Side(
                "import of numpy, scipy.sparse.linalg, sqlmodel", lambda: _run(f"{FLOOR}, sqlmodel")
            ),
            group=GROUP,
            work="footprint calculate plate --samples 10000 --seed 1 --json",
            unit="start",
            direction=AT_MOST,
            goal=3.0,
        )


def publish_plate(home: Path) -> None:
    """Put the plate mill's example into a store of its own."""
    from footprint.session import open_store
    from footprint.study.examples import EXAMPLES, publish_own_factors

    _product, site, ledger = EXAMPLES[0]
    store = open_store(home)
    publish_own_factors(store, site, ledger)
    store.close()


def _run(program: str, *arguments: str, more: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or done.stdout.strip())
