"""A ledger of the corpus: an example as editable texts, written as CSV, with places to point at.

A fault is planted by changing texts; it returns where it must be found. Where that cell lies in
the file is only known once all faults are planted, so places point at objects, not at lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ledger_cases import example

from factor_db.ledger.files.tables import SITE_KEYS
from factor_db.ledger.form.cells import column_letters
from factor_db.ledger.form.sheets import EXCEPTIONS, LEDGER, METERS, STOCK, SheetForm

Row = dict[str, str]
FORMS: dict[str, SheetForm] = {"exceptions": EXCEPTIONS, "meters": METERS, "stock": STOCK}


@dataclass(frozen=True)
class Place:
    """Where a finding must stand: the sheet, the row (or site key) and the column."""

    sheet: str
    row: Row | str
    column: str = ""


@dataclass
class Book:
    """A ledger as texts: site values, rows of the ledger sheet, rows of other sheets."""

    site: dict[str, str]
    rows: list[Row]
    sections: dict[str, list[Row]] = field(default_factory=dict)
    headings: list[str] = field(default_factory=lambda: list(LEDGER.columns))

    def row(self, process: str, flow: str, month: str = "2025-05") -> Row:
        """Return the one row of a process, flow and month."""
        wanted = {"process": process, "flow": flow, "period": month}
        hits = [row for row in self.rows if all(row[key] == wanted[key] for key in wanted)]
        assert len(hits) == 1, (wanted, len(hits))
        return hits[0]

    def all_rows(self, process: str, flow: str) -> list[Row]:
        """Return the rows of a process and flow in file order."""
        return [row for row in self.rows if (row["process"], row["flow"]) == (process, flow)]

    def add(self, sheet: str, **texts: str) -> Row:
        """Append a row to a sheet beside the ledger."""
        row = {column: texts.get(column, "") for column in FORMS[sheet].columns}
        self.sections.setdefault(sheet, []).append(row)
        return row

    def write(self, path: Path, places: Iterable[Place]) -> list[tuple[str, str]]:
        """Write the ledger as CSV; return the sheet and cell of every place, in order."""
        lines: list[list[str]] = [[f"# {key}: {value}"] for key, value in self.site.items()]
        at = {key: f"A{line}" for line, key in enumerate(self.site, start=1)}
        at[""] = "A1"
        numbers: dict[int, int] = {}
        lines.append(self.headings)
        for row in self.rows:
            lines.append([row.get(column, "") for column in LEDGER.columns])
            numbers[id(row)] = len(lines)
        for sheet, rows in self.sections.items():
            lines += [[f"# sheet: {sheet}"], list(FORMS[sheet].columns)]
            for row in rows:
                lines.append(list(row.values()))
                numbers[id(row)] = len(lines)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        path.write_text(text.getvalue(), encoding="utf-8")
        return [(place.sheet, _cell(place, at, numbers)) for place in places]


def _cell(place: Place, site: dict[str, str], numbers: dict[int, int]) -> str:
    if isinstance(place.row, str):
        return site[place.row]
    form = LEDGER if place.sheet == "ledger" else FORMS[place.sheet]
    return f"{column_letters(list(form.columns).index(place.column))}{numbers[id(place.row)]}"


@cache
def _texts(name: str) -> tuple[dict[str, str], list[Row]]:
    header, rows = example(name)
    site = {key: getattr(header, key) for key in SITE_KEYS}
    site = {key: ("yes" if value is True else str(value)) for key, value in site.items()}
    texts = [
        {
            column: "" if (value := getattr(row, column)) is None else str(value)
            for column in LEDGER.columns
        }
        for row in rows
    ]
    return site, texts


def clean_book(name: str) -> Book:
    """Return an example as a book of its own, free of faults."""
    site, rows = _texts(name)
    return Book(dict(site), [dict(row) for row in rows])
