"""Tables and texts that fit a terminal of 100 columns, Chinese characters counting as two."""

from __future__ import annotations

import re

from footprint.cli.context import print_table, text_width

LINE_COLUMNS = 100
# A word of letters with the blanks after it, or one Chinese character: a line may end after either.
_PIECE = re.compile("[^\\s\u2e80-\uffef]+\\s*|.")


def print_aligned(headings: list[str], rows: list[list[str]], *, figures: int) -> None:
    """Print a table whose last columns are figures, aligned at their right end."""
    first = len(headings) - figures
    widths = [
        max(text_width(row[place]) for row in (headings, *rows))
        for place in range(first, len(headings))
    ]

    def aligned(row: list[str]) -> list[str]:
        ends = zip(row[first:], widths, strict=True)
        return [*row[:first], *(" " * (width - text_width(cell)) + cell for cell, width in ends)]

    print_table(aligned(headings), [aligned(row) for row in rows])


def print_wrapped(line: str, indent: int = 0) -> None:
    """Print a text within the width of a page, broken at spaces or between Chinese characters."""
    shown = ""
    for piece in _PIECE.findall(line):
        if shown.strip() and text_width((shown + piece).rstrip()) > LINE_COLUMNS:
            print(shown.rstrip())
            shown = " " * indent
        shown += piece
    print(shown.rstrip())
