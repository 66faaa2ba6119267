"""Sliders on a result: what it would be if some of its values were others."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import error_text
from footprint.sampling.what_if import Lever, Outcome
from footprint.ui import address, services
from footprint.ui.calculate.choices import PAGE
from footprint.ui.calculate.what_if_state import (
    AT_ONCE,
    RANGE_PERCENT,
    levers_key,
    moves_in_address,
    set_sliders,
    slider_key,
    take_up_sliders,
)
from footprint.ui.charts import bar_chart
from footprint.ui.language import current, say
from footprint.ui.request import MOVES, Request
from footprint.ui.result_tables import levers_frame, outcome_frame
from footprint.ui.tables import grid
from footprint.words.names import figure, plain_text, slot_words
from footprint.words.shown import signed


@st.fragment
def show_what_if(request: Request) -> None:
    """Show sliders for the values chosen and the result they lead to; only this part runs again."""
    study = services.what_if(request)
    levers = {lever.factor: lever for lever in study.levers}
    st.caption(say("UI_WHAT_IF_INTRO"))
    refused, place = None, st.empty()
    if not address.is_touched():
        try:
            set_sliders(list(levers))
        except BadInput as found:
            refused = found
            place.error(plain_text(error_text(refused, current())))
    changes = _sliders(levers)
    if address.is_touched():
        take_up_sliders()
        address.follow(PAGE, {**request.to_address(), MOVES: moves_in_address()})
    if refused:
        return
    outcome = study.after(changes)
    if not outcome.productive:
        st.warning(say("UI_WHAT_IF_UNPRODUCTIVE"))
    elif not outcome.possible:
        st.warning(say("UI_WHAT_IF_IMPOSSIBLE"))
    else:
        _show(outcome, study.levers, is_moved=any(changes.values()))


def _sliders(levers: Mapping[str, Lever]) -> dict[str, int]:
    """Show the choice of factors and a slider for each, and return factor → percent."""
    names = {
        ref: plain_text(slot_words(lever.slots[0], current())) for ref, lever in levers.items()
    }
    chosen = st.multiselect(
        say("UI_LEVERS"),
        list(levers),
        format_func=names.__getitem__,
        max_selections=AT_ONCE,
        placeholder=say("UI_LEVERS"),
        key=levers_key(),
        on_change=address.touched,
    )
    changes: dict[str, int] = {}
    for place, ref in zip(st.columns(AT_ONCE, gap="large"), chosen, strict=False):
        st.session_state.setdefault(slider_key(ref), 0)
        with place:
            changes[ref] = st.slider(
                f"{names[ref]} · {_size(levers[ref])}",
                -RANGE_PERCENT,
                RANGE_PERCENT,
                format="%+d %%",
                key=slider_key(ref),
                on_change=address.touched,
            )
    return changes


def _size(lever: Lever) -> str:
    """Return what a factor is now, with its unit."""
    value = "" if lever.value is None else f"{lever.value:.4g} "
    return plain_text(f"{value}{lever.unit}")


def _show(outcome: Outcome, levers: tuple[Lever, ...], *, is_moved: bool) -> None:
    lang = current()
    st.metric(
        say("UI_WHAT_IF_TOTAL"),
        say("UI_TOTAL_VALUE", value=figure(str(outcome.total))),
        delta=signed(Decimal(repr(outcome.difference)), Decimal("0.001")) if is_moved else None,
        delta_color="inverse",
    )
    st.altair_chart(
        bar_chart(outcome_frame(outcome, lang), say("UI_COLUMN_VALUE")), alt=say("UI_CHART_ALT")
    )
    with st.expander(say("UI_LEVERS_ALL")):
        grid(
            levers_frame(levers, lang),
            key="levers",
            helps={"effect": "UI_LEVERS_EFFECT_HELP"},
        )
