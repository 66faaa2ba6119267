"""An environment of its own for Brightway 2 (brightway2 2.4.7), made from a lock with hashes.

It lies in a folder `brightway2-2.4.7` of `FOOTPRINT_BRIGHTWAY2_DIR`, by default of the clone's
`.venv-brightway2`, and is kept as long as the lock stays the same. By hand: `python tests/brightway2/environment.py` makes it and
prints its interpreter. Remake the lock with any compiler of requirements from `requirements.in`,
for Python 3.11, with hashes and without the registry's address.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
FOLDER_VARIABLE = "FOOTPRINT_BRIGHTWAY2_DIR"
# These have no wheels for their version and are built here, with the tools of the lock.
SOURCES = "brightway2,bw2calc,bw2data,docopt,future,unicodecsv"
BUILD_TOOLS = ("setuptools", "wheel")


def reason_against() -> str:
    """Return why brightway2 2.4.7 cannot be installed here; empty when it can."""
    if sys.version_info[:2] != (3, 11):
        running = ".".join(map(str, sys.version_info[:2]))
        return f"brightway2 2.4.7 installs on Python 3.11 (its `future` needs `imp`), not {running}"
    return ""


def interpreter() -> Path:
    """Return the Python of the environment, made on first use; RuntimeError with pip's own words."""
    base = Path(os.environ.get(FOLDER_VARIABLE) or HERE.parents[1] / ".venv-brightway2")
    # A folder of our own inside: what somebody names may hold other things, and ours is remade.
    folder = base / "brightway2-2.4.7"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "made-from"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    tools = folder / "build.lock"
    tools.write_text(_build_part(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    pip = [*_pip(), "--python", str(python), "install", "-q", "--require-hashes", "--no-deps"]
    _run(*pip, "-r", str(tools))
    binaries = ["--only-binary", ":all:", "--no-binary", SOURCES, "--no-build-isolation"]
    _run(*pip, *binaries, "-r", str(LOCK))
    stamp.write_text(digest, encoding="utf-8")
    return python


def _build_part(lock: str) -> str:
    entries = re.split(r"\n(?=\S)", lock.strip())
    return "\n".join(e for e in entries if e.split("==")[0] in BUILD_TOOLS) + "\n"


def _pip() -> list[str]:
    """Return a pip that can install into another environment: ours, or the base Python's."""
    for candidate in (sys.executable, getattr(sys, "_base_executable", "")):
        command = [candidate, "-m", "pip"]
        if candidate and subprocess.run([*command, "-V"], capture_output=True).returncode == 0:
            return command
    raise RuntimeError("pip is missing: install python3-pip")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(reason_against() or print(interpreter()))
