"""Sharing a process's amounts out over what it makes: co-products, and the alloys of its product.

Rule DER-ALLOC-002. A row that carries the product code of exactly one output belongs to it: that is
subdivision and comes first. What no row gives to one output is shared between the product and the
co-products by the method chosen (`allocation_methods.py`), and inside the product by the mass of
its codes.

A code that no output of the process carries, or that the product and a co-product both carry, says
nothing and its row counts as without a code. An output of which nothing was made is no output.

Scrap sold is no co-product (rule DER-SCRAP-001): it is metal of the categories scrap and internal,
takes no burden away, and its row stays out of every amount, so that it does not return to the
charge either. Shares are made anew from the rows of each ledger and sum to exactly 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext

from factor_db.factors.derive.allocation_methods import Flow, allocation_method, tonnes
from factor_db.factors.derive.outputs import WIDE, Output, ProcessRows, exact_total
from factor_db.factors.record.allocation_names import ALLOCATION_NAMES, AllocationName
from factor_db.foundation.errors import BadInput

# Shares are multiples of this, so that they sum to exactly 1 within 34 digits.
_SHARE_QUANTUM = Decimal("1E-30")
_PART_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Allocated:
    """A flow of a process shared out: amount of each output, the product's share of the rest.

    The amounts sum exactly to the amount of the flow; `pool` is what no row gave to one output.
    """

    amounts: Mapping[Output, Decimal]
    share: Decimal
    pool: Decimal


def chosen_method(allocation: str | None) -> AllocationName | None:
    """Return the method of a name, None for none; raises BadInput (ALLOCATION_UNKNOWN)."""
    if allocation is None:
        return None
    allocation_method(allocation)
    return next(name for name in ALLOCATION_NAMES if name == allocation)


def allocate(process: ProcessRows, flow: str, method: AllocationName | None) -> Allocated:
    """Share a flow of a process out over its outputs.

    Raises BadInput: DERIVE_COPRODUCT without a method; DERIVE_SAME_METAL, DERIVE_PRICE_MISSING and
    DERIVE_PRICE_ZERO under `economic`; DERIVE_CAUSAL_KEY under `causal`. Rules: DER-ALLOC-002,
    DER-ALLOC-003, DER-ALLOC-004.
    """
    direct = dict.fromkeys((*process.products, *process.co_products), Decimal(0))
    pooled = []
    with localcontext(WIDE):
        for row in process.flows[flow]:
            owner = process.owner(row)
            if owner is None:
                pooled.append(row)
            else:
                direct[owner] += row.amount
        pool = exact_total(row.amount for row in pooled)
        weights = _weights(Flow(process, flow, direct, pooled), method)
        *of_others, share = shares(weights)
        *others, of_product = parts(pool, [*of_others, share])
        inside = parts(of_product, shares([tonnes(item) for item in process.products]))
        outputs = (*process.co_products, *process.products)
        amounts = {
            output: direct[output] + part
            for output, part in zip(outputs, (*others, *inside), strict=True)
        }
    return Allocated(amounts, share, pool)


def shares(weights: Sequence[Decimal]) -> list[Decimal]:
    """Return each weight's share of their sum; the last takes the remainder to exactly 1."""
    with localcontext(WIDE):
        total = sum(weights, Decimal(0))
        found = [
            (weight / total).quantize(_SHARE_QUANTUM, rounding=ROUND_DOWN)
            for weight in weights[:-1]
        ]
        return [*found, 1 - sum(found, Decimal(0))]


def parts(amount: Decimal, of: Sequence[Decimal]) -> list[Decimal]:
    """Split an amount by shares into parts that sum to it exactly; the last takes the remainder."""
    quantum = Decimal(1).scaleb(amount.adjusted() - _PART_DIGITS)
    with localcontext(WIDE):
        found = [(amount * share).quantize(quantum, rounding=ROUND_DOWN) for share in of[:-1]]
        return [*found, amount - sum(found, Decimal(0))]


def _weights(found: Flow, method: AllocationName | None) -> list[Decimal]:
    """Return the weight of each co-product and, last, of the product with all its codes."""
    others = found.process.co_products
    if not others:
        return [Decimal(1)]
    if method is None:
        flows = ", ".join(sorted({output.flow for output in others}))
        known = ", ".join(ALLOCATION_NAMES)
        raise BadInput("DERIVE_COPRODUCT", process=found.process.code, flow=flows, known=known)
    return allocation_method(method).weights(found)
