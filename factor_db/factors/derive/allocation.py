"""Sharing a process's amounts out over what it makes: co-products, and the alloys of its product.

Rule DER-ALLOC-002. A row that carries the product code of exactly one output belongs to it: that is
subdivision and comes first. What no row gives to one output is shared between the product and the
co-products by the method chosen, and inside the product by the mass of its codes:

- `mass`: by the mass of the outputs;
- `economic`: by their value, the price of each output row times its amount; never between two
  forms of aluminium, of which a transfer price would move metal (rule DER-ALLOC-003);
- `causal`: flow by flow, as the rows of the flow that do carry a code are shared (a meter per
  product is the key); every output needs such a row, 0 will do. No other physical key is offered.

Metal goes where there is metal: beside products of aluminium a co-product without any takes no part
of a flow of metal by mass or by value (rule DER-ALLOC-004).

A code that no output of the process carries, or that the product and a co-product both carry, says
nothing and its row counts as without a code. An output of which nothing was made is no output.

Scrap sold is no co-product (rule DER-SCRAP-001): it is metal of the categories scrap and internal,
takes no burden away, and its row stays out of every amount, so that it does not return to the
charge either. Shares are made anew from the rows of each ledger and sum to exactly 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal, localcontext
from functools import cached_property
from typing import Literal

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.ledger.form.vocabulary import (
    SCRAP_CATEGORIES,
    carries_metal,
    is_aluminium,
    vocabulary,
)
from factor_db.ledger.reading.row_reader import plain_unit
from factor_db.store.tables import LedgerEntry

Method = Literal["mass", "economic", "causal"]
METHODS: tuple[Method, ...] = ("mass", "economic", "causal")
# Wide enough that sums of 34-digit amounts are exact, whatever the order of the rows.
WIDE = Context(prec=120)
# Shares are multiples of this, so that they sum to exactly 1 within 34 digits.
_SHARE_QUANTUM = Decimal("1E-30")
_PART_DIGITS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """One thing a process makes: its flow, its product code (as compared, and as written), rows."""

    flow: str
    code: str
    label: str
    role: str
    rows: tuple[LedgerEntry, ...]

    @property
    def amount(self) -> Decimal:
        """The amount made, in the unit of the flow."""
        return exact_total(row.amount for row in self.rows)


@dataclass(frozen=True)
class ProcessRows:
    """The rows of one process: its product by code, its co-products, scrap sold, other flows."""

    code: str
    products: tuple[Output, ...]
    co_products: tuple[Output, ...]
    scrap: tuple[Output, ...]
    flows: Mapping[str, tuple[LedgerEntry, ...]]

    @cached_property
    def made(self) -> tuple[LedgerEntry, ...]:
        """The rows of the product, all codes together."""
        rows = (row for output in self.products for row in output.rows)
        return tuple(sorted(rows, key=lambda row: row.row_number))

    @cached_property
    def _owners(self) -> dict[str, Output]:
        owners: dict[str, list[Output]] = defaultdict(list)
        for output in (*self.products, *self.co_products):
            owners[output.code].append(output)
        return {code: found[0] for code, found in owners.items() if code and len(found) == 1}

    def sharers(self, flow: str) -> tuple[Output, ...]:
        """Return the co-products that a flow may be shared out to. Rule: DER-ALLOC-004."""
        if not carries_metal(flow) or not all(is_aluminium(item.flow) for item in self.products):
            return self.co_products
        return tuple(item for item in self.co_products if is_aluminium(item.flow))

    def owner(self, row: LedgerEntry) -> Output | None:
        """Return the one output whose code a row carries, or None."""
        return self._owners.get(product_key(row.product))


@dataclass(frozen=True, slots=True)
class Allocated:
    """A flow of a process shared out: amount of each output, the product's share of the rest.

    The amounts sum exactly to the amount of the flow; `pool` is what no row gave to one output.
    """

    amounts: Mapping[Output, Decimal]
    share: Decimal
    pool: Decimal


def chosen_method(allocation: str | None) -> Method | None:
    """Return the method of a name, None for none; raises BadInput (ALLOCATION_UNKNOWN)."""
    if allocation is None:
        return None
    known: dict[str, Method] = {method: method for method in METHODS}
    if allocation not in known:
        raise BadInput("ALLOCATION_UNKNOWN", allocation=allocation, known=", ".join(METHODS))
    return known[allocation]


def exact_total(values: Iterable[Decimal]) -> Decimal:
    """Return a sum without rounding, so that the order of the rows does not matter."""
    with localcontext(WIDE):
        return sum(values, Decimal(0))


def process_rows(entries: Iterable[LedgerEntry]) -> tuple[ProcessRows, ...]:
    """Return the amounts of a ledger by process, sorted by its code; properties are left out."""
    by_process: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda item: item.row_number):
        if "." not in entry.flow:
            by_process[entry.process].append(entry)
    return tuple(_rows_of(code, by_process[code]) for code in sorted(by_process))


def allocate(process: ProcessRows, flow: str, method: Method | None) -> Allocated:
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
        weights = _weights(process, flow, method, direct, pooled)
        *of_others, share = shares(weights)
        *others, of_product = parts(pool, [*of_others, share])
        inside = parts(of_product, shares([_tonnes(item) for item in process.products]))
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


def _rows_of(code: str, entries: Sequence[LedgerEntry]) -> ProcessRows:
    flows: dict[str, list[LedgerEntry]] = defaultdict(list)
    made: dict[tuple[str, str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        if entry.role in {"product", "co-product"}:
            made[entry.role, entry.flow, product_key(entry.product)].append(entry)
        else:
            flows[entry.flow].append(entry)
    outputs = [
        Output(flow, key, min(row.product.strip() for row in rows), role, tuple(rows))
        for (role, flow, key), rows in sorted(made.items())
        if any(row.amount for row in rows)
    ]
    sold = [output for output in outputs if output.role == "co-product"]
    scrap = tuple(output for output in sold if _is_scrap(output.flow))
    return ProcessRows(
        code=code,
        products=tuple(output for output in outputs if output.role == "product"),
        co_products=tuple(output for output in sold if output not in scrap),
        scrap=scrap,
        flows={flow: tuple(rows) for flow, rows in sorted(flows.items())},
    )


def _is_scrap(flow: str) -> bool:
    return vocabulary().flows[flow].category in SCRAP_CATEGORIES


def _weights(
    process: ProcessRows,
    flow: str,
    method: Method | None,
    direct: Mapping[Output, Decimal],
    pooled: Sequence[LedgerEntry],
) -> list[Decimal]:
    """Return the weight of each co-product and, last, of the product with all its codes."""
    others = process.co_products
    if not others:
        return [Decimal(1)]
    if method is None:
        flows = ", ".join(sorted({output.flow for output in others}))
        raise BadInput(
            "DERIVE_COPRODUCT", process=process.code, flow=flows, known=", ".join(METHODS)
        )
    if method == "causal":
        return _causal_weights(process, flow, direct, pooled)
    weigh = _tonnes if method == "mass" else _value
    if method == "economic":
        _refuse_same_metal(process)
        _require_prices(process)
    sharers = process.sharers(flow)
    taken = [weigh(item) if item in sharers else Decimal(0) for item in others]
    of_product = sum(map(weigh, process.products), Decimal(0))
    # What nobody shares the product has, whatever it is worth.
    return [*taken, of_product if sharers else Decimal(1)]


def _causal_weights(
    process: ProcessRows,
    flow: str,
    direct: Mapping[Output, Decimal],
    pooled: Sequence[LedgerEntry],
) -> list[Decimal]:
    weights = [direct[output] for output in process.co_products]
    weights.append(sum((direct[output] for output in process.products), Decimal(0)))
    rows = process.flows[flow]
    keyed = {process.owner(row) for row in rows}
    # An output without a row of its own has no key: it is not taken to use nothing.
    with_product = not keyed.isdisjoint(process.products)
    complete = with_product and keyed >= set(process.co_products)
    unkeyed = [row.cell for row in pooled if row.amount]
    lacking = unkeyed if not (complete and any(weights)) else []
    if not unkeyed and not (with_product and keyed >= set(process.sharers(flow))):
        lacking = [row.cell for row in rows if row.amount]
    if lacking:
        raise BadInput(
            "DERIVE_CAUSAL_KEY", process=process.code, flow=flow, cells=", ".join(lacking)
        )
    # Where nothing was used there is nothing to share, and the product keeps the nothing.
    return weights if any(weights) else [*(Decimal(0) for _ in process.co_products), Decimal(1)]


def _tonnes(output: Output) -> Decimal:
    """Return the mass of an output; raises BadInput (UNIT_DIMENSION) when it has none."""
    return output.amount * conversion(output.rows[0].unit, "t")


def _refuse_same_metal(process: ProcessRows) -> None:
    """Raise BadInput where both sides are aluminium: a tonne is a tonne. Rule: DER-ALLOC-003."""
    metal = [output.flow for output in process.co_products if is_aluminium(output.flow)]
    made = [output.flow for output in process.products if is_aluminium(output.flow)]
    if metal and made:
        flows = ", ".join(sorted({*metal, *made}))
        raise BadInput("DERIVE_SAME_METAL", process=process.code, flows=flows)


def _price(row: LedgerEntry) -> Decimal | None:
    price = strict_json(row.payload.encode()).get("price")
    return None if price is None else Decimal(price)


def _require_prices(process: ProcessRows) -> None:
    outputs = (*process.co_products, *process.products)
    rows = [row for output in outputs for row in output.rows if row.amount]
    missing = [row.cell for row in rows if _price(row) is None]
    if missing:
        raise BadInput("DERIVE_PRICE_MISSING", process=process.code, cells=", ".join(missing))
    if not any(_price(row) for row in rows):
        cells = ", ".join(row.cell for row in rows)
        raise BadInput("DERIVE_PRICE_ZERO", process=process.code, cells=cells)


def _value(output: Output) -> Decimal:
    """Return the value of an output: its amounts, in the unit its price is for, times the price."""
    return sum((_row_value(row) for row in output.rows), Decimal(0))


def _row_value(row: LedgerEntry) -> Decimal:
    written = strict_json(row.payload.encode()).get("reported_unit", row.unit)
    amount = row.amount * conversion(row.unit, plain_unit(written))
    return amount * (_price(row) or Decimal(0))
