"""Own scrap sold with its burden and bought again with less: what a plant sheds at its gate by it.

Where scrap takes burden along, a plant that sells its scrap and buys it back leaves outside what
the scrap took and brings in what its seller says. Who stands between, under what name, and whether
it was melted there cannot be told; what is shed can: of as much as was both sold and bought, what
it took less what it brought. Rule: PCF-SCRAP-RETURN-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import partial

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.form.firm_names import bare_name
from factor_db.ledger.form.vocabulary import BOUGHT_AS_CAST, SOLD_SCRAP, normal_text, vocabulary
from factor_db.ledger.frozen.row_storage import counterparty, scrap_type
from factor_db.store.tables import LedgerEntry
from footprint.account.gate import Account, GateLine
from footprint.account.site_ledger import ZERO, SiteLedger, cells_of, tonnes
from footprint.closure.code_scrap import kg_per_t_of_scrap, made_of_code
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.solving.evaluate import Nominal
from footprint.solving.solve import solve_for_one
from lca_models.system.slots import inventory

RULE = "PCF-SCRAP-RETURN-001"


@dataclass(frozen=True, slots=True)
class Ledgers:
    """A site's ledger, and the ones before it whose scrap may have come back in it."""

    own: SiteLedger
    earlier: tuple[SiteLedger, ...] = ()


@dataclass(frozen=True, slots=True)
class Lot:
    """Scrap of one step sold, or metal of one flow bought: t, kg CO2e per t, and the cells.

    `nameless` is post-consumer scrap that may be own only because a party is not named.
    """

    amount: Decimal
    kg_per_t: Decimal
    cells: tuple[str, ...] = ()
    nameless: bool = False


@dataclass(frozen=True, slots=True)
class Shed:
    """Scrap that may have come back: t, and kg CO2e that it took along and that it brought."""

    amount: Decimal
    took: Decimal
    brought: Decimal

    @property
    def kg(self) -> Decimal:
        """kg CO2e that left with it and did not come back."""
        return self.took - self.brought


@dataclass(frozen=True, slots=True)
class View:
    """What is shed, as a share of the account, or of what one product or code carries."""

    product: str
    shed: Shed
    share: Decimal


def shed_at_most() -> Decimal:
    """Return the share above which no certificate may rest on what is shed."""
    return rule(RULE).number("shed_at_most")


def amount_of(lots: Iterable[Lot]) -> Decimal:
    """Return the tonnes of some lots."""
    return exact_sum(lot.amount for lot in lots)


def cells_in(lots: Iterable[Lot]) -> tuple[str, ...]:
    """Return the cells of some lots in their order."""
    return tuple(cell for lot in lots for cell in lot.cells)


def shed_by(sold: Iterable[Lot], bought: Iterable[Lot]) -> Shed:
    """Return the most that is shed: the dearest scrap sold is taken to be the cheapest bought.

    No other pairing of the tonnes sheds more; metal that brings more than it took sheds nothing.
    """
    dear = sorted(sold, key=lambda lot: -lot.kg_per_t)
    cheap = sorted(bought, key=lambda lot: lot.kg_per_t)
    left = [lot.amount for lot in cheap]
    amount = took = brought = ZERO
    with localcontext(EXACT):
        for out in dear:
            rest = out.amount
            for place, back in enumerate(cheap):
                if back.kg_per_t >= out.kg_per_t:
                    break
                paired = min(rest, left[place])
                rest, left[place] = rest - paired, left[place] - paired
                amount += paired
                took += paired * out.kg_per_t
                brought += paired * back.kg_per_t
    return Shed(amount, took, brought)


def view_of_site(account: Account, shed: Shed) -> View:
    """Return what a site sheds, as a share of its account."""
    with localcontext(EXACT):
        return View("-", shed, shed.kg / account.total if account.total else ZERO)


def views_of_results(
    ledger: SiteLedger, products: SiteProducts, bought: Sequence[Lot]
) -> Iterator[View]:
    """Yield what the site's first product sheds, and each code of it, of what they carry.

    A certificate is about one product or code: a small one may sell most of a site's scrap.
    """
    for product in tuple(products.found.values())[:1]:
        for nominal in (product.nominal, *product.coded):
            yield view_of_result(ledger, nominal, partial(_shed_of_scrap, nominal, bought))


def _shed_of_scrap(nominal: Nominal, bought: Sequence[Lot], made: Decimal) -> Shed:
    return shed_by(_sold_of(nominal, made), bought)


def view_of_result(
    ledger: SiteLedger, nominal: Nominal, shed_of: Callable[[Decimal], Shed]
) -> View:
    """Return what a result sheds, as a share of what it carries.

    `shed_of` gives it for the tonnes that were made of the result's product or code.
    """
    code = nominal.study.product_code
    made = made_of_code(ledger, nominal, product_key(code))
    name = " ".join(filter(None, (nominal.study.product, code)))
    with localcontext(EXACT):
        carried = abs(nominal.total) * conversion("t", "kg") * made
        shed = shed_of(made)
        return View(name, shed, shed.kg / carried if carried else ZERO)


def _sold_of(nominal: Nominal, made: Decimal) -> list[Lot]:
    """Return the scrap sold for all that was made of a result's product, step by step."""
    item = SiteProduct(nominal, compiled_of(nominal))
    sold = amounts_behind(nominal, made, (SOLD_SCRAP,))
    return [Lot(amount, kg_per_t_of_scrap(item, process)) for (process, _), amount in sold.items()]


def amounts_behind(
    nominal: Nominal, made: Decimal, flows: Iterable[str]
) -> dict[tuple[str, str], Decimal]:
    """Return (step, flow) → t of some flows behind all that was made of a result's product."""
    amounts, compiled = nominal.amounts(), compiled_of(nominal)
    asked = tuple(flows)
    return {
        (process, flow): per_t * run * made
        for process, run in zip(compiled.processes, solve_for_one(compiled), strict=True)
        for flow in asked
        if (per_t := amounts.get(inventory(process, flow).key, ZERO))
    }


def sold_lots(ledgers: Ledgers, products: SiteProducts) -> list[Lot]:
    """Return the scrap that a site sold, with what it takes along of this period's results.

    Scrap of an earlier period took along what that one's metal carried, which no result of this
    period knows: it counts as this period's would.
    """
    found = list(_sold_in(ledgers.own, products))
    for ledger in ledgers.earlier:
        found += _sold_in(ledger, products, earlier=True)
    return found


def _sold_in(ledger: SiteLedger, products: SiteProducts, *, earlier: bool = False) -> Iterator[Lot]:
    for process in ledger.processes:
        rows = [row for row in ledger.sold_scrap(process) if row.amount]
        home = products.home.get(process)
        if rows and home:
            cells = cells_of(rows)
            if earlier:
                cells = tuple(f"{row.period}: {row.cell}" for row in rows)
            yield Lot(tonnes(rows), kg_per_t_of_scrap(home, process), cells)


def bought_lots(account: Account, ledgers: Ledgers) -> list[Lot]:
    """Return metal bought that may be own scrap, charged or in store, with what it brings."""
    sellers = {
        bare_name(counterparty(row))
        for ledger in (ledgers.own, *ledgers.earlier)
        for process in ledger.processes
        for row in ledger.sold_scrap(process)
        if row.amount
    }
    kg_per_t = brought_per_t(account, _is_asked_of)
    found = []
    for (process, flow), per_t in kg_per_t.items():
        rows = [row for row in ledgers.own.input_rows(process, flow) if row.amount]
        own = [row for row in rows if _may_be_own(row, sellers)]
        nameless = [row for row in rows if row not in own and _is_nameless(row, sellers)]
        found += [
            Lot(tonnes(some), per_t, cells_of(some), nameless=some is nameless)
            for some in (own, nameless)
            if some
        ]
    return found + _into_store(account, kg_per_t)


def brought_per_t(
    account: Account, is_asked_of: Callable[[str], bool]
) -> dict[tuple[str, str], Decimal]:
    """Return kg CO2e per t of bought metal of the flows asked of, by process and flow."""
    found: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    with localcontext(EXACT):
        for line in account.lines:
            if line.kind in {"used", "stock"} and is_asked_of(line.flow):
                found[line.process, line.flow] += line.kg_co2e / line.amount
    return dict(found)


def _into_store(account: Account, kg_per_t: dict[tuple[str, str], Decimal]) -> list[Lot]:
    """Return what was bought beyond what was used; a stock sheet says nothing but the flow."""
    return [
        Lot(line.amount, kg_per_t[line.process, line.flow], line.cells)
        for line in laid_in_store(account)
        if _is_asked_of(line.flow) and line.flow not in {*_named("post_consumer"), *BOUGHT_AS_CAST}
    ]


def laid_in_store(account: Account) -> Iterator[GateLine]:
    """Yield the lines of what was bought beyond what was used."""
    return (line for line in account.lines if line.kind == "stock" and line.amount > 0)


def _is_asked_of(flow: str) -> bool:
    """Tell whether metal bought as a flow is scrap, made of scrap, or may be."""
    remelted = {*_named("remelted"), *BOUGHT_AS_CAST}
    return vocabulary().flows[flow].category == "scrap" or flow in remelted


def _may_be_own(row: LedgerEntry, sellers: set[str]) -> bool:
    """Tell whether metal bought may be the site's own scrap.

    It may if its firm took scrap of ours, or if it is scrap, or made of scrap, of which nobody says
    that it was used. Cast metal is made of scrap where its row says so.
    """
    party = bare_name(counterparty(row))
    if any(same_firm(party, other) for other in sellers):
        return True
    if _is_post_consumer(row):
        return False
    return row.flow not in BOUGHT_AS_CAST or bool(scrap_type(row))


def _is_nameless(row: LedgerEntry, sellers: set[str]) -> bool:
    """Tell whether nobody can say that used scrap is not of a firm that took ours."""
    is_scrap = vocabulary().flows[row.flow].category == "scrap"
    return is_scrap and ("" in sellers or not bare_name(counterparty(row)))


def _is_post_consumer(row: LedgerEntry) -> bool:
    said = normal_text(scrap_type(row))
    words = _named("said_post_consumer")
    return row.flow in _named("post_consumer") or any(word in said for word in words)


def _named(parameter: str) -> tuple[str, ...]:
    return rule(RULE).items(parameter)


def same_firm(one: str, other: str) -> bool:
    """Tell whether two names are one firm's: equal, or the short form of the longer."""
    if not one or not other:
        return False
    short, long = sorted((one, other), key=len)
    least = rule(RULE).number("letters_of_a_short_name")
    return one == other or (Decimal(len(short)) >= least and short in long)
