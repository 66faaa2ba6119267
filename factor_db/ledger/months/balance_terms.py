"""Terms of balances: rows of one flow of one process summed by month, in tonnes of metal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from factor_db.foundation.rules import rule
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import (
    METAL_CATEGORIES,
    PRIMARY_STAGE,
    holds_no_aluminium,
    vocabulary,
)
from factor_db.ledger.months.likely_slips import Term
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex

# Metal handed from step to step is weighed twice, on two scales, each as in AL-BAL-001.
LINK_TOLERANCE = rule("AL-BAL-002").number("link_tolerance")
# Everything bought and sold over all weighbridges, and what each step leaves open on the way.
SITE_TOLERANCE = rule("AL-BAL-003").number("site_tolerance")
# Heat in scrap that comes from the de-coating kiln at about 500 °C.
DECOATED_CHARGE_MJ_PER_T = rule("AL-MELT-002").number("decoated_charge_mj_per_t")
CASTING_STEPS = ("refining", "slab_casting", "billet_casting", "ingot_casting")
# Steps that also take off or put on a little that is no metal.
LOOSE_STEPS = ("anodising", "powder_coating", "scrap_shredding", "scrap_decoating")


def mass_t(flow: str, amount: Decimal) -> Decimal | None:
    """Return the mass of a metal-bearing flow, t; None for what is no part of a mass balance."""
    entry = vocabulary().flows[flow]
    metal_bearing = entry.category in METAL_CATEGORIES or flow == "sorting_residue"
    if metal_bearing and entry.unit == "t":
        return amount
    # Paint adds to the profile, burnt coating leaves the scrap.
    return amount / 1000 if flow in {"organic_coating", "coating_powder"} else None


def in_step_balance(process: str, flow: str) -> bool:
    """Tell whether a flow has a side in the metal balance of a step.

    What a step sells beside its metal and holds no aluminium has none: no metal left with it.
    """
    weighs = mass_t(flow, ZERO) is not None
    makes_such = process == "dross_recovery" or (
        vocabulary().processes[process].stage == PRIMARY_STAGE
    )
    return weighs and (makes_such or not holds_no_aluminium(flow))


def mass_term(key: Key, side: int, rows: Sequence[LedgerRow]) -> Term:
    """Return rows of one flow of one process as a term, t."""
    months: dict[str, Decimal] = {}
    for row in rows:
        months[row.period] = months.get(row.period, ZERO) + row.amount_canonical
    for month, amount in months.items():
        mass = mass_t(rows[0].flow, amount)
        # Dross is no metal, but in its own recovery it is what goes in.
        months[month] = amount if mass is None else mass
    return Term(key, side, months, tuple(rows))


def step_terms(month_index: MonthIndex, keys: Iterable[Key]) -> Iterator[Term]:
    """Yield what goes into and what comes out of steps: rows with role input, and all others."""
    for key in keys:
        rows = month_index.by_key.get(key, ())
        into = [row for row in rows if row.role == "input"]
        out = [row for row in rows if row.role != "input"]
        yield from role_terms(key, 1, into)
        yield from role_terms(key, -1, out)


def role_terms(key: Key, side: int, rows: Sequence[LedgerRow]) -> tuple[Term, ...]:
    """Return some rows of a key as a term on a side; nothing for no rows."""
    return (mass_term(key, side, rows),) if rows else ()


def stock_terms(flow: str, kept: Mapping[str, Decimal]) -> tuple[Term, ...]:
    """Return what a flow's stock kept back by month as a term of what comes out.

    What came out of store over the period goes in: else a plant that lives on its stock would
    have its balance divided by nothing.
    """
    if not kept:
        return ()
    if sum(kept.values(), ZERO) >= 0:
        return (Term(("stock", flow), -1, kept),)
    return (Term(("stock", flow), 1, {month: -mass for month, mass in kept.items()}),)
