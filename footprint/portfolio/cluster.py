"""Working off blocks on a Dask cluster, which brings back the blocks of workers that are lost."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Generator, Iterator
from typing import Any

from factor_db.foundation.errors import BadInput
from footprint.portfolio.block import evaluate_block
from footprint.portfolio.pool import WAITING_PER_WORKER, Blocks, Done


def on_cluster(blocks: Blocks, scheduler: str) -> Generator[Done, None, None]:
    """Yield each block's bytes as a cluster's workers are done with them.

    The workers need this software in the same version, and no store. Raises BadInput when the
    scheduler can't be reached, `distributed` is not installed, or a block's workers keep dying.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ModuleNotFoundError:
        raise BadInput("PORTFOLIO_NO_DASK") from None
    for name in ("distributed.client", "distributed.core", "distributed.comm"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        client = distributed.Client(scheduler, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise BadInput("PORTFOLIO_SCHEDULER", address=scheduler, reason=error) from None
    running: dict[Any, int] = {}
    try:
        yield from _worked_off(client, blocks, running)
    except (distributed.KilledWorker, distributed.client.FutureCancelledError):
        raise BadInput("PORTFOLIO_WORKER_LOST") from None
    finally:
        if running:
            client.cancel(list(running), force=True)
        client.close(timeout=_FAREWELL_SECONDS)


_FAREWELL_SECONDS = 0.5  # EJ: a run that is stopped ends within a second


def _worked_off(client: Any, blocks: Blocks, running: dict[Any, int]) -> Iterator[Done]:
    # More than the workers there are: a cluster may grow while it works.
    window = max(1, sum(client.nthreads().values())) * WAITING_PER_WORKER
    finished = importlib.import_module("distributed").as_completed(loop=client.loop)
    for number, work in blocks:
        future = client.submit(evaluate_block, work(), pure=False)
        running[future] = number
        finished.add(future)
        if len(running) >= window:
            yield _next(finished, running)
    while running:
        yield _next(finished, running)


def _next(finished: Any, running: dict[Any, int]) -> Done:
    future = next(finished)
    found: tuple[bytes, bytes] = future.result()
    return running.pop(future), found
