"""Read rows whose words have all been read before: only their numbers and texts are new.

A ledger of a million deliveries uses a few thousand combinations of month, process, flow, role,
unit and method. The first row of a combination is judged from its cells; when nothing about it
had to be recorded, the next ones are read straight from their line. Any row that is not plainly
clean goes the slow way, so both ways give the same rows and the same findings.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from operator import itemgetter
from typing import Any, cast

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.units import conversion
from factor_db.ledger.files.lines import LineRows
from factor_db.ledger.form.cells import Table, text_of
from factor_db.ledger.form.columns import MAX_TEXT, Kind
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import LEDGER
from factor_db.ledger.reading.quick_rows import RowWords, quick_row
from factor_db.ledger.reading.row_checks import (
    DELIVERY,
    Delivery,
    RowContext,
    RowReading,
    read_slowly,
    told_apart_by,
)
from factor_db.ledger.reading.row_reader import plain_unit

Progress = Callable[[int, int | None], None]
# What a combination is made of: every column whose cells repeat.
_WORDS = LEDGER.of_kind(Kind.MONTH, Kind.WORD, Kind.UNIT)
# So few characters stay within MAX_DIGITS and MAX_EXPONENT wherever their point is.
_PLAIN_DIGITS = 19
_multiply = EXACT.multiply
# A named tuple's own constructor takes three times as long.
_reading: Callable[..., RowReading] = cast(Any, tuple.__new__)
_ROWS_PER_REPORT = 4096
# Of a ledger that names a document for each row, remembering all would take more than it saves.
_MOST_TOLD = 1 << 16


def read_rows(
    table: Table | None,
    months: tuple[str, ...],
    findings: Findings,
    progress: Progress | None = None,
) -> tuple[RowReading, ...]:
    """Return every row as far as it can be read, recording all faults on the way.

    `months` are the site's months, empty when the header does not give them. `progress` is told
    the rows done and how many lines there are, every few thousand; what it raises ends the reading.
    """
    return tuple(each_row(table, months, findings, progress))


def each_row(
    table: Table | None,
    months: tuple[str, ...],
    findings: Findings,
    progress: Progress | None = None,
) -> Iterator[RowReading]:
    """Yield what `read_rows` returns, for whoever looks at each row once and keeps none."""
    if table is None:
        return
    context = RowContext(table, months, findings)
    if isinstance(table.rows, LineRows):
        with collector_paused():
            yield from _KnownRows(context, table.rows).read(progress)
    else:
        yield from read_slowly(context)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the cycle collector from looking through every row read so far again and again.

    Rows hold no cycles; for a million of them the looking takes as long as the reading.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Known:
    """A combination of words read cleanly: what its rows share, and its deliveries so far."""

    __slots__ = ("deliveries", "factor", "words")

    def __init__(
        self, words: RowWords, factor: Decimal | None, deliveries: dict[Delivery, int]
    ) -> None:
        self.words, self.factor, self.deliveries = words, factor, deliveries


class _KnownRows:
    """Reads the lines of one table, quickly where the words of a line are known."""

    def __init__(self, context: RowContext, rows: LineRows) -> None:
        self.context, self.rows = context, rows
        # A column that is not there is read from the empty field behind the last one.
        places = {name: rows.indexes.get(name, -1) for name in LEDGER.columns}
        self.period = places["period"]
        self.words = itemgetter(*(places[name] for name in _WORDS))
        self.delivery = itemgetter(*(places[name] for name in DELIVERY))
        self.others = itemgetter(places["amount"], places["price"], places["note"])
        self.known: dict[tuple[Any, ...], _Known] = {}
        self.told: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.merged = {number for number, _ in context.table.merged}

    def read(self, progress: Progress | None) -> Iterator[RowReading]:
        """Yield what every row says."""
        total, typed = self.rows.lines.total, not self.rows.lines.all_text
        words_of, known_words, quick = self.words, self.known, self._quick
        for done, (number, line) in enumerate(self.rows.lines, start=1):
            if progress is not None and not done % _ROWS_PER_REPORT:
                progress(done, total)
            values: Any = [*map(text_of, line), ""] if typed else line
            words: tuple[Any, ...] | None = None
            try:
                words = words_of(values)
                if typed:
                    # A typed month 2025.1 says more than the number.
                    words = (*words, type(line[self.period]))
                known = known_words.get(words)
                reading = None if known is None else quick(known, number, values)
            except IndexError:  # a line that ends early
                reading = None
            if reading is not None:
                yield reading
            elif (raw := self.rows.raw_row(number, line)) is not None:
                reading, clean = self.context.read(raw)
                if clean and words is not None:
                    self._learn(words, reading)
                yield reading

    def _learn(self, words: tuple[Any, ...], reading: RowReading) -> None:
        row = reading.row
        if row is None or words in self.known:
            return
        factor = conversion(plain_unit(row.unit), row.unit_canonical)
        deliveries = self.context.seen[row.period, row.process, row.flow, row.role]
        shared = RowWords(row, self.context.table.columns)
        self.known[words] = _Known(shared, None if factor == 1 else factor, deliveries)

    def _quick(self, known: _Known, number: int, values: Any) -> RowReading | None:
        """Return a row of known words, or None when anything about it needs the slow way."""
        written, price_text, note = self.others(values)
        if not _is_plain_number(written) or number in self.merged:
            return None
        price = None
        if price_text:
            if not _is_plain_number(price_text):
                return None
            price = Decimal(price_text)
        delivery = self.delivery(values)
        said = "".join(delivery)
        if " " in said or not said.isprintable():  # no other white space is printable
            delivery = tuple(map(str.strip, delivery))
        note = note.strip()
        if len(said) + len(note) > MAX_TEXT:
            return None
        delivery = self._kept(delivery)
        if known.deliveries.setdefault(told_apart_by(delivery), number) != number:
            return None
        canonical = amount = Decimal(written)
        if known.factor is not None:
            canonical = _multiply(amount, known.factor)
        row = quick_row(known.words, number, amount, canonical, price, delivery, note)
        process, flow, month = known.words.reading
        return _reading(RowReading, (number, process, flow, month, row, False))

    def _kept(self, delivery: tuple[str, ...]) -> tuple[str, ...]:
        """Return the delivery read before whose texts are the same, so that they are held once."""
        if len(self.told) < _MOST_TOLD:
            return self.told.setdefault(delivery, delivery)
        return self.told.get(delivery, delivery)


def _is_plain_number(text: str) -> bool:
    """Tell whether a text is digits with at most one point, few enough for `decimal_of`."""
    return len(text) <= _PLAIN_DIGITS and text.isascii() and text.replace(".", "", 1).isdigit()
