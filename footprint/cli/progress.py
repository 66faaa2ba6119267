"""A progress bar for long readings, and Ctrl-C as an answer instead of a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from factor_db.foundation.messages import text
from footprint.cli.context import CONTEXT, say

# As a shell reports a program that SIGINT ended: 128 + 2.
EXIT_INTERRUPTED = 130
# Smaller files are read before a bar could be seen.
LARGE_FILE_BYTES = 5_000_000
_WIDTH = 30


@contextmanager
def reading(file: Path) -> Iterator[Callable[[int, int | None], None] | None]:
    """Give the callback that draws the progress of reading a file, None when nobody would see it.

    Ctrl-C inside ends the command with exit 130 and one line: what was begun is not stored.
    """
    seen = sys.stderr.isatty() and file.stat().st_size >= LARGE_FILE_BYTES
    try:
        yield _draw if seen else None
    except KeyboardInterrupt:
        if seen:
            print(file=sys.stderr)
        say("LEDGER_STOPPED")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if seen:
        print(file=sys.stderr)


class Progress:
    """The progress of long work: a bar on a terminal, elsewhere a line for each tenth done."""

    def __init__(self, code: str) -> None:
        self._code, self._drawn, self._tenth = code, False, 0

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done."""
        if sys.stderr.isatty():
            self._drawn = True
            _draw(done, total, self._code)
        elif done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            print(f"{text(self._code, CONTEXT.lang)} {done:,} / {total:,}", file=sys.stderr)

    def end(self) -> None:
        """Leave the line of the bar."""
        if self._drawn:
            print(file=sys.stderr)


def _draw(done: int, total: int | None, code: str = "LEDGER_READING") -> None:
    label = text(code, CONTEXT.lang)
    if not total:
        print(f"\r{label} {done:,}", end="", file=sys.stderr, flush=True)
        return
    filled = min(done * _WIDTH // total, _WIDTH)
    bar = "#" * filled + "-" * (_WIDTH - filled)
    print(f"\r{label} [{bar}] {done:,} / {total:,}", end="", file=sys.stderr, flush=True)
