"""Working off blocks in this process or in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

from factor_db.foundation.errors import BadInput
from footprint.portfolio.block import Task, evaluate_block

Done = tuple[int, tuple[bytes, bytes]]
Blocks = Iterator[tuple[int, Callable[[], Task]]]
"""Number of a block and what makes its work, which is made only when it is its turn."""
WAITING_PER_WORKER = 2  # EJ: one at work and one at hand, so that memory stays bounded


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_this_process(blocks: Blocks) -> Generator[Done, None, None]:
    """Yield each block's bytes, one after the other."""
    for number, work in blocks:
        yield number, evaluate_block(work())


def in_processes(blocks: Blocks, workers: int) -> Generator[Done, None, None]:
    """Yield each block's bytes as they are done, evaluated by `workers` processes.

    Whatever ends this generator, or this process, ends the workers at once. Raises BadInput
    (PORTFOLIO_WORKER_LOST) when one of them is killed.
    """
    context = multiprocessing.get_context("spawn")
    stop, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(stop,))
    running: dict[Future[tuple[bytes, bytes]], int] = {}
    try:
        for number, work in blocks:
            with _deaf_children():
                running[pool.submit(evaluate_block, work())] = number
            if len(running) >= workers * WAITING_PER_WORKER:
                yield from _finished(running)
        while running:
            yield from _finished(running)
    except BrokenProcessPool:
        raise BadInput("PORTFOLIO_WORKER_LOST") from None
    finally:
        held.close()  # the workers wait for this end and leave
        pool.shutdown(wait=False, cancel_futures=True)
        stop.close()


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Let processes begun inside inherit a blocked Ctrl-C: it is for the run alone to answer.

    A terminal sends it to all of them, and one that still imports would print a traceback. What
    arrives here meanwhile is answered afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # beginning it would unblock the signal again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _finished(running: dict[Future[tuple[bytes, bytes]], int]) -> Iterator[Done]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        yield running.pop(future), future.result()


def _begin(stop: Connection) -> None:
    """Begin a worker: Ctrl-C is for the run alone to answer, and its end is the worker's end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=(stop,), daemon=True).start()


def _leave_with(stop: Connection) -> None:
    # Nothing is ever sent: the pipe becomes readable when its other end is closed, by whatever.
    stop.poll(None)
    os._exit(1)
