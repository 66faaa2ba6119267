"""What the engine may import: numpy and scipy, and nothing that makes a process slow to start.

System under test: a fresh interpreter that imports every module of `footprint/engine`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "footprint" / "engine"
HEAVY = {
    *("altair", "bw2calc", "bw2data", "bw2io", "bw_processing", "dask", "distributed", "numba"),
    *("pandas", "pyarrow", "pydantic", "sqlalchemy", "sqlmodel", "stats_arrays", "streamlit"),
    "scipy.stats",
}


def test_the_engine_starts_with_numpy_and_scipy_alone() -> None:
    # The kernels are what numba compiles: `sweeps` imports them when it runs, where numba is.
    paths = [path for path in FOLDER.rglob("[a-z]*.py") if path.stem != "sweep_kernels"]
    modules = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    assert len(modules) > 12
    program = (
        f"import json, sys; import {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"numpy", "scipy.sparse"} <= loaded
    assert loaded & HEAVY == set()
