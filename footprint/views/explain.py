"""Explaining figures: step, rule, formula and inputs, as JSON to replay and as lines to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import Language, text
from factor_db.foundation.rules import rule
from footprint.views.figure import Figure, View
from footprint.views.wording import standing_phrases

ALL = "all"


def steps(view: View, name: str = ALL) -> tuple[Figure, ...]:
    """Return a figure with everything it stands on, in the order of calculation; or all figures.

    Raises BadInput (VIEW_FIGURE_UNKNOWN) for a name the view has not.
    """
    by_name = {figure.name: figure for figure in view.figures}
    if name == ALL:
        return view.figures
    if name not in by_name:
        raise BadInput("VIEW_FIGURE_UNKNOWN", figure=name, standard=view.standard)
    needed: set[str] = set()
    waiting = [name]
    while waiting:
        found = waiting.pop()
        if found not in needed:
            needed.add(found)
            waiting.extend(i for i in by_name[found].inputs.values() if isinstance(i, str))
    return tuple(figure for figure in view.figures if figure.name in needed)


def figures_document(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Return figures as JSON types: a number is a text, an earlier figure `{"figure": name}`."""
    return [
        {
            "name": figure.name,
            "value": decimal_text(figure.value),
            "unit": figure.unit,
            "rule": figure.rule,
            "formula": figure.formula,
            "inputs": {
                name: {"figure": item} if isinstance(item, str) else decimal_text(item)
                for name, item in figure.inputs.items()
            },
            "label": dict(figure.label),
        }
        for figure in figures
    ]


def view_document(view: View) -> dict[str, Any]:
    """Return a whole view as JSON types: the standard's own file, where it prescribes one."""
    if view.record is not None:
        return dict(view.record)
    return {
        "standard": view.standard,
        "title": dict(view.title),
        "illustrative": view.illustrative,
        "headline": dict(view.headline),
        "figures": figures_document(view.figures),
        "tables": [
            {
                "code": table.code,
                "title": dict(table.title),
                "rules": [table.rule, *table.covers],
                "columns": [dict(column) for column in table.columns],
                "rows": [
                    [cell if isinstance(cell, str) else dict(cell) for cell in row]
                    for row in table.rows
                ],
                "intro": [dict(item) for item in table.intro],
                "notes": [dict(item) for item in table.notes],
            }
            for table in view.tables
        ],
        "notes": [dict(item) for item in view.notes],
    }


def explanation(figures: tuple[Figure, ...], lang: Language) -> Iterator[str]:
    """Yield the explanation of figures line by line; a step's number is its place among them."""
    numbers = {figure.name: number for number, figure in enumerate(figures, start=1)}
    values = {figure.name: decimal_text(figure.value) for figure in figures}
    cited: set[str] = set()
    for figure in figures:
        label = figure.label.get(lang, "")
        head = text(
            "VIEW_EXPLAIN_STEP", lang, number=numbers[figure.name], name=figure.name, label=label
        )
        yield head.rstrip()
        yield text("VIEW_EXPLAIN_VALUE", lang, value=values[figure.name], unit=figure.unit)
        yield _rule_line(figure.rule, lang, again=figure.rule in cited)
        cited.add(figure.rule)
        yield text("VIEW_EXPLAIN_FORMULA", lang, formula=figure.formula)
        for name, item in figure.inputs.items():
            if isinstance(item, str):
                known = {"value": values[item], "figure": item, "number": numbers[item]}
                yield text("VIEW_EXPLAIN_EARLIER", lang, name=name, **known)
            else:
                yield text("VIEW_EXPLAIN_NUMBER", lang, name=name, value=decimal_text(item))
        yield ""


def _rule_line(rule_id: str, lang: Language, *, again: bool) -> str:
    """Return what a rule says and where it stands, in full the first time only."""
    if again:
        return text("VIEW_EXPLAIN_RULE_AGAIN", lang, rule=rule_id)
    found = rule(rule_id)
    return text(
        "VIEW_EXPLAIN_RULE",
        lang,
        rule=rule_id,
        edition=standing_phrases(found.edition)[lang],
        clause=standing_phrases(found.clause)[lang],
        text=found.text_zh if lang == "zh" else found.text_en,
    )
