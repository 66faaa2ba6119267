"""`make bench`: each peer beside us on the same inputs in one run; writes docs/performance.md.

`python -m benchmarks [GROUP ...]` runs some groups and keeps what the others found last time (in
`benchmarks/results.jsonl`); `--page` writes the page anew from what is there; `--date` is printed
on the page as given; `--sizes 500` is for trying things out, 1 is
the US LCI database. Every group at every size runs in a
process of its own, ours and the peer's side in the same one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import environments, harness, machine, page, synth
from benchmarks.cases import USLCI

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results.jsonl"
PAGE = ROOT / "docs/performance.md"
SUPERLU, PARDISO = "superlu", "pardiso"
SIZES = (USLCI, *synth.SIZES)


@dataclass(frozen=True)
class Group:
    """The modules of one group, with which solvers and sizes each runs; 0 is without a size."""

    modules: tuple[str, ...]
    solvers: tuple[str, ...] = (SUPERLU,)
    sizes: tuple[int, ...] = (0,)


GROUPS = {
    "foreground": Group(("foreground",), (SUPERLU, PARDISO), SIZES),
    "variants": Group(("variants",), (SUPERLU, PARDISO), SIZES),
    "gradients": Group(("gradients",), (SUPERLU,), SIZES),
    "symbolic": Group(("symbolic",)),
    "start-up": Group(("start_up",)),
    "plate": Group(("plate",)),
    "whole-system": Group(("whole_system",), (SUPERLU, PARDISO), synth.SIZES),
    "bank": Group(("bank",), (SUPERLU,), synth.SIZES),
    "portfolio": Group(("portfolio_rows",)),
    "ledger": Group(("ledger_import",)),
    "search": Group(("factor_search",)),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the groups asked for, keep their records and write the page."""
    asked = _parser().parse_args(arguments)
    names = asked.groups or list(GROUPS)
    if not asked.page:
        for name in names:
            found = list(run(name, asked.sizes))
            kept = [record for record in harness.read_lines(RESULTS) if record.group != name]
            RESULTS.unlink(missing_ok=True)
            harness.write_lines([*kept, *found], RESULTS)
            print(page.summary(found), flush=True)
        machine.write(machine.described(asked.date), RESULTS.with_suffix(".json"))
    described = machine.read(RESULTS.with_suffix(".json"))
    PAGE.write_text(page.page(harness.read_lines(RESULTS), described), encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--sizes", type=int, nargs="+", choices=SIZES, default=SIZES)
    parser.add_argument("--page", action="store_true", help="write the page, measure nothing")
    parser.add_argument("--date", default="", help="printed on the page")
    return parser


def run(name: str, sizes: Sequence[int] = SIZES) -> Iterator[harness.Record]:
    """Yield the records of one group, each size and solver in a process of its own."""
    group = GROUPS[name]
    for module in group.modules:
        for size in group.sizes:
            if size and size not in sizes:
                continue
            for solver in group.solvers:
                print(f"{name}: {module} {size or ''} {solver}", file=sys.stderr, flush=True)
                yield from _child(name, module, size, solver)


def _child(name: str, module: str, size: int, solver: str) -> Iterator[harness.Record]:
    work = f"{name}, {solver}" if solver != SUPERLU else name
    try:
        python = _interpreter(module, solver)
    except environments.NotToBeHad as why:
        yield harness.Record(name, work, size=size, not_run=str(why))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        command = [python, "-m", "benchmarks.child", module, str(size), solver, str(path)]
        threads = dict.fromkeys(harness.THREAD_VARIABLES, "1")
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **threads},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        yield from harness.read_lines(path)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        yield harness.Record(name, work, size=size, not_run=lines[-1])


def _interpreter(module: str, solver: str) -> str:
    """Return the Python a module runs in; bw2calc's partitioned class needs the peers' packages."""
    if solver == PARDISO or module == "foreground":
        return str(environments.interpreter("pardiso"))
    return sys.executable


if __name__ == "__main__":
    main()
