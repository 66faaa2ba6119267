"""Check that nothing is left out: products, obligatory flows, months. Missing is never zero."""

from __future__ import annotations

from factor_db.ledger.form.faults import Findings, flow_label, list_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import ProcessFlow, vocabulary
from factor_db.ledger.months.month_index import Key, MonthIndex

_PACKING_VARIANTS = {"plain": None, "anodised": "anodising", "powder_coated": "powder_coating"}


def check_completeness(month_index: MonthIndex, findings: Findings) -> None:
    """Record every missing product, obligatory flow and month."""
    for process, row in month_index.processes.items():
        _check_product(month_index, process, row, findings)
    for pair in vocabulary().process_flows.values():
        key = (pair.process, pair.flow)
        if (
            not month_index.runs(pair.process)
            or key in month_index.present
            or key in month_index.unplaced
        ):
            continue
        if _obligatory(month_index, pair) and not month_index.hidden_by_unknown(key):
            _missing(month_index, key, findings)
    if month_index.months:
        for key in list(month_index.present):
            _check_months(month_index, key, findings)


def _place(month_index: MonthIndex, process: str) -> tuple[str, str, str]:
    """Return sheet, cell and text that stand for a process: where it is first written."""
    row = month_index.first_row(month_index.product_key(process)) or month_index.processes.get(
        process
    )
    if row is None:
        return "ledger", "A1", process
    return row.sheet, row.cells["process"], process


def _check_product(
    month_index: MonthIndex, process: str, row: LedgerRow | None, findings: Findings
) -> None:
    key = month_index.product_key(process)
    sheet, cell, text = _place(month_index, process)
    names = {"process": process_label(process), "product": flow_label(key[1])}
    if key not in month_index.present and key not in month_index.unplaced:
        if not month_index.hidden_by_unknown(key):
            month_index.distrusted.add(key)
            findings.error("LEDGER_PRODUCT_MISSING", sheet, cell, text, **names)
        return
    used = any(
        flow != key[1] and month_index.total(owner, flow)
        for owner, flow in month_index.sums
        if owner == process
    )
    first = month_index.first_row(key)
    if first and used and month_index.trusts(key) and not month_index.total(*key):
        month_index.distrusted.add(key)
        findings.error(
            "LEDGER_PRODUCT_ZERO", first.sheet, first.cells["amount"], first.amount, **names
        )


def _obligatory(month_index: MonthIndex, pair: ProcessFlow) -> bool:
    if pair.obligatory == "yes":
        return True
    if pair.obligatory == "recycled":
        return month_index.runs("scrap_decoating")
    return pair.obligatory in _variants_run(month_index)


def _variants_run(month_index: MonthIndex) -> list[str]:
    """Return which surface variants of the profile the site makes; `plain` when no treatment."""
    treated = [
        name for name, process in _PACKING_VARIANTS.items() if process and month_index.runs(process)
    ]
    return treated or ["plain"]


def _missing(month_index: MonthIndex, key: Key, findings: Findings) -> None:
    month_index.distrusted.add(key)
    sheet, cell, _ = _place(month_index, key[0])
    unit = vocabulary().flows[key[1]].unit
    names = {"process": process_label(key[0]), "flow": flow_label(key[1])}
    findings.error("LEDGER_FLOW_MISSING", sheet, cell, key[1], unit=unit, **names)


def _check_months(month_index: MonthIndex, key: Key, findings: Findings) -> None:
    """A flow used at all needs every month; one explicit zero says that it is not used."""
    missing = [month for month in month_index.months if month not in month_index.present[key]]
    missing = [month for month in missing if not month_index.hidden_by_unknown(key, month)]
    row = month_index.first_row(key)
    if not missing or row is None:
        return
    if not month_index.total(*key) and key not in month_index.distrusted:
        return
    month_index.distrusted.add(key)
    # Rows whose month cannot be read or lies outside account for that many missing months.
    if len(missing) <= month_index.unplaced[key]:
        return
    findings.error(
        "LEDGER_MONTH_MISSING",
        row.sheet,
        row.cells["period"],
        " ".join(missing),
        months=list_label(missing),
        process=process_label(key[0]),
        flow=flow_label(key[1]),
    )
