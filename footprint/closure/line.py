"""The lines that a site's account went into, as the closure books them and others read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from footprint.account.site_ledger import ZERO


@dataclass(frozen=True, slots=True)
class ClosureLine:
    """One line that the account went into: kind, flow, process, amount in t or its unit, kg CO2e.

    `moved` is what the amount is judged against: what the step of a weighing difference made, what
    the main meter of a rest counted.
    `product` is the code of the product it is about, where the output has several.
    """

    kind: str
    flow: str
    process: str
    amount: Decimal
    kg_co2e: Decimal
    cells: tuple[str, ...] = ()
    moved: Decimal = ZERO
    product: str = ""


def co_product_kg(lines: Iterable[ClosureLine]) -> dict[str, Decimal]:
    """Return step → kg CO2e that its co-products took, however they were allocated."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    with localcontext(EXACT):
        for line in lines:
            if line.kind == "co_product":
                found[line.process] += line.kg_co2e
    return dict(found)
