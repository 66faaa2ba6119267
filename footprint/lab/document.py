"""The lab written down: one JSON document and one CSV table, the same bytes for the same store."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.messages import LANGUAGES, error_text, text
from factor_db.foundation.spreadsheets import safe_text
from footprint.choices.variants import COMPLETE
from footprint.lab.combinations import Axis, Lab, Row
from footprint.lab.effects import Effect, effects_of
from footprint.lab.written import (
    LabChoice,
    LabDocument,
    LabEffect,
    LabEnd,
    LabRow,
    LabValueEffect,
)
from footprint.result.tables import ReleaseRef

UNIT = "kg CO2e/kg"
_FIGURES = (
    "total_kg_co2e_per_kg",
    "difference_kg_co2e_per_kg",
    "difference_percent",
    "outside_headline_kg_co2e_per_kg",
)


def lab_document(lab: Lab) -> LabDocument:
    """Return the lab as one document: axes, rows, effects, both ends."""
    study = lab.prepared.study
    return LabDocument.of(
        study,
        release=ReleaseRef(name=study.release, sha256=lab.prepared.release.sha256),
        unit=UNIT,
        study=_row(lab, lab.study_row),
        choices=tuple(_axis(axis) for axis in lab.axes),
        rows=tuple(_row(lab, row) for row in lab.rows),
        effects=tuple(_effect(effect) for effect in effects_of(lab)),
        closure=lab.checks.closure if lab.checks else None,
        lowest=_end(lab, highest=False),
        highest=_end(lab, highest=True),
        illustrative=any(row.illustrative for row in lab.rows),
        estimate=any(row.estimate for row in lab.rows),
    )


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


def _axis(axis: Axis) -> LabChoice:
    notes = {f"note_{lang}": text(axis.note, lang) for lang in LANGUAGES} if axis.note else {}
    return LabChoice(choice=axis.choice, values=axis.values, taken=axis.taken, **notes)


def _effect(effect: Effect) -> LabEffect:
    return LabEffect.of(effect, values=tuple(LabValueEffect.of(item) for item in effect.values))


def _row(lab: Lab, row: Row) -> LabRow:
    faults = {f"message_{lang}": error_text(row.error, lang) for lang in LANGUAGES if row.error}
    return LabRow(
        choices=dict(row.choices),
        of_study=row.of_study,
        status=row.status,
        total=row.total,
        outside_headline=row.outside if row.total is not None else None,
        difference=lab.difference(row),
        difference_percent=lab.difference_percent(row),
        not_rebased_share=EXACT.divide(row.not_rebased, row.total) if row.total else None,
        missing=row.missing,
        code=row.error.code if row.error else "",
        **faults,
    )


def _end(lab: Lab, *, highest: bool) -> LabEnd | None:
    """Return the lowest or highest total with every combination that comes to it."""
    totals = [row.total for row in lab.rows if row.total is not None]
    if not totals:
        return None
    total: Decimal = max(totals) if highest else min(totals)
    fitting = [row.choices for row in lab.rows if row.status == COMPLETE and row.total == total]
    return LabEnd(total=total, combinations=tuple(dict(choices) for choices in fitting))
