"""A portfolio on a Dask cluster: the same bytes as in one process, with a worker killed mid-run.

System under test: `run(scheduler=…)` on a real local cluster of two worker processes. The first
worker is killed (SIGKILL) when the first block is done; the cluster starts another.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factor_db.foundation.errors import BadInput
from footprint.portfolio import run_portfolio

HEADINGS = "study,product,site,set:electricity/life_cycle [kg/kWh]\n"
STUDIES = 24


@pytest.fixture
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    ) as opened:
        yield opened


# distributed leaves sockets of a killed worker to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_worker_costs_no_byte(cluster: Any, demo_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "studies.csv"
    lines = [f"{n:02d},plate,CQ-PLATE,{0.3 + n / 100:.2f}\n" for n in range(STUDIES)]
    file.write_text(HEADINGS + "".join(lines), encoding="utf-8")
    outputs = [tmp_path / f"{name}.parquet" for name in ("a", "ac", "b", "bc")]
    run_portfolio(file, out=outputs[0], contributions=outputs[1], home=demo_home, workers=1)
    victim = cluster.workers[0].pid
    killed = []

    def kill(_done: int, _total: int) -> None:
        if not killed:
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    run_portfolio(
        file,
        out=outputs[2],
        contributions=outputs[3],
        home=demo_home,
        scheduler=cluster.scheduler_address,
        studies_per_block=2,
        progress=kill,
    )
    assert killed
    whole, whole_rows, spread, spread_rows = (path.read_bytes() for path in outputs)
    assert (spread, spread_rows) == (whole, whole_rows)


def test_a_scheduler_that_is_not_there_is_one_clear_error(demo_home: Path, tmp_path: Path) -> None:
    import dask

    file = tmp_path / "studies.csv"
    file.write_text(HEADINGS + "1,plate,CQ-PLATE,\n", encoding="utf-8")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(BadInput) as error,
    ):
        run_portfolio(
            file, out=tmp_path / "a.parquet", home=demo_home, scheduler="tcp://127.0.0.1:9"
        )
    assert error.value.code == "PORTFOLIO_SCHEDULER"
