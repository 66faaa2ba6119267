"""Makes the helper module of this folder importable: test folders are no packages here."""

import sys
from pathlib import Path

import pytest

FOLDER = str(Path(__file__).parent)
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)


@pytest.fixture
def open_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let factors of ledgers that were never files pass into review; the gates have their own test."""
    monkeypatch.setattr(
        "factor_db.factors.review.lifecycle.gate_faults", lambda session, factor: []
    )
