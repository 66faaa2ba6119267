"""Ten thousand studies with contributions: seconds, and the same bytes after a kill and on Dask.

The studies vary the three example plants from a seed: choices, and up to four values each, drawn
around the plant's own. The run is timed whole, then killed (SIGKILL) half-way and taken up again,
then worked off by a Dask cluster of two processes on this machine. Aim: a minute on two cores, and
one SHA-256 for all three.
"""

from __future__ import annotations

import csv
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.session import open_store
from footprint.study.definition import default_study
from footprint.study.examples import EXAMPLES, publish_own_factors

STUDIES = 10_000
SEED = 20261127
COMMAND = [sys.executable, "-c", "from footprint.cli.main import main; main()", "portfolio"]


def write_studies(path: Path, store: Store, studies: int, seed: int = SEED) -> None:
    """Write a portfolio of so many studies on the example plants, the same from the same seed."""
    draws = random.Random(seed)
    values: dict[str, dict[str, float]] = {}
    columns: dict[str, str] = {}
    for product, _, _ in EXAMPLES:
        with store.read() as session:
            nominal = calculate_study(session, default_study(product)).nominal
        totals = {key: sum(gases.values()) for key, gases in nominal.gases().items()}
        found = {**nominal.amounts(), **totals}
        values[product] = {key: float(value) for key, value in sorted(found.items())}
        for slot in (*nominal.system.amount_slots(), *nominal.system.emission_slots()):
            columns[slot.key] = f"set:{slot.key} [{slot.unit}]"
    slots = sorted({key for found in values.values() for key in found})
    headings = ["study", "product", "scrap_rule", "gwp", *(columns[slot] for slot in slots)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings, restval="", lineterminator="\n")
        writer.writeheader()
        for number in range(studies):
            product = draws.choice(sorted(values))
            row = {"study": f"P-{number:06d}", "product": product}
            row["scrap_rule"] = draws.choice(["cut-off", "pre-consumer-mass"])
            row["gwp"] = draws.choice(["AR5", "AR6"])
            for slot in draws.sample(sorted(values[product]), draws.randrange(5)):
                row[columns[slot]] = f"{values[product][slot] * draws.uniform(0.8, 1.2):.6g}"
            writer.writerow(row)


def outputs(folder: Path, name: str) -> list[str]:
    """Return the options of a run that writes to files of this name."""
    contributions = folder / f"{name}.contributions.parquet"
    return ["--out", str(folder / f"{name}.parquet"), "--contributions", str(contributions)]


def hashes(folder: Path, name: str) -> list[str]:
    """Return the SHA-256 of both files of a run."""
    paths = outputs(folder, name)[1::2]
    return [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths]


def run(arguments: Sequence[str]) -> float:
    """Return the seconds of a whole run of the command, its start included."""
    started = time.perf_counter()
    done = subprocess.run([*COMMAND, *arguments], check=False, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    print(done.stdout, end="")
    return time.perf_counter() - started


def kill_half_way(arguments: Sequence[str], parts: Path, blocks: int) -> int:
    """Start the command, kill it when half of its blocks are done, and return how many are."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and len(list(parts.glob("[0-9]*.json"))) < blocks // 2:
        time.sleep(0.01)
    process.kill()
    process.wait()
    return len(list(parts.glob("[0-9]*.json")))


def on_dask(file: Path, folder: Path) -> float:
    """Return the seconds of the run on a cluster of two processes."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = ["--scheduler", cluster.scheduler_address]
        return run([str(file), *outputs(folder, "dask"), *address])


def main(studies: int = STUDIES) -> None:
    """Print the seconds of each run and whether all gave the same bytes."""
    from footprint.portfolio.run import STUDIES_PER_BLOCK

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["FOOTPRINT_HOME"] = str(folder / "home")
        store = open_store()
        for _, site, ledger in EXAMPLES:
            publish_own_factors(store, site, ledger)
        file = folder / "studies.csv"
        write_studies(file, store, studies)
        store.close()
        whole = run([str(file), *outputs(folder, "whole")])
        killed = [str(file), *outputs(folder, "killed")]
        blocks = -(-studies // STUDIES_PER_BLOCK)
        done = kill_half_way(killed, folder / "killed.parquet.parts", blocks)
        resumed = run(killed)
        dask = on_dask(file, folder)
        same = hashes(folder, "whole") == hashes(folder, "killed") == hashes(folder, "dask")
        sizes = [Path(path).stat().st_size for path in outputs(folder, "whole")[1::2]]
    print(f"{studies} studies with contributions, {sizes[0] >> 10} and {sizes[1] >> 10} KiB")
    print(f"whole run, s                    {whole:9.1f}")
    print(f"after a kill at {done} of {blocks} blocks, s {resumed:9.1f}")
    print(f"on Dask, two processes, s       {dask:9.1f}")
    print(f"the same bytes                  {'yes' if same else 'NO':>9}")
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES)
