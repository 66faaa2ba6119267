"""What a column of a sheet is: its headings, what its cells hold, their limits, and their faults.

The columns of all sheets are data (`sheets.py`). The row reader, the template with its drop-downs,
corrections and the table of the documentation are driven by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

# A remark fits in; a longer text is a document and belongs into an evidence file. EJ.
MAX_TEXT = 2000
# A batch has a number of some 30 characters; a longer text is a list or a sentence. EJ.
MAX_SERIAL = 100
ZERO = Decimal(0)


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    SERIAL = "number of a document or meter"
    """Compared by its letters and digits, of which there are `limit` at most."""
    WORD = "word"
    MONTH = "month"
    DAY = "day"
    NUMBER = "number"
    UNIT = "unit"


class Fault(StrEnum):
    """What can be wrong with one cell."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    OUTSIDE = "outside the period"
    NOT_FINITE = "not finite"
    NEGATIVE = "negative"
    BEYOND = "beyond its limits"


_CODES: Mapping[tuple[Kind | None, Fault], str] = {
    (None, Fault.EMPTY): "LEDGER_CELL_EMPTY",
    (None, Fault.TOO_LONG): "LEDGER_TEXT_TOO_LONG",
    (Kind.MONTH, Fault.UNREADABLE): "LEDGER_PERIOD_UNREADABLE",
    (Kind.MONTH, Fault.OUTSIDE): "LEDGER_PERIOD_OUTSIDE",
    (Kind.DAY, Fault.UNREADABLE): "LEDGER_DATE_UNREADABLE",
    (Kind.NUMBER, Fault.UNREADABLE): "LEDGER_AMOUNT_UNREADABLE",
    (Kind.NUMBER, Fault.NOT_FINITE): "LEDGER_AMOUNT_NOT_FINITE",
    (Kind.NUMBER, Fault.NEGATIVE): "LEDGER_AMOUNT_NEGATIVE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Between what a number lies: `least` unless `above_least`, to `most` unless `below_most`.

    None is no limit. A number has at most so many `decimals`, and below zero stands no number that
    has a `least`.
    """

    least: Decimal | None = ZERO
    most: Decimal | None = None
    above_least: bool = False
    below_most: bool = False
    decimals: int | None = None

    def hold(self, number: Decimal) -> bool:
        """Tell whether a number lies within the limits."""
        if self is FROM_ZERO:  # nearly every number
            return number >= 0
        if self.least is not None and (
            number < self.least or (self.above_least and number == self.least)
        ):
            return False
        if self.most is not None and (
            number > self.most or (self.below_most and number == self.most)
        ):
            return False
        return self.decimals is None or number == round(number, self.decimals)


FROM_ZERO = Limits()
ANY_SIGN = Limits(least=None)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    `headings` are its other names, the Chinese one first. `words` names the list of `word_lists`
    that a word is of. `unit` is what a number counts in: the name of the column beside it that
    says so, or a unit. `limit` is how many characters a text has at most. `spreads` says of a
    number that one cell merged over several rows stands for each of them. `codes` are the messages
    of its faults where they are not those of its kind.
    """

    name: str
    headings: tuple[str, ...]
    kind: Kind
    obligatory: bool = False
    words: str = ""
    unit: str = ""
    limit: int = MAX_TEXT
    limits: Limits = FROM_ZERO
    spreads: bool = False
    codes: Mapping[Fault, str] = field(default_factory=dict)

    def code(self, fault: Fault) -> str:
        """Return the message of a fault of this column."""
        found = self.codes.get(fault) or _CODES.get((self.kind, fault))
        return found or _CODES[None, fault]


def text(name: str, *headings: str, obligatory: bool = False) -> Column:
    """Return a column of free text."""
    return Column(name, headings, Kind.TEXT, obligatory)


def serial(name: str, *headings: str, obligatory: bool = False) -> Column:
    """Return a column of numbers that documents or installations bear."""
    return Column(name, headings, Kind.SERIAL, obligatory, limit=MAX_SERIAL)


def word(name: str, *headings: str, words: str = "", obligatory: bool = False) -> Column:
    """Return a column of words of a closed list, which bears its name unless said otherwise."""
    return Column(name, headings, Kind.WORD, obligatory, words=words or name)


def month(*headings: str, obligatory: bool = False, outside: str = "") -> Column:
    """Return the column `period`."""
    codes = {Fault.OUTSIDE: outside} if outside else {}
    return Column("period", headings, Kind.MONTH, obligatory, codes=codes)


def day(name: str, *headings: str, obligatory: bool = False) -> Column:
    """Return a column of days."""
    return Column(name, headings, Kind.DAY, obligatory)


def unit(*headings: str) -> Column:
    """Return the column `unit`."""
    return Column("unit", headings, Kind.UNIT, obligatory=True)


def number(
    name: str,
    *headings: str,
    obligatory: bool = False,
    counts_in: str = "unit",
    limits: Limits = FROM_ZERO,
    spreads: bool = False,
    codes: Mapping[Fault, str] | None = None,
) -> Column:
    """Return a column of numbers."""
    return Column(
        name,
        headings,
        Kind.NUMBER,
        obligatory,
        unit=counts_in,
        limits=limits,
        spreads=spreads,
        codes=codes or {},
    )


def one_message(code: str) -> Mapping[Fault, str]:
    """Return the messages of a number column in which one message tells every fault of a number."""
    faults = (Fault.UNREADABLE, Fault.NOT_FINITE, Fault.NEGATIVE, Fault.BEYOND)
    return dict.fromkeys(faults, code)
