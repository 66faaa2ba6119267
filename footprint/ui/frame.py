"""What all pages share: the look, and the last handler of errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from factor_db.foundation.errors import FootprintError
from factor_db.foundation.messages import error_text
from footprint.ui.language import current, say
from footprint.words.names import plain_text

P = ParamSpec("P")
LOGGER = logging.getLogger(__name__)

_STYLE = """<style>
.stMainBlockContainer {max-width: 1240px; padding: 4.2rem 2rem 3rem;}
.st-key-language {position: fixed; top: .6rem; right: 1.5rem; z-index: 999991; width: auto;}
.st-key-headline [data-testid="stMetricValue"] {font-size: 1.45rem; line-height: 2.6rem;}
.st-key-total [data-testid="stMetricValue"] {font-size: 2rem; color: #1f5673; font-weight: 650;}
[data-testid="stMetricValue"] {font-size: 1.45rem; font-variant-numeric: tabular-nums;}
[data-testid="stMetricLabel"] p {font-size: .86rem;}
table {font-variant-numeric: tabular-nums;}
[data-testid="stTable"] td, [data-testid="stTable"] td * {
  max-width: none !important; overflow-wrap: anywhere !important; white-space: normal;
}
[data-testid="stTable"] td:first-child * {overflow-wrap: break-word !important;}
[data-testid="stFileUploaderDropzoneInstructions"] {display: none;}
[data-testid="stFileUploaderDropzone"] button p {font-size: 0;}
[data-testid="stFileUploaderDropzone"] button p::after {content: "CHOOSE_FILE"; font-size: .9rem;}
</style>"""


def style() -> None:
    """Add the few rules of style that the theme cannot express.

    Streamlit's own words at an upload are English only: the style writes ours over the button, and
    the label says what the rest said.
    """
    st.html(_STYLE.replace("CHOOSE_FILE", say("UI_CHOOSE_FILE")))


def guarded(page: Callable[P, None]) -> Callable[P, None]:
    """Return a page, or a part that is drawn alone, with its errors turned into words.

    A traceback goes to the log only.
    """

    @wraps(page)
    def shown(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            page(*args, **kwargs)
        except FootprintError as error:
            st.error(plain_text(error_text(error, current())))
        except Exception:
            LOGGER.exception("page %s failed", page.__module__)
            st.error(say("UI_FAULT"))

    return shown


_FLASH = "flash"


def flash(words: str) -> None:
    """Keep a word of success for the next drawing of a page, which a rerun begins."""
    st.session_state[_FLASH] = words


def show_flash() -> None:
    """Show the word that was kept, once."""
    place, words = st.empty(), st.session_state.pop(_FLASH, "")
    if words:
        place.success(words)
