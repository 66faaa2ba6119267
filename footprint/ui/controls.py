"""Widgets that hold a page's state: constant keys, and each says when a person changed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

from factor_db.foundation.messages import error_text
from footprint.ui.address import refusal, touched
from footprint.ui.language import current, say
from footprint.ui.words import plain_text

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
        key=key,
        on_change=touched,
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
        key=key,
        on_change=touched,
    )
    return chosen or ""


def is_refused(page: str) -> bool:
    """Say why a page refuses its address, if it does; its result is then not to be shown."""
    found = refusal(page)
    if found is not None:
        st.error(plain_text(error_text(found, current())))
    return found is not None
