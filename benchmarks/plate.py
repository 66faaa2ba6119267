"""The example plate mill: the exact result with both tables, beside bw2calc of the same system."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import AT_MOST, Record, Side, compared, largest_difference
from benchmarks.start_up import publish_plate
from factor_db.factors.record.reference import characterisation
from footprint.calculation.calculate import calculate_study
from footprint.engine.statistics.streams import RANDOM
from footprint.sampling.parameters import BLOCK, normal_blocks, plan_of
from footprint.sampling.uncertainty import sample_totals
from footprint.session import open_store
from footprint.solving.evaluate import Nominal, demand_of, evaluate
from footprint.solving.floats import compiled_floats
from footprint.study.definition import default_study
from footprint.study.examples import EXAMPLES
from lca_models.brightway.oracle import solve_with_bw2calc

GROUP = "plate"
SAMPLES = 10_000


def plate() -> Nominal:
    """Return the nominal plate result of the example ledger."""
    with tempfile.TemporaryDirectory() as folder:
        publish_plate(Path(folder))
        store = open_store(Path(folder))
        with store.read() as session:
            found = calculate_study(session, default_study(EXAMPLES[0][0])).nominal
        store.close()
    return found


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the rows of the exact result, the samples and their contribution tables."""
    nominal = plate()
    pins = {pin.slot.key: pin for pin in nominal.pins}
    gwp = {gas: float(value) for gas, value in characterisation("AR6").items()}
    compiled = compiled_floats(nominal)
    demand = [float(amount) for amount in demand_of(compiled)]
    peer = Side(
        "bw2calc, data package and LCA (superlu)", lambda: solve_with_bw2calc(compiled, gwp)
    )
    # bw2calc is asked for a tonne, the study for its declared unit.
    found = solve_with_bw2calc(compiled, gwp).total_kg_co2e * sum(demand)
    agreement = abs(found - float(nominal.total)) / float(nominal.total)
    work = f"plate, {len(compiled.processes)} processes"
    row = {"group": GROUP, "agreement": agreement, "agreement_goal": 1e-9}

    def exactly() -> object:
        return evaluate(nominal.study, nominal.where, lambda slot: pins.get(slot.key))

    exact = Side("exact result with both tables", exactly)
    yield compared(exact, peer, work=f"{work}: one result", unit="result", **row)
    samples = Side("samples", lambda: sample_totals(nominal, samples=SAMPLES, seed=1), SAMPLES)
    yield compared(samples, peer, work=f"{work}: {SAMPLES} samples", unit="sample", **row)
    yield contribution_table(nominal, work)


def contribution_table(nominal: Nominal, work: str) -> Record:
    """Return the row of the contribution table of every sample, beside the totals alone."""
    plan = plan_of(nominal)
    normals, _size = next(normal_blocks(plan.parameters, BLOCK, 1, RANDOM))
    values, _sound = plan.opened(normals, BLOCK)
    rows = plan.system.contributions(values, BLOCK)
    totals = plan.system.evaluate(values, BLOCK).totals
    return compared(
        Side("all rows", lambda: plan.system.contributions(values, BLOCK), BLOCK),
        Side("totals alone", lambda: plan.system.evaluate(values, BLOCK), BLOCK),
        group=GROUP,
        work=f"{work}: contribution table of {len(rows)} rows, each sample, without drawing",
        unit="sample",
        direction=AT_MOST,
        agreement=largest_difference(plan.system.weights() @ rows, totals),
        agreement_goal=1e-12,
        remark="agreement: rows against the total",
    )
