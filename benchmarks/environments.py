"""The peers' environments, made by `make bench` from locks with hashes and kept while they hold.

`pardiso` holds PARDISO (Intel MKL) and what bw2calc's partitioned Monte Carlo needs; numpy, scipy,
bw2calc and this project come from the interpreter that runs, so that both sides share one version
of each. `lca_algebraic` stands alone: it imports only with Brightway 2. Both lie in `.venv-bench`.
Remake a lock with any compiler of requirements from its `.in`, for Python 3.11, with hashes and
without the registry's address; from `pardiso.lock` leave out what `requirements-dev.lock` holds.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent / "peers"
FOLDER = Path(__file__).parents[1] / ".venv-bench"
# These have no wheels for their version and are built here, with the tools of the lock.
SOURCES = {
    "pardiso": "",
    "lca_algebraic": "brightway2,bw2analyzer,bw2calc,bw2data,bw2io,docopt,eight,future,"
    "mrio-common-metadata,unicodecsv",
}
BUILD_TOOLS = ("setuptools", "wheel")


class NotToBeHad(Exception):
    """An environment that cannot be made here, and why."""


def interpreter(name: str) -> Path:
    """Return the Python of a peer's environment, made on first use; NotToBeHad with the reason."""
    _require_platform(name)
    folder = FOLDER / name
    python, stamp = folder / "bin/python", folder / "made-from"
    lock = HERE / f"{name}.lock"
    made_from = hashlib.sha256(lock.read_bytes()).hexdigest() + sys.version
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    print(f"making {folder} ...", file=sys.stderr)
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    pip = [*_pip(), "--python", str(python), "install", "-q", "--require-hashes", "--no-deps"]
    if SOURCES[name]:
        tools = folder / "build.lock"
        tools.write_text(_build_part(lock.read_text(encoding="utf-8")), encoding="utf-8")
        _run(*pip, "-r", str(tools))
        _run(*pip, *_wheels_but(SOURCES[name]), "-r", str(lock))
    else:
        _run(*pip, "--only-binary", ":all:", "-r", str(lock))
        _share_packages(folder)
    stamp.write_text(made_from, encoding="utf-8")
    return python


def _require_platform(name: str) -> None:
    if name == "pardiso" and (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NotToBeHad("PARDISO has wheels for Linux on x86-64 here, not for this platform")
    if name == "lca_algebraic" and sys.version_info[:2] != (3, 11):
        raise NotToBeHad(
            "lca_algebraic imports only with Brightway 2, which installs on Python 3.11"
        )


def _wheels_but(sources: str) -> list[str]:
    return ["--only-binary", ":all:", "--no-binary", sources, "--no-build-isolation"]


def _share_packages(folder: Path) -> None:
    """Let the environment see the packages of the interpreter that runs, after its own."""
    packages = next(folder.glob("lib/python*/site-packages"))
    shared = sysconfig.get_paths()["purelib"]
    (packages / "shared.pth").write_text(f"{shared}\n", encoding="utf-8")


def _build_part(lock: str) -> str:
    entries = re.split(r"\n(?=\S)", lock.strip())
    return "\n".join(e for e in entries if e.split("==")[0] in BUILD_TOOLS) + "\n"


def _pip() -> list[str]:
    """Return a pip that can install into another environment: ours, or the base Python's."""
    for candidate in (sys.executable, getattr(sys, "_base_executable", "")):
        command = [candidate, "-m", "pip"]
        if candidate and subprocess.run([*command, "-V"], capture_output=True).returncode == 0:
            return command
    raise NotToBeHad("pip is missing: install python3-pip")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        last = [re.sub(r"\S+://\S+", "(an address)", line) for line in last]  # for the page
        raise NotToBeHad(f"{Path(command[0]).name} {' '.join(command[1:4])}: {''.join(last)}")


if __name__ == "__main__":
    for name in sys.argv[1:] or SOURCES:
        print(interpreter(name))
