"""Who delivered a bought flow by the ledger, and which footprints a study takes for it.

Metal that was used beyond what came in lay in store: it is of nobody named, until a footprint of an
earlier period is shown to be its seller's. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import product_key
from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.form.firm_names import bare_name
from factor_db.ledger.frozen.row_storage import counterparty, origin
from factor_db.store.tables import LedgerEntry
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, tonnes
from footprint.study.supplied import slot_flow
from footprint.supply.bought_stock import UNNAMED, Drawn, drawn_from_stock
from footprint.supply.delivery import Delivery
from footprint.supply.read_back import RULE
from lca_models.system.resolve import Pin


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
    """Return who delivered a bought flow, what came out of stock being of a seller without a name.

    A store that turns over breathes: up to `stock_tolerance` of the use is of no other delivery.
    """
    drawn = drawn_from_stock(ledger, flow)
    delivered = delivered_by(ledger, flow, code)
    if drawn.share <= rule(RULE).number("stock_tolerance"):
        return delivered
    return with_drawn(delivered, drawn)


def delivered_by(ledger: SiteLedger, flow: str, code: str = "") -> tuple[Seller, ...]:
    """Return who delivered a bought flow by the ledger's rows, the largest first.

    Rows without a counterparty are of a seller without a name. For a product code its own rows
    count, and of those without a code the part by mass that its output has.
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
    whole = sum(masses.values(), ZERO)
    return _largest_first(
        Seller(name, mass / whole, tuple(cells[name]), _shares(made_in[name], mass))
        for name, mass in masses.items()
    )


def _shares(made_in: Mapping[str, Decimal], whole: Decimal) -> dict[str, Decimal]:
    """Return the part of a seller's deliveries by stated origin; without one nothing is said."""
    return {region: mass / whole for region, mass in sorted(made_in.items()) if region}


def with_drawn(delivered: Iterable[Seller], drawn: Drawn) -> tuple[Seller, ...]:
    """Return sellers of which none delivered what was drawn out of stock."""
    sellers = {s.name: replace(s, share=s.share * (1 - drawn.share)) for s in delivered}
    if not sellers or not drawn.share:
        return tuple(sellers.values())
    unnamed = sellers.get(UNNAMED, Seller(UNNAMED, ZERO, ()))
    cells = (*unnamed.cells, *drawn.cells)
    sellers[UNNAMED] = replace(unnamed, share=unnamed.share + drawn.share, cells=cells)
    return _largest_first(sellers.values())


def unnamed_share(sellers: Iterable[Seller]) -> Decimal:
    """Return the share of what nobody named delivered."""
    return sum((seller.share for seller in sellers if seller.name == UNNAMED), ZERO)


def sellers_before(drawn: Drawn) -> tuple[Seller, ...]:
    """Return whom ledgers before name of the metal drawn out of stock, by share of the use."""
    shares: dict[str, Decimal] = defaultdict(Decimal)
    for layer in drawn.layers:
        for name, share in layer.before.shares.items() if layer.before else ():
            shares[name] += share * layer.share
    return _largest_first(
        Seller(name, share, drawn.cells) for name, share in shares.items() if name
    )


def traced(
    sellers: Sequence[Seller], deliveries: Iterable[Delivery], drawn: Drawn, begins: str
) -> tuple[Seller, ...]:
    """Return sellers with what footprints of before `begins` (ISO day) carry of the metal drawn.

    Such a footprint is its seller's as far as the ledger of that time, or a note of the stock
    sheet where the store holds none, says that the metal drawn was that seller's.
    """
    by_name = {seller.name: seller for seller in sellers}
    if not drawn.share or UNNAMED not in by_name:
        return tuple(sellers)
    groups: dict[str, list[Delivery]] = defaultdict(list)
    for item in deliveries:
        if not item.published and item.names:
            groups[_called(item, sellers)].append(item)
    left = drawn.share
    for name, items in sorted(groups.items()):
        old = [item for item in items if item.period_end and item.period_end < begins]
        own = by_name.get(name, Seller(name, ZERO, ()))
        names = frozenset(name for item in old for name in item.names)
        beyond = sum((item.share for item in items), ZERO) - own.share
        limits = (sum((item.share for item in old), ZERO), beyond, drawn.of_firm(names), left)
        more = min(limits)
        if more > 0:
            left -= more
            cells = (*own.cells, *drawn.cells)
            by_name[name] = replace(own, share=own.share + more, cells=cells)
            nobody = by_name[UNNAMED]
            by_name[UNNAMED] = replace(nobody, share=nobody.share - more)
    return _largest_first(seller for seller in by_name.values() if seller.share)


def figures_of(pin: Pin, gwp_set: str) -> tuple[Decimal, ...]:
    """Return kg CO2e per unit of its slot of each footprint that a pin is made of."""
    weights = characterisation(gwp_set)
    with localcontext(EXACT):
        return tuple(
            sum((kg * weights[gas] for gas, kg in alone.gases().items()), ZERO)
            for alone in (Pin(pin.slot, factor, pin.level) for factor in pin.sources)
        )


def is_named(counterparty: str, names: Iterable[str]) -> bool:
    """Tell whether a counterparty is one of some names, the legal form of a firm left out."""
    return bool(counterparty) and bare_name(counterparty) in {bare_name(name) for name in names}


def _called(item: Delivery, sellers: Iterable[Seller]) -> str:
    """Return what the ledger calls the firm of a footprint; one of its own names otherwise."""
    return next((s.name for s in sellers if is_named(s.name, item.names)), min(item.names))


def _largest_first(sellers: Iterable[Seller]) -> tuple[Seller, ...]:
    return tuple(sorted(sellers, key=lambda seller: (-seller.share, seller.name)))


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
