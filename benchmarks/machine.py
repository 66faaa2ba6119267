"""What the results were measured on: processor, versions, and a date only as it was given."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from pathlib import Path

PACKAGES = ("numpy", "scipy", "bw2calc", "matrix_utils", "bw_processing", "numba")


def described(date: str) -> dict[str, str]:
    """Return what is printed of this machine."""
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": date,
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": ", ".join(versions),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    widest = next((name for name in ("avx512f", "avx2", "sse2") if f" {name} " in flags), "")
    return f"{names[0] if names else platform.machine()}{f' ({widest})' if widest else ''}"


def write(machine: dict[str, str], path: Path) -> None:
    """Keep it beside the results."""
    text = json.dumps(machine, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def read(path: Path) -> dict[str, str]:
    """Return what was kept; empty when there is none."""
    if not path.is_file():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found
