"""The sampled interval of a result on its page, or why there is none."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from footprint.result.document import ResultDocument
from footprint.ui.language import current, say
from footprint.words.names import figure, plain_text
from footprint.words.no_interval import no_interval_words


def show_interval(place: DeltaGenerator, document: ResultDocument) -> None:
    """Show the interval of a result in a place, or that there is none and why."""
    interval = document.total.interval
    if interval is None:
        reason = no_interval_words(document)
        why = plain_text(reason[current()]) if reason else say("UI_INTERVAL_NONE")
        place.metric(say("UI_INTERVAL"), say("UI_NONE"), help=why)
        if reason:
            st.warning(why)
        return
    place.metric(
        say("UI_INTERVAL"),
        interval_text(document),
        help=say("UI_INTERVAL_HELP", samples=interval.samples, seed=interval.seed),
    )


def interval_text(document: ResultDocument) -> str:
    """Return both ends of a result's interval; empty without one."""
    interval = document.total.interval
    if interval is None:
        return ""
    low, high = (figure(end, 2) for end in (interval.low, interval.high))
    return say("UI_INTERVAL_VALUE", low=low, high=high)
