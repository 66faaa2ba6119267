"""Plant each mutant in a copy of the tree and run the tests of its module until one fails.

`python tests/mutations/running.py` runs all of `mutants.csv`, keeps what became of each there (the
reason of a survivor that stays one too) and renews `docs/mutations.md`; `running.py 12 40` only
these numbers, `--check` keeps nothing and fails where one that was caught lives. Run it with the
project's own environment; it wants two to ten seconds of a processor for each.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TextIO

import pytest
from mutant_page import write_page
from mutants import HERE, MODULES, ROOT, SURVIVED, TOO_LONG, Mutant, keep, planted, stored

_CPU_SECONDS = 120  # of a processor, so that a busy machine makes no mutant caught
_BROKEN = 99
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
# What most tests import: loaded once, and each mutant's process begins with it.
_LIBRARIES = (
    *("alembic", "cryptography.x509", "hypothesis", "numpy", "pandas", "pydantic"),
    *("python_calamine", "rfc8785", "scipy.sparse.linalg", "scipy.special", "sqlmodel"),
    *("typer", "xlsxwriter"),
)


def copy_of_tree(folder: Path) -> Path:
    """Return a copy of the tree, with what is compiled but no environments and histories."""
    passed_over = shutil.ignore_patterns(".*", "demo*", "*.egg-info", "dist")
    return Path(shutil.copytree(ROOT, folder / "tree", ignore=passed_over))


def outcome(mutant: Mutant, tree: Path) -> str:
    """Return the first test that fails with the mutant planted in a copy, or `SURVIVED`.

    Raises LookupError where the mutant's line stands no more: draw it again.
    """
    path = tree / mutant.module
    right = path.read_text(encoding="utf-8")
    wrong = planted(mutant, right)
    if wrong is None:
        raise LookupError(f"mutant {mutant.number}: {mutant.module} no longer has {mutant.before}")
    try:
        path.write_text(wrong, encoding="utf-8")
        shutil.rmtree(tree / ".hypothesis", ignore_errors=True)
        return tests_of(mutant.module, tree)
    finally:
        path.write_text(right, encoding="utf-8")


def tests_of(module: str, tree: Path) -> str:
    """Run the tests of a module in a copy; return the first that fails, or `SURVIVED`."""
    with TemporaryFile("w+", encoding="utf-8") as said:
        child = os.fork()
        if child == 0:
            try:
                os._exit(_in_child(MODULES[module], tree, said))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(_BROKEN)
        code = _waited(child)
        said.seek(0)
        told = said.read()
    if code is None:
        return TOO_LONG
    if code == 0:
        return SURVIVED
    if code == _BROKEN:
        raise RuntimeError(told)
    failed = _FAILED.search(told)
    # Without a name pytest stopped before any test: what every test imports cannot be read.
    return failed[1].split("[")[0].split("/", 1)[1] if failed else "conftest.py"


def _in_child(tests: Sequence[str], tree: Path, said: TextIO) -> int:
    """Run tests in a copy of the tree; only libraries are imported before, nothing of ours."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 5))
    os.dup2(said.fileno(), 1)
    os.dup2(said.fileno(), 2)
    os.chdir(tree)
    sys.path[:] = [str(tree), *(path for path in sys.path if Path(path) not in (ROOT, HERE))]
    os.environ["PYTHONPATH"] = str(tree)
    sys.dont_write_bytecode = True
    options = ["-x", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of Hypothesis, loaded before
    try:
        return int(pytest.main([*options, *tests]))
    finally:
        sys.stdout.flush()


def _waited(child: int) -> int | None:
    """Return the exit code of a process, None where it took more of a processor than it may."""
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    return None if code in (-signal.SIGXCPU, -signal.SIGKILL) else code


def verdicts(numbers: Collection[int]) -> Iterator[tuple[Mutant, str]]:
    """Plant the mutants of some numbers, all for none, and yield each with what became of it.

    One whose line was rewritten is passed over.
    """
    for library in _LIBRARIES:
        import_module(library)
    with TemporaryDirectory() as folder:
        tree = copy_of_tree(Path(folder))
        for mutant in stored():
            if numbers and mutant.number not in numbers:
                continue
            if planted(mutant, (tree / mutant.module).read_text(encoding="utf-8")) is not None:
                yield mutant, outcome(mutant, tree)


def run(numbers: Collection[int]) -> None:
    """Keep what became of the mutants of some numbers, one by one, and renew the page."""
    if not numbers:
        require_green()
    for mutant, caught in verdicts(numbers):
        why = mutant.why if caught == SURVIVED else ""
        known = replace(mutant, caught_by=caught, why=why)
        keep(known if other.number == mutant.number else other for other in stored())
        print(mutant.number, mutant.module, mutant.operator, caught, flush=True)
    write_page()


def require_green() -> None:
    """Raise RuntimeError where the tests of a module fail in a copy with no mutant in it."""
    with TemporaryDirectory() as folder:
        tree = copy_of_tree(Path(folder))
        red = [module for module in MODULES if tests_of(module, tree) != SURVIVED]
    if red:
        raise RuntimeError(f"red without a mutant: {', '.join(red)}")


def check(numbers: Collection[int]) -> int:
    """Return how many mutants of some numbers live that were caught before; prints each."""
    living = [
        mutant
        for mutant, caught in verdicts(numbers)
        if caught == SURVIVED and mutant.caught_by != SURVIVED
    ]
    for mutant in living:
        print(f"lives: {mutant}")
    return len(living)


if __name__ == "__main__":
    wanted = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(check(wanted) if "--check" in sys.argv else run(wanted))
