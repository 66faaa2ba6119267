"""The wheel: every file of the packages, data too, and nothing beside them.

System under test: the wheel that the build backend makes of this checkout. A table, a font or the
configuration of the pages that stays behind is missed only on the machine of somebody else.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from tools.rooms import HOUSE, TOP


def _standing() -> set[str]:
    """Return the files of the packages as they stand in the checkout."""
    files = (path for name in HOUSE for path in (TOP / name).rglob("*") if path.is_file())
    return {path.relative_to(TOP).as_posix() for path in files if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_packages_whole_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=TOP, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert names == _standing()
    assert "footprint/ui/app/.streamlit/config.toml" in names
