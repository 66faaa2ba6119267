"""Write ledger workbooks: the empty template with drop-downs, and a filled ledger.

The same content gives the same bytes. Texts are written as text cells, never as formulas or links,
so a supplier named `=1+1` stays a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from factor_db.foundation import messages
from factor_db.foundation.units import UNITS
from factor_db.ledger.cells import column_letters
from factor_db.ledger.rows import SCHEMA_VERSION, LedgerRow, SiteHeader
from factor_db.ledger.sheets import LEDGER
from factor_db.ledger.tables import SITE_KEYS
from factor_db.ledger.vocabulary import METHODS, ROLES, vocabulary

# Any fixed moment: the creation date is part of the file's bytes.
_CREATED = datetime(2026, 1, 1)
_INPUT_ROWS = 5000
_WIDTHS = {"process": 24, "flow": 30, "amount": 16, "product": 18, "evidence": 24, "note": 30}
_LISTS = ("process", "flow", "role", "unit", "method")
# Doubles keep 15 decimal digits; a longer number is written as text so that none is lost.
_DOUBLE_DIGITS = 15


def write_template(path: str | Path, lang: messages.Language) -> None:
    """Write the empty ledger workbook; its drop-downs show codes (en) or Chinese names (zh)."""
    _write(Path(path), None, (), lang)


def write_ledger(
    path: str | Path,
    header: SiteHeader,
    rows: Sequence[LedgerRow],
    *,
    lang: messages.Language = "zh",
) -> None:
    """Write a ledger as a workbook that reads back to the same header and rows."""
    _write(Path(path), header, rows, lang)


def _write(
    path: Path, header: SiteHeader | None, rows: Sequence[LedgerRow], lang: messages.Language
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
        _ledger_sheet(book, formats, rows, lang)
        _vocabulary_sheet(book, formats, lang)


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
            sheet.write_string(line, 1, _header_text(getattr(header, key)), formats["text"])
        elif key == "schema_version":
            sheet.write_string(line, 1, SCHEMA_VERSION, formats["text"])
        explanation = messages.text(f"LEDGER_HELP_SITE_{key.upper()}", lang)
        sheet.write_string(line, 2, explanation, formats["wrap"])


def _header_text(value: str | bool | date) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else value


def _ledger_sheet(
    book: Any, formats: dict[str, Any], rows: Sequence[LedgerRow], lang: messages.Language
) -> None:
    sheet = book.add_worksheet("ledger")
    sheet.freeze_panes(1, 0)
    for column, (name, names) in enumerate(LEDGER.columns.items()):
        is_number = name in {"amount", "price"}
        sheet.set_column(
            column, column, _WIDTHS.get(name, 14), None if is_number else formats["text"]
        )
        style = formats["obligatory" if name in LEDGER.obligatory else "heading"]
        sheet.write_string(0, column, f"{name} {names[0]}", style)
        sheet.write_comment(0, column, messages.text(f"LEDGER_HELP_{name.upper()}", lang))
        if name in _LISTS:
            _drop_down(sheet, column, name, len(rows))
    for line, row in enumerate(rows, start=1):
        for column, name in enumerate(LEDGER.columns):
            _write_value(sheet, line, column, getattr(row, name))


def _write_value(sheet: Any, line: int, column: int, value: str | Decimal | None) -> None:
    if isinstance(value, Decimal):
        if len(value.as_tuple().digits) <= _DOUBLE_DIGITS:
            sheet.write_number(line, column, float(value))
        else:
            sheet.write_string(line, column, str(value))
    elif value:
        sheet.write_string(line, column, value)


def _drop_down(sheet: Any, column: int, name: str, rows: int) -> None:
    letters = column_letters(_LISTS.index(name))
    last = len(_choices(name, "en")) + 1
    sheet.data_validation(
        1,
        column,
        max(_INPUT_ROWS, rows),
        column,
        {
            "validate": "list",
            "source": f"=vocabulary!${letters}$2:${letters}${last}",
            # A clerk may also type the other language's name: the check decides, not the list.
            "error_type": "warning",
        },
    )


def _choices(name: str, lang: messages.Language) -> list[str]:
    """Return the entries of one drop-down list."""
    words = vocabulary()
    if name == "unit":
        return [*(unit.code for unit in UNITS), "MJ/m3", "MJ/kg"]
    named = {
        "process": {code: item.name_zh for code, item in words.processes.items()},
        "flow": {code: item.name_zh for code, item in words.flows.items()},
        "role": ROLES,
        "method": METHODS,
    }[name]
    return list(named.values()) if lang == "zh" else list(named)


def _vocabulary_sheet(book: Any, formats: dict[str, Any], lang: messages.Language) -> None:
    """Write the lists of the drop-downs and, beside them, every code with names and unit."""
    sheet = book.add_worksheet("vocabulary")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(_LISTS) - 1, 26)
    for column, name in enumerate(_LISTS):
        sheet.write_string(0, column, f"{name} {LEDGER.columns[name][0]}", formats["heading"])
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
