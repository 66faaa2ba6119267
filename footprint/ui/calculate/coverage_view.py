"""Coverage and quality of a result: cut-offs, data quality, and how every value was filled."""

from __future__ import annotations

import streamlit as st

from factor_db.foundation.names import name_or_code
from footprint.result.document import ResultDocument
from footprint.ui.language import current, say
from footprint.ui.result_tables import cut_off_frame, resolved_frame
from footprint.ui.tables import grid, small
from footprint.words.names import figure, percent, plain_text
from footprint.words.said_of_data import origin_lines, unstated_line


def show_coverage(document: ResultDocument) -> None:
    """Show what was covered, what was cut off, and how good the data are."""
    lang, coverage = current(), document.coverage
    rest = coverage.not_rebased
    st.markdown(
        say(
            "UI_COVERAGE_LINE",
            resolved=len(coverage.resolved),
            rows=rest.rows,
            share=percent(rest.share),
        )
    )
    st.subheader(say("UI_CUT_OFF_TITLE"), anchor=False)
    if coverage.cut_off:
        st.caption(say("UI_CUT_OFF_INTRO"))
        small(cut_off_frame(document, lang))
    else:
        st.caption(say("UI_CUT_OFF_NONE"))
    st.subheader(say("UI_QUALITY_TITLE"), anchor=False)
    st.caption(say("UI_QUALITY_INTRO"))
    for column, (name, score) in zip(st.columns(3), document.quality.dqr.items(), strict=False):
        column.metric(
            name_or_code("representativeness", name, lang),
            figure(score, 2) if score is not None else "-",
        )
    for line in (unstated_line(document, lang), *origin_lines(document, lang)):
        if line:
            st.markdown(plain_text(line))
    st.subheader(say("UI_SLOTS_TITLE"), anchor=False)
    grid(resolved_frame(document, lang), key="resolved")
