"""The language of a session: kept in the address (`?lang=`), so that a shared link keeps it."""

from __future__ import annotations

import os
from typing import Any

import streamlit as st

from factor_db.foundation.messages import LANGUAGES, Language, text

_KNOWN: dict[str, Language] = {code: code for code in LANGUAGES}


def current() -> Language:
    """Return the session's language: address, then last choice, then `FOOTPRINT_LANG`, then zh."""
    wishes = (
        st.query_params.get("lang"),
        st.session_state.get("lang"),
        os.environ.get("FOOTPRINT_LANG"),
    )
    return next((_KNOWN[wish] for wish in wishes if wish in _KNOWN), "zh")


def say(code: str, **params: Any) -> str:
    """Return a text of the catalogue in the session's language."""
    return text(code, current(), **params)


def switch() -> None:
    """Show the language switch and keep the choice in the session and in the address.

    The address alone would not do: moving to another page empties it.
    """
    lang = current()
    chosen = st.segmented_control(
        say("UI_LANGUAGE"),
        LANGUAGES,
        default=lang,
        required=True,
        format_func={code: say(f"UI_LANGUAGE_{code}") for code in LANGUAGES}.__getitem__,
        key=f"language-{lang}",
        label_visibility="collapsed",
    )
    changed = chosen in _KNOWN and chosen != lang
    st.session_state["lang"] = chosen if changed else lang
    if st.query_params.get("lang") != st.session_state["lang"]:
        st.query_params["lang"] = st.session_state["lang"]
    if changed:
        st.rerun()
