"""What a process makes, as allocation sees it: its product by code, co-products, scrap sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import cached_property

from factor_db.factors.record.factor import product_key
from factor_db.ledger.form.vocabulary import (
    SCRAP_CATEGORIES,
    carries_metal,
    is_aluminium,
    vocabulary,
)
from factor_db.store.tables import LedgerEntry

# Wide enough that sums of 34-digit amounts are exact, whatever the order of the rows.
WIDE = Context(prec=120)


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """One thing a process makes: its flow, its product code (as compared, and as written), rows."""

    flow: str
    code: str
    label: str
    role: str
    rows: tuple[LedgerEntry, ...]

    @property
    def amount(self) -> Decimal:
        """The amount made, in the unit of the flow."""
        return exact_total(row.amount for row in self.rows)


@dataclass(frozen=True)
class ProcessRows:
    """The rows of one process: its product by code, its co-products, scrap sold, other flows."""

    code: str
    products: tuple[Output, ...]
    co_products: tuple[Output, ...]
    scrap: tuple[Output, ...]
    flows: Mapping[str, tuple[LedgerEntry, ...]]

    @cached_property
    def made(self) -> tuple[LedgerEntry, ...]:
        """The rows of the product, all codes together."""
        rows = (row for output in self.products for row in output.rows)
        return tuple(sorted(rows, key=lambda row: row.row_number))

    @cached_property
    def _owners(self) -> dict[str, Output]:
        owners: dict[str, list[Output]] = defaultdict(list)
        for output in (*self.products, *self.co_products):
            owners[output.code].append(output)
        return {code: found[0] for code, found in owners.items() if code and len(found) == 1}

    def sharers(self, flow: str) -> tuple[Output, ...]:
        """Return the co-products that a flow may be shared out to. Rule: DER-ALLOC-004."""
        if not carries_metal(flow) or not all(is_aluminium(item.flow) for item in self.products):
            return self.co_products
        return tuple(item for item in self.co_products if is_aluminium(item.flow))

    def owner(self, row: LedgerEntry) -> Output | None:
        """Return the one output whose code a row carries, or None."""
        return self._owners.get(product_key(row.product))


def exact_total(values: Iterable[Decimal]) -> Decimal:
    """Return a sum without rounding, so that the order of the rows does not matter."""
    with localcontext(WIDE):
        return sum(values, Decimal(0))


def process_rows(entries: Iterable[LedgerEntry]) -> tuple[ProcessRows, ...]:
    """Return the amounts of a ledger by process, sorted by its code; properties are left out."""
    by_process: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda item: item.row_number):
        if "." not in entry.flow:
            by_process[entry.process].append(entry)
    return tuple(_rows_of(code, by_process[code]) for code in sorted(by_process))


def _rows_of(code: str, entries: Sequence[LedgerEntry]) -> ProcessRows:
    flows: dict[str, list[LedgerEntry]] = defaultdict(list)
    made: dict[tuple[str, str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        if entry.role in {"product", "co-product"}:
            made[entry.role, entry.flow, product_key(entry.product)].append(entry)
        else:
            flows[entry.flow].append(entry)
    outputs = [
        Output(flow, key, min(row.product.strip() for row in rows), role, tuple(rows))
        for (role, flow, key), rows in sorted(made.items())
        if any(row.amount for row in rows)
    ]
    sold = [output for output in outputs if output.role == "co-product"]
    scrap = tuple(output for output in sold if _is_scrap(output.flow))
    return ProcessRows(
        code=code,
        products=tuple(output for output in outputs if output.role == "product"),
        co_products=tuple(output for output in sold if output not in scrap),
        scrap=scrap,
        flows={flow: tuple(rows) for flow, rows in sorted(flows.items())},
    )


def _is_scrap(flow: str) -> bool:
    return vocabulary().flows[flow].category in SCRAP_CATEGORIES
