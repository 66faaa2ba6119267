"""The Factors page: search, filter, and the whole record of one factor."""

from __future__ import annotations

import streamlit as st

from footprint.ui import services
from footprint.ui.factor_record import show_record
from footprint.ui.factor_tables import GENERAL, factor_frame, filtered, options
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.ui.tables import grid
from footprint.ui.words import word

_FILTERS = ("kind", "geography", "state", "site")
_COLUMN_HELPS = {"confidence": "UI_HELP_CONFIDENCE", "state": "UI_HELP_STATE"}


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("UI_FACTORS_TITLE"), anchor=False)
    st.caption(say("UI_FACTORS_INTRO"))
    searched = st.text_input(
        say("UI_SEARCH"),
        value=st.query_params.get("q", ""),
        placeholder=say("UI_SEARCH_PLACEHOLDER"),
        max_chars=100,
    )
    _remember("q", searched or "")
    found = services.find_factors(searched or "")
    lines = filtered(found, _wishes(services.find_factors("")))
    if lines:
        st.caption(say("UI_FOUND", count=len(lines)))
        frame = factor_frame(lines, current())
        chosen = grid(frame, key=f"factors-{searched}", selectable=True, helps=_COLUMN_HELPS)
        if chosen and chosen[0] < len(lines):
            st.query_params["ref"] = lines[chosen[0]].ref
    else:
        st.info(say("UI_FOUND_NONE"))
    ref = st.query_params.get("ref")
    if ref:
        show_record(services.factor_record(ref))


def _wishes(lines: list[services.FactorLine]) -> dict[str, str]:
    """Show the filters and return field → wanted value, empty for all."""
    helps = {"kind": "UI_HELP_KIND", "geography": "UI_HELP_GEOGRAPHY", "state": "UI_HELP_STATE"}
    wishes = {}
    for column, field in zip(st.columns(len(_FILTERS)), _FILTERS, strict=True):
        values = ["", *options(lines, field)]
        wanted = st.query_params.get(field, "")
        wishes[field] = column.selectbox(
            say(f"UI_FILTER_{field.upper()}"),
            values,
            index=values.index(wanted) if wanted in values else 0,
            format_func={value: _option_words(field, value) for value in values}.__getitem__,
            help=say(helps[field]) if field in helps else None,
        )
        _remember(field, wishes[field])
    return wishes


def _option_words(field: str, value: str) -> str:
    if not value:
        return say("UI_ALL")
    if value == GENERAL:
        return say("UI_FILTER_NO_SITE")
    return word(field.upper(), value, current())


def _remember(name: str, value: str) -> None:
    """Keep a choice in the address, so that a link repeats it."""
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
