"""Writing an inventory as a Brightway 2.5 project in a folder of its own, and scoring it there.

Brightway's project is global to a process, so both happen in a child process that knows only the
folder it is given; the user's own Brightway folder is never opened.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from factor_db.foundation.errors import BadInput
from lca_models.brightway.inventory import Inventory
from lca_models.brightway.package import package_objects, packed
from lca_models.brightway.quiet import FOLDER_VARIABLE

PROJECT_NAME = "footprint"
_ROOT = Path(__file__).resolve().parents[2]


class Scores(NamedTuple):
    """kg CO2e per tonne: by bw2calc in single precision, and from the doubles that are stored."""

    bw2calc: float
    double: float


def new_folder(folder: Path) -> Path:
    """Make a folder to export into; BadInput (BRIGHTWAY_FOLDER_NOT_EMPTY) unless it is empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("BRIGHTWAY_FOLDER_NOT_EMPTY", folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_project(folder: Path, name: str, inventory: Inventory) -> None:
    """Write a project with two databases, method, parameters and formulas into an empty folder.

    Open it with BRIGHTWAY2_DIR set to the folder. Raises BadInput (BRIGHTWAY_FOLDER_NOT_EMPTY):
    existing projects are never changed.
    """
    content = {"name": name, "objects": packed(package_objects(inventory))}
    _run_child(new_folder(folder), "write", content)


def score_project(folder: Path, name: str, changes: Mapping[str, float] | None = None) -> Scores:
    """Return the score of the product of a project we wrote, kg CO2e per tonne.

    `changes` (parameter name → number) are written into the project and everything recalculated
    first. Raises BadInput (BRIGHTWAY_PROJECT_UNKNOWN): Brightway itself would make an empty
    project; BadInput (BRIGHTWAY_PARAMETER_UNKNOWN).
    """
    found = (folder / "projects.db").is_file()
    asked = {"name": name, "changes": dict(changes or {})}
    answer = _run_child(folder, "score", asked) if found else {}
    if "unknown" in answer:
        raise BadInput("BRIGHTWAY_PARAMETER_UNKNOWN", names=", ".join(answer["unknown"]))
    if "score" not in answer:
        raise BadInput("BRIGHTWAY_PROJECT_UNKNOWN", folder=str(folder), name=name)
    return Scores(answer["score"], answer["double"])


def _run_child(folder: Path, command: str, content: Mapping[str, Any]) -> dict[str, Any]:
    search_path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {FOLDER_VARIABLE: str(folder.resolve()), "PYTHONPATH": search_path}
    done = subprocess.run(
        [sys.executable, "-m", "lca_models.brightway.child", command],
        input=json.dumps(content),
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"Brightway child failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
