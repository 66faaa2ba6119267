"""The Benchmark page: a product among published values, two of them through the gate, a text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import pandas
import streamlit as st

from factor_db.foundation.names import name_or_code
from footprint.comparison.document import BenchmarkDocument
from footprint.comparison.page import benchmark_headings, benchmark_rows, closing_lines
from footprint.comparison.statement import refused_words
from footprint.ui import address
from footprint.ui.benchmark.comparing import benchmark, compared, labels, pictures, sites
from footprint.ui.benchmark.pair_view import PAGE, chosen_pair, show_pair
from footprint.ui.controls import choice, is_refused
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.words.names import plain_text
from lca_models.catalogue import PRODUCTS

_KEY = partial(address.key, PAGE)
_PUBLISHED_ALONE = "-"
_CONVERTED = "yes"
_PAIR = ("a", "b")


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("UI_BENCHMARK_TITLE"), anchor=False)
    st.caption(say("UI_BENCHMARK_INTRO"))
    address.open_page(PAGE, _take)
    refused = is_refused(PAGE)
    product, site = _subject()
    if refused:
        return
    with st.spinner(say("UI_BENCHMARK_WAIT")):
        document = benchmark(product, site)
    _show(document)
    a, b, conversion = chosen_pair(document)
    convert = _CONVERTED if conversion else ""
    stated = {"product": product, "site": site or _PUBLISHED_ALONE}
    address.follow(PAGE, {**stated, "a": a, "b": b, "convert": convert})
    show_pair(compared(product, site, (a, b), conversion=conversion) if b else None, document)
    _words()


def _take(given: Mapping[str, str], is_new: bool) -> None:
    state = st.session_state
    product = given.get("product", PRODUCTS[0])
    site = given.get("site", "")
    known = [*sites(product), _PUBLISHED_ALONE] if product in PRODUCTS else [site]
    for name in ("product", "site", *_PAIR):
        state[_KEY(name)] = given.get(name)
    state[_KEY("site")] = {"": None, _PUBLISHED_ALONE: ""}.get(site, site)
    state[_KEY("convert")] = given.get("convert") == _CONVERTED
    offered: dict[str, Collection[str]] = {"product": PRODUCTS, "site": known}
    free = {name: (given[name],) for name in _PAIR if name in given}
    address.require_offered(given, {**offered, "convert": (_CONVERTED,), **free})
    if free:
        seen = site or known[0]
        refs = labels(benchmark(product, "" if seen == _PUBLISHED_ALONE else seen))
        address.require_offered({name: given[name] for name in free}, dict.fromkeys(_PAIR, refs))


def _subject() -> tuple[str, str]:
    left, right = st.columns(2, gap="medium")
    with left:
        words = {code: name_or_code("product", code, current()) for code in PRODUCTS}
        product = choice(say("UI_BENCHMARK_PRODUCT"), words, key=_KEY("product"), first=PRODUCTS[0])
    offered = {**{code: code for code in sites(product)}, "": say("UI_BENCHMARK_NO_SITE")}
    with right:
        site = choice(
            say("UI_BENCHMARK_SITE"), offered, key=_KEY("site"), first=next(iter(offered))
        )
    return product, site


def _show(document: BenchmarkDocument) -> None:
    lang = current()
    if document.illustrative:
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


def _words() -> None:
    st.subheader(say("UI_WORDS_TITLE"), anchor=False)
    written = st.text_area(say("UI_WORDS_TEXT"), key=_KEY("sentence"))
    if not written:
        return
    words = refused_words(written)
    if words:
        st.error(plain_text(say("STATEMENT_REFUSED", words=", ".join(words))))
    else:
        st.success(say("STATEMENT_SOUND"))
