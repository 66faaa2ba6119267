"""Killing a command at any moment leaves the store as before or as after, never between.

System under test: `footprint ledger import` and `factor derive` in a process of their own, killed
(SIGKILL) at random moments. Afterwards the audit log fits, and the ledger with its rows is there
whole or not at all. 4 kills on each database in `make test`, 100 in `make soak`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

from factor_db.factors.audit import altered_contents
from factor_db.store.tables import FactorVersion, LedgerEntry, LedgerFile, StateEntry
from factor_db.store.work import Store

EXAMPLE = Path(__file__).parents[2] / "factor_db" / "reference" / "examples" / "plate_mill.xlsx"
KILLS = 100 if os.environ.get("FOOTPRINT_SOAK") else 4
COMMANDS = (
    ["ledger", "import", str(EXAMPLE)],
    ["factor", "derive", "--site", "CQ-PLATE"],
)


def _count(session: Session, column: object) -> int:
    return int(session.exec(select(func.count()).select_from(column)).one())  # type: ignore[call-overload]


def _killed_after(command: list[str], seconds: float, environment: dict[str, str]) -> bool:
    """Start a command and kill it; tell whether it was still running."""
    line = [sys.executable, "-c", "from footprint.cli.main import main; main()", *command]
    process = subprocess.Popen(
        line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    running = process.poll() is None
    process.kill()
    process.wait()
    return running


@pytest.mark.soak
def test_a_killed_command_leaves_nothing_half_stored(store_url: str) -> None:
    environment = dict(os.environ)
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", "from footprint.cli.main import main; main()", "audit", "head"],
        env=environment,
        check=True,
        capture_output=True,
    )
    start_up = time.monotonic() - started
    moments = random.Random(20261123)
    rows = 0
    for kill in range(KILLS):
        command = COMMANDS[kill % 2]
        _killed_after(command, moments.uniform(0.4, 1.6) * start_up, environment)
        opened = Store(store_url)
        with opened.read() as session:
            assert altered_contents(session) == []
            files = _count(session, LedgerFile)
            entries = _count(session, LedgerEntry)
            rows = rows or entries
            assert entries == files * rows
            drafts = session.exec(
                select(FactorVersion.sha256).where(col(FactorVersion.site) != "")
            ).all()
            states = session.exec(
                select(StateEntry.subject).where(col(StateEntry.subject).in_(drafts))
            ).all()
            assert sorted(states) == sorted(drafts)
        opened.close()
