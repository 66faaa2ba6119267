"""A closure read back: whether its own figures add up, for whoever holds only the document.

The account itself needs the ledger; that its lines and what is left give it, and that the product's
line is the result's footprint, needs nothing but the document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from factor_db.factors.factor import product_key
from factor_db.foundation.canonical import EXACT, decimal_value
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from footprint.account import CLOSURE_RULE
from footprint.account.kinds import DEPARTURE_RULE, KINDS, TYPED, WEIGHING

if TYPE_CHECKING:
    from footprint.account.closure import ClosureLine

# What 34 digits leave of sums of a year.
_LEAST = Decimal("1E-15")


def closure_difference(document: Mapping[str, Any]) -> str:
    """Return what of a document's closure its own figures do not give, or an empty text.

    Raises KeyError, TypeError or ValueError for a closure that is none.
    """
    closure = document.get("closure")
    if closure is None or "account" not in closure:
        return "closure.closed" if closure and closure.get("closed") else ""
    account = decimal_value(closure["account"])
    with localcontext(EXACT):
        lines = [decimal_value(line["kg_co2e"]) for line in closure["lines"]]
        residual = account - sum(lines, Decimal(0))
        limit = abs(account)
        if abs(residual - decimal_value(closure["residual"])) > limit * _LEAST:
            return "closure.residual"
        gate = rule(CLOSURE_RULE).number("residual") * limit
        if closure["closed"] is not (not closure["reasons"]):
            return "closure.closed"
        if closure["closed"] and (
            abs(residual) > gate or abs(decimal_value(closure["parted"])) > gate
        ):
            return "closure.parted"
        return (
            _left_out_difference(closure)
            or _drawn_difference(closure)
            or _allowances_difference(closure)
            or _departures_difference(closure)
            or _product_difference(document, closure)
        )


def _left_out_difference(closure: Mapping[str, Any]) -> str:
    """Return whether what no product carries is another figure than the lines give, or too much.

    Closures drawn by an earlier version do not state it.
    """
    stated = closure.get("left_out")
    if stated is None:
        return ""
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for line in closure["lines"]:
        if line["kind"] in KINDS:
            key = tuple(str(line[name]) for name in ("kind", "flow", "process"))
            sums[key] += decimal_value(line["kg_co2e"])
    account = decimal_value(closure["account"])
    shares = [abs(kg) / account if account else Decimal(0) for kg in sums.values()]
    share = sum(map(abs, shares), Decimal(0))
    limits = rule(CLOSURE_RULE)
    over = share > limits.number("carried_by_none_in_all") or any(
        item > limits.number("carried_by_none") for item in shares
    )
    differs = abs(share - decimal_value(stated["share"])) > _LEAST
    return "closure.left_out" if differs or (closure["closed"] and over) else ""


def lines_of(closure: Mapping[str, Any]) -> list[ClosureLine]:
    """Return the lines of a closure's record as a closure has them; cells are not in it.

    Raises KeyError, TypeError or ValueError for lines that are none.
    """
    from footprint.account.closure import ClosureLine

    return [
        ClosureLine(
            str(line["kind"]),
            str(line["flow"]),
            str(line["process"]),
            decimal_value(line["amount"]),
            decimal_value(line["kg_co2e"]),
        )
        for line in closure["lines"]
    ]


def _drawn_difference(closure: Mapping[str, Any]) -> str:
    """Return whether own metal drawn from store is other than the lines give, or bars unsaid.

    Closures drawn by an earlier version do not state it. Rule: AL-STOCK-003.
    """
    from footprint.account.own_drawn import is_barred, own_drawn

    stated = closure.get("own_drawn")
    if stated is None:
        return ""
    account = abs(decimal_value(closure["account"]))
    rows = {(str(row["flow"]), str(row["process"])): row for row in stated["flows"]}
    effects = Decimal(0)
    for item in own_drawn(lines_of(closure), account):
        row = rows.pop((item.flow, item.process), None)
        if row is None or decimal_value(row["kg_co2e"]) != item.kg_co2e:
            return "closure.own_drawn"
        effects += decimal_value(row["most_kg_co2e"]) - item.kg_co2e
    share = effects / account if account else Decimal(0)
    differs = rows or abs(share - decimal_value(stated["share"])) > _LEAST
    return "closure.own_drawn" if differs or is_barred(share) is not bool(stated["reasons"]) else ""


def _allowances_difference(closure: Mapping[str, Any]) -> str:
    """Return whether the allowances used are another figure than the lines give, or too much."""
    stated = closure.get("allowances")
    if stated is None:
        return ""
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for line in (*closure["lines"], *stated["typed"]):
        if line["kind"] in KINDS | {WEIGHING, TYPED}:
            key = tuple(str(line[name]) for name in ("kind", "flow", "process"))
            sums[key] += decimal_value(line["kg_co2e"])
    account = decimal_value(closure["account"])
    share = sum((abs(kg) / account for kg in sums.values()), Decimal(0)) if account else Decimal(0)
    differs = abs(share - decimal_value(stated["share"])) > _LEAST
    over = share > rule(CLOSURE_RULE).number("allowances_in_all")
    return "closure.allowances" if differs or (closure["closed"] and over) else ""


def _departures_difference(closure: Mapping[str, Any]) -> str:
    """Return whether departures lower the result by another share than theirs, or by too much."""
    stated = closure.get("departures")
    if stated is None:
        return ""
    shares = (decimal_value(item["share"]) for item in stated["effects"])
    share = sum((item for item in shares if item > 0), Decimal(0))
    differs = abs(share - decimal_value(stated["share"])) > _LEAST
    over = share > rule(DEPARTURE_RULE).number("lowered_at_most")
    return "closure.departures" if differs or (closure["closed"] and over) else ""


def _product_difference(document: Mapping[str, Any], closure: Mapping[str, Any]) -> str:
    """Return whether the product's line is another footprint than the result's."""
    # Loaded when asked for: no reader needs the models at start.
    from footprint.carried_model import carried_model
    from lca_models.catalogue import final_process

    model = carried_model(document)
    final = model.system.final if model else final_process(str(document["product"]))
    code = product_key(document["inputs"]["study"].get("product_code", ""))
    lines = [
        line for line in closure["lines"] if line["kind"] == "product" and line["process"] == final
    ]
    if code:
        lines = [line for line in lines if product_key(line.get("product", "")) == code] or lines
    amount = sum((decimal_value(line["amount"]) for line in lines), Decimal(0))
    kilograms = sum((decimal_value(line["kg_co2e"]) for line in lines), Decimal(0))
    if not amount:
        return ""
    stated = decimal_value(document["total"]["value"]) * conversion("t", "kg")
    allowed = rule(CLOSURE_RULE).number("residual") * abs(stated)
    return "" if abs(kilograms / amount - stated) <= allowed else "closure.lines"
