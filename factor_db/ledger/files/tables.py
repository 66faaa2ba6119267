"""From a grid of cells to site entries and ledger rows: headings in Chinese, English or both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from factor_db.ledger.files.lines import LineRows, ListedLines
from factor_db.ledger.form.cells import (
    Cell,
    CellValue,
    Grid,
    Lines,
    RawRow,
    SiteEntry,
    Table,
    column_letters,
    text_of,
)
from factor_db.ledger.form.faults import Findings, Label, suggestion_label
from factor_db.ledger.form.sheets import LEDGER, NUMBER_COLUMNS, SheetForm, terms_of
from factor_db.ledger.form.vocabulary import Terms, normal_text

SITE_KEYS = {
    "schema_version": ("模板版本",),
    "organisation_code": ("企业代码",),
    "organisation_zh": ("企业名称", "企业中文名称"),
    "organisation_en": ("企业英文名称",),
    "uscc": ("统一社会信用代码",),
    "site_code": ("厂址代码",),
    "region": ("地区", "地区代码"),
    "period_start": ("起始日期",),
    "period_end": ("截止日期",),
    "illustrative": ("示例数据",),
    "note": ("备注", "说明"),
}
OBLIGATORY_SITE_KEYS = tuple(
    key for key in SITE_KEYS if key not in {"organisation_code", "illustrative", "note"}
)
_SITE_HEADINGS = {"key", "项目", "键"}
# The heading row may stand below a title, not further down than this.
HEADING_ROWS = 10
_LEAST_HEADINGS = 3


SITE_TERMS = terms_of(SITE_KEYS)


def bilingual_code(terms: Terms, text: str) -> str | None:
    """Return the code of a heading written in one language or in both (`period 月份`)."""
    english = re.sub(r"[^\x00-\x7f]+", " ", text)
    chinese = re.sub(r"[\x00-\x7f]+", " ", text)
    readings = (text, english.strip(" /|()"), chinese.strip())
    return next((code for code in map(terms.code, readings) if code), None)


def _cells(row: tuple[int, Sequence[CellValue]]) -> Iterator[tuple[int, Cell]]:
    number, values = row
    for index, value in enumerate(values):
        if text_of(value):
            yield index, Cell(f"{column_letters(index)}{number}", value)


def site_entries(grid: Grid) -> Iterator[SiteEntry]:
    """Yield the key and value pairs of a site sheet: columns A and B, a heading row is skipped."""
    for row in grid.rows:
        cells = dict(_cells(row))
        key = cells.get(0)
        if key is None:
            continue
        words = {normal_text(word) for word in text_of(key.value).split()}
        if words and words <= _SITE_HEADINGS:
            continue
        yield SiteEntry(grid.sheet, key, cells.get(1, Cell(f"B{row[0]}", None)))


def read_table(grid: Grid, form: SheetForm, findings: Findings) -> Table | None:
    """Return the rows below a sheet's headings; None when an obligatory heading is missing."""
    start, columns = _headings(grid, form)
    head = grid.rows[start] if grid.rows else (1, ())
    _report_headings(grid.sheet, form, head, columns, findings)
    missing = [name for name in form.obligatory if name not in columns.values()]
    for name in missing:
        heading = Label(form.columns[name][0], name)
        findings.error("LEDGER_HEADING_MISSING", grid.sheet, f"A{head[0]}", name, heading=heading)
    if missing:
        return None
    first: dict[str, int] = {}
    for index, name in columns.items():
        first.setdefault(name, index)
    letters = {name: column_letters(index) for name, index in first.items()}
    lines = grid.below(start)
    merged = _merged_numbers(grid, head[0], first, findings)
    if grid.merged:
        lines = _spread(lines, grid.merged, first)
    rows: Sequence[RawRow] = LineRows(lines, first)
    # Only the ledger itself may be too long to be held as cells.
    return Table(grid.sheet, letters, rows if form is LEDGER else tuple(rows), merged)


def _merged_numbers(
    grid: Grid, head: int, columns: Mapping[str, int], findings: Findings
) -> frozenset[tuple[int, str]]:
    """Record every number that is merged over several rows; return the cells it covers."""
    names = {index: name for name, index in columns.items() if name in NUMBER_COLUMNS}
    covered = set()
    for first, last, index in grid.merged:
        name = names.get(index)
        if name and first > head:
            value = next((v[index] for n, v in grid.rows if n == first and index < len(v)), None)
            if text_of(value):
                cell = f"{column_letters(index)}{first}"
                params = {"first": first, "last": last}
                findings.error("LEDGER_AMOUNT_MERGED", grid.sheet, cell, value, **params)
                covered |= {(number, name) for number in range(first, last + 1)}
    return frozenset(covered)


def _spread(
    lines: Lines, merged: Sequence[tuple[int, int, int]], columns: Mapping[str, int]
) -> ListedLines:
    """Give each row of a merged text cell its value; a row without any cell of its own stays so."""
    texts = {index for name, index in columns.items() if name not in NUMBER_COLUMNS}
    rows = {number: list(values) for number, values in lines}
    own = {number for number, values in rows.items() if any(text_of(value) for value in values)}
    for first, last, index in merged:
        if index in texts and first in rows:
            for number in range(first + 1, last + 1):
                if number in own:
                    rows[number][index] = rows[first][index]
    return ListedLines(list(rows.items()))


def _headings(grid: Grid, form: SheetForm) -> tuple[int, dict[int, str]]:
    """Return the position of the heading row and its column index → canonical column."""
    best: tuple[int, dict[int, str]] = (0, {})
    for position, row in enumerate(grid.rows[:HEADING_ROWS]):
        found = {
            index: code
            for index, cell in _cells(row)
            if (code := bilingual_code(form.terms, text_of(cell.value)))
        }
        if len(found) > len(best[1]):
            best = (position, found)
    return best if len(best[1]) >= _LEAST_HEADINGS else (0, {})


def _report_headings(
    sheet: str,
    form: SheetForm,
    head: tuple[int, Sequence[CellValue]],
    columns: dict[int, str],
    findings: Findings,
) -> None:
    seen: set[str] = set()
    for index, cell in _cells(head):
        name = columns.get(index)
        text = text_of(cell.value)
        if name is None:
            hint = suggestion_label(form.terms.suggestion(text))
            findings.warning("LEDGER_HEADING_UNKNOWN", sheet, cell.ref, text, hint=hint)
        elif name in seen:
            findings.error("LEDGER_HEADING_DUPLICATE", sheet, cell.ref, text, heading=name)
        else:
            seen.add(name)
