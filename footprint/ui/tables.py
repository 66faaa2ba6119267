"""Showing tables: columns carry codes, their headings come from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas
import streamlit as st

from factor_db.foundation.messages import code_of
from footprint.ui.address import touched
from footprint.ui.language import say
from footprint.words.names import plain_text

_FORMATS = {
    "value": "%.6f",
    "share": "%.1f",
    "total": "%.4f",
    "difference": "%+.4f",
    "difference_share": "%+.2f",
    "year": "%d",
    "effect": "%+.5f",
}
_WIDTHS = {"name": "large", "slot": "large", "source": "large", "note": "large"}
GRID_LIMIT_ROWS = 14
GRID_HEIGHT_PX = 500


def grid(
    frame: pandas.DataFrame,
    *,
    key: str,
    selectable: bool = False,
    ticked: int | None = None,
    helps: Mapping[str, str] = {},
) -> list[int]:
    """Show a table that scrolls, sorts and exports; returns the selected row's position, if any.

    `ticked` is the row selected when the table of this key is first shown.
    """
    shown = st.dataframe(
        frame,
        hide_index=True,
        height="content" if len(frame) <= GRID_LIMIT_ROWS else GRID_HEIGHT_PX,
        placeholder=say("UI_NONE"),
        column_config={name: _column(name, helps) for name in frame.columns},
        key=key,
        on_select=touched if selectable else "ignore",  # type: ignore[arg-type]
        selection_mode="single-row",
        selection_default=None if ticked is None else {"selection": {"rows": [ticked]}},
    )
    return list(shown["selection"]["rows"]) if selectable else []


def _column(name: str, helps: Mapping[str, str]) -> Any:
    settings: dict[str, Any] = {
        "label": say(code_of("UI_COLUMN", name)),
        "help": say(helps[name]) if name in helps else None,
        "width": _WIDTHS.get(name),
    }
    if name in _FORMATS:
        return st.column_config.NumberColumn(**settings, format=_FORMATS[name])
    return st.column_config.Column(**settings)


def small(frame: pandas.DataFrame) -> None:
    """Show a short table whole, as text."""
    texts = frame.copy()
    for name in texts.columns.intersection(list(_FORMATS)):
        texts[name] = [_FORMATS[name] % value for value in texts[name]]
    texts = texts.map(lambda value: plain_text(str(value)))
    headings = {name: say(code_of("UI_COLUMN", name)) for name in texts.columns}
    st.table(texts.rename(columns=headings), border="horizontal", hide_index=True)


def fields(content: Mapping[str, str]) -> None:
    """Show named fields in two columns; empty ones are left out."""
    lines = [
        {"field": say(code_of("UI_FIELD", name)), "content": plain_text(value)}
        for name, value in content.items()
        if value
    ]
    st.table(pandas.DataFrame(lines), border="horizontal", hide_index=True, hide_header=True)
