"""The Benchmark page: a product among published values, two of them through the gate, a text."""

from __future__ import annotations

from typing import Any

import pandas
import streamlit as st

from footprint.comparison.page import benchmark_headings, benchmark_rows, closing_lines
from footprint.comparison.statement import refused_words
from footprint.ui.comparing import benchmark, compared, labels, pictures, sites
from footprint.ui.comparison_view import mismatch_lines, step_rows
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.ui.words import plain_text, word
from lca_models.catalogue import PRODUCTS


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("UI_BENCHMARK_TITLE"), anchor=False)
    st.caption(say("UI_BENCHMARK_INTRO"))
    left, right = st.columns(2, gap="large")
    product = left.selectbox(
        say("UI_BENCHMARK_PRODUCT"),
        PRODUCTS,
        format_func={code: word("PRODUCT", code, current()) for code in PRODUCTS}.__getitem__,
        key="benchmark-product",
    )
    offered = {**{code: code for code in sites(product)}, "": say("UI_BENCHMARK_NO_SITE")}
    site = right.selectbox(
        say("UI_BENCHMARK_SITE"),
        offered,
        format_func=offered.__getitem__,
        key=f"benchmark-site-{product}",
    )
    with st.spinner(say("UI_BENCHMARK_WAIT")):
        document = benchmark(product, site)
    _show(document)
    _gate(document, product, site)
    _words()


def _show(document: dict[str, Any]) -> None:
    lang = current()
    if document["illustrative"]:
        st.warning(say("RESULT_ILLUSTRATIVE"))
    svg, png = pictures(document, lang)
    st.image(svg.decode(), width="content")
    with st.container(horizontal=True):
        st.download_button(say("UI_BENCHMARK_SAVE_SVG"), svg, "benchmark.svg", "image/svg+xml")
        st.download_button(say("UI_BENCHMARK_SAVE_PNG"), png, "benchmark.png", "image/png")
    with st.expander(say("UI_BENCHMARK_TABLE")):
        rows = [[plain_text(cell) for cell in row] for row in benchmark_rows(document, lang)]
        table = pandas.DataFrame(rows, columns=benchmark_headings(lang))
        st.table(table, border="horizontal", hide_index=True)
    for line in closing_lines(document, lang):
        st.caption(plain_text(line))


def _gate(document: dict[str, Any], product: str, site: str) -> None:
    st.subheader(say("UI_COMPARE_TITLE"), anchor=False)
    names = labels(document)
    first, second, third = st.columns([2, 2, 1], gap="large", vertical_alignment="bottom")
    start = list(names).index(document["own"]) if document["own"] else 0
    place = f"{product}-{site}"
    a = first.selectbox(
        say("UI_COMPARE_FIRST"), names, index=start, format_func=names.__getitem__, key=f"a-{place}"
    )
    b = second.selectbox(
        say("UI_COMPARE_SECOND"), names, format_func=names.__getitem__, key=f"b-{place}"
    )
    conversion = third.toggle(say("UI_COMPARE_CONVERT"), key="conversion")
    if a is None or b is None:
        return
    (pair,) = compared(product, site, (a, b), conversion=conversion)["pairs"]
    _verdict(pair)
    for line in mismatch_lines(pair, current()):
        st.markdown(f"- {plain_text(line)}")
    steps = step_rows(pair, current())
    if steps:
        headings = [say(f"COMPARE_HEADING_{name}") for name in ("STEP", "AMOUNT", "SUM")]
        shown = pandas.DataFrame(steps, columns=headings).map(plain_text)
        st.table(shown, border="horizontal", hide_index=True)
    if pair["difference"] is not None:
        difference = plain_text(pair["difference"])
        named = {"a": plain_text(names[a]), "b": plain_text(names[b])}
        st.markdown(say("COMPARE_DIFFERENCE", difference=difference, **named))


def _verdict(pair: dict[str, Any]) -> None:
    said = say(f"COMPARE_STATUS_{pair['status']}", count=len(pair["mismatches"]))
    show = st.error if pair["difference"] is None else st.success
    show(said)


def _words() -> None:
    st.subheader(say("UI_WORDS_TITLE"), anchor=False)
    written = st.text_area(say("UI_WORDS_TEXT"), key="sentence")
    if not written:
        return
    words = refused_words(written)
    if words:
        st.error(plain_text(say("STATEMENT_REFUSED", words=", ".join(words))))
    else:
        st.success(say("STATEMENT_SOUND"))
