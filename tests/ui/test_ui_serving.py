"""Serving the pages: what is run lies in the package, its configuration beside it.

System under test: `footprint serve` and the entry at the top of a checkout. A wheel has no checkout
around it: its pages must start on this machine's own address from whatever folder they are
started, and a server without an address asks a host on the internet for its own.
"""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import footprint
from footprint.cli.main import main

PACKAGE = Path(footprint.__file__).parent
TOP = PACKAGE.parent


def test_what_is_served_lies_in_the_package_with_its_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[list[str], dict[str, Any]]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        asked.append((command, options))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("subprocess.run", run)
    with pytest.raises(SystemExit) as left:
        main(["serve", "--port", "8765"])
    assert left.value.code == 0
    ((command, options),) = asked
    entry = Path(command[command.index("run") + 1])
    assert entry.is_relative_to(PACKAGE)
    # Relative paths that a user gives count from where he stands.
    assert "cwd" not in options
    beside = entry.parent / ".streamlit" / "config.toml"
    assert tomllib.loads(beside.read_text(encoding="utf-8"))["server"]["address"] == "127.0.0.1"


def test_the_top_of_a_checkout_runs_the_same_entry_with_the_same_configuration() -> None:
    lines = [line for line in (TOP / "app.py").read_text(encoding="utf-8").splitlines() if line]
    assert lines == ["from footprint.ui.app.entry import run", "run()"]
    same = (TOP / ".streamlit" / "config.toml").samefile(
        PACKAGE / "ui" / "app" / ".streamlit" / "config.toml"
    )
    assert same
