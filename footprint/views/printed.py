"""A view as PDF/A by typst, in one language; the same view gives the same bytes.

All text reaches typst as data, never as markup, so no name can change the layout. PDF/A wants a
date and a report has none of its own: it is the last day of the data, which never changes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import typst

from factor_db.foundation.messages import Language, text
from footprint.certificate.printed.pdf import print_fault, vendored_fonts
from footprint.views.figure import Cell, Table, View, Words
from footprint.words.book import words

# Weights of columns: a Chinese character has three bytes and the width of two letters, near enough.
NARROWEST, WIDEST = 14, 48


def printed(view: View, lang: Language) -> bytes:
    """Return a view as PDF; raises BadInput naming the character when the fonts lack one."""
    dated = None
    if view.data_until:
        dated = datetime.fromisoformat(view.data_until).replace(tzinfo=UTC)
    try:
        result: Any = typst.compile(
            (files("footprint.views") / "view.typ").read_bytes(),
            font_paths=vendored_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"view": json.dumps(_data(view, lang), ensure_ascii=False)},
            pdf_standards=["a-2b"] if dated else [],
            timestamp=dated,
        )
    except typst.TypstError as error:
        raise print_fault(str(error)) from None
    return bytes(result)


def _data(view: View, lang: Language) -> dict[str, Any]:
    return {
        "lang": lang,
        "title": view.title[lang],
        "illustrative": words("CERTIFICATE_ILLUSTRATIVE_NOTICE")[lang] if view.illustrative else "",
        "watermark": words("CERTIFICATE_ILLUSTRATIVE_WATERMARK")[lang],
        "page": text("VIEW_PAGE", lang, page="{page}", pages="{pages}"),
        "headline": view.headline.get(lang, ""),
        "notes": _all(view.notes, lang),
        "tables": [_table(table, lang) for table in view.tables],
    }


def _table(table: Table, lang: Language) -> dict[str, Any]:
    return {
        "title": table.title[lang],
        "rules": text("VIEW_RULE_LINE", lang, rules=", ".join((table.rule, *table.covers))),
        "columns": _all(table.columns, lang),
        "rows": [[_cell(cell, lang) for cell in row] for row in table.rows],
        "figures": table.figures,
        "widths": list(table.widths) or _widths(table, lang),
        "intro": _all(table.intro, lang),
        "notes": _all(table.notes, lang),
    }


def _widths(table: Table, lang: Language) -> list[int]:
    """Return a weight for each column of texts: its longest cell, within bounds.

    A word that cannot be broken, such as a date, needs more room than its share of letters.
    """
    texts = len(table.columns) - table.figures
    cells = [[_cell(cell, lang) for cell in row] for row in table.rows]
    longest = [
        max(len(row[place].encode()) for row in cells) for place in range(texts if cells else 0)
    ]
    words = [
        max(len(word.encode()) for row in cells for word in row[place].split() or [""])
        for place in range(len(longest))
    ]
    return [
        max(NARROWEST, min(length, WIDEST), min(2 * word, WIDEST))
        for length, word in zip(longest, words, strict=True)
    ]


def _all(items: tuple[Words, ...], lang: Language) -> list[str]:
    return [item[lang] for item in items]


def _cell(cell: Cell, lang: Language) -> str:
    return cell if isinstance(cell, str) else cell[lang]
