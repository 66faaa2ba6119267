"""Making a foreground ready to evaluate, beside lca_algebraic in an environment of its own.

Both sides start from the foreground's exchanges and the background (500 activities, the cheapest
for the peer) and end with the scores of five sets of parameters. Ours includes the adjoint solve.
lca_algebraic's first evaluation expands the network into expressions; it is run once and stopped
after 200 s, beside a minute for its import and its project, which are not timed. Brightway 2 keeps
amounts in single precision, so both sides get a background rounded to it: without that they differ
by 1e-8.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import environments, ours
from benchmarks.cases import Case, case, parameters
from benchmarks.harness import ROUNDS, Record, Side, in_turn, largest_difference

GROUP = "symbolic"
SIZE, SETS, STOPPED_AFTER_S = 500, 5, 200
STARTED_WITHIN_S = 60
FOREGROUNDS = (6, 12, 20, 60)
SCRIPT = Path(__file__).parent / "peers/algebraic_case.py"


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield a row for each foreground; they depend neither on a size nor on a solver."""
    for processes in FOREGROUNDS:
        yield row(processes)


def row(processes: int) -> Record:
    """Return the row of one foreground."""
    here = in_single_precision(case(SIZE, processes))
    values = parameters(SETS, processes)

    def ready() -> Any:
        return ours.by_parameters(here, ours.unit_costs(here)).scores(values)

    (seconds,) = in_turn(Side("set-up", ready))
    told = {
        "group": GROUP,
        "work": f"set-up and first scores of {processes} processes with {_loops(here)}",
        "unit": "set-up",
        "ours": "order, elimination, adjoint",
        "our_seconds": seconds,
        "size": SIZE,
        "limit_seconds": 1.0,
        "agreement_goal": 1e-9,
    }
    try:
        found = lca_algebraic(values, processes)
    except environments.NotToBeHad as why:
        return Record(**told, not_run=f"lca_algebraic: {why}")
    except subprocess.TimeoutExpired:
        against = f"lca_algebraic, stopped after {STOPPED_AFTER_S} s"
        stopped = [float(STOPPED_AFTER_S)] * ROUNDS
        return Record(**told, against=against, peer_seconds=stopped, remark="peer: a lower bound")
    return Record(
        **told,
        against="lca_algebraic, first evaluation",
        peer_seconds=[found["first"]] * ROUNDS,
        agreement=largest_difference(ready(), found["scores"]),
        remark="peer: one run",
    )


def in_single_precision(here: Case) -> Case:
    """Return the case with the background amounts and factors Brightway 2 can hold."""
    return replace(
        here,
        technosphere=here.technosphere.astype(np.float32).astype(float),
        biosphere=here.biosphere.astype(np.float32).astype(float),
        factors=here.factors.astype(np.float32).astype(float),
    )


def lca_algebraic(values: Any, processes: int) -> dict[str, Any]:
    """Return what lca_algebraic measures and finds; TimeoutExpired when it does not finish."""
    python = environments.interpreter("lca_algebraic")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parameters.npy"
        np.save(path, values)
        command = [str(python), str(SCRIPT), str(SIZE), str(processes), str(path)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=STARTED_WITHIN_S + STOPPED_AFTER_S,
            cwd=folder,
            check=False,
        )
    if done.returncode != 0:
        raise environments.NotToBeHad(done.stderr.strip().splitlines()[-1])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _loops(here: Case) -> str:
    back = int(np.sum(here.inputs.rows > here.inputs.processes))
    return f"{back} loops" if back != 1 else "1 loop"
