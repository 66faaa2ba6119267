"""What a checked field ledger is: its site header, its rows and how to look into them.

Owns the value types only; reading files and judging their content stand in the other modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeVar

from factor_db.foundation.canonical import EXACT

if TYPE_CHECKING:
    from factor_db.ledger.form.power_entries import Instrument, OwnPower

SCHEMA_VERSION = "2"
# Earlier templates whose columns all mean the same today; what they lack are optional sheets.
UPGRADED_VERSIONS = frozenset({"1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHeader:
    """Who reports, for which site and period; dates are site-local, both ends included."""

    schema_version: str
    organisation_zh: str
    organisation_en: str
    uscc: str
    site_code: str
    region: str
    period_start: date
    period_end: date
    organisation_code: str = ""
    illustrative: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row as written, with its amount also in the unit of its flow.

    `amount_canonical` is `amount` converted to `unit_canonical` (the unit of `flows.csv`; gases in
    m3 at 0 °C) in 34-digit decimal arithmetic. A property row has a flow such as
    `natural_gas.net_calorific_value`. `cells` maps each written column to its cell (`F12`).
    """

    sheet: str
    row_number: int
    period: str
    process: str
    flow: str
    product: str
    role: str
    amount: Decimal
    unit: str
    amount_canonical: Decimal
    unit_canonical: str
    method: str
    counterparty: str
    origin: str
    scrap_type: str
    instrument: str
    price: Decimal | None
    evidence: str
    note: str
    cells: Mapping[str, str]

    @property
    def is_property(self) -> bool:
        """Tell whether the row states a property of a material and not an amount of it."""
        return "." in self.flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A ledger free of errors: header, rows in file order, and the file it came from.

    `instruments` are the certificates of its sheet of that name, `own_power` its own generation.
    """

    header: SiteHeader
    rows: tuple[LedgerRow, ...]
    file_sha256: str
    file_name: str
    instruments: tuple[Instrument, ...] = ()
    own_power: tuple[OwnPower, ...] = ()

    @property
    def months(self) -> tuple[str, ...]:
        """Return the months of the site's period, first to last (`YYYY-MM`)."""
        return months_between(self.header.period_start, self.header.period_end)

    def amounts(self, process: str, flow: str) -> dict[str, Decimal]:
        """Return month → amount of a flow of a process in its canonical unit, all roles summed."""
        sums: dict[str, Decimal] = {}
        for row in self.rows:
            if (row.process, row.flow) == (process, flow):
                so_far = sums.get(row.period, Decimal(0))
                sums[row.period] = EXACT.add(so_far, row.amount_canonical)
        return sums

    def property_at(
        self, flow: str, name: str, period: str, *, process: str = "", product: str = ""
    ) -> Decimal | None:
        """Return a property of a material in a month, or None when no row states it."""
        return property_at(self.rows, flow, name, period, process=process, product=product)


def months_between(start: date, end: date) -> tuple[str, ...]:
    """Return every month from `start` to `end`, both included, as `YYYY-MM`."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return tuple(f"{index // 12:04d}-{index % 12 + 1:02d}" for index in range(first, last + 1))


class PropertyRow(Protocol):
    """What a row needs so that one can tell whether its property holds."""

    @property
    def period(self) -> str:
        """The month, `YYYY-MM`."""

    @property
    def process(self) -> str:
        """The process, or empty for all."""

    @property
    def flow(self) -> str:
        """The property, `material.property`."""

    @property
    def product(self) -> str:
        """The alloy, form or temper, or empty for all."""


Row = TypeVar("Row", bound=PropertyRow)


def holding_row(
    rows: Iterable[Row], wanted: str, period: str, *, process: str = "", product: str = ""
) -> Row | None:
    """Return the row of a property (`material.property`) that holds in a month, or None.

    A property holds from its month until the next row of the same material, the first one also
    for the months before it. Rows of the same process and product win over general ones.
    """
    stated = [row for row in rows if row.flow == wanted]
    for fits in (
        [row for row in stated if row.process == process and row.product == product],
        [row for row in stated if row.process == process and not row.product],
        [row for row in stated if row.product == product],
        [row for row in stated if not row.product],
        stated,
    ):
        if fits:
            ordered = sorted(fits, key=lambda row: row.period)
            earlier = [row for row in ordered if row.period <= period]
            return earlier[-1] if earlier else ordered[0]
    return None


def property_at(
    rows: tuple[LedgerRow, ...],
    flow: str,
    name: str,
    period: str,
    *,
    process: str = "",
    product: str = "",
) -> Decimal | None:
    """Return the value of a property that holds in a month, in its canonical unit, or None."""
    row = holding_row(rows, f"{flow}.{name}", period, process=process, product=product)
    return None if row is None else row.amount_canonical
