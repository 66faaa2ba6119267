"""Who delivered a bought flow by the ledger's rows: sellers, shares, and where the metal was made.

Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from factor_db.factors.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.firm_names import bare_name
from factor_db.ledger.row_storage import counterparty, origin
from factor_db.store.tables import LedgerEntry
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, tonnes
from footprint.supplied import slot_flow
from footprint.supply_check import RULE

_UNNAMED = ""


@dataclass(frozen=True, slots=True)
class Seller:
    """A counterparty of the ledger: its share of a flow by mass, and the cells of its rows.

    `origins` is the part of its own deliveries made in each region that its rows state, 0 to 1.
    """

    name: str
    share: Decimal
    cells: tuple[str, ...]
    origins: Mapping[str, Decimal] = field(default_factory=dict)


def sellers_of(ledger: SiteLedger, flow: str, code: str = "") -> tuple[Seller, ...]:
    """Return who delivered a bought flow by the ledger's rows, the largest first.

    Rows without a counterparty are of a seller without a name, and so is what was drawn from stock:
    who delivered it, and what it carried, the period's rows do not say. For a product code its own
    rows count, and of those without a code the part by mass that its output has.
    """
    masses: dict[str, Decimal] = defaultdict(Decimal)
    made_in: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    cells: dict[str, list[str]] = defaultdict(list)
    for row in _bought(ledger, flow):
        mass = tonnes([row]) * _part_of_code(ledger, row, code)
        if mass:
            name = counterparty(row)
            masses[name] += mass
            made_in[name][origin(row)] += mass
            cells[name].append(row.cell)
    origins = {name: _shares(made_in[name], masses[name]) for name in masses}
    whole = sum(masses.values(), ZERO)
    drawn, stock_cells = drawn_from_stock(ledger, flow)
    if drawn:
        masses = defaultdict(Decimal, {name: mass * (1 - drawn) for name, mass in masses.items()})
        masses[_UNNAMED] += whole * drawn
        cells[_UNNAMED] += stock_cells
    ordered = sorted(masses, key=lambda name: (-masses[name], name))
    return tuple(
        Seller(name, masses[name] / whole, tuple(cells[name]), origins.get(name, {}))
        for name in ordered
    )


def _shares(made_in: Mapping[str, Decimal], whole: Decimal) -> dict[str, Decimal]:
    """Return the part of a seller's deliveries by stated origin; without one nothing is said."""
    return {region: mass / whole for region, mass in sorted(made_in.items()) if region}


def drawn_from_stock(ledger: SiteLedger, flow: str) -> tuple[Decimal, tuple[str, ...]]:
    """Return the part of a bought flow used beyond what came in, and its cells; 0 for a small one.

    A store that turns over breathes: up to `stock_tolerance` of the use is of no other delivery.
    """
    stored = [
        name
        for name in sorted(ledger.stock.entries)
        if slot_flow(name) == flow and name not in ledger.made_here
    ]
    used, received = (
        sum((ledger.stock_total(name, figure) for name in stored), ZERO)
        for figure in ("consumption", "receipts")
    )
    drawn = EXACT.divide(used - received, used) if used else ZERO
    if drawn <= rule(RULE).number("stock_tolerance"):
        return ZERO, ()
    return drawn, tuple(cell for name in stored for cell in ledger.stock_cells(name))


def is_named(counterparty: str, names: Iterable[str]) -> bool:
    """Tell whether a counterparty is one of some names, the legal form of a firm left out."""
    return bool(counterparty) and bare_name(counterparty) in {bare_name(name) for name in names}


def _bought(ledger: SiteLedger, flow: str) -> Iterator[LedgerEntry]:
    """Yield the rows that bring a bought flow in, whatever its use calls it."""
    for process, name in ledger.by_key:
        if slot_flow(name) == flow and name not in ledger.made_here:
            yield from (row for row in ledger.input_rows(process, name) if row.role == "input")


def _part_of_code(ledger: SiteLedger, row: LedgerEntry, code: str) -> Decimal:
    """Return the part of a row that a product code takes: its own rows whole, others' none."""
    wanted, own = product_key(code), product_key(row.product)
    if not wanted or own == wanted:
        return ONE
    made = ledger.rows_of(row.process, role="product")
    of_code = [item for item in made if product_key(item.product) == wanted]
    if own and of_code:
        return ZERO
    return tonnes(of_code) / tonnes(made) if of_code else ONE
