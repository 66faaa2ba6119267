"""lca_algebraic's side, run in its own environment: `algebraic_case.py SIZE PROCESSES FILE`.

FILE holds parameters, one row per process, one column per variant. Prints JSON: the seconds of the
first evaluation (which builds its expressions and solves the background), those of a second one,
and the scores.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import time
from typing import Any

METHOD = ("made up", "climate change", "kg CO2e")
FLOWS, BACKGROUND, FOREGROUND = "biosphere3", "background", "foreground"


def write_project(brightway: Any, here: Any) -> None:
    """Write flows, background and method into the project at hand."""
    flows = {
        (FLOWS, str(i)): {"name": f"flow {i}", "unit": "kg", "type": "emission", "exchanges": []}
        for i in range(len(here.factors))
    }
    brightway.Database(FLOWS).write(flows)
    activities: dict[tuple[str, str], dict[str, Any]] = {
        (BACKGROUND, str(j)): {
            "name": f"activity {j}",
            "unit": "kg",
            "location": "GLO",
            "exchanges": [{"input": (BACKGROUND, str(j)), "amount": 1.0, "type": "production"}],
        }
        for j in range(here.size)
    }
    inputs, emitted = here.technosphere.tocoo(), here.biosphere.tocoo()
    for row, column, value in zip(inputs.row, inputs.col, inputs.data, strict=True):
        if row != column:
            exchange = {"input": (BACKGROUND, str(row)), "amount": -value, "type": "technosphere"}
            activities[BACKGROUND, str(column)]["exchanges"].append(exchange)
    for row, column, value in zip(emitted.row, emitted.col, emitted.data, strict=True):
        exchange = {"input": (FLOWS, str(row)), "amount": value, "type": "biosphere"}
        activities[BACKGROUND, str(column)]["exchanges"].append(exchange)
    brightway.Database(BACKGROUND).write(activities)
    method = brightway.Method(METHOD)
    method.register(unit="kg CO2-Eq")
    method.write([((FLOWS, str(i)), float(v)) for i, v in enumerate(here.factors) if v])


def write_foreground(algebraic: Any, brightway: Any, here: Any) -> Any:
    """Write the foreground with one parameter for each process; return its final activity."""
    algebraic.resetDb(FOREGROUND)
    count = here.processes
    scales = [
        algebraic.newFloatParam(f"p_{j}", default=1.0, min=0.5, max=2.0) for j in range(count)
    ]
    made = [algebraic.newActivity(FOREGROUND, f"process {j}", "kg", {}) for j in range(count)]
    background = {act["code"]: act for act in brightway.Database(BACKGROUND)}
    flows = {flow["code"]: flow for flow in brightway.Database(FLOWS)}
    needs: list[dict[Any, Any]] = [{} for _ in range(count)]
    kinds = (
        (here.inputs, lambda row: made[row]),
        (here.purchases, lambda row: background[str(row)]),
        (here.emissions, lambda row: flows[str(row)]),
    )
    for kind, named in kinds:
        for row, process, amount in zip(kind.rows, kind.processes, kind.amounts, strict=True):
            needs[process][named(int(row))] = float(amount) * scales[process]
    for activity, need in zip(made, needs, strict=True):
        activity.addExchanges(need)
    return made[here.final]


def main(size: str, processes: str, path: str) -> dict[str, Any]:
    """Return what is printed."""
    import numpy

    os.environ["BRIGHTWAY2_DIR"] = tempfile.mkdtemp(prefix="brightway-")
    import brightway2 as brightway
    import lca_algebraic as algebraic

    sys.path.insert(0, os.fspath(os.path.join(os.path.dirname(__file__), "..", "..")))
    from benchmarks.cases import case

    here = case(int(size), int(processes))
    brightway.projects.set_current("benchmark")
    write_project(brightway, here)
    algebraic.setBackground(BACKGROUND)
    final = write_foreground(algebraic, brightway, here)
    values = numpy.load(path)
    asked = {f"p_{j}": list(row) for j, row in enumerate(values)}
    times, found = [], None
    for _ in range(2):
        started = time.perf_counter()
        found = algebraic.compute_impacts(final, [METHOD], **asked)
        times.append(time.perf_counter() - started)
    scores = [float(value) for value in numpy.asarray(found).ravel()]
    return {"first": times[0], "second": times[1], "scores": scores}


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        answer = main(*sys.argv[1:])
    print(json.dumps(answer))
