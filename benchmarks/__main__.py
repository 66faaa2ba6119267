"""`make bench`: our engine beside bw2calc, the import of a large ledger, the search in factors.

Prints medians and the ratio of medians. Single times on a shared machine mean little; ratios do.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import factor_search, ledger_import
from factor_db.factors.reference import characterisation
from factor_db.store.work import Store
from footprint.calculation import calculate_study
from footprint.evaluate import Nominal, demand_of, evaluate
from footprint.examples import EXAMPLES, publish_own_factors
from footprint.floats import compiled_floats
from footprint.session import open_store
from footprint.solve import solve_floats
from footprint.study import default_study
from footprint.uncertainty import sample_totals
from lca_models.brightway.oracle import solve_with_bw2calc

ROUNDS = 15
SAMPLES = 10_000


def median_seconds(*runs: Callable[[], object]) -> list[float]:
    """Return the median seconds of each run, the runs taken in turn."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(ROUNDS):
        for place, run in enumerate(runs):
            started = time.perf_counter()
            run()
            times[place].append(time.perf_counter() - started)
    return [statistics.median(found) for found in times]


def plate(store: Store) -> Nominal:
    """Return the nominal plate result of the example ledger."""
    product, site, ledger = EXAMPLES[0]
    publish_own_factors(store, site, ledger)
    with store.read() as session:
        return calculate_study(session, default_study(product)).nominal


def main() -> None:
    """Print one line per comparison."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        nominal = plate(store)
        store.close()
    pins = {pin.slot.key: pin for pin in nominal.pins}
    gwp = {gas: float(value) for gas, value in characterisation("AR6").items()}
    compiled = compiled_floats(nominal)
    demand = [float(amount) for amount in demand_of(compiled)]
    solve_with_bw2calc(compiled, gwp)  # its import takes seconds and is not what is compared
    exact, floats, brightway = median_seconds(
        lambda: evaluate(nominal.study, nominal.where, lambda slot: pins.get(slot.key)),
        lambda: solve_floats(compiled, demand),
        lambda: solve_with_bw2calc(compiled, gwp),
    )
    (sampled,) = median_seconds(lambda: sample_totals(nominal, samples=SAMPLES, seed=1))
    print(f"plate, {len(compiled.processes)} processes; medians of {ROUNDS}")
    print(f"exact result with both tables   {exact * 1e3:9.2f} ms")
    print(f"float64 solve                   {floats * 1e3:9.3f} ms")
    print(f"bw2calc, datapackage and LCA    {brightway * 1e3:9.2f} ms")
    print(f"sampled, {SAMPLES} samples, each {sampled / SAMPLES * 1e6:9.2f} us")
    print(f"bw2calc / exact                 {brightway / exact:9.1f}")
    print(f"bw2calc / float64 solve         {brightway / floats:9.0f}")
    print(f"bw2calc / one sample            {brightway / (sampled / SAMPLES):9.0f}")
    ledger_import.main()
    factor_search.main()


if __name__ == "__main__":
    main()
