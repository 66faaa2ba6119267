"""Findings on the metal of product codes and co-products; also asked of ledgers frozen before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import (
    Findings,
    Label,
    Param,
    Scope,
    first_cells,
    flow_label,
    process_label,
)
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import normal_text
from factor_db.ledger.months.balance_reports import percent, rounded_t
from factor_db.ledger.months.balance_terms import LINK_TOLERANCE, in_step_balance, mass_t
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.months.step_tolerances import TOLERANCES
from factor_db.ledger.products.links import open_links
from factor_db.ledger.products.metal import (
    ZERO,
    MetalRow,
    OutputMetal,
    Step,
    open_outputs,
    steps_of,
)
from factor_db.ledger.stock.movements import NO_STOCK, Stock

if TYPE_CHECKING:
    from factor_db.store.tables import LedgerEntry

RULE = "AL-BAL-004"
_SHOWN_CELLS = int(rule(RULE).number("cells_shown"))
_MONTH_TOLERANCE = rule(RULE).number("month_tolerance")


@dataclass(frozen=True, slots=True)
class ProductFault:
    """One product code whose metal does not close: message, where, and what is compared."""

    code: str
    output: OutputMetal
    words: Mapping[str, Param]


def check_products(month_index: MonthIndex, findings: Findings, stock: Stock) -> None:
    """Record codes and co-products whose metal is booked elsewhere; months of which warn.

    Steps with a row that cannot be trusted stay silent. Rule: AL-BAL-004.
    """
    unsure = {
        process
        for process in month_index.processes
        for key in month_index.reported_keys(process)
        if in_step_balance(*key) and not month_index.trusts(key)
    }
    steps, written = _steps_written(month_index, unsure)
    faults = faults_of(steps, stock)
    for fault in faults:
        row = written[fault.output.first]
        findings.error(
            fault.code, row.sheet, row.cells["amount"], fault.output.label, **fault.words
        )
    if not faults:
        _check_months(steps, written, findings)


def _steps_written(
    month_index: MonthIndex, unsure: Container[str]
) -> tuple[dict[str, Step], dict[MetalRow, LedgerRow]]:
    """Return the steps in the order of the file, and the row each of their outputs begins with.

    One step after the other: the metal of a million rows at once takes a hundred megabytes.
    """
    rows: dict[str, list[LedgerRow]] = defaultdict(list)
    for row in month_index.rows:
        trusted = row.process not in unsure and not row.is_property
        if trusted and in_step_balance(row.process, row.flow):
            rows[row.process].append(row)
    steps: dict[str, Step] = {}
    written: dict[MetalRow, LedgerRow] = {}
    for of_step in rows.values():
        metal = [
            _metal_row(row, row.amount_canonical, f"{row.sheet}!{row.cells['amount']}")
            for row in of_step
        ]
        found = steps_of(metal)
        steps.update(found)
        firsts = {item.first for step in found.values() for item in step.outputs}
        written.update(
            (item, row) for item, row in zip(metal, of_step, strict=True) if item in firsts
        )
    return steps, written


def entry_faults(entries: Iterable[LedgerEntry], stock: Stock = NO_STOCK) -> list[ProductFault]:
    """Return the faults of a stored ledger's rows: one frozen before may have them."""
    rows = [
        _metal_row(entry, entry.amount, entry.cell)
        for entry in entries
        if "." not in entry.flow and in_step_balance(entry.process, entry.flow)
    ]
    return faults_of(steps_of(rows), stock)


def _metal_row(row: LedgerRow | LedgerEntry, amount: Decimal, cell: str) -> MetalRow:
    return MetalRow(
        process=row.process,
        flow=row.flow,
        role=row.role,
        period=row.period,
        code=normal_text(row.product),
        label=row.product.strip(),
        tonnes=mass_t(row.flow, amount) or ZERO,
        cell=cell,
    )


def faults_of(steps: Mapping[str, Step], stock: Stock) -> list[ProductFault]:
    """Return the codes that do not close in a step, else those that do not from step to step."""
    inside = [
        ProductFault("LEDGER_PRODUCT_BALANCE", item, _step_words(item))
        for step in steps.values()
        for item in open_outputs(step)
    ]
    if inside:
        return inside
    stores = {
        flow: entries[0].amounts["opening"] + entries[-1].amounts["closing"]
        for flow, entries in stock.entries.items()
    }
    return [
        ProductFault(
            "LEDGER_PRODUCT_LINK",
            link.output,
            {
                **_names(link.output),
                "made": rounded_t(link.made),
                "least": rounded_t(link.least),
                "most": rounded_t(link.most),
                "tolerance": percent(LINK_TOLERANCE),
            },
        )
        for link in open_links(steps, stores)
    ]


def _names(item: OutputMetal) -> dict[str, Param]:
    flow = flow_label(item.output[1])
    code = Label(f"“{item.label}”", f"'{item.label}'") if item.label else Label("", "")
    return {
        "process": process_label(item.process),
        "product": Label(flow.zh + code.zh, f"{flow.en} {code.en}".strip()),
        "cells": first_cells(item.cells, _SHOWN_CELLS) or "-",
    }


def _step_words(item: OutputMetal) -> dict[str, Param]:
    into, out = item.sides
    loss, gain = TOLERANCES[item.process]
    return {
        **_names(item),
        "into": rounded_t(into),
        "out": rounded_t(out),
        "open": rounded_t(abs(into - out)),
        "tolerance": percent(loss if into > out else gain),
    }


def _check_months(
    steps: Mapping[str, Step], written: Mapping[MetalRow, LedgerRow], findings: Findings
) -> None:
    """Record codes that close over the period but not in a month: work in progress, or a slip.

    Steps that lose metal on the way are looked at over the period only.
    """
    for step in steps.values():
        if len(step.outputs) == 1 or max(TOLERANCES[step.process]) > _MONTH_TOLERANCE:
            continue
        for item in step.outputs:
            months = [month for month in sorted(item.out) if _month_open(item, month)]
            row = written[item.first]
            if not months:
                continue
            findings.warning(
                "LEDGER_PRODUCT_MONTH",
                row.sheet,
                row.cells["amount"],
                item.label,
                explained=bool(row.note),
                scope=Scope(item.process, item.output[1]),
                months=" ".join(months),
                tolerance=percent(_MONTH_TOLERANCE),
                **_names(item),
            )


def _month_open(item: OutputMetal, month: str) -> bool:
    into, out = item.into.get(month, ZERO), item.out.get(month, ZERO)
    return abs(into - out) > _MONTH_TOLERANCE * max(into, out)
