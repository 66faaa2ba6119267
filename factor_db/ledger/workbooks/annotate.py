"""A copy of a ledger in which every finding stands at its cell: colour, comment and a list.

The copy holds what the file holds and nothing that runs: values, no formulas. Corrected by the
clerk it is a ledger again; readers pass over the list.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import quote_sheetname, xl_cell_to_rowcol

from factor_db.foundation import messages
from factor_db.foundation.errors import BadInput
from factor_db.foundation.spreadsheets import safe_text
from factor_db.ledger.files.source_sheets import SourceSheet, source_sheets
from factor_db.ledger.form.cells import CellValue
from factor_db.ledger.form.faults import FINDINGS_SHEET, Finding

# Any fixed moment: the creation date is part of the file's bytes.
_CREATED = datetime(2026, 1, 1)
_COLOURS = {"error": "#F4B6B0", "warning": "#FFE699", "explained": "#FFF7D6"}
_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_DATES = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", time: "hh:mm:ss"}
_DATES[timedelta] = "[h]:mm:ss"
# Earlier days have no serial number in a workbook.
_FIRST_YEAR = 1900
_COMMENT = {"author": "", "width": 420, "font_size": 9}
_LINES_OF_COMMENT, _LINE_HEIGHT = 44, 14
_HEADINGS = ("位置 cell", "级别 severity", "代码 code", "值 value", "问题 message",
             "改正 remedy", "说明 explained by")  # fmt: skip
_WIDTHS = (18, 14, 34, 24, 70, 60, 40)
_SEVERITIES = {"error": "错误 error", "warning": "警告 warning", "explained": "已说明 explained"}
Place = tuple[int, int]


def annotate(
    source: Path, findings: Sequence[Finding], target: Path, lang: messages.Language
) -> None:
    """Write a copy of a ledger file as a workbook with its findings; same input, same bytes.

    Raises BadInput when the target is the source (LEDGER_ANNOTATED_TARGET) or not named `.xlsx`
    (LEDGER_ANNOTATED_KIND); OSError when it can't be written.
    """
    if target.suffix.casefold() != ".xlsx":
        raise BadInput("LEDGER_ANNOTATED_KIND", path=target)
    if target.exists() and target.samefile(source):
        raise BadInput("LEDGER_ANNOTATED_TARGET", path=target)
    sheets = source_sheets(source.read_bytes())
    written = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(written, options) as book:
        book.set_properties({"created": _CREATED, "author": "", "title": "annotated field ledger"})
        _Writer(book, sheets, findings, lang).write()
    target.write_bytes(written.getvalue())


@dataclass(frozen=True, slots=True)
class _Marked:
    """A finding and where it stands in the copy; no place for what concerns the whole file."""

    finding: Finding
    sheet: str
    cell: str

    @property
    def kind(self) -> str:
        return "explained" if self.finding.explained else self.finding.severity


class _Writer:
    """Writes the list of findings and the sheets of one copy."""

    def __init__(
        self,
        book: Any,
        sheets: Sequence[SourceSheet],
        findings: Sequence[Finding],
        lang: messages.Language,
    ) -> None:
        self.book, self.lang = book, lang
        self.sheets = [sheet for sheet in sheets if sheet.name.casefold() != FINDINGS_SHEET]
        by_name = {sheet.name: sheet for sheet in self.sheets}
        self.marked = [self._marked(item, by_name.get(item.sheet)) for item in findings]
        self._formats: dict[tuple[str, ...], Any] = {}

    @staticmethod
    def _marked(finding: Finding, sheet: SourceSheet | None) -> _Marked:
        cell = sheet.place(finding.cell) if sheet and _CELL.fullmatch(finding.cell) else ""
        return _Marked(finding, finding.sheet, cell)

    def write(self) -> None:
        self._list_sheet()
        for sheet in self.sheets:
            self._copy(sheet)

    def _format(self, **properties: Any) -> Any:
        key = tuple(f"{name}={value}" for name, value in sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(properties)
        return self._formats[key]

    def _list_sheet(self) -> None:
        sheet = self.book.add_worksheet(FINDINGS_SHEET)
        sheet.freeze_panes(1, 0)
        head = self._format(bold=True, bg_color="#DDE6EE", text_wrap=True)
        for column, (title, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, title, head)
        for line, item in enumerate(self.marked, start=1):
            finding = item.finding
            colour = _COLOURS[item.kind]
            wrap = self._format(text_wrap=True, valign="top", bg_color=colour)
            place = f"{finding.sheet}!{finding.cell}".strip("!")
            if item.cell:
                link = self._format(valign="top", bg_color=colour, underline=1, color="#0000EE")
                url = f"internal:{quote_sheetname(item.sheet)}!{item.cell}"
                sheet.write_url(line, 0, url, link, f"{item.sheet}!{item.cell}")
            else:
                sheet.write_string(line, 0, place, wrap)
            texts = (
                _SEVERITIES[item.kind],
                finding.code,
                finding.value,
                finding.message(self.lang),
                finding.remedy(self.lang),
                finding.exception,
            )
            for column, text in enumerate(texts, start=1):
                sheet.write_string(line, column, text, wrap)

    def _copy(self, source: SourceSheet) -> None:
        sheet = self.book.add_worksheet(source.name)
        marks = self._marks(source.name)
        cells: dict[Place, CellValue] = {
            (line, column): value
            for line, values in source.rows
            for column, value in enumerate(values)
        }
        for place in sorted({*cells, *marks}):
            here = marks.get(place, ())
            colour = _colour(here)
            self._write_cell(sheet, place, cells.get(place), colour)
            if here:
                text = "\n\n".join(self._comment(item.finding) for item in here)
                height = _LINE_HEIGHT * (3 + len(text) // _LINES_OF_COMMENT + text.count("\n"))
                sheet.write_comment(*place, text, {**_COMMENT, "height": height})

    def _marks(self, name: str) -> Mapping[Place, list[_Marked]]:
        marks: dict[Place, list[_Marked]] = defaultdict(list)
        for item in self.marked:
            if item.sheet == name and item.cell:
                marks[xl_cell_to_rowcol(item.cell)].append(item)
        return marks

    def _comment(self, finding: Finding) -> str:
        lines = (
            finding.code,
            finding.message(self.lang),
            finding.remedy(self.lang),
            finding.exception,
        )
        return "\n".join(line for line in lines if line)

    def _write_cell(
        self, sheet: Any, place: Place, value: CellValue, colour: dict[str, str]
    ) -> None:
        if value is None or value == "":
            if colour:
                sheet.write_blank(*place, None, self._format(**colour))
        elif isinstance(value, bool):
            sheet.write_boolean(*place, value, self._format(**colour))
        elif isinstance(value, int | float):
            self._write_number(sheet, place, value, colour)
        elif isinstance(value, str):
            self._write_text(sheet, place, value, colour)
        elif isinstance(value, date) and value.year < _FIRST_YEAR:
            self._write_text(sheet, place, value.isoformat(), colour)
        else:
            style = self._format(num_format=_DATES[type(value)], **colour)
            sheet.write_datetime(*place, value, style)

    def _write_number(self, sheet: Any, place: Place, value: float, colour: dict[str, str]) -> None:
        # The writer keeps 16 digits; a number that needs 17 is written as text, so none is lost.
        if float(f"{value:.16G}") == value:
            sheet.write_number(*place, value, self._format(**colour))
        else:
            self._write_text(sheet, place, repr(value), colour)

    def _write_text(self, sheet: Any, place: Place, text: str, colour: dict[str, str]) -> None:
        # The prefix keeps a text that looks like a formula a text even when the cell is edited.
        guard = {"num_format": "@", "quote_prefix": True} if safe_text(text) != text else {}
        sheet.write_string(*place, text, self._format(**guard, **colour))


def _colour(marked: Sequence[_Marked]) -> dict[str, str]:
    kinds = {item.kind for item in marked}
    return next(({"bg_color": _COLOURS[kind]} for kind in _COLOURS if kind in kinds), {})
