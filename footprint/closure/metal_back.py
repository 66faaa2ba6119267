"""Own metal sold and bought again, perhaps worked by others in between: what a plant sheds by it.

A plant that sells its billet to have it homogenised, and buys it back, leaves outside what the
billet took and brings in what whoever worked it says. Under every scrap rule metal sold takes its
burden along, so this is asked under every rule. Unlike scrap, metal has a trade: a mill that casts
too much in one month and too little in the next buys of its peers. So parties are looked at: metal
of a firm that took none of ours is trade, metal of a firm that did, or of which nobody says who
took or gave it, may be our own. Rule: PCF-METAL-RETURN-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.rules import rule
from factor_db.ledger.form.firm_names import bare_name
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.row_storage import counterparty
from factor_db.store.tables import LedgerEntry
from footprint.account.gate import Account
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, cells_of, tonnes
from footprint.closure.line import ClosureLine, co_product_kg
from footprint.closure.scrap_back import (
    Ledgers,
    Lot,
    Shed,
    View,
    amounts_behind,
    brought_per_t,
    laid_in_store,
    same_firm,
    shed_by,
    view_of_result,
    view_of_site,
)
from footprint.closure.systems import SiteProducts
from footprint.solving.evaluate import Nominal

RULE = "PCF-METAL-RETURN-001"


@dataclass(frozen=True, slots=True)
class Trade:
    """Metal of one flow and step sold to, or bought from, one party; an empty one is not named."""

    flow: str
    process: str
    party: str
    lot: Lot


@dataclass(frozen=True, slots=True)
class Returned:
    """Metal that may have come back: what was sold of it, what was bought, how much was shed."""

    sold: tuple[Lot, ...]
    bought: tuple[Lot, ...]
    views: tuple[View, ...]


def own_forms(bought: str) -> tuple[str, ...]:
    """Return the site's own flows that, sold, may come back as a bought flow; none for others."""
    return rule(RULE).items(bought) if bought in _asked_of() else ()


def metal_shed_at_most() -> Decimal:
    """Return the share above which no certificate may rest on what metal sold and bought sheds."""
    return rule(RULE).number("shed_at_most")


def _asked_of() -> tuple[str, ...]:
    return rule(RULE).items("bought")


def buys_own_forms(ledger: SiteLedger) -> bool:
    """Tell whether a site bought metal of which it may have sold the like before."""
    return any(own_forms(flow) and ledger.used(process, flow) for process, flow in ledger.by_key)


def metal_sold(
    ledgers: Ledgers, products: SiteProducts, lines: Iterable[ClosureLine]
) -> list[Trade]:
    """Return the metal a site sold of its steps, with what a tonne took along.

    Metal of an earlier period counts as this period's would: no result of this one knows it.
    """
    took = _taken_per_t(ledgers.own, lines)
    found = list(_sold_in(ledgers.own, products, took))
    for ledger in ledgers.earlier:
        found += _sold_in(ledger, products, {}, earlier=True)
    return found


def _taken_per_t(ledger: SiteLedger, lines: Iterable[ClosureLine]) -> dict[str, Decimal]:
    """Return step → kg CO2e that a tonne of its co-products takes."""
    with localcontext(EXACT):
        return {
            process: kg / tonnes(ledger.co_products(process))
            for process, kg in co_product_kg(lines).items()
        }


def _sold_in(
    ledger: SiteLedger,
    products: SiteProducts,
    took: dict[str, Decimal],
    *,
    earlier: bool = False,
) -> Iterator[Trade]:
    forms = {form for flow in _asked_of() for form in own_forms(flow)}
    for process in ledger.processes:
        per_t = products.kg_co2e_per_t(process)
        for worth, rows in (
            (took.get(process, per_t), ledger.co_products(process)),
            (per_t, _final_metal(ledger, process)),
        ):
            ours = [row for row in rows if row.flow in forms]
            yield from _by_party(process, ours, worth, earlier=earlier)


def _by_party(
    process: str, rows: Iterable[LedgerEntry], kg_per_t: Decimal, *, earlier: bool = False
) -> Iterator[Trade]:
    """Yield rows of a step as one trade for each flow and party."""
    parted: dict[tuple[str, str], list[LedgerEntry]] = defaultdict(list)
    for row in rows:
        if row.amount:
            parted[row.flow, bare_name(counterparty(row))].append(row)
    for (flow, party), some in parted.items():
        cells = tuple(f"{row.period}: {row.cell}" for row in some) if earlier else cells_of(some)
        yield Trade(flow, process, party, Lot(tonnes(some), kg_per_t, cells))


def _final_metal(ledger: SiteLedger, process: str) -> Iterator[LedgerEntry]:
    """Yield the rows of metal that a site makes to be sold: liquid alloy, recycled ingot."""
    for row in ledger.rows_of(process, role="product"):
        if vocabulary().flows[row.flow].category == "product":
            yield row


def metal_bought(account: Account, ledger: SiteLedger) -> list[Trade]:
    """Return metal bought of the flows asked of, charged or in store, with what it brings."""
    found: list[Trade] = []
    for (process, flow), per_t in brought_per_t(
        account, lambda code: bool(own_forms(code))
    ).items():
        found += _by_party(process, ledger.input_rows(process, flow), per_t)
        found += _into_store(account, flow, per_t, found) if not process else ()
    return found


def _into_store(
    account: Account, flow: str, per_t: Decimal, used: Sequence[Trade]
) -> Iterator[Trade]:
    """Yield what was bought beyond what was used, parted as the rows of the flow are.

    A stock sheet names no party.
    """
    known = [item for item in used if item.flow == flow]
    whole = exact_sum(item.lot.amount for item in known)
    with localcontext(EXACT):
        shares = [(item.party, item.lot.amount / whole) for item in known] or [("", ONE)]
        for line in laid_in_store(account):
            if line.flow == flow:
                for party, share in shares:
                    yield Trade(flow, "", party, Lot(line.amount * share, per_t, line.cells))


def returned(
    account: Account,
    ledger: SiteLedger,
    products: SiteProducts,
    trades: tuple[Sequence[Trade], Sequence[Trade]],
    *,
    nameless: bool,
) -> Returned:
    """Return what of metal sold may have come back as metal bought, as the site and results see it.

    `trades` are what was sold and what was bought; `nameless` counts what names no party, too.
    """
    sold, bought = trades
    ours = [out for out in sold if any(_may_be(out, item, nameless) for item in bought)]
    back = [item for item in bought if any(_may_be(out, item, nameless) for out in sold)]
    views = [view_of_site(account, _shed(ours, back))]
    for product in tuple(products.found.values())[:1]:
        results = (product.nominal, *product.coded)
        views += [_view_of(ledger, nominal, ours, back) for nominal in results]
    lots = tuple(item.lot for item in ours), tuple(item.lot for item in back)
    return Returned(*lots, tuple(views))


def _may_be(sold: Trade, bought: Trade, nameless: bool) -> bool:
    """Tell whether metal bought may be metal sold: a form it may have taken, of the same party."""
    if sold.flow not in own_forms(bought.flow):
        return False
    if sold.party and bought.party:
        return same_firm(sold.party, bought.party)
    return nameless


def _shed(sold: Sequence[Trade], bought: Sequence[Trade]) -> Shed:
    """Return what is shed, bought flow by bought flow; no tonne bought counts for two."""
    sheds = [
        shed_by(
            [item.lot for item in sold if item.flow in own_forms(flow)],
            [item.lot for item in bought if item.flow == flow],
        )
        for flow in sorted({item.flow for item in bought})
    ]
    return Shed(
        exact_sum(item.amount for item in sheds),
        exact_sum(item.took for item in sheds),
        exact_sum(item.brought for item in sheds),
    )


def _view_of(
    ledger: SiteLedger, nominal: Nominal, sold: Sequence[Trade], bought: Sequence[Trade]
) -> View:
    """Return what a result sheds by the part of the metal bought that went into its product."""

    def shed_of(made: Decimal) -> Shed:
        taken = amounts_behind(nominal, made, _asked_of())
        return _shed(sold, [_part_of(ledger, item, taken) for item in bought])

    return view_of_result(ledger, nominal, shed_of)


def _part_of(ledger: SiteLedger, item: Trade, taken: dict[tuple[str, str], Decimal]) -> Trade:
    """Return the part of a trade that a result took; what lies in store is nobody's yet."""
    whole = ledger.used(item.process, item.flow)
    part = taken.get((item.process, item.flow), ZERO) / whole if whole else ZERO
    return replace(item, lot=replace(item.lot, amount=item.lot.amount * min(part, ONE)))
