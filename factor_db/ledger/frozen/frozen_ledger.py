"""What a frozen ledger's sheets say, each read once: rows, meters, stock, power and exceptions.

The store keeps the rows of a ledger; its other sheets stand in the frozen file alone. Whoever needs
them asks here, so that a file is parsed once in a unit of work and means the same to derivation,
evidence, gates, trace and account. Nothing is judged: it was, when it was frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from factor_db.ledger.checks.whole import left_out_of, rows_of, typed_uses_of
from factor_db.ledger.form.cells import RawLedger, Table
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.rows import LedgerRow, months_between
from factor_db.ledger.meters.rows import LeftOut, TypedUse
from factor_db.ledger.meters.sheet import Meter, meters_of
from factor_db.ledger.power.rows import PowerReading, read_power
from factor_db.ledger.reading.exceptions import LedgerException, stated_exceptions
from factor_db.ledger.stock.movements import NO_STOCK, Stock, read_stock


@dataclass(frozen=True)
class FrozenLedger:
    """A frozen ledger with the corrections that count laid over it, and what its sheets say.

    `cells` is None where the file cannot be read any more; its sheets then say nothing.
    """

    cells: RawLedger | None
    first_day: date
    last_day: date

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The months of its period, `YYYY-MM`."""
        return months_between(self.first_day, self.last_day)

    @property
    def optional(self) -> Mapping[str, Table]:
        """The tables of its sheets beside `site` and `ledger`, by code."""
        return self.cells.optional if self.cells else {}

    @cached_property
    def rows(self) -> tuple[LedgerRow, ...]:
        """Its rows: written, metered and filled by rule, in the order of their numbers."""
        found = rows_of(self.cells) if self.cells else ()
        return tuple(sorted(found, key=lambda row: row.row_number))

    @cached_property
    def meters(self) -> tuple[Meter, ...]:
        """The meters of its sheet, in file order."""
        return meters_of(self.optional)

    @cached_property
    def stock(self) -> Stock:
        """Its stock by material and month."""
        table = self.optional.get("stock")
        return read_stock(table, self.months, Findings()) if table else NO_STOCK

    @cached_property
    def power(self) -> PowerReading:
        """Its own generation, the power bought beside it, and its certificates."""
        return read_power(self.optional, self.months, Findings())

    @cached_property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What its main meters hold beyond all processes. Rule: DER-METER-003."""
        return left_out_of(self.cells) if self.cells else ()

    @cached_property
    def typed_uses(self) -> tuple[TypedUse, ...]:
        """The typed amounts that meters of their own stand beside. Rule: DER-METER-003."""
        return typed_uses_of(self.cells) if self.cells else ()

    @cached_property
    def exceptions(self) -> tuple[LedgerException, ...]:
        """The exceptions it states, ended or not."""
        return stated_exceptions(self.cells, self.months) if self.cells else ()
