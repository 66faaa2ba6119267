"""The ratios a ledger gives: amounts per product, shared out where needed, and weighted properties.

Rules DER-RATIO-001, DER-ALLOC-002 and DER-PRODUCT-001; `derivation.py` makes factors of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import chain

from factor_db.factors.derive.allocation import Allocated, allocate
from factor_db.factors.derive.allocation_methods import allocation_method
from factor_db.factors.derive.chain_energy import calorific_rows, counted_as_energy, in_energy
from factor_db.factors.derive.outputs import WIDE, Output, ProcessRows, exact_total, process_rows
from factor_db.factors.record.allocation_names import BY_MASS, AllocationName
from factor_db.factors.record.factor import Allocation
from factor_db.factors.record.inputs import CertificateCell
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.ledger.form.rows import holding_row
from factor_db.ledger.form.vocabulary import (
    PRODUCT,
    SOLD_SCRAP,
    WEIGHED_BY_METAL,
    alternatives,
    is_aluminium,
    is_metal_input,
)
from factor_db.store.tables import LedgerEntry


@dataclass(frozen=True, slots=True)
class Ratio:
    """One factor to be: its value, the rows it rests on, and how amounts were shared out.

    `others` are rows of other outputs that a sharing key was taken from; `sharing` names the key,
    empty where every row belongs to the output as a whole. `reported` holds all rows of the flow
    and all of the product: a month in which one alloy was not made is no month without a reading.
    `instruments` are the certificates behind a share of power, each with its serial and cell.
    """

    process: str
    flow: str
    unit: str
    value: Decimal
    rows: Sequence[LedgerEntry]
    made: Sequence[LedgerEntry]
    formula: str
    reported: tuple[Sequence[LedgerEntry], Sequence[LedgerEntry]]
    product: str = ""
    others: Sequence[LedgerEntry] = ()
    sharing: str = ""
    allocation: Allocation | None = None
    instruments: tuple[CertificateCell, ...] = ()


def ratios_of(
    entries: Sequence[LedgerEntry], site: str, method: AllocationName | None
) -> Iterable[Ratio]:
    """Yield every ratio that the rows of a ledger give, inventories before properties.

    Runs in the caller's decimal context. Raises BadInput as `derive_factors` does.
    """
    for ratio in _inventories(in_energy(entries, site), site, method):
        if counted_as_energy(ratio.process, ratio.flow):
            formula = ratio.formula.replace("amount", "amount x calorific value")
            others = (*ratio.others, *calorific_rows(entries, ratio.flow))
            ratio = replace(ratio, formula=formula, others=others)
        yield ratio
    yield from _properties(entries)


def _inventories(
    entries: Iterable[LedgerEntry], site: str, method: AllocationName | None
) -> Iterable[Ratio]:
    for process in process_rows(entries):
        if process.flows and not process.products:
            raise BadInput("DERIVE_NO_PRODUCT", process=process.code, site=site)
        _require_codes_alike(process)
        _require_kinds_coded(process)
        for flow in process.flows:
            found = allocate(process, flow, method)
            yield _general(process, flow, found, method)
            if len(process.products) > 1:
                for output in process.products:
                    if output.code:
                        yield _of_product(process, flow, found, output, method)
        if process.scrap and process.products:
            yield from _sold_scrap(process)


def _require_codes_alike(process: ProcessRows) -> None:
    """Refuse metal inputs of which some carry a product code and others none. Rule: DER-CODES-001.

    A row without a code is shared by mass, so a code would take its own metal and more.
    """
    if len(process.products) < 2:
        return
    metal = [
        row
        for flow, rows in process.flows.items()
        if is_metal_input(process.code, flow)
        for row in rows
        if row.role == "input" and row.amount
    ]
    without = [row.cell for row in metal if process.owner(row) is None]
    if without and len(without) < len(metal):
        raise BadInput("DERIVE_CODES_MIXED", process=process.code, cells=", ".join(without))


def _require_kinds_coded(process: ProcessRows) -> None:
    """Refuse several kinds of metal without a code where a process makes several things of metal.

    Each code or co-product would be given the mean of the kinds, whichever it is made of. Rule:
    DER-CODES-001.
    """
    others = [item for item in process.co_products if is_aluminium(item.flow)]
    if len(process.products) + len(others) < 2:
        return
    without = {
        flow: [row.cell for row in rows if row.amount and process.owner(row) is None]
        for flow, rows in process.flows.items()
        if flow in alternatives(process.code)
    }
    kinds = {flow: cells for flow, cells in without.items() if cells}
    if len(kinds) > 1:
        flows, cells = ", ".join(sorted(kinds)), ", ".join(chain.from_iterable(kinds.values()))
        raise BadInput("DERIVE_CODES_KINDS", process=process.code, flows=flows, cells=cells)


def _general(
    process: ProcessRows, flow: str, found: Allocated, method: AllocationName | None
) -> Ratio:
    """Return the ratio of a flow to all of a process's product together."""
    allocation = _allocation(process, flow, found, method)
    rows: Sequence[LedgerEntry] = process.flows[flow]
    total = exact_total(found.amounts[output] for output in process.products)
    formula = "sum(amount) / sum(product)"
    if allocation:
        rows = _rows_for(process, flow, process.products)
        formula = f"(sum(own amount) + {method} share x sum(other amount)) / sum(product)"
    return Ratio(
        process=process.code,
        flow=flow,
        unit=f"{process.flows[flow][0].unit}/{process.made[0].unit}",
        value=total / exact_total(output.amount for output in process.products),
        rows=rows,
        made=process.made,
        formula=formula,
        reported=(process.flows[flow], process.made),
        others=_rows_of(process.co_products) if allocation else (),
        sharing=allocation.method if allocation and found.pool else "",
        allocation=allocation,
    )


def _sold_scrap(process: ProcessRows) -> Iterable[Ratio]:
    """Yield the scrap sold by a process, t per t of its product, and of each of its codes.

    It is shared out as the metal it came from: to the output whose code it carries, else by mass.
    Rule: DER-SCRAP-001.
    """
    rows = _rows_of(process.scrap)
    method = BY_MASS if process.co_products else None
    sold = allocate(replace(process, flows={SOLD_SCRAP: tuple(rows)}), SOLD_SCRAP, method)
    coded = [item for item in process.products if item.code] if len(process.products) > 1 else []
    for outputs in (process.products, *((item,) for item in coded)):
        made = _rows_of(outputs)
        label = outputs[0].label if outputs is not process.products else ""
        yield Ratio(
            process=process.code,
            flow=SOLD_SCRAP,
            unit="t/t",
            value=exact_total(sold.amounts[item] for item in outputs)
            / exact_total(row.amount * conversion(row.unit, "t") for row in made),
            rows=[row for row in rows if process.owner(row) in {*outputs, None}],
            made=sorted(made, key=lambda row: row.row_number),
            formula="sum(scrap sold) / sum(product)",
            reported=(rows, process.made),
            product=label,
            sharing=BY_MASS if sold.pool and (label or process.co_products) else "",
        )


def _of_product(
    process: ProcessRows, flow: str, found: Allocated, output: Output, method: AllocationName | None
) -> Ratio:
    """Return the ratio of a flow to one product code of a process. Rule: DER-PRODUCT-001."""
    allocation = _allocation(process, flow, found, method)
    general = f"{method} share x " if allocation else ""
    others = [item for item in process.products if item is not output]
    return Ratio(
        process=process.code,
        flow=flow,
        unit=f"{process.flows[flow][0].unit}/{process.made[0].unit}",
        value=found.amounts[output] / output.amount,
        rows=_rows_for(process, flow, (output,)),
        made=output.rows,
        formula=f"(sum(own amount) + {general}mass share x sum(other amount)) / sum(product)",
        reported=(process.flows[flow], process.made),
        product=output.label,
        others=_rows_of([*others, *(process.co_products if allocation else ())]),
        sharing=(allocation.method if allocation else BY_MASS) if found.pool else "",
        allocation=allocation,
    )


def _allocation(
    process: ProcessRows, flow: str, found: Allocated, method: AllocationName | None
) -> Allocation | None:
    if method is None or not allocation_method(method).sharers(process, flow):
        return None
    return Allocation(method=method, share=found.share)


def _rows_for(process: ProcessRows, flow: str, outputs: Sequence[Output]) -> list[LedgerEntry]:
    """Return the rows of a flow that belong to some outputs or to none in particular."""
    owners = {*outputs, None}
    return [row for row in process.flows[flow] if process.owner(row) in owners]


def _rows_of(outputs: Iterable[Output]) -> list[LedgerEntry]:
    return [row for output in outputs for row in output.rows]


def _properties(entries: Sequence[LedgerEntry]) -> Iterable[Ratio]:
    for flow, rows in _stated_properties(entries).items():
        base = flow.partition(".")[0]
        described = [entry for entry in entries if entry.flow == base and entry.amount]
        if base in WEIGHED_BY_METAL:  # minutes per cell-day belong to the metal, not to the gas
            described = [
                e for e in entries if e.flow == WEIGHED_BY_METAL[base] and e.role == PRODUCT
            ]
        held = [
            holding_row(rows, flow, entry.period, process=entry.process, product=entry.product)
            for entry in described
        ]
        pairs = [
            (row.amount, entry.amount)
            for row, entry in zip(held, described, strict=True)
            if row is not None
        ]
        # Nothing of the material was used: every reading counts the same.
        pairs = pairs or [(row.amount, Decimal(1)) for row in rows]
        with localcontext(WIDE):
            total = sum((stated * amount for stated, amount in pairs), Decimal(0))
        value = total / exact_total(amount for _, amount in pairs)
        formula = "sum(value x amount) / sum(amount)"
        yield Ratio("", flow, rows[0].unit, value, rows, (), formula, (rows, ()))


def _stated_properties(entries: Iterable[LedgerEntry]) -> dict[str, list[LedgerEntry]]:
    groups: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda item: item.row_number):
        if "." in entry.flow:
            groups[entry.flow].append(entry)
    return groups
