"""Two values of a benchmark through the gate: chosen, and what the comparison says."""

from __future__ import annotations

import pandas
import streamlit as st

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import code_of
from footprint.comparison.convert import WAY_HEADINGS
from footprint.comparison.document import BenchmarkDocument, ComparisonDocument
from footprint.ui.address import key, touched
from footprint.ui.benchmark.comparing import labels
from footprint.ui.benchmark.comparison_view import mismatch_lines, step_rows
from footprint.ui.controls import choice, open_choice
from footprint.ui.language import current, say
from footprint.words.names import plain_text

PAGE = "benchmark"
FIRST, SECOND, CONVERT = (key(PAGE, name) for name in ("a", "b", "convert"))


def chosen_pair(document: BenchmarkDocument) -> tuple[str, str, bool]:
    """Show the choice of two values, and return them and whether to convert.

    The second is left open (empty): a comparison nobody asked for would open with a refusal.
    """
    st.subheader(say("UI_COMPARE_TITLE"), anchor=False)
    names = labels(document)
    first, second, third = st.columns([2, 2, 1], gap="medium", vertical_alignment="bottom")
    start = document.own or next(iter(names))
    with first:
        a = choice(say("UI_COMPARE_FIRST"), names, key=FIRST, first=start)
    with second:
        b = open_choice(say("UI_COMPARE_SECOND"), names, key=SECOND)
    conversion = third.toggle(say("UI_COMPARE_CONVERT"), key=CONVERT, on_change=touched)
    return a, b, conversion


def show_pair(comparison: ComparisonDocument | None, document: BenchmarkDocument) -> None:
    """Show what the gate says of two values, and every step of a conversion."""
    if comparison is None:
        st.caption(say("UI_COMPARE_HINT"))
        return
    (pair,) = comparison.pairs
    said = say(code_of("COMPARE_STATUS", pair.status), count=len(pair.mismatches))
    (st.error if pair.difference is None else st.success)(said)
    for line in mismatch_lines(pair, current()):
        st.markdown(f"- {plain_text(line)}")
    steps = step_rows(pair, current())
    if steps:
        headings = [say(code) for code in WAY_HEADINGS]
        shown = pandas.DataFrame(steps, columns=headings).map(plain_text)
        st.table(shown, border="horizontal", hide_index=True)
    if pair.difference is not None:
        difference, names = plain_text(decimal_text(pair.difference)), labels(document)
        named = {side: plain_text(names[ref]) for side, ref in (("a", pair.a), ("b", pair.b))}
        st.markdown(say("COMPARE_DIFFERENCE", difference=difference, **named))
