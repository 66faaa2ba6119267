"""The choices of allocation side by side: what every output of a process would carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from factor_db.factors.derive.allocation import allocate, shares
from factor_db.factors.derive.outputs import ProcessRows, exact_total, process_rows
from factor_db.factors.record.allocation_names import ALLOCATION_NAMES, AllocationName
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.corrections import effective_rows
from factor_db.store.tables import LedgerFile


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """What one output carries of one flow of a process under one method.

    `role` is product, co-product or scrap; `share` and `amount` (in `unit`) are None where the
    ledger does not allow the method, and `problem` is then the code of the message that says why.
    Over the outputs of a process the shares sum to exactly 1 and the amounts to `total`.
    """

    process: str
    flow: str
    unit: str
    method: AllocationName
    role: str
    output: str
    product: str
    share: Decimal | None
    amount: Decimal | None
    total: Decimal
    problem: str = ""


def allocation_table(session: Session, file: LedgerFile) -> list[AllocationRow]:
    """Return every method for every used flow of the processes with co-products, in fixed order.

    Empty for a ledger without co-products. Rule: DER-ALLOC-002.
    """
    return [
        row
        for process in process_rows(effective_rows(session, file).rows)
        if process.co_products and process.products
        for flow, rows in process.flows.items()
        if any(row.amount for row in rows)
        for method in ALLOCATION_NAMES
        for row in _rows(process, flow, method)
    ]


def _rows(process: ProcessRows, flow: str, method: AllocationName) -> Iterable[AllocationRow]:
    total = exact_total(row.amount for row in process.flows[flow])
    outputs = (*process.scrap, *process.co_products, *process.products)
    amounts: list[Decimal | None]
    of_total: list[Decimal | None]
    try:
        found = allocate(process, flow, method).amounts
    except BadInput as error:
        problem = error.code
        amounts = of_total = [None] * len(outputs)
    else:
        carried = [found.get(output, Decimal(0)) for output in outputs]
        problem, amounts, of_total = "", [*carried], [*shares(carried)]
    for output, share, amount in zip(outputs, of_total, amounts, strict=True):
        yield AllocationRow(
            process=process.code,
            flow=flow,
            unit=vocabulary().flows[flow].unit,
            method=method,
            role="scrap" if output in process.scrap else output.role,
            output=output.flow,
            product=output.label,
            share=share,
            amount=amount,
            total=total,
            problem=problem,
        )
