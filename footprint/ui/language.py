"""The language of a session: kept in the address (`?lang=`), so that a shared link keeps it."""

from __future__ import annotations

import os
from typing import Any

import streamlit as st

from factor_db.foundation.messages import LANGUAGES, Language, code_of, text

LANG = "lang"
_KNOWN: dict[str, Language] = {code: code for code in LANGUAGES}
_SWITCH = "language-chosen"


def current() -> Language:
    """Return the session's language: address, then last choice, then `FOOTPRINT_LANG`, then zh."""
    return _first_known(st.query_params.get(LANG), st.session_state.get(LANG)) or _unasked()


def in_address() -> dict[str, str]:
    """Return the language as an address has it: absent where a new reader would get it anyway."""
    lang = current()
    return {LANG: lang} if LANG in st.query_params or lang != _unasked() else {}


def say(code: str, **params: Any) -> str:
    """Return a text of the catalogue in the session's language."""
    return text(code, current(), **params)


def switch() -> None:
    """Show the language switch and keep the choice in the session and in the address.

    The address alone would not do: moving to another page empties it.
    """
    lang = current()
    st.session_state[LANG] = st.session_state[_SWITCH] = lang
    if in_address() and st.query_params.get(LANG) != lang:
        st.query_params[LANG] = lang
    st.segmented_control(
        say("UI_LANGUAGE"),
        LANGUAGES,
        required=True,
        format_func={code: say(code_of("UI_LANGUAGE", code)) for code in LANGUAGES}.__getitem__,
        key=_SWITCH,
        on_change=_switched,
        label_visibility="collapsed",
    )


def _switched() -> None:
    st.query_params[LANG] = st.session_state[_SWITCH]


def _unasked() -> Language:
    return _first_known(os.environ.get("FOOTPRINT_LANG")) or "zh"


def _first_known(*wishes: str | None) -> Language | None:
    return next((_KNOWN[wish] for wish in wishes if wish in _KNOWN), None)
