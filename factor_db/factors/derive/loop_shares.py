"""What share of a site's own scrap and recovered metal never came back, and what was tolled.

withheld = 0 where what was not charged lies in a small change of its own stock, else
(made - charged) / made, so that exactly what was charged returns (rule PCF-SCRAP-STOCK-001). Metal
that a furnace recovered from dross of others is made by the site only as far as it took it in.
tolled = metal sent out and taken in for conversion / metal there was (rule PCF-TOLLING-001); the
metal of others' dross that goes back to its owners is no conversion (rule AL-DROSS-001).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from factor_db.factors.derive.dross_shares import dross_split
from factor_db.factors.derive.outputs import exact_total
from factor_db.factors.derive.ratios import Ratio
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.form.limits import BALANCE_TOLERANCE
from factor_db.ledger.form.loops import LOOPS, RECOVERED_METAL, TOLLED, TOLLING, withheld_share
from factor_db.ledger.form.vocabulary import METAL_CATEGORIES, vocabulary
from factor_db.ledger.stock.movements import Stock
from factor_db.ledger.stock.rows import StockEntry
from factor_db.store.tables import LedgerEntry

CHARGE = "charging"
FORMULA = "max(0, sum(made) - sum(charged)) / sum(made); 0 within the change of own stock"
TOLLED_FORMULA = "sum(tolling_in + tolling_out) / sum(opening + receipts + tolling_in)"
_THERE = ("receipts", "tolling_in")


def loop_ratios(stock: Stock, entries: Sequence[LedgerEntry]) -> Iterable[Ratio]:
    """Yield the withheld share of each loop that the ledger has, and the share of metal tolled.

    `entries` are the effective rows of the ledger.
    """
    for flow in LOOPS:
        yield from _withheld(flow, entries, stock)
    yield from _tolled(stock, entries)


def withheld(made: Decimal, charged: Decimal, kept: Decimal) -> Decimal:
    """Return the share of own metal that did not return; all in t, `kept` the change of its stock.

    Rule: PCF-SCRAP-STOCK-001.
    """
    missing, give = made - charged, made * BALANCE_TOLERANCE
    if not made or missing <= give:
        return Decimal(0)
    limit = rule("PCF-SCRAP-STOCK-001").number("stock_change_at_most")
    if 0 < kept <= limit * made and missing <= kept + give:
        return Decimal(0)
    return EXACT.divide(missing, made)


def owned(total: Decimal, made: Iterable[LedgerEntry], entries: Sequence[LedgerEntry]) -> Decimal:
    """Return the tonnes of recovered metal less what is of others' dross. Rule: AL-DROSS-001."""
    furnace = exact_total(row.amount for row in made if row.process == "dross_recovery")
    return total - furnace * (1 - dross_split(entries).owned_share)


def stock_entries(
    entries: Iterable[StockEntry], like: LedgerEntry, columns: Sequence[str]
) -> list[LedgerEntry]:
    """Return figures of the sheet `stock` in the form of stored rows; they are not stored."""
    return [
        LedgerEntry(
            ledger=like.ledger,
            row_number=entry.row_number,
            owner=like.owner,
            period=entry.period,
            process="",
            flow=entry.material,
            product="",
            role="internal",
            amount=entry.amounts[column],
            unit=entry.unit_canonical,
            method="weighed",
            cell=f"{entry.sheet}!{entry.cells[column]}",
            payload="{}",
        )
        for entry in entries
        for column in columns
        if column in entry.cells
    ]


def _withheld(flow: str, entries: Sequence[LedgerEntry], stock: Stock) -> Iterator[Ratio]:
    rows = [row for row in entries if row.flow == flow]
    made = [row for row in rows if row.role == "internal" and row.process != CHARGE]
    charged = [row for row in rows if row.role == "input" and row.process == CHARGE]
    total = exact_total(row.amount for row in made)
    if flow == RECOVERED_METAL and total:
        total = owned(total, made, entries)
    if not total:
        return
    kept = stock.entries.get(flow, ())
    change = kept[-1].amounts["closing"] - kept[0].amounts["opening"] if kept else Decimal(0)
    ends = [*stock_entries(kept[:1], made[0], ("opening",))]
    ends += stock_entries(kept[-1:], made[0], ("closing",))
    yield Ratio(
        process="",
        flow=withheld_share(flow),
        unit="1",
        value=withheld(total, exact_total(row.amount for row in charged), change),
        rows=[*made, *charged],
        made=(),
        formula=FORMULA,
        reported=(made, ()),
        others=ends,
    )


def _tolled(stock: Stock, entries: Sequence[LedgerEntry]) -> Iterator[Ratio]:
    flows = vocabulary().flows
    metal = {
        flow: of_flow
        for flow, of_flow in stock.entries.items()
        if flows[flow].category in METAL_CATEGORIES
    }
    moved = {
        flow: of_flow
        for flow, of_flow in metal.items()
        if any(entry.amounts[column] for entry in of_flow for column in TOLLING)
    }
    if not moved or not entries:
        return
    listed = [entry for of_flow in moved.values() for entry in of_flow]
    rows = stock_entries(
        (e for e in listed if any(e.amounts[column] for column in TOLLING)), entries[0], TOLLING
    )
    there = exact_total(
        [
            *(of_flow[0].amounts["opening"] for of_flow in moved.values()),
            *(entry.amounts[column] for entry in listed for column in _THERE),
        ]
    )
    tolled = exact_total(entry.amounts[column] for entry in listed for column in TOLLING)
    tolled -= _owners_metal(moved.get(RECOVERED_METAL, ()), entries)
    yield Ratio(
        process="",
        flow=TOLLED,
        unit="1",
        value=EXACT.divide(tolled, there) if there else Decimal(1),
        rows=rows,
        made=(),
        formula=TOLLED_FORMULA,
        reported=(rows, ()),
    )


def _owners_metal(stock: Sequence[StockEntry], entries: Sequence[LedgerEntry]) -> Decimal:
    """Return the recovered metal sent out that is others': at most what their dross gave, t."""
    furnace = [
        row
        for row in entries
        if (row.process, row.flow, row.role) == ("dross_recovery", RECOVERED_METAL, "internal")
    ]
    made = exact_total(row.amount for row in furnace)
    others = (made - owned(made, furnace, entries)) * (1 + BALANCE_TOLERANCE)
    return min(exact_total(entry.amounts["tolling_out"] for entry in stock), others)
