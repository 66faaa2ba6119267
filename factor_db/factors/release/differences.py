"""What changed between two releases: one row a factor, each with the reason codes of its change.

Reasons: `added`, `removed`, `value`, `unit`, `source`, `quality`, `validity`, `licence`, `text`
(names, notes), `other`. A row lists every reason that holds; its ratio is new by old where one
amount by gas can be compared in the old unit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from factor_db.factors.record.factor import Factor
from factor_db.factors.release.releases import Release
from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion

# Reason → the fields of a factor record whose change it stands for.
_REASONS = {
    "value": ("amounts",),
    "unit": ("unit",),
    "source": ("source", "derivation"),
    "quality": ("gsd", "pedigree", "pedigree_reasons", "confidence", "data_type"),
    "validity": ("data_year", "period_start", "period_end", "valid_until"),
    "licence": ("licence", "redistribution"),
    "text": ("name_zh", "name_en", "synonyms", "notes"),
}
# Any fixed moment: the creation date is part of the workbook's bytes.
_CREATED = datetime(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Change:
    """One factor that differs between two releases; amounts are text, `ratio` new by old."""

    factor: str
    reasons: str
    old_ref: str
    new_ref: str
    old_amounts: str
    new_amounts: str
    old_unit: str
    new_unit: str
    ratio: str


def release_diff(old: Release, new: Release) -> list[Change]:
    """Return every change from one release to another, sorted by factor id."""
    before = {factor.id: factor for factor in old.factors}
    after = {factor.id: factor for factor in new.factors}
    changes = []
    for factor_id in sorted({*before, *after}):
        one, other = before.get(factor_id), after.get(factor_id)
        if one is None or other is None or one.sha256 != other.sha256:
            changes.append(_change(factor_id, one, other))
    return changes


def write_diff(changes: Sequence[Change], path: Path) -> None:
    """Write the changes as CSV, or as a workbook for `.xlsx`; the same changes, the same bytes."""
    heads = [item.name for item in fields(Change)]
    rows = [astuple(change) for change in changes]
    if path.suffix.lower() != ".xlsx":
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerows([heads, *rows])
        # The mark at the start lets spreadsheet programs see that it is UTF-8.
        path.write_text("\ufeff" + buffer.getvalue(), encoding="utf-8")
        return
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _CREATED})
        sheet = book.add_worksheet("changes")
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(heads) - 1, 24)
        bold = book.add_format({"bold": True, "bg_color": "#DDE6EE"})
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                sheet.write_string(line, column, cell)


def _change(factor_id: str, one: Factor | None, other: Factor | None) -> Change:
    if one is None:
        reasons = ["added"]
    elif other is None:
        reasons = ["removed"]
    else:
        reasons = _reasons(one, other)
    return Change(
        factor=factor_id,
        reasons=" ".join(reasons),
        old_ref=one.ref if one else "",
        new_ref=other.ref if other else "",
        old_amounts=_amounts(one),
        new_amounts=_amounts(other),
        old_unit=one.unit if one else "",
        new_unit=other.unit if other else "",
        ratio=_ratio(one, other) if one and other else "",
    )


def _reasons(one: Factor, other: Factor) -> list[str]:
    differing = {
        name
        for name in Factor.model_fields
        if name != "version" and getattr(one, name) != getattr(other, name)
    }
    reasons = [reason for reason, names in _REASONS.items() if differing & set(names)]
    explained = {name for names in _REASONS.values() for name in names}
    return reasons + (["other"] if differing - explained else [])


def _amounts(factor: Factor | None) -> str:
    if factor is None:
        return ""
    return "; ".join(
        f"{gas} {decimal_text(value)}" for gas, value in sorted(factor.amounts.items())
    )


def _ratio(one: Factor, other: Factor) -> str:
    if len(one.amounts) != 1 or set(one.amounts) != set(other.amounts):
        return ""
    (old,), (new,) = one.amounts.values(), other.amounts.values()
    try:
        scaled = EXACT.multiply(new, conversion(other.unit, one.unit))
    except BadInput:
        return ""
    return f"{EXACT.divide(scaled, old):.6g}" if old != Decimal(0) else ""
