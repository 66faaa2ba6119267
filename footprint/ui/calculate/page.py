"""The Calculate page: choose product, site and rules; the answer comes from `calculate_study`.

A result stands beside the choices it was made with and no others: after a changed choice the page
asks for the next press.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from factor_db.foundation.errors import Incomplete
from footprint.ui import address, services
from footprint.ui.calculate.choices import PAGE, Sites, chosen, set_choices
from footprint.ui.calculate.result import show_result
from footprint.ui.calculate.what_if_state import keep_moves, moves_in_address, take_up_sliders
from footprint.ui.controls import is_refused
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.ui.links import LEDGER, link
from footprint.ui.request import MOVES, Request, read_moves
from footprint.ui.result_tables import slots_frame
from footprint.ui.tables import small

_ASKED, _ASK = address.key(PAGE, "asked"), address.key(PAGE, "ask")


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("UI_CALCULATE_TITLE"), anchor=False)
    st.caption(say("UI_CALCULATE_INTRO"))
    sites = services.sites_by_product()
    if not sites:
        st.info(say("UI_STORE_EMPTY"))
        link(LEDGER, say("UI_STORE_EMPTY_NEXT"))
        return
    address.open_page(PAGE, partial(_take, sites))
    refused = is_refused(PAGE)
    with st.container(border=True):
        request = chosen(sites)
        pressed = st.button(say("UI_CALCULATE"), type="primary", on_click=address.touched)
    take_up_sliders()
    asked = _asked(request, pressed)
    moves = moves_in_address() if asked == request else ""
    address.follow(PAGE, {**request.to_address(), MOVES: moves})
    # Empty until the answer is there: the one before must not stand beside these choices.
    place = st.empty()
    if asked == request and not refused:
        with place.container():
            _answer(request)
    elif not refused:
        place.info(say("UI_CALCULATE_CHANGED" if asked else "UI_CALCULATE_HINT"))


def _take(sites: Sites, given: Mapping[str, str], is_new: bool) -> None:
    """Take an address over; one that names product and site is a question asked."""
    if is_new:
        st.session_state.pop(_ASKED, None)
        keep_moves({})
    set_choices(sites, given)
    moves = read_moves(given.get(MOVES, ""))
    if is_new:
        keep_moves(moves)
        st.session_state[_ASK] = "product" in given and "site" in given


def _asked(request: Request, pressed: bool) -> Request | None:
    """Return the question to answer; a new one starts without moves of the What-if tab."""
    before: Request | None = st.session_state.get(_ASKED)
    if pressed and before != request:
        keep_moves({})
    if st.session_state.pop(_ASK, False) or pressed:
        st.session_state[_ASKED] = request
    return st.session_state.get(_ASKED)


def _answer(request: Request) -> None:
    try:
        with st.spinner(say("UI_CALCULATING")):
            document = services.calculate(request)
    except Incomplete as gap:
        slots = str(gap.params["slots"]).split(", ")
        st.warning(say("UI_INCOMPLETE", count=len(slots)))
        small(slots_frame(slots, current()))
        st.caption(say("UI_INCOMPLETE_NEXT"))
        return
    show_result(document, request)
