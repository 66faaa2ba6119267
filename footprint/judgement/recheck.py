"""A closure read back: whether its own figures add up, for whoever holds only the document.

The account itself needs the ledger; that its lines and what is left give it, and that the product's
line is the result's footprint, needs nothing but the document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from footprint.account import CLOSURE_RULE
from footprint.account.gate import DEPARTURE_RULE, TYPED, UNCARRIED, WEIGHING
from footprint.result.checks import ClosureLineRecord, ClosureRecord
from footprint.result.document import ResultDocument

# What 34 digits leave of sums of a year.
_LEAST = Decimal("1E-15")


def closure_difference(document: ResultDocument) -> str:
    """Return what of a document's closure its own figures do not give, or an empty text."""
    closure = document.closure
    if closure is None or closure.account is None:
        return "closure.closed" if closure and closure.closed else ""
    if closure.residual is None or closure.parted is None:
        return "closure.residual"
    with localcontext(EXACT):
        residual = closure.account - sum((line.kg_co2e for line in closure.lines), Decimal(0))
        limit = abs(closure.account)
        if abs(residual - closure.residual) > limit * _LEAST:
            return "closure.residual"
        gate = rule(CLOSURE_RULE).number("residual") * limit
        if closure.closed is not (not closure.reasons):
            return "closure.closed"
        if closure.closed and (abs(residual) > gate or abs(closure.parted) > gate):
            return "closure.parted"
        return (
            _left_out_difference(closure, closure.account)
            or _drawn_difference(closure, limit)
            or _allowances_difference(closure, closure.account)
            or _departures_difference(closure)
            or _product_difference(document, closure.lines)
        )


def _left_out_difference(closure: ClosureRecord, account: Decimal) -> str:
    """Return whether what no product carries is another figure than the lines give, or too much.

    Closures drawn by an earlier version do not state it.
    """
    if closure.left_out is None:
        return ""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for line in closure.lines:
        if line.kind in UNCARRIED:
            sums[line.kind, line.flow, line.process] += line.kg_co2e
    shares = [abs(kg) / account if account else Decimal(0) for kg in sums.values()]
    share = sum(map(abs, shares), Decimal(0))
    limits = rule(CLOSURE_RULE)
    over = share > limits.number("carried_by_none_in_all") or any(
        item > limits.number("carried_by_none") for item in shares
    )
    differs = abs(share - closure.left_out.share) > _LEAST
    return "closure.left_out" if differs or (closure.closed and over) else ""


def _drawn_difference(closure: ClosureRecord, account: Decimal) -> str:
    """Return whether own metal drawn from store is other than the lines give, or bars unsaid.

    Closures drawn by an earlier version do not state it. Rule: AL-STOCK-003.
    """
    from footprint.closure.own_drawn import is_barred, own_drawn

    stated = closure.own_drawn
    if stated is None:
        return ""
    rows = {(row.flow, row.process): row for row in stated.flows}
    effects = Decimal(0)
    for item in own_drawn(closure.lines, account):
        row = rows.pop((item.flow, item.process), None)
        if row is None or row.kg_co2e != item.kg_co2e:
            return "closure.own_drawn"
        effects += row.most_kg_co2e - item.kg_co2e
    share = effects / account if account else Decimal(0)
    differs = rows or abs(share - stated.share) > _LEAST
    return "closure.own_drawn" if differs or is_barred(share) is not bool(stated.reasons) else ""


def _allowances_difference(closure: ClosureRecord, account: Decimal) -> str:
    """Return whether the allowances used are another figure than the lines give, or too much."""
    stated = closure.allowances
    if stated is None:
        return ""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for line in (*closure.lines, *stated.typed):
        if line.kind in UNCARRIED | {WEIGHING, TYPED}:
            sums[line.kind, line.flow, line.process] += line.kg_co2e
    share = sum((abs(kg) / account for kg in sums.values()), Decimal(0)) if account else Decimal(0)
    differs = abs(share - stated.share) > _LEAST
    over = share > rule(CLOSURE_RULE).number("allowances_in_all")
    return "closure.allowances" if differs or (closure.closed and over) else ""


def _departures_difference(closure: ClosureRecord) -> str:
    """Return whether departures lower the result by another share than theirs, or by too much."""
    stated = closure.departures
    if stated is None:
        return ""
    share = sum((item.share for item in stated.effects if item.share > 0), Decimal(0))
    differs = abs(share - stated.share) > _LEAST
    over = share > rule(DEPARTURE_RULE).number("lowered_at_most")
    return "closure.departures" if differs or (closure.closed and over) else ""


def _product_difference(document: ResultDocument, lines: Sequence[ClosureLineRecord]) -> str:
    """Return whether the product's line is another footprint than the result's."""
    # Loaded when asked for: no reader needs the models at start.
    from lca_models.catalogue import final_process

    inputs = document.inputs
    final = inputs.model.system.final if inputs.model else final_process(document.product)
    code = product_key(inputs.study.product_code)
    mine = [line for line in lines if line.kind == "product" and line.process == final]
    if code:
        mine = [line for line in mine if product_key(line.product) == code] or mine
    amount = sum((line.amount for line in mine), Decimal(0))
    kilograms = sum((line.kg_co2e for line in mine), Decimal(0))
    if not amount:
        return ""
    stated = document.total.value * conversion("t", "kg")
    allowed = rule(CLOSURE_RULE).number("residual") * abs(stated)
    return "" if abs(kilograms / amount - stated) <= allowed else "closure.lines"
