"""Rows of a sheet that are read from its lines when asked for, so that a file stays a stream.

A million rows as objects of cells would fill the memory; the quick reading of known rows
(`known_rows.py`) looks at the lines themselves, and only a row with a fault becomes cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from factor_db.ledger.form.cells import (
    Cell,
    CellValue,
    Line,
    Lines,
    RawRow,
    column_letters,
    text_of,
)


@dataclass(frozen=True, slots=True)
class ListedLines:
    """Lines held in memory, as a workbook gives them."""

    lines: Sequence[Line]
    all_text: bool = False

    @property
    def total(self) -> int:
        """Return how many lines there are."""
        return len(self.lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)


class LineRows(Sequence[RawRow]):
    """The rows of a table over its lines; `indexes` is column → place in a line.

    A row without any value in a known column is none.
    """

    def __init__(self, lines: Lines, indexes: Mapping[str, int]) -> None:
        self.lines = lines
        self.indexes = indexes

    def raw_row(self, number: int, values: Sequence[CellValue]) -> RawRow | None:
        """Return a line as cells by column, or None when it says nothing."""
        width = len(values)
        named = {}
        written = False
        for name, index in self.indexes.items():
            value = values[index] if index < width else None
            text = text_of(value)
            written = written or bool(text)
            named[name] = Cell(f"{column_letters(index)}{number}", value if text else None)
        return RawRow(number, named) if written else None

    def __iter__(self) -> Iterator[RawRow]:
        for number, values in self.lines:
            row = self.raw_row(number, values)
            if row is not None:
                yield row

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, index: int) -> RawRow: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[RawRow]: ...

    def __getitem__(self, index: int | slice) -> RawRow | Sequence[RawRow]:
        return tuple(self)[index]
