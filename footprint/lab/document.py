"""The lab written down: one JSON document and one CSV table, the same bytes for the same store."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from factor_db.foundation.canonical import EXACT, decimal_text, plain
from factor_db.foundation.messages import LANGUAGES, error_text, text
from factor_db.foundation.spreadsheets import safe_text
from footprint.choices.variants import COMPLETE
from footprint.lab.combinations import Axis, Lab, Row
from footprint.lab.effects import effects_of

UNIT = "kg CO2e/kg"
_FIGURES = (
    "total_kg_co2e_per_kg",
    "difference_kg_co2e_per_kg",
    "difference_percent",
    "outside_headline_kg_co2e_per_kg",
)


def lab_document(lab: Lab) -> dict[str, Any]:
    """Return the lab as plain JSON, decimals as strings: axes, rows, effects, both ends."""
    study = lab.prepared.study
    closure = lab.checks.closure if lab.checks else None
    document: dict[str, Any] = plain(
        {
            "product": study.product,
            "product_code": study.product_code,
            "site": study.site,
            "period": study.period,
            "release": {"name": study.release, "sha256": lab.prepared.release.sha256},
            "unit": UNIT,
            "study": _row(lab, lab.study_row),
            "choices": [_axis(axis) for axis in lab.axes],
            "rows": [_row(lab, row) for row in lab.rows],
            "effects": [asdict(effect) for effect in effects_of(lab)],
            "closure": closure.record() if closure else None,
            "lowest": _end(lab, highest=False),
            "highest": _end(lab, highest=True),
            "illustrative": any(row.illustrative for row in lab.rows),
            "estimate": any(row.estimate for row in lab.rows),
        }
    )
    return document


def lab_csv(lab: Lab) -> bytes:
    """Return the rows as CSV in UTF-8 (RFC 4180), units in the headings, figures unrounded."""
    names = [axis.choice for axis in lab.axes]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([*names, "of_study", "status", *_FIGURES, "missing_slots", "code"])
    for row in lab.rows:
        outside = None if row.total is None else row.outside
        figures = (row.total, lab.difference(row), lab.difference_percent(row), outside)
        writer.writerow(
            [
                *(safe_text(row.choices[name]) for name in names),
                "yes" if row.of_study else "no",
                row.status,
                *("" if figure is None else decimal_text(figure) for figure in figures),
                " ".join(row.missing),
                row.error.code if row.error else "",
            ]
        )
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _axis(axis: Axis) -> dict[str, Any]:
    notes = {f"note_{lang}": text(axis.note, lang) for lang in LANGUAGES} if axis.note else {}
    return {"choice": axis.choice, "values": axis.values, "taken": axis.taken, **notes}


def _row(lab: Lab, row: Row) -> dict[str, Any]:
    faults = {f"message_{lang}": error_text(row.error, lang) for lang in LANGUAGES if row.error}
    return {
        "choices": row.choices,
        "of_study": row.of_study,
        "status": row.status,
        "total": row.total,
        "outside_headline": row.outside if row.total is not None else None,
        "difference": lab.difference(row),
        "difference_percent": lab.difference_percent(row),
        "not_rebased_share": EXACT.divide(row.not_rebased, row.total) if row.total else None,
        "missing": row.missing,
        "code": row.error.code if row.error else "",
        **faults,
    }


def _end(lab: Lab, *, highest: bool) -> dict[str, Any] | None:
    """Return the lowest or highest total with every combination that comes to it."""
    totals = [row.total for row in lab.rows if row.total is not None]
    if not totals:
        return None
    total: Decimal = max(totals) if highest else min(totals)
    fitting = [row.choices for row in lab.rows if row.status == COMPLETE and row.total == total]
    return {"total": total, "combinations": fitting}
