"""Sliders on a result: what it would be if some of its values were others."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from footprint.shown import signed
from footprint.ui import services
from footprint.ui.charts import bar_chart
from footprint.ui.language import current, say
from footprint.ui.request import Request
from footprint.ui.result_tables import levers_frame, outcome_frame
from footprint.ui.tables import grid
from footprint.ui.words import figure, plain_text, slot_words
from footprint.what_if import Lever

AT_ONCE = 3
RANGE_PERCENT = 50
_HELP = "UI_LEVERS_EFFECT_HELP"


@st.fragment
def show_what_if(request: Request) -> None:
    """Show sliders for the values chosen and the result they lead to; only this part runs again."""
    lang = current()
    study = services.what_if(request)
    levers = {lever.factor: lever for lever in study.levers}
    st.caption(say("UI_WHAT_IF_INTRO"))
    chosen = st.multiselect(
        say("UI_LEVERS"),
        list(levers),
        default=list(levers)[:AT_ONCE],
        format_func=lambda ref: plain_text(slot_words(levers[ref].slots[0], lang)),
        max_selections=AT_ONCE,
        placeholder=say("UI_LEVERS"),
    )
    changes: dict[str, int] = {}
    for place, ref in zip(st.columns(AT_ONCE, gap="large"), chosen, strict=False):
        with place:
            changes[ref] = _slider(levers[ref])
    outcome = study.after(changes)
    if not outcome.productive:
        st.warning(say("UI_WHAT_IF_UNPRODUCTIVE"))
        return
    st.metric(
        say("UI_WHAT_IF_TOTAL"),
        say("UI_TOTAL_VALUE", value=figure(str(outcome.total))),
        delta=signed(Decimal(repr(outcome.difference)), Decimal("0.001")),
        delta_color="inverse" if any(changes.values()) else "off",
    )
    st.altair_chart(
        bar_chart(outcome_frame(outcome, lang), say("UI_COLUMN_VALUE")), alt=say("UI_CHART_ALT")
    )
    with st.expander(say("UI_LEVERS_ALL")):
        grid(
            levers_frame(study.levers, lang),
            key="levers",
            helps={"effect": "UI_LEVERS_EFFECT_HELP"},
        )


def _slider(lever: Lever) -> int:
    value = "" if lever.value is None else f"{lever.value:.4g} "
    label = plain_text(f"{slot_words(lever.slots[0], current())} · {value}{lever.unit}")
    return st.slider(label, -RANGE_PERCENT, RANGE_PERCENT, 0, format="%+d %%", key=lever.factor)
