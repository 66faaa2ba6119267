"""The ledger's months: metal made and taken month by month, and their sum against the year's model.

A result is of a year, its ledger of months. What the model took at each step is held against the
sum of the months, and the metal between two steps against what can lie there unbooked. Nothing here
reads a derived factor but the amounts the result took. Rule: PCF-CLOSURE-002.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.form.vocabulary import SOLD_SCRAP, is_metal
from factor_db.store.tables import LedgerEntry
from footprint.account.sharing import BY_MASS, allocated
from footprint.account.site_ledger import ZERO, SiteLedger, cells_of, codes_of
from footprint.closure.codes import Method, kg_co2e_per_unit, rows_about
from footprint.closure.systems import SiteProduct, made_products
from lca_models.catalogue import final_process
from lca_models.system.resolve import OWN, Pin
from lca_models.system.slots import CHARGE_POOL

RULE = "PCF-CLOSURE-002"
# Relative differences below this are digits: shares are cut at thirty places.
_LEAST = Decimal("1E-24")


@dataclass(frozen=True, slots=True)
class MonthGap:
    """A month in which an own metal was made and taken in different amounts, t.

    `gap` is made less taken and kept, `running` the sum of the gaps up to the month, and `share`
    what of a mean month's making it is. `held` tells whether the rule bars more of it: a surplus
    of metal that is also sold is a sale. `product` is the code where both sides are booked by code.
    """

    flow: str
    process: str
    product: str
    month: str
    made: Decimal
    taken: Decimal
    kept: Decimal
    gap: Decimal
    running: Decimal
    share: Decimal
    held: bool
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YearGap:
    """An amount that a result took at a step in the year and the ledger's months do not make up."""

    flow: str
    process: str
    taken: Decimal
    booked: Decimal
    kg_co2e: Decimal
    months: tuple[str, ...]
    cells: tuple[str, ...]


def month_gaps(ledger: SiteLedger) -> tuple[MonthGap, ...]:
    """Return the months worth naming of every metal that one step makes and another takes."""
    sold = {final_process(product) for product in made_products(ledger)}
    found: list[MonthGap] = []
    with localcontext(EXACT):
        for flow, process in sorted(ledger.made_here.items()):
            if _is_held(flow, process):
                found += _gaps_of(ledger, flow, process, also_sold=process in sold)
    return tuple(found)


def _is_held(flow: str, process: str) -> bool:
    """Tell whether a product is metal on its way from step to step: scrap of loops is not."""
    return process != CHARGE_POOL and is_metal(flow)


def _gaps_of(ledger: SiteLedger, flow: str, process: str, *, also_sold: bool) -> Iterator[MonthGap]:
    made = [row for row in ledger.rows_of(process, role="product") if row.flow == flow]
    taken = [
        row
        for code, other in ledger.by_key
        if other == flow
        for row in ledger.input_rows(code, other)
    ]
    if not any(row.amount for row in taken):
        return
    stored = bool(ledger.stock.entries.get(flow))
    for code in ("", *([] if stored else _codes_of_both(made, taken))):
        sides = tuple(
            [row for row in rows if not code or product_key(row.product) == code]
            for rows in (made, taken)
        )
        yield from _gaps_between(ledger, flow, process, code=code, sides=sides, also_sold=also_sold)


def _codes_of_both(made: Sequence[LedgerEntry], taken: Sequence[LedgerEntry]) -> list[str]:
    """Return the codes of a metal that is made and taken by code, row for row; else none."""
    of_made, of_taken = codes_of(made), codes_of(taken)
    return sorted(of_made) if of_made == of_taken and "" not in of_made else []


def _gaps_between(
    ledger: SiteLedger,
    flow: str,
    process: str,
    *,
    code: str,
    sides: tuple[Sequence[LedgerEntry], ...],
    also_sold: bool,
) -> Iterator[MonthGap]:
    made_rows, taken_rows = sides
    made, taken, kept = _by_month(made_rows), _by_month(taken_rows), _kept(ledger, flow)
    months = sorted({*made, *taken, *kept})
    mean = sum(made.values(), ZERO) / len(months)
    least = rule("AL-BAL-004").number("month_tolerance")
    limit = rule(RULE).number("month_running_limit")
    running = ZERO
    for month in months:
        gap = made[month] - taken[month] - kept[month]
        running += gap
        held = abs(running) > limit * mean and not (also_sold and running > 0)
        apart = abs(gap) > least * max(made[month], taken[month])
        if held or (apart and not (also_sold and gap > 0)):
            rows = [row for row in (*made_rows, *taken_rows) if row.period == month]
            yield MonthGap(
                flow=flow, process=process, product=code, month=month, made=made[month],
                taken=taken[month], kept=kept[month], gap=gap, running=running,
                share=abs(running) / mean, held=held,
                cells=(*cells_of(rows), *_stock_cells(ledger, flow, month)),
            )  # fmt: skip


def _by_month(rows: Sequence[LedgerEntry]) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        found[row.period] += row.amount
    return found


def _kept(ledger: SiteLedger, flow: str) -> Mapping[str, Decimal]:
    """Return what of a flow stayed in store, was written off or sent out, by month."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for entry in ledger.stock.entries.get(flow, ()):
        amounts = entry.amounts
        change = amounts["closing"] - amounts["opening"] - amounts["adjustment"]
        found[entry.period] += change + amounts["tolling_out"] - amounts["tolling_in"]
    return found


def _stock_cells(ledger: SiteLedger, flow: str, month: str) -> tuple[str, ...]:
    return tuple(
        f"{entry.sheet}!{entry.cells['closing']}"
        for entry in ledger.stock.entries.get(flow, ())
        if entry.period == month
    )


def year_gaps(ledger: SiteLedger, product: SiteProduct, method: Method) -> Iterator[YearGap]:
    """Yield the steps at which a result took in the year what the ledger's months do not add up to.

    Values set by hand and defaults are another plant's and judged elsewhere.
    """
    for pin in product.nominal.pins:
        slot = pin.slot
        if pin.level == OWN and slot.process and slot.quantity == "inventory":
            yield from _year_gap(ledger, product, pin, method)


def _year_gap(
    ledger: SiteLedger, product: SiteProduct, pin: Pin, method: Method
) -> Iterator[YearGap]:
    slot = pin.slot
    rows, unit = rows_about(ledger, slot), slot.unit.partition("/")[0]
    output = ledger.made(slot.process)
    if not output or any(row.unit != unit for row in rows):
        return
    with localcontext(EXACT):
        # Scrap is metal and follows the mass of what was made, whatever a co-product goes by.
        by = BY_MASS if slot.flow == SOLD_SCRAP else method(slot.process)
        booked = allocated(ledger, slot.process, rows, by)
        taken = pin.value() * output
        gap = taken - booked
        if abs(gap) <= _LEAST * max(abs(taken), abs(booked)):
            return
        kg = gap * kg_co2e_per_unit(product, slot)
    if kg:
        months = _suspects(rows, gap)
        cells = cells_of([row for row in rows if row.period in months])
        yield YearGap(slot.flow, slot.process, taken, booked, kg, months, cells)


def _suspects(rows: Sequence[LedgerEntry], gap: Decimal) -> tuple[str, ...]:
    """Return the months whose amount is what the year parts by; all of them where none is."""
    by_month = _by_month(rows)
    near = tuple(
        month
        for month, amount in sorted(by_month.items())
        if amount and abs(abs(gap) - amount) <= amount * rule("AL-BAL-002").number("link_tolerance")
    )
    return near or tuple(sorted(by_month))
