"""Lineage of a factor: upward to the cells of its ledger, downward to what was made from it."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, select

from factor_db.factors.derive.loop_shares import stock_entries
from factor_db.factors.derive.power_shares import power_entries
from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.inputs import CELLS, CorrectedCell, of_kind
from factor_db.foundation.canonical import decimal_text
from factor_db.ledger.form.loops import LOOP_FLOWS, TOLLING
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from factor_db.ledger.frozen.corrections import corrections_of
from factor_db.ledger.frozen.meter_rest import rows_with_rests
from factor_db.store.tables import LedgerFile, LineageEdge


def trace_factor(session: Session, ref: str) -> dict[str, Any]:
    """Return where a factor came from and what rests on it, as JSON types.

    `cells` lists every ledger cell of a derived factor with its amount; a shipped factor has its
    source instead. Raises BadInput for an unknown reference.
    """
    factor = load_factor(find_version(session, ref))
    children = session.exec(select(LineageEdge.child).where(LineageEdge.parent == factor.sha256))
    return {
        "factor": factor.ref,
        "sha256": factor.sha256,
        "amounts": {gas: decimal_text(value) for gas, value in factor.amounts.items()},
        "unit": factor.unit,
        "source": factor.source.model_dump(),
        "formula": factor.derivation.formula if factor.derivation else "",
        "cells": _cells(session, factor),
        "corrections": _corrections(session, factor),
        "used_by": sorted(children.all()),
    }


def trace_lines(found: dict[str, Any]) -> list[str]:
    """Return a trace as indented lines for people."""
    amounts = ", ".join(f"{gas} {value}" for gas, value in found["amounts"].items())
    lines = [f"{found['factor']}  {amounts} {found['unit']}  sha256 {found['sha256']}"]
    if found["formula"]:
        lines.append(f"  = {found['formula']}")
    source = found["source"]
    lines.append(f"  {source['citation']}  {source['locator']}".rstrip())
    for cell in found["cells"]:
        where = f"{cell['file']} {cell['cell']}  {cell['period']}"
        what = f"{cell['flow']}  {cell['amount']} {cell['unit']}  {cell['method']}"
        lines.append(f"    {where}  {what}")
    for item in found["corrections"]:
        change = f"'{item['from']}' -> '{item['to']}'"
        lines.append(f"    {item['cell']}  {change}  {item['author']}: {item['reason']}")
    lines.extend(f"  -> {child}" for child in found["used_by"])
    return lines


def _cells(session: Session, factor: Factor) -> list[dict[str, str]]:
    inputs = factor.derivation.inputs if factor.derivation else ()
    wanted = {item.cell for item in inputs if isinstance(item, CELLS)}
    if not wanted:
        return []
    file = session.get_one(LedgerFile, factor.source.file_sha256)
    # Amounts as this version read them, whatever was corrected or withdrawn after it.
    corrections = {item.correction for item in of_kind(inputs, CorrectedCell)}
    ledger, frozen, _ = rows_with_rests(session, file, only=corrections)
    rows = list(ledger.rows)
    if factor.flow in SHARE_FLOWS and rows:
        rows += power_entries(frozen.power, rows[0])
    if factor.flow in LOOP_FLOWS and rows:
        listed = (entry for of_flow in frozen.stock.entries.values() for entry in of_flow)
        rows += stock_entries(listed, rows[0], ("opening", "closing", *TOLLING))
    return [
        {
            "file": file.file_name,
            "cell": row.cell,
            "period": row.period,
            "flow": row.flow,
            "amount": decimal_text(row.amount),
            "unit": row.unit,
            "method": row.method,
        }
        for row in rows
        if row.cell in wanted
    ]


def _corrections(session: Session, factor: Factor) -> list[dict[str, str]]:
    """Return the corrections that have a part in a factor, as it was derived."""
    inputs = factor.derivation.inputs if factor.derivation else ()
    named = {item.correction for item in of_kind(inputs, CorrectedCell)}
    if not named:
        return []
    file = session.get_one(LedgerFile, factor.source.file_sha256)
    return [
        {
            "sha256": item.sha256,
            "cell": item.place,
            "from": item.file_text,
            "to": item.text,
            "reason": item.reason,
            "author": item.author,
            "state": item.state,
        }
        for item in corrections_of(session, file)
        if item.sha256 in named
    ]
