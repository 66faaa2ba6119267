"""Killing a command at any moment leaves the store as before or as after, never between.

System under test: the commands from a ledger to a certificate, each in a process of its own, killed
(SIGKILL) at a random moment and then run to its end, on both databases. After each kill the audit
log fits, the ledger with its rows is there whole or not at all, and a step that many factors take
together was taken by all of them or by none. 8 kills on each database in `make test`, 32 in
`make soak`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

from factor_db.factors.keep.audit import altered_contents
from factor_db.store.tables import Document, FactorVersion, LedgerEntry, LedgerFile
from factor_db.store.work import Store, last_states

EXAMPLE = Path(__file__).parents[2] / "factor_db" / "reference" / "examples" / "plate_mill.xlsx"
KILLS = 32 if os.environ.get("FOOTPRINT_SOAK") else 8
COMMAND = [sys.executable, "-c", "from footprint.cli.main import main; main()"]
SITE = ["--site", "CQ-PLATE"]


def commands(number: int, calculation: str, folder: Path) -> list[list[str]]:
    """The way from ledger to certificate; later rounds make a new release and certificate."""
    return [
        ["ledger", "import", str(EXAMPLE)],
        ["factor", "derive", *SITE],
        ["factor", "submit", *SITE],
        ["factor", "review", *SITE, "--as", "auditor"],
        ["factor", "publish", *SITE, "--as", "park"],
        ["release", "create", f"2027.{number}", "--as", "park"],
        ["calculate", "plate", "--gwp", ("AR6", "AR5", "AR4")[number // 8 % 3], *SITE],
        ["certify", calculation, "--out", str(folder / str(number))],
    ]


def _count(session: Session, column: object) -> int:
    return int(session.exec(select(func.count()).select_from(column)).one())  # type: ignore[call-overload]


def _killed_after(command: list[str], seconds: float, environment: dict[str, str]) -> bool:
    """Start a command and kill it; tell whether it was still running."""
    process = subprocess.Popen(
        [*COMMAND, *command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    running = process.poll() is None
    process.kill()
    process.wait()
    return running


@pytest.mark.soak
def test_a_killed_command_leaves_nothing_half_stored(store_url: str, tmp_path: Path) -> None:
    environment = dict(os.environ)
    started = time.monotonic()
    subprocess.run(
        [*COMMAND, "audit", "head"],
        env=environment,
        check=True,
        capture_output=True,
    )
    start_up = time.monotonic() - started
    moments = random.Random(20261123)
    rows, calculation = 0, ""
    for kill in range(KILLS):
        command = commands(kill, calculation, tmp_path)[kill % 8]
        _killed_after(command, moments.uniform(0.4, 1.6) * start_up, environment)
        rows, _ = _whole(store_url, rows)
        subprocess.run([*COMMAND, *command], env=environment, capture_output=True, check=False)
        rows, calculation = _whole(store_url, rows)
    with closing(Store(store_url)) as opened, opened.read() as session:
        # The commands did what they are for: everything was published, calculated and certified.
        made = {item.kind for item in session.exec(select(Document))}
        assert made >= {"release", "calculation", "certificate"}


def _whole(store_url: str, rows: int) -> tuple[int, str]:
    """Check that nothing is half stored; return a ledger's row count and a calculation's id."""
    with closing(Store(store_url)) as opened, opened.read() as session:
        assert altered_contents(session) == []
        files, entries = _count(session, LedgerFile), _count(session, LedgerEntry)
        rows = rows or entries
        assert entries == files * rows
        own = select(FactorVersion.sha256).where(col(FactorVersion.site) != "")
        drafts = session.exec(own).all()
        states = last_states(session, drafts)
        assert set(states) == set(drafts)
        assert len(set(states.values())) <= 1
        query = select(Document.name).where(Document.kind == "calculation")
        return rows, min(session.exec(query), default="")
