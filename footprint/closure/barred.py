"""What a ledger shows that no certificate may rest on, whatever the arithmetic says.

Closure holds a result against its ledger; here the ledger itself shows a trade whose burdens one
firm's books cannot tell. Own scrap sold and bought back took no burden out of the plant (rule
PCF-SCRAP-RETURN-001), nor did own slab or billet (rule PCF-METAL-RETURN-001); dross of others
brings one that nobody stated (rule AL-DROSS-001).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.units import conversion
from factor_db.ledger.form.faults import first_cells
from footprint.account.dross import MADE_DROSS, cells_of_others, taken_in
from footprint.account.gate import Account
from footprint.account.sharing import scrap_takes_burdens
from footprint.account.site_ledger import SiteLedger
from footprint.closure.line import ClosureLine
from footprint.closure.metal_back import metal_bought, metal_shed_at_most, metal_sold, returned
from footprint.closure.scrap_back import (
    Ledgers,
    Lot,
    View,
    amount_of,
    bought_lots,
    cells_in,
    shed_at_most,
    shed_by,
    sold_lots,
    view_of_site,
    views_of_results,
)
from footprint.closure.systems import SiteProducts

RETURNED, UNNAMED, OTHERS_DROSS = (
    "CLOSURE_SCRAP_RETURNED",
    "CLOSURE_SCRAP_UNNAMED",
    "CLOSURE_OTHERS_DROSS",
)
METAL_RETURNED, METAL_UNNAMED = "CLOSURE_METAL_RETURNED", "CLOSURE_METAL_UNNAMED"
_CELLS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A message code with its parameters as text, and the cells it was read from."""

    code: str
    params: Mapping[str, str]
    cells: tuple[str, ...]


def bars_of(
    account: Account,
    ledgers: Ledgers,
    products: SiteProducts,
    scrap_rule: str,
    lines: Iterable[ClosureLine],
) -> tuple[Bar, ...]:
    """Return what bars a certificate of a site's first product, or a code of it, under a rule.

    `lines` are those that the account went into: what co-products took stands there.
    """
    dross = _others_dross(ledgers.own, scrap_rule)
    metal = _returned_metal(account, ledgers, products, lines)
    return (*dross, *metal, *_returned_scrap(account, ledgers, products, scrap_rule))


def _others_dross(ledger: SiteLedger, scrap_rule: str) -> Iterator[Bar]:
    """Yield dross of others in the melt that no product can be given, or whose burden is unknown.

    A melt without dross of its own has nothing to carry it; a rule under which metal keeps its
    burden asks for the figure of whoever gave the dross.
    """
    amount = taken_in(ledger)
    if amount and (scrap_takes_burdens(scrap_rule) or not ledger.used(*MADE_DROSS)):
        params = {"amount": decimal_text(amount), "scrap_rule": scrap_rule}
        yield Bar(OTHERS_DROSS, params, cells_of_others(ledger))


def _returned_scrap(
    account: Account, ledgers: Ledgers, products: SiteProducts, scrap_rule: str
) -> Iterator[Bar]:
    """Yield own scrap that was sold with its burden and may have come back with less of it.

    Post-consumer scrap may be own only where nobody can tell of whom it is: asked for last.
    """
    if not scrap_takes_burdens(scrap_rule):
        return
    sold, bought = sold_lots(ledgers, products), bought_lots(account, ledgers)
    certain = [lot for lot in bought if not lot.nameless]
    for code, lots in ((RETURNED, certain), (UNNAMED, bought)):
        views = [view_of_site(account, shed_by(sold, lots))]
        views += views_of_results(ledgers.own, products, lots)
        if any(view.share > shed_at_most() for view in views):
            amounts = _amounts(views, sold, lots, shed_at_most())
            yield Bar(code, {"scrap_rule": scrap_rule, **amounts}, cells_in(lots))
            return


def _returned_metal(
    account: Account, ledgers: Ledgers, products: SiteProducts, lines: Iterable[ClosureLine]
) -> Iterator[Bar]:
    """Yield own metal that was sold and may have come back with less than it took along.

    Where a party is not named nobody can tell: asked for last.
    """
    sold, bought = metal_sold(ledgers, products, lines), metal_bought(account, ledgers.own)
    if not sold or not bought:
        return
    limit = metal_shed_at_most()
    for code, nameless in ((METAL_RETURNED, False), (METAL_UNNAMED, True)):
        found = returned(account, ledgers.own, products, (sold, bought), nameless=nameless)
        if any(view.share > limit for view in found.views):
            amounts = _amounts(found.views, found.sold, found.bought, limit)
            yield Bar(code, amounts, cells_in(found.bought))
            return


def _amounts(
    views: Sequence[View], sold: Sequence[Lot], bought: Sequence[Lot], limit: Decimal
) -> dict[str, str]:
    """Return what a message says of metal returned: t, t CO2e, and shares in %."""
    site, *results = views
    worst = max(results or views, key=lambda view: view.share)
    shown = site if site.shed.kg > worst.shed.kg or not results else worst
    kg = conversion("kg", "t")
    return {
        "sold": decimal_text(amount_of(sold)),
        "bought": decimal_text(amount_of(bought)),
        "amount": _rounded(shown.shed.amount, "0.001"),
        "took": _rounded(shown.shed.took * kg, "0.001"),
        "brought": _rounded(shown.shed.brought * kg, "0.001"),
        "share": _rounded(site.share * 100, "0.0001"),
        "product": worst.product,
        "of_product": _rounded(worst.share * 100, "0.0001"),
        "limit": decimal_text(limit * 100),
        "sold_cells": first_cells(cells_in(sold), _CELLS_SHOWN) or "-",
    }


def _rounded(value: Decimal, digits: str) -> str:
    return decimal_text(value.quantize(Decimal(digits)))
