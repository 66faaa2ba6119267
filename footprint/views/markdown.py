"""A view as Markdown, in one language; the same view gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from factor_db.foundation.messages import Language, text
from footprint.views.figure import Cell, Table, View
from footprint.words.book import words

_MARKUP = re.compile(r"[\\\[\]`]")


def markdown(view: View, lang: Language) -> str:
    """Return a view as Markdown text, the mark of illustrative data first."""
    return "\n".join(_lines(view, lang)) + "\n"


def _lines(view: View, lang: Language) -> Iterator[str]:
    mark = f"> **{words('CERTIFICATE_ILLUSTRATIVE_NOTICE')[lang]}**"
    yield f"# {view.title[lang]}"
    yield ""
    if view.illustrative:
        yield from (mark, "")
    if view.headline:
        yield from (f"**{_safe(view.headline[lang])}**", "")
    for note in view.notes:
        yield from (_safe(note[lang]), "")
    for number, table in enumerate(view.tables, start=1):
        yield f"## {number}. {table.title[lang]}"
        yield ""
        rules = ", ".join((table.rule, *table.covers))
        yield from (f"*{text('VIEW_RULE_LINE', lang, rules=rules)}*", "")
        for paragraph in table.intro:
            yield from (_safe(paragraph[lang]), "")
        if table.rows:
            yield from _table(table, lang)
            yield ""
        for note in table.notes:
            yield f"- {_safe(note[lang])}"
        if table.notes:
            yield ""
    if view.illustrative:
        yield mark


def _table(table: Table, lang: Language) -> Iterator[str]:
    columns = max(len(row) for row in table.rows)
    headings = [column[lang] for column in table.columns] or [" "] * columns
    places = ["---"] * (columns - table.figures) + ["---:"] * table.figures
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join(places)} |"
    for row in table.rows:
        yield f"| {' | '.join(_text(cell, lang) for cell in row)} |"


def _text(cell: Cell, lang: Language) -> str:
    return _safe(cell if isinstance(cell, str) else cell[lang]).replace("|", "\\|")


def _safe(content: str) -> str:
    """Return a text on one line that no reader takes for HTML, a link or a picture to fetch."""
    line = " ".join(content.split()).replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\g<0>", line)
