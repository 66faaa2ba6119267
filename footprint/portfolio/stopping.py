"""Ctrl-C and SIGTERM as one KeyboardInterrupt, at a moment when nothing is torn by it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class PortfolioStopped(KeyboardInterrupt):
    """A run that was stopped; `kept` studies are done and lie in its parts."""

    def __init__(self, kept: int) -> None:
        super().__init__(kept)
        self.kept = kept


class Stopping:
    """Answers Ctrl-C and SIGTERM while it is entered; only the main thread may ask for that.

    The first of them raises KeyboardInterrupt, inside `patient` only where `check` is called; what
    comes later is passed over, so that cleaning up is not torn. After `finish` there is nothing
    left to stop. A Ctrl-C that the process was told to ignore stays ignored.
    """

    def __init__(self) -> None:
        self._asked = self._patient = self._finished = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._asked or self._finished:
            return
        self._asked = True
        if not self._patient:
            raise KeyboardInterrupt(number)

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Wait with stopping: a database connection or an import is not to be torn."""
        self._patient = True
        try:
            yield
        finally:
            self._patient = False
        self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt when it was asked for."""
        if self._asked:
            raise KeyboardInterrupt

    def checked(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, with a check before each."""
        for item in items:
            self.check()
            yield item

    def finish(self) -> None:
        """Say that all is written: from now on there is nothing to stop."""
        self._finished = True
