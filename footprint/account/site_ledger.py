"""A site's ledger as the account reads it: rows as corrected, stock, power, and sums over the year.

Nothing here knows a product model or a derived factor: an account that shared them with the result
it is held against would repeat their mistakes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import cached_property

from sqlmodel import Session

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.units import conversion
from factor_db.ledger.form.rows import holding_row
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.meter_rest import carried_rests, rows_with_rests
from factor_db.ledger.meters.rows import LeftOut, TypedUse
from factor_db.ledger.power.rows import PowerReading
from factor_db.ledger.reading.exceptions import LedgerException
from factor_db.ledger.stock.movements import NO_STOCK, Stock
from factor_db.store.tables import LedgerEntry, LedgerFile

ZERO, ONE = Decimal(0), Decimal(1)
SCRAP_CATEGORIES = frozenset({"scrap", "internal"})
Key = tuple[str, str]


@dataclass(frozen=True)
class SiteLedger:
    """The effective content of one frozen ledger; amounts stand in the units of their flows.

    `left_out` is what its main meters hold beyond all processes and no site services carry, `typed`
    the typed amounts that have meters of their own, `exceptions` how the plant explains warnings.
    """

    site: str
    sha256: str
    rows: tuple[LedgerEntry, ...]
    stock: Stock = NO_STOCK
    power: PowerReading = field(default_factory=PowerReading)
    left_out: tuple[LeftOut, ...] = ()
    typed: tuple[TypedUse, ...] = ()
    exceptions: tuple[LedgerException, ...] = ()

    @cached_property
    def by_key(self) -> dict[Key, tuple[LedgerEntry, ...]]:
        """Process and flow → their rows, properties left out."""
        found: dict[Key, list[LedgerEntry]] = defaultdict(list)
        for row in self.rows:
            if "." not in row.flow:
                found[row.process, row.flow].append(row)
        return {key: tuple(rows) for key, rows in sorted(found.items())}

    @cached_property
    def made_here(self) -> dict[str, str]:
        """Flow → the process of the site that makes it; only what was made in the period."""
        found = {}
        for row in self.rows:
            if row.role == "product" and row.amount and "." not in row.flow:
                found[row.flow] = row.process
        return found

    def made(self, process: str) -> Decimal:
        """Return how much of its product a process made, all product codes together."""
        return total(self.rows_of(process, role="product"))

    def used(self, process: str, flow: str) -> Decimal:
        """Return what a process took, handed over or emitted of a flow: every row but outputs."""
        return total(self.input_rows(process, flow))

    def input_rows(self, process: str, flow: str) -> tuple[LedgerEntry, ...]:
        """Return the rows of a flow that are neither product nor co-product of the process."""
        rows = self.by_key.get((process, flow), ())
        return tuple(row for row in rows if row.role not in {"product", "co-product"})

    def rows_of(self, process: str, role: str) -> tuple[LedgerEntry, ...]:
        """Return the rows of a process in one role."""
        return tuple(
            row
            for (code, _), rows in self.by_key.items()
            if code == process
            for row in rows
            if row.role == role
        )

    @cached_property
    def processes(self) -> tuple[str, ...]:
        """The processes that the ledger has rows of."""
        return tuple(sorted({process for process, _ in self.by_key}))

    def sold_scrap(self, process: str) -> tuple[LedgerEntry, ...]:
        """Return the rows of scrap that a process gave away or sold."""
        rows = self.rows_of(process, role="co-product")
        return tuple(row for row in rows if _is_scrap(row.flow))

    def co_products(self, process: str) -> tuple[LedgerEntry, ...]:
        """Return the rows of what a process made beside its product and sold; scrap is none."""
        rows = self.rows_of(process, role="co-product")
        return tuple(row for row in rows if not _is_scrap(row.flow))

    def stated(self, wanted: str) -> tuple[LedgerEntry, ...]:
        """Return the rows that state a property, `material.property`."""
        return tuple(row for row in self.rows if row.flow == wanted)

    def mean_property(self, flow: str, name: str) -> Decimal | None:
        """Return a property of a flow, weighted by the amounts it describes; None if not stated.

        Where nothing of the flow was used every reading counts the same.
        """
        wanted = f"{flow}.{name}"
        stated = self.stated(wanted)
        if not stated:
            return None
        used = [row for row in self.rows if row.flow == flow and row.amount]
        pairs = [
            (held.amount, row.amount)
            for row in used
            if (
                held := holding_row(
                    stated, wanted, row.period, process=row.process, product=row.product
                )
            )
        ] or [(row.amount, Decimal(1)) for row in stated]
        with localcontext(EXACT):
            weighted = sum((value * amount for value, amount in pairs), ZERO)
            return weighted / sum((amount for _, amount in pairs), ZERO)

    def main_meter(self, flow: str) -> Decimal:
        """Return what the main meters of a flow counted where nobody carries their rest; else 0."""
        return next((rest.whole for rest in self.left_out if rest.flow == flow), ZERO)

    def stock_change(self, flow: str) -> Decimal:
        """Return last closing less first opening of a material's stock; 0 without a sheet."""
        entries = self.stock.entries.get(flow, ())
        if not entries:
            return ZERO
        return entries[-1].amounts["closing"] - entries[0].amounts["opening"]

    def stock_total(self, flow: str, figure: str) -> Decimal:
        """Return the sum of one figure of a material's stock sheet over the period."""
        return exact_sum(entry.amounts[figure] for entry in self.stock.entries.get(flow, ()))

    def stock_cells(self, flow: str) -> tuple[str, ...]:
        """Return the cells that a material's change of stock rests on."""
        entries = self.stock.entries.get(flow, ())
        if not entries:
            return ()
        first, last = entries[0], entries[-1]
        return (
            f"{first.sheet}!{first.cells['opening']}",
            f"{last.sheet}!{last.cells['closing']}",
        )


def total(rows: Iterable[LedgerEntry]) -> Decimal:
    """Return the sum of the rows' amounts, exactly."""
    return exact_sum(row.amount for row in rows)


def tonnes(rows: Iterable[LedgerEntry]) -> Decimal:
    """Return the mass of some rows in tonnes."""
    return exact_sum(row.amount * conversion(row.unit, "t") for row in rows)


def cells_of(rows: Sequence[LedgerEntry]) -> tuple[str, ...]:
    """Return the cells of some rows in their order."""
    return tuple(row.cell for row in rows)


def codes_of(rows: Iterable[LedgerEntry]) -> set[str]:
    """Return the product codes that some rows' amounts carry; an empty one stands for none."""
    return {product_key(row.product) for row in rows if row.amount}


def read_site_ledger(session: Session, file: LedgerFile) -> SiteLedger:
    """Return a frozen ledger with the corrections in force, its stock and power sheets beside."""
    effective, frozen, left = rows_with_rests(session, file)
    carried = carried_rests(left, effective.rows)
    return SiteLedger(
        site=file.site,
        sha256=file.sha256,
        rows=effective.rows,
        stock=frozen.stock,
        power=frozen.power,
        left_out=tuple(item for item in left if item not in carried),
        typed=frozen.typed_uses,
        exceptions=frozen.exceptions,
    )


def _is_scrap(flow: str) -> bool:
    return vocabulary().flows[flow].category in SCRAP_CATEGORIES
