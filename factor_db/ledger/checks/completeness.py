"""Check that nothing is left out: products, obligatory flows, months. Missing is never zero."""

from __future__ import annotations

from factor_db.ledger.form.faults import Findings, flow_label, list_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import ProcessFlow, vocabulary
from factor_db.ledger.months.picture import Key, Picture

_PACKING_VARIANTS = {"plain": None, "anodised": "anodising", "powder_coated": "powder_coating"}


def check_completeness(picture: Picture, findings: Findings) -> None:
    """Record every missing product, obligatory flow and month."""
    for process, row in picture.processes.items():
        _check_product(picture, process, row, findings)
    for pair in vocabulary().process_flows.values():
        key = (pair.process, pair.flow)
        if not picture.runs(pair.process) or key in picture.present or key in picture.unplaced:
            continue
        if _obligatory(picture, pair) and not picture.hidden_by_unknown(key):
            _missing(picture, key, findings)
    if picture.months:
        for key in list(picture.present):
            _check_months(picture, key, findings)


def _place(picture: Picture, process: str) -> tuple[str, str, str]:
    """Return sheet, cell and text that stand for a process: where it is first written."""
    row = picture.first_row(picture.product_key(process)) or picture.processes.get(process)
    if row is None:
        return "ledger", "A1", process
    return row.sheet, row.cells["process"], process


def _check_product(
    picture: Picture, process: str, row: LedgerRow | None, findings: Findings
) -> None:
    key = picture.product_key(process)
    sheet, cell, text = _place(picture, process)
    names = {"process": process_label(process), "product": flow_label(key[1])}
    if key not in picture.present and key not in picture.unplaced:
        if not picture.hidden_by_unknown(key):
            picture.distrusted.add(key)
            findings.error("LEDGER_PRODUCT_MISSING", sheet, cell, text, **names)
        return
    used = any(
        flow != key[1] and picture.total(owner, flow)
        for owner, flow in picture.sums
        if owner == process
    )
    first = picture.first_row(key)
    if first and used and picture.trusts(key) and not picture.total(*key):
        picture.distrusted.add(key)
        findings.error(
            "LEDGER_PRODUCT_ZERO", first.sheet, first.cells["amount"], first.amount, **names
        )


def _obligatory(picture: Picture, pair: ProcessFlow) -> bool:
    if pair.obligatory == "yes":
        return True
    if pair.obligatory == "recycled":
        return picture.runs("scrap_decoating")
    return pair.obligatory in _variants_run(picture)


def _variants_run(picture: Picture) -> list[str]:
    """Return which surface variants of the profile the site makes; `plain` when no treatment."""
    treated = [
        name for name, process in _PACKING_VARIANTS.items() if process and picture.runs(process)
    ]
    return treated or ["plain"]


def _missing(picture: Picture, key: Key, findings: Findings) -> None:
    picture.distrusted.add(key)
    sheet, cell, _ = _place(picture, key[0])
    unit = vocabulary().flows[key[1]].unit
    names = {"process": process_label(key[0]), "flow": flow_label(key[1])}
    findings.error("LEDGER_FLOW_MISSING", sheet, cell, key[1], unit=unit, **names)


def _check_months(picture: Picture, key: Key, findings: Findings) -> None:
    """A flow used at all needs every month; one explicit zero says that it is not used."""
    missing = [month for month in picture.months if month not in picture.present[key]]
    missing = [month for month in missing if not picture.hidden_by_unknown(key, month)]
    row = picture.first_row(key)
    if not missing or row is None:
        return
    if not picture.total(*key) and key not in picture.distrusted:
        return
    picture.distrusted.add(key)
    # Rows whose month cannot be read or lies outside account for that many missing months.
    if len(missing) <= picture.unplaced[key]:
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
