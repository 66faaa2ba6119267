"""Write ledger workbooks: the empty template with drop-downs, and a filled ledger.

The template has every sheet; a filled ledger has `site`, `ledger` and those that have rows. The
same content gives the same bytes. Texts are written as text cells, never as formulas, links or
markup, so a supplier named `=1+1` stays a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from factor_db.foundation import messages
from factor_db.foundation.units import UNITS
from factor_db.ledger.files.tables import SITE_KEYS
from factor_db.ledger.form.cells import CellValue, Table, column_letters, decimal_of, text_of
from factor_db.ledger.form.columns import Kind
from factor_db.ledger.form.rows import SCHEMA_VERSION, LedgerRow, SiteHeader
from factor_db.ledger.form.sheets import LEDGER, OPTIONAL_SHEETS, SHEETS, SheetForm
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.form.word_lists import word_list

# Any fixed moment: the creation date is part of the file's bytes.
_CREATED = datetime(2026, 1, 1)
_INPUT_ROWS = 5000
_WIDTHS = {
    "process": 24,
    "flow": 30,
    "amount": 16,
    "product": 18,
    "evidence": 24,
    "note": 30,
    "material": 30,
    "basis": 30,
    "code": 34,
    "rule": 20,
    "explanation": 40,
    "reason": 40,
}
# Lists of the sheet `vocabulary`, in its order; `places` are what a meter may belong to.
_LISTS = ("process", "flow", "role", "unit", "method", "places")
_LIST_TITLES = {"places": "meters: process 表计所属工序"}
# Lists of words that stand there under another name.
_LISTED_AS = {"place": "places", "material": "flow"}
_NUMBERS = frozenset(name for form in SHEETS.values() for name in form.of_kind(Kind.NUMBER))
# Room for the longest help text; the default box cuts it off.
_COMMENT_SIZE = {"x_scale": 2, "y_scale": 1.3}
# Doubles keep 15 decimal digits; a longer number is written as text so that none is lost.
_DOUBLE_DIGITS = 15


def write_template(path: str | Path, lang: messages.Language) -> None:
    """Write the empty ledger workbook; its drop-downs show codes (en) or Chinese names (zh)."""
    _write(Path(path), None, (), dict.fromkeys(OPTIONAL_SHEETS), lang)


def write_ledger(
    path: str | Path,
    header: SiteHeader,
    rows: Sequence[LedgerRow],
    *,
    optional: Mapping[str, Table] | None = None,
    lang: messages.Language = "zh",
) -> None:
    """Write a ledger as a workbook that reads back to the same header, rows and other sheets.

    `optional` holds tables by the code of their sheet; one without rows is left out.
    """
    tables = optional or {}
    present = {code: tables[code] for code in OPTIONAL_SHEETS if code in tables}
    _write(Path(path), header, rows, {k: v for k, v in present.items() if v.rows}, lang)


def cell_content(column: str, value: CellValue) -> str | Decimal:
    """Return a cell as it is written again: a number of a number column, else its text."""
    number = decimal_of(value) if column in _NUMBERS else None
    return text_of(value) if number is None else number


def _write(
    path: Path,
    header: SiteHeader | None,
    rows: Sequence[LedgerRow],
    optional: Mapping[str, Table | None],
    lang: messages.Language,
) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _CREATED, "author": "", "title": "field ledger"})
        formats = {
            "heading": book.add_format({"bold": True, "bg_color": "#DDE6EE", "text_wrap": True}),
            "obligatory": book.add_format({"bold": True, "bg_color": "#F5D9A8", "text_wrap": True}),
            "text": book.add_format({"num_format": "@"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _site_sheet(book, formats, header, lang)
        lines = ([getattr(row, name) for name in LEDGER.columns] for row in rows)
        _table_sheet(book, formats, "ledger", LEDGER, lines, lang)
        for code, table in optional.items():
            form = OPTIONAL_SHEETS[code]
            _table_sheet(book, formats, code, form, _table_lines(form, table), lang)
        _vocabulary_sheet(book, formats, lang)


def _table_lines(form: SheetForm, table: Table | None) -> Iterable[list[str | Decimal]]:
    for row in table.rows if table else ():
        cells = ((name, row.cells.get(name)) for name in form.columns)
        yield [cell_content(name, cell.value) if cell else "" for name, cell in cells]


def _site_sheet(
    book: Any, formats: dict[str, Any], header: SiteHeader | None, lang: messages.Language
) -> None:
    sheet = book.add_worksheet("site")
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 44, formats["text"])
    sheet.set_column(2, 2, 70, formats["wrap"])
    titles = ("key 项目", "value 填写", "explanation 说明")
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, formats["heading"])
    for line, (key, names) in enumerate(SITE_KEYS.items(), start=1):
        sheet.write_string(line, 0, f"{key} {names[0]}")
        if header is not None:
            _write_text(sheet, line, 1, header_text(getattr(header, key)), formats["text"])
        elif key == "schema_version":
            sheet.write_string(line, 1, SCHEMA_VERSION, formats["text"])
        explanation = messages.text(messages.code_of("LEDGER_HELP", f"site_{key}"), lang)
        sheet.write_string(line, 2, explanation, formats["wrap"])


def header_text(value: str | bool | date) -> str:
    """Return a value of the site header as it is written."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else value


def _table_sheet(
    book: Any,
    formats: dict[str, Any],
    code: str,
    form: SheetForm,
    lines: Iterable[Sequence[str | Decimal | None]],
    lang: messages.Language,
) -> None:
    """Write a sheet: headings with their help as comments, drop-downs, and its lines."""
    sheet = book.add_worksheet(code)
    sheet.freeze_panes(1, 0)
    sheet_of = "" if code == "ledger" else f"{code}_"
    for column, typed in enumerate(form.typed):
        width = _WIDTHS.get(typed.name, 14)
        style = None if typed.kind is Kind.NUMBER else formats["text"]
        sheet.set_column(column, column, width, style)
        style = formats["obligatory" if typed.obligatory else "heading"]
        sheet.write_string(0, column, f"{typed.name} {typed.headings[0]}", style)
        help_text = messages.text(messages.code_of("LEDGER_HELP", f"{sheet_of}{typed.name}"), lang)
        sheet.write_comment(0, column, help_text, _COMMENT_SIZE)
    last = 0
    for last, values in enumerate(lines, start=1):
        for column, value in enumerate(values):
            _write_value(sheet, last, column, value)
    for column, typed in enumerate(form.typed):
        name = "unit" if typed.name == "unit" else _LISTED_AS.get(typed.words, typed.words)
        if name in _LISTS:
            _drop_down(sheet, column, _reference(name), last)
        elif typed.words and (shown := word_list(typed.words).shown):
            _drop_down(sheet, column, list(shown.values() if lang == "zh" else shown), last)


def _write_value(sheet: Any, line: int, column: int, value: str | Decimal | None) -> None:
    if isinstance(value, Decimal):
        if len(value.as_tuple().digits) <= _DOUBLE_DIGITS:
            sheet.write_number(line, column, float(value))
        else:
            sheet.write_string(line, column, str(value))
    elif value:
        _write_text(sheet, line, column, value)


def _write_text(sheet: Any, line: int, column: int, text: str, style: Any = None) -> None:
    if text.startswith("<r>") and text.endswith("</r>"):
        # The writer takes such a text for its own markup of styled text; in parts it is text.
        parts = (text[:1], text[1:2], text[2:], *([style] if style else []))
        sheet.write_rich_string(line, column, *parts)
    else:
        sheet.write_string(line, column, text, style)


def _reference(name: str) -> str:
    """Return the range of the vocabulary sheet that holds one list."""
    letters = column_letters(_LISTS.index(name))
    return f"=vocabulary!${letters}$2:${letters}${len(_choices(name, 'en')) + 1}"


def _drop_down(sheet: Any, column: int, source: str | list[str], last: int) -> None:
    # A clerk may also type the other language's name: the check decides, not the list.
    options = {"validate": "list", "source": source, "error_type": "warning"}
    sheet.data_validation(1, column, max(_INPUT_ROWS, last), column, options)


def _choices(name: str, lang: messages.Language) -> list[str]:
    """Return the entries of one drop-down list."""
    if name == "unit":
        return [*(unit.code for unit in UNITS), "MJ/m3", "MJ/kg"]
    shown = word_list({"places": "place"}.get(name, name)).shown
    return list(shown.values() if lang == "zh" else shown)


def _vocabulary_sheet(book: Any, formats: dict[str, Any], lang: messages.Language) -> None:
    """Write the lists of the drop-downs and, beside them, every code with names and unit."""
    sheet = book.add_worksheet("vocabulary")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(_LISTS) - 1, 26)
    for column, name in enumerate(_LISTS):
        title = _LIST_TITLES.get(name) or f"{name} {LEDGER.columns[name][0]}"
        sheet.write_string(0, column, title, formats["heading"])
        for line, choice in enumerate(_choices(name, lang), start=1):
            sheet.write_string(line, column, choice)
    words = vocabulary()
    tables: list[list[tuple[str, ...]]] = [
        [
            ("process", "工序", "Process", "product 产品"),
            *((p.code, p.name_zh, p.name_en, p.product) for p in words.processes.values()),
        ],
        [
            ("flow", "物料与能源", "Flow", "unit 单位"),
            *((f.code, f.name_zh, f.name_en, f.unit) for f in words.flows.values()),
        ],
        [
            ("process", "flow", "role", "obligatory 是否必填"),
            *((p.process, p.flow, p.role, p.obligatory) for p in words.process_flows.values()),
        ],
    ]
    start = len(_LISTS) + 1
    for table in tables:
        sheet.set_column(start, start + 3, 24)
        for line, cells in enumerate(table):
            for column, cell in enumerate(cells, start=start):
                sheet.write_string(line, column, cell, formats["heading"] if not line else None)
        start += 5
