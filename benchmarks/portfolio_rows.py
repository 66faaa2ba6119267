"""The portfolio of ten thousand studies as a row of the page; what it does is in `portfolio.py`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import portfolio
from benchmarks.harness import Record
from footprint.session import open_store
from footprint.study.examples import EXAMPLES, publish_own_factors

GROUP = "portfolio"
LONGEST_S = 60.0


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the whole run, the one taken up after a kill, and the one on Dask."""
    from footprint.portfolio.run import STUDIES_PER_BLOCK

    studies = size or portfolio.STUDIES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["FOOTPRINT_HOME"] = str(folder / "home")
        store = open_store()
        for _, site, ledger in EXAMPLES:
            publish_own_factors(store, site, ledger)
        file = folder / "studies.csv"
        portfolio.write_studies(file, store, studies)
        store.close()
        whole = portfolio.run([str(file), *portfolio.outputs(folder, "whole")])
        expected = portfolio.hashes(folder, "whole")
        yield _row("whole run, start included", studies, whole, 0.0)
        killed = [str(file), *portfolio.outputs(folder, "killed")]
        blocks = -(-studies // STUDIES_PER_BLOCK)
        portfolio.kill_half_way(killed, folder / "killed.parquet.parts", blocks)
        resumed = portfolio.run(killed)
        same = portfolio.hashes(folder, "killed") == expected
        yield _row("taken up after a kill half-way", studies, resumed, 0.0 if same else 1.0)
        on_dask = portfolio.on_dask(file, folder)
        same = portfolio.hashes(folder, "dask") == expected
        yield _row("on Dask, two processes", studies, on_dask, 0.0 if same else 1.0)


def _row(what: str, studies: int, seconds: float, differs: float) -> Record:
    return Record(
        GROUP,
        f"{studies} studies with contributions: {what}",
        unit="study",
        our_seconds=[seconds / studies],
        limit_seconds=LONGEST_S / studies,
        agreement=differs,
        agreement_goal=0,
        remark="one run; agreement: 0 when the files are the same bytes as the whole run's",
    )
