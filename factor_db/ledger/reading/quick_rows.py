"""Making very many ledger rows: the same values as `LedgerRow(...)`, in a seventh of the time.

A frozen dataclass sets each of its twenty fields through `object.__setattr__`, which alone would
take two thirds of the time a row may take. So a row is drafted in a class of the same slots that is
not frozen yet, and becomes a LedgerRow before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, cast

from factor_db.ledger.form.rows import LedgerRow


class CellPlaces(Mapping[str, str]):
    """Column → cell (`F12`) of one row, put together when asked for."""

    __slots__ = ("letters", "row_number")

    def __init__(self, letters: Mapping[str, str], row_number: int) -> None:
        self.letters = letters
        self.row_number = row_number

    def __getitem__(self, column: str) -> str:
        return f"{self.letters[column]}{self.row_number}"

    def __iter__(self) -> Iterator[str]:
        return iter(self.letters)

    def __len__(self) -> int:
        return len(self.letters)

    def __repr__(self) -> str:
        return repr(dict(self))


class RowWords:
    """What the rows of one month, process, flow, role, unit and method have in common."""

    __slots__ = ("letters", "reading", "shared")

    def __init__(self, row: LedgerRow, letters: Mapping[str, str]) -> None:
        self.letters = letters
        self.reading = (row.process or None, row.flow, row.period)
        # In the order in which `quick_row` takes them apart.
        place = (row.sheet, row.period, row.process, row.flow, row.role)
        self.shared = (*place, row.unit, row.unit_canonical, row.method)


class _Draft:
    """A LedgerRow that can still be written to."""

    __slots__ = tuple(field.name for field in fields(LedgerRow))


# A constructor written in Python would take as long again as what it sets.
_new: Any = object.__new__


def quick_row(
    words: RowWords,
    row_number: int,
    amount: Decimal,
    amount_canonical: Decimal,
    price: Decimal | None,
    delivery: tuple[str, ...],
    note: str,
) -> LedgerRow:
    """Return a ledger row.

    Parameters
    ----------
    words : what the row shares with others.
    amount, amount_canonical : as written, and in the flow's unit.
    price : CNY, if any.
    delivery : product, counterparty, origin, scrap type, instrument and evidence.
    """
    cells = _new(CellPlaces)
    cells.letters = words.letters
    cells.row_number = row_number
    draft = _new(_Draft)
    (
        draft.sheet,
        draft.period,
        draft.process,
        draft.flow,
        draft.role,
        draft.unit,
        draft.unit_canonical,
        draft.method,
    ) = words.shared
    (
        draft.product,
        draft.counterparty,
        draft.origin,
        draft.scrap_type,
        draft.instrument,
        draft.evidence,
    ) = delivery
    draft.row_number = row_number
    draft.amount = amount
    draft.amount_canonical = amount_canonical
    draft.price = price
    draft.note = note
    draft.cells = cells
    draft.__class__ = LedgerRow
    return cast(LedgerRow, draft)
