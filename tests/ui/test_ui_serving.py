"""Serving the pages: what is run lies in the package, its configuration beside it.

System under test: `footprint serve` and the entry at the top of a checkout. A wheel has no checkout
around it: its pages must start on this machine's own address from whatever folder they are
started, and a server without an address asks a host on the internet for its own.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import footprint
from footprint.cli.main import main
from tests.pages_server import START_SECONDS, wait_until_ready

PACKAGE = Path(footprint.__file__).parent
TOP = PACKAGE.parent


def test_what_is_served_lies_in_the_package_with_its_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[list[str], dict[str, Any]]] = []

    class Pages:
        def __init__(self, command: list[str], **options: Any) -> None:
            asked.append((command, options))

        def __enter__(self) -> Pages:
            return self

        def __exit__(self, *_: object) -> None: ...

        def wait(self) -> int:
            return 0

    monkeypatch.setattr("subprocess.Popen", Pages)
    monkeypatch.setattr("signal.signal", lambda *_: None)
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


def test_who_stops_the_command_stops_the_pages(home: Path) -> None:
    """The pages once stayed on their port when `footprint serve` was ended by SIGTERM."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    footprint_command = Path(sys.executable).with_name("footprint")
    with subprocess.Popen([footprint_command, "serve", "--port", str(port)]) as command:
        wait_until_ready(f"http://127.0.0.1:{port}/_stcore/health", command)
        command.terminate()
        command.wait(timeout=START_SECONDS)
    with socket.socket() as asked:
        assert asked.connect_ex(("127.0.0.1", port)) != 0
