"""The methods that share a process's amounts out over what it makes, one object each.

One registry. Each method says everything about itself: what it weighs outputs by, what the outputs
must hold before, whether a reason is asked for; a name the registry has not is refused.

- `mass`: by the mass of the outputs;
- `economic`: by their value, the price of each output row times its amount; never between two
  forms of aluminium, of which a transfer price would move metal (rule DER-ALLOC-003);
- `causal`: flow by flow, as the rows of the flow that do carry a code are shared (a meter per
  product is the key); every output needs such a row, 0 will do. No other physical key is offered.

Metal goes where there is metal: beside products of aluminium a co-product without any takes no part
of a flow of metal by mass or by value (rule DER-ALLOC-004).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from factor_db.factors.derive.outputs import Output, ProcessRows
from factor_db.factors.record.allocation_names import AllocationName
from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.ledger.form.vocabulary import is_aluminium
from factor_db.ledger.reading.row_reader import plain_unit
from factor_db.store.tables import LedgerEntry


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow of a process to share out.

    `direct` is what rows gave to one output each, by output; `pooled` are the rows that gave it to
    none.
    """

    process: ProcessRows
    flow: str
    direct: Mapping[Output, Decimal]
    pooled: Sequence[LedgerEntry]


@dataclass(frozen=True, slots=True)
class AllocationMethod:
    """One method, whole: every field has to be given, so a new one cannot leave a side open.

    `weights` gives the weight of each co-product of a flow and, last, of the product with all its
    codes. `sharers` are the co-products a flow may be shared out to. `needs_reason` tells whether
    the method is taken only where somebody says why no other would do.
    """

    weights: Callable[[Flow], list[Decimal]]
    sharers: Callable[[ProcessRows, str], tuple[Output, ...]]
    needs_reason: bool


def allocation_method(name: str) -> AllocationMethod:
    """Return a method of the registry; raises BadInput (ALLOCATION_UNKNOWN) for any other name."""
    for method, found in ALLOCATION_METHODS.items():
        if method == name:
            return found
    known = ", ".join(ALLOCATION_METHODS)
    raise BadInput("ALLOCATION_UNKNOWN", allocation=name, known=known)


def tonnes(output: Output) -> Decimal:
    """Return the mass of an output; raises BadInput (UNIT_DIMENSION) when it has none."""
    return output.amount * conversion(output.rows[0].unit, "t")


def _by_mass(found: Flow) -> list[Decimal]:
    return _weighed(found, tonnes)


def _by_value(found: Flow) -> list[Decimal]:
    """Return weights by value. Raises BadInput: DERIVE_SAME_METAL, DERIVE_PRICE_(MISSING, ZERO)."""
    _refuse_same_metal(found.process)
    _require_prices(found.process)
    return _weighed(found, _value)


def _weighed(found: Flow, weigh: Callable[[Output], Decimal]) -> list[Decimal]:
    sharers = found.process.sharers(found.flow)
    taken = [weigh(o) if o in sharers else Decimal(0) for o in found.process.co_products]
    of_product = sum(map(weigh, found.process.products), Decimal(0))
    # What nobody shares the product has, whatever it is worth.
    return [*taken, of_product if sharers else Decimal(1)]


def _by_cause(found: Flow) -> list[Decimal]:
    """Return weights by the flow's own coded rows. Raises BadInput (DERIVE_CAUSAL_KEY)."""
    process, direct = found.process, found.direct
    weights = [direct[output] for output in process.co_products]
    weights.append(sum((direct[output] for output in process.products), Decimal(0)))
    rows = process.flows[found.flow]
    keyed = {process.owner(row) for row in rows}
    # An output without a row of its own has no key: it is not taken to use nothing.
    with_product = not keyed.isdisjoint(process.products)
    complete = with_product and keyed >= set(process.co_products)
    unkeyed = [row.cell for row in found.pooled if row.amount]
    lacking = unkeyed if not (complete and any(weights)) else []
    if not unkeyed and not (with_product and keyed >= set(process.sharers(found.flow))):
        lacking = [row.cell for row in rows if row.amount]
    if lacking:
        raise BadInput(
            "DERIVE_CAUSAL_KEY", process=process.code, flow=found.flow, cells=", ".join(lacking)
        )
    # Where nothing was used there is nothing to share, and the product keeps the nothing.
    return weights if any(weights) else [*(Decimal(0) for _ in process.co_products), Decimal(1)]


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


def _all_co_products(process: ProcessRows, _flow: str) -> tuple[Output, ...]:
    return process.co_products


ALLOCATION_METHODS: Mapping[AllocationName, AllocationMethod] = MappingProxyType(
    {
        "mass": AllocationMethod(weights=_by_mass, sharers=ProcessRows.sharers, needs_reason=False),
        "economic": AllocationMethod(
            weights=_by_value, sharers=ProcessRows.sharers, needs_reason=True
        ),
        "causal": AllocationMethod(weights=_by_cause, sharers=_all_co_products, needs_reason=False),
    }
)
"""Method that a derivation may choose → all there is to it, in the order shown to people."""
