"""Widgets that show a page's state; each says when a person changed it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict, TypeVar

import streamlit as st

from factor_db.foundation.messages import error_text
from footprint.ui.address import refusal, touched
from footprint.ui.language import current, say
from footprint.words.names import plain_text

T = TypeVar("T", str, int)


def choice(
    label: str, words: Mapping[T, str], *, key: str, first: T, help_text: str | None = None
) -> T:
    """Show a choice among codes by their words and return it.

    `first` is taken where nothing was chosen, or what was chosen is not offered any more.
    """
    if st.session_state.get(key) not in words:
        st.session_state[key] = first
    chosen: T = st.selectbox(
        label,
        list(words),
        format_func=words.__getitem__,
        help=help_text,
        **_widget(key),
    )
    return chosen


def open_choice(label: str, words: Mapping[str, str], *, key: str) -> str:
    """Show a choice that stands open until a person makes it; empty until then."""
    if st.session_state.get(key) not in words:
        st.session_state[key] = None
    chosen = st.selectbox(
        label,
        list(words),
        index=None,
        format_func=words.__getitem__,
        placeholder=say("UI_CHOOSE"),
        **_widget(key),
    )
    return chosen or ""


def in_language(key: str) -> str:
    """Return the key of the widget that shows a choice in the session's language.

    The browser sends an option's words, not its code. Were the widget the same in both languages,
    words of one could be looked up in the other while a page is being drawn, and the choice lost.
    """
    return f"{key}@{current()}"


class _Widget(TypedDict):
    key: str
    on_change: Callable[[str, str], None]
    args: tuple[str, str]


def _widget(key: str) -> _Widget:
    """Return what makes a widget show the code under a key, and a person's choice become it."""
    widget = in_language(key)
    st.session_state[widget] = st.session_state[key]
    return {"key": widget, "on_change": _chosen, "args": (key, widget)}


def _chosen(key: str, widget: str) -> None:
    st.session_state[key] = st.session_state[widget]
    touched()


def is_refused(page: str) -> bool:
    """Say why a page refuses its address, if it does; its result is then not to be shown."""
    found = refusal(page)
    # The place stays when there is nothing to say: else all below would move, and the boxes stand
    # there twice until the page is drawn.
    place = st.empty()
    if found is not None:
        place.error(plain_text(error_text(found, current())))
    return found is not None
