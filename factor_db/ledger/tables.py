"""From a grid of cells to site entries and ledger rows: headings in Chinese, English or both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from factor_db.ledger.cells import Cell, CellValue, Grid, RawRow, SiteEntry, column_letters, text_of
from factor_db.ledger.faults import Findings, Label, suggestion_label
from factor_db.ledger.vocabulary import Terms, normal_text

COLUMNS = {
    "period": ("月份", "期间"),
    "process": ("工序",),
    "flow": ("物料与能源", "物料", "流"),
    "product": ("牌号与规格", "牌号规格", "产品牌号"),
    "role": ("角色", "方向"),
    "amount": ("数量", "数值"),
    "unit": ("单位",),
    "method": ("取数方法", "方法"),
    "counterparty": ("往来单位", "供应商", "supplier"),
    "origin": ("产地", "来源地"),
    "scrap_type": ("废料类型", "scrap type"),
    "instrument": ("绿电凭证", "凭证编号"),
    "price": ("单价",),
    "evidence": ("证据", "凭据"),
    "note": ("备注", "说明"),
}
OBLIGATORY_COLUMNS = ("period", "process", "flow", "role", "amount", "unit", "method")

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
_HEADING_ROWS = 10
_LEAST_HEADINGS = 3


def _terms(entries: dict[str, tuple[str, ...]]) -> Terms:
    names = {
        normal_text(name): code for code, others in entries.items() for name in (code, *others)
    }
    return Terms(names, tuple(entries))


COLUMN_TERMS = _terms(COLUMNS)
SITE_TERMS = _terms(SITE_KEYS)


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


def ledger_rows(grid: Grid, findings: Findings) -> tuple[dict[str, str], tuple[RawRow, ...]] | None:
    """Return column → letters and the rows below the headings; None when headings are missing."""
    start, columns = _headings(grid)
    head = grid.rows[start] if grid.rows else (1, ())
    _report_headings(grid.sheet, head, columns, findings)
    known = set(columns.values())
    missing = [name for name in OBLIGATORY_COLUMNS if name not in known]
    for name in missing:
        heading = Label(COLUMNS[name][0], name)
        findings.error("LEDGER_HEADING_MISSING", grid.sheet, f"A{head[0]}", name, heading=heading)
    if missing:
        return None
    rows = []
    first: dict[str, int] = {}
    for index, name in columns.items():
        first.setdefault(name, index)
    for row in grid.rows[start + 1 :]:
        cells = dict(_cells(row))
        if not cells:
            continue
        named = {
            name: cells.get(index, Cell(f"{column_letters(index)}{row[0]}", None))
            for name, index in first.items()
        }
        if any(text_of(cell.value) for cell in named.values()):
            rows.append(RawRow(row[0], named))
    return {name: column_letters(index) for name, index in first.items()}, tuple(rows)


def _headings(grid: Grid) -> tuple[int, dict[int, str]]:
    """Return the position of the heading row and its column index → canonical column."""
    best: tuple[int, dict[int, str]] = (0, {})
    for position, row in enumerate(grid.rows[:_HEADING_ROWS]):
        found = {
            index: code
            for index, cell in _cells(row)
            if (code := bilingual_code(COLUMN_TERMS, text_of(cell.value)))
        }
        if len(found) > len(best[1]):
            best = (position, found)
    return best if len(best[1]) >= _LEAST_HEADINGS else (0, {})


def _report_headings(
    sheet: str, head: tuple[int, Sequence[CellValue]], columns: dict[int, str], findings: Findings
) -> None:
    seen: set[str] = set()
    for index, cell in _cells(head):
        name = columns.get(index)
        text = text_of(cell.value)
        if name is None:
            hint = suggestion_label(COLUMN_TERMS.suggestion(text))
            findings.warning("LEDGER_HEADING_UNKNOWN", sheet, cell.ref, text, hint=hint)
        elif name in seen:
            findings.error("LEDGER_HEADING_DUPLICATE", sheet, cell.ref, text, heading=name)
        else:
            seen.add(name)
