"""How much of what a process used its product carries: the rest is its co-products' or its scrap's.

Written from the rules (DER-ALLOC-002, PCF-SCRAP-*) over ledger rows, apart from the derivation and
the models that it is held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TypeVar

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.ledger.form.vocabulary import (
    carries_metal,
    is_aluminium,
    is_metal,
    vocabulary,
)
from factor_db.store.tables import LedgerEntry
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, codes_of, tonnes

BY_MASS, BY_VALUE, BY_CAUSE = METHODS = ("mass", "economic", "causal")
"""How what no row gives to one output is allocated to co-products."""
SCRAP_BY_METAL, SCRAP_BY_STEP = "pre-consumer-mass", "co-product"
TAKEN_BY_SCRAP = {
    "cut-off": False,
    SCRAP_BY_METAL: True,
    SCRAP_BY_STEP: True,
    "substitution": False,
    "cbam-zero": False,
}
"""Scrap rule → whether scrap takes burdens along: from its seller, and to its buyer."""
_T = TypeVar("_T")


def known_rule(choice: str, name: str, offered: Mapping[str, _T]) -> _T:
    """Return what this account knows of a rule; raises BadInput (CHOICE_NOT_AVAILABLE)."""
    if name not in offered:
        known = ", ".join(offered)
        raise BadInput("CHOICE_NOT_AVAILABLE", choice=f"{choice}={name}", known=known)
    return offered[name]


def scrap_takes_burdens(scrap_rule: str) -> bool:
    """Tell whether scrap takes burdens along; raises BadInput for a rule that is none."""
    return known_rule("scrap_rule", scrap_rule, TAKEN_BY_SCRAP)


@dataclass(frozen=True, slots=True)
class Shared:
    """An amount of a flow in a process, parted: product, co-products, and scrap that left."""

    product: Decimal
    co_products: Decimal
    sold_scrap: Decimal


def shared(ledger: SiteLedger, process: str, flow: str, *, method: str, scrap_rule: str) -> Shared:
    """Part what a process used of a flow; `method` is how its co-products were allocated."""
    rows = ledger.input_rows(process, flow)
    with localcontext(EXACT):
        whole = sum((row.amount for row in rows), ZERO)
        product = allocated(ledger, process, rows, method)
        kept = product * _kept_share(ledger, process, flow, method=method, scrap_rule=scrap_rule)
        return Shared(kept, whole - product, product - kept)


def is_metal_input(process: str, flow: str) -> bool:
    """Tell whether a flow is metal that a process works on: it enters as an input in tonnes."""
    pair = vocabulary().process_flows.get((process, flow))
    return pair is not None and pair.role == "input" and is_metal(flow)


def allocated(
    ledger: SiteLedger, process: str, rows: Sequence[LedgerEntry], method: str
) -> Decimal:
    """Return the product's part of some rows: its own coded rows and its share of the rest."""
    others = ledger.co_products(process)
    if not others:
        return sum((row.amount for row in rows), ZERO)
    made = ledger.rows_of(process, role="product")
    ours, theirs = codes_of(made) - {""}, codes_of(others) - {""}
    own = [row for row in rows if product_key(row.product) in ours - theirs]
    foreign = [row for row in rows if product_key(row.product) in theirs - ours]
    pool = [row for row in rows if row not in own and row not in foreign]
    own_amount = sum((row.amount for row in own), ZERO)
    weigh = weighing(method)
    if weigh is None:
        foreign_amount = sum((row.amount for row in foreign), ZERO)
        weights = (own_amount, foreign_amount)
    else:
        takers = _takers(rows, made, others)
        weights = (weigh(made), weigh(takers)) if takers else (ONE, ZERO)
    share = weights[0] / sum(weights, ZERO) if any(weights) else ONE
    return own_amount + sum((row.amount for row in pool), ZERO) * share


def weighing(method: str) -> Callable[[Iterable[LedgerEntry]], Decimal] | None:
    """Return what rows of outputs weigh under a method; None where the flow's own coded rows do.

    Raises BadInput (CHOICE_NOT_AVAILABLE) for a method that is none.
    """
    weighed = {BY_MASS: tonnes, BY_VALUE: _value, BY_CAUSE: None}
    return known_rule("allocation", method, weighed)


def _takers(
    rows: Sequence[LedgerEntry], made: Sequence[LedgerEntry], others: Sequence[LedgerEntry]
) -> Sequence[LedgerEntry]:
    """Return the co-products that take a part: what holds no aluminium takes no metal with it.

    Rule: DER-ALLOC-004.
    """
    metal = any(carries_metal(row.flow) for row in rows)
    if not metal or not all(is_aluminium(row.flow) for row in made):
        return others
    return [row for row in others if is_aluminium(row.flow)]


def _kept_share(
    ledger: SiteLedger, process: str, flow: str, *, method: str, scrap_rule: str
) -> Decimal:
    """Return the share that sold scrap does not take away under the rule."""
    sold = tonnes(ledger.sold_scrap(process))
    if not sold or not scrap_takes_burdens(scrap_rule):
        return ONE
    if scrap_rule == SCRAP_BY_STEP:
        made = tonnes(ledger.rows_of(process, role="product"))
        return made / (made + sold)
    if not is_metal_input(process, flow):
        return ONE
    metal = sum(
        (
            allocated(ledger, process, ledger.input_rows(process, other), method)
            for code, other in ledger.by_key
            if code == process and is_metal_input(process, other)
        ),
        ZERO,
    )
    return (metal - sold) / metal


def _value(rows: Iterable[LedgerEntry]) -> Decimal:
    found = ZERO
    for row in rows:
        said = strict_json(row.payload.encode())
        written = conversion(row.unit, said.get("reported_unit", row.unit))
        found += row.amount * written * Decimal(said.get("price") or 0)
    return found
