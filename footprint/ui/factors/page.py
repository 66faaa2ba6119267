"""The Factors page: search, filter, and the whole record of one factor."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from factor_db.foundation.messages import code_of
from factor_db.foundation.names import Kind, name_or_code
from footprint.ui import address, services
from footprint.ui.controls import choice, is_refused
from footprint.ui.factors.record import show_record
from footprint.ui.factors.tables import GENERAL, factor_frame, filtered, options
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.ui.services import FactorLine
from footprint.ui.tables import grid

PAGE = "factors"
_KEY = partial(address.key, PAGE)
_KINDS: dict[str, Kind] = {"kind": "factor_kind", "state": "state"}
"""Field whose values have names → their kind."""
_FILTERS = ("kind", "geography", "state", "site")
_REF, _FIRST, _TABLE, _QUESTION = map(_KEY, ("ref", "first", "table", "question"))
_COLUMN_HELPS = {"confidence": "UI_HELP_CONFIDENCE", "state": "UI_HELP_STATE"}
_FILTER_HELPS = {"kind": "UI_HELP_KIND", "geography": "UI_HELP_GEOGRAPHY", "state": "UI_HELP_STATE"}
_LONGEST_SEARCH = 100


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("UI_FACTORS_TITLE"), anchor=False)
    st.caption(say("UI_FACTORS_INTRO"))
    every = services.find_factors("")
    offered = {field: ("", *options(every, field)) for field in _FILTERS}
    address.open_page(PAGE, partial(_take, offered))
    refused = is_refused(PAGE)
    searched = st.text_input(
        say("UI_SEARCH"),
        placeholder=say("UI_SEARCH_PLACEHOLDER"),
        max_chars=_LONGEST_SEARCH,
        key=_KEY("q"),
        on_change=address.touched,
    )
    wishes = _wishes(offered)
    if not refused:
        lines = filtered(services.find_factors(searched), wishes)
        ref = _table(lines, (searched, *wishes.values()))
        address.follow(PAGE, {"q": searched, **wishes, "ref": ref})
        if ref:
            show_record(services.factor_record(ref))


def _take(offered: Mapping[str, tuple[str, ...]], given: Mapping[str, str], is_new: bool) -> None:
    for name in ("q", *_FILTERS):
        st.session_state[_KEY(name)] = given.get(name, "")[:_LONGEST_SEARCH]
    ref = given.get("ref", "")
    if is_new or st.session_state[_FIRST] != ref:
        _start_table(ref)
    free = {name: (given[name],) for name in ("q", "ref") if name in given}
    address.require_offered(given, {**offered, **free})


def _wishes(offered: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Show the filters and return field → wanted value, empty for all."""
    wishes = {}
    for column, (field, values) in zip(st.columns(len(offered)), offered.items(), strict=True):
        with column:
            wishes[field] = choice(
                say(code_of("UI_FILTER", field)),
                {value: _option_words(field, value) for value in values},
                key=_KEY(field),
                first="",
                help_text=say(_FILTER_HELPS[field]) if field in _FILTER_HELPS else None,
            )
    return wishes


def _table(lines: list[FactorLine], question: tuple[str, ...]) -> str:
    """Show the table and return the factor whose record is open.

    It is the one ticked, or the one the address names, be it in the table or not; none as soon as
    something else is searched for.
    """
    state = st.session_state
    is_touched, is_same = address.is_touched(), state.get(_QUESTION) == question
    state[_QUESTION] = question
    if is_touched and not is_same:
        _start_table("")
    if not lines:
        st.info(say("UI_FOUND_NONE"))
        return str(state[_REF])
    st.caption(say("UI_FOUND", count=len(lines)))
    refs = [line.ref for line in lines]
    chosen = grid(
        factor_frame(lines, current()),
        key=f"factors-{state[_TABLE]}",
        selectable=True,
        ticked=refs.index(state[_FIRST]) if state[_FIRST] in refs else None,
        helps=_COLUMN_HELPS,
    )
    if is_touched and is_same:
        state[_REF] = refs[chosen[0]] if chosen else ""
    return str(state[_REF])


def _start_table(ref: str) -> None:
    """Let the next table be a new one: its ticked row is that of `ref`, not the last one's."""
    state = st.session_state
    state[_REF] = state[_FIRST] = ref
    state[_TABLE] = state.get(_TABLE, 0) + 1


def _option_words(field: str, value: str) -> str:
    if not value:
        return say("UI_ALL")
    if value == GENERAL:
        return say("UI_FILTER_NO_SITE")
    kind = _KINDS.get(field)
    return name_or_code(kind, value, current()) if kind else value
