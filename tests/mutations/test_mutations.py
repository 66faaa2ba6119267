"""Mutants of the modules that carry numbers: at least 95 % are caught, each survivor has its reason.

System: `mutants.csv`, drawn once by seed and run by `running.py`, whose verdicts it keeps. Three of
the mutants are planted again here and a tenth in the soak: those that were caught still are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutant_page import PAGE, page_of
from mutants import MODULES, ROOT, SURVIVED, planted, stored

LEAST_PERCENT = 95
MOST_GONE_PERCENT = 20
SOAK = bool(os.environ.get("FOOTPRINT_SOAK"))
# Cheap ones in the ordinary run, a tenth in the soak; `running.py` without numbers plants all.
PARTS = [tuple(range(5, 120, 10))] if SOAK else [(48, 66, 117)]


def test_at_least_95_percent_are_caught_and_each_module_has_its_part() -> None:
    found = stored()
    assert [mutant.number for mutant in found] == list(range(120))
    assert {mutant.module for mutant in found} == set(MODULES)
    caught = [mutant for mutant in found if mutant.caught_by != SURVIVED]
    assert all(mutant.caught_by for mutant in found)
    assert 100 * len(caught) >= LEAST_PERCENT * len(found)


def test_each_survivor_has_a_reason_and_nothing_else_has() -> None:
    for mutant in stored():
        assert bool(mutant.why) == (mutant.caught_by == SURVIVED), mutant


def test_the_page_shows_the_file() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_of(stored())


def test_most_mutated_lines_still_stand() -> None:
    """Otherwise the figures are of another program: draw anew with `drawing.py`."""
    found = stored()
    sources = {module: (ROOT / module).read_text(encoding="utf-8") for module in MODULES}
    gone = [mutant.number for mutant in found if planted(mutant, sources[mutant.module]) is None]
    assert 100 * len(gone) <= MOST_GONE_PERCENT * len(found), gone


def test_the_named_tests_exist() -> None:
    assert [
        name for tests in MODULES.values() for name in tests if not (ROOT / name).is_file()
    ] == []


@pytest.mark.soak
@pytest.mark.parametrize("numbers", PARTS, ids=lambda numbers: f"from-{numbers[0]}")
def test_what_was_caught_is_caught_again(numbers: tuple[int, ...]) -> None:
    command = [sys.executable, str(Path(__file__).with_name("running.py")), "--check"]
    done = subprocess.run(
        [*command, *map(str, numbers)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
