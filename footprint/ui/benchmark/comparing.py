"""What the benchmark page asks for: a benchmark, and two of its values through the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from factor_db.foundation.messages import Language
from factor_db.store.home import user_name
from footprint.comparison.benchmark import (
    Benchmark,
    benchmark_document,
    run_benchmark,
    sites_of,
)
from footprint.comparison.chart import chart_png, chart_svg
from footprint.comparison.compare import compare, compare_document
from footprint.ui.services import state_tag, store


def sites(product: str) -> list[str]:
    """Return the sites the user may see that make a product."""
    with store().read(user_name()) as session:
        return sites_of(session, product)


def benchmark(product: str, site: str) -> dict[str, Any]:
    """Return the benchmark document of a product; an empty site leaves published values alone."""
    return benchmark_document(_found(product, site, state_tag(), user_name()))


def compared(product: str, site: str, refs: tuple[str, str], *, conversion: bool) -> dict[str, Any]:
    """Return the comparison document of two values of a benchmark."""
    found = _found(product, site, state_tag(), user_name())
    values = {line.value.ref: line.value for line in found.lines}
    return compare_document(compare([values[ref] for ref in refs], conversion=conversion))


def labels(document: Mapping[str, Any]) -> dict[str, str]:
    """Return reference → number and label of every value of a benchmark."""
    return {line["ref"]: f"[{line['number']}] {line['label']}" for line in document["lines"]}


@st.cache_data(show_spinner=False, max_entries=16)
def pictures(document: dict[str, Any], lang: Language) -> tuple[bytes, bytes]:
    """Return the dot plot as SVG and PNG, the same as the command line writes."""
    return chart_svg(document, lang), chart_png(document, lang)


@st.cache_data(show_spinner=False, max_entries=16)
def _found(product: str, site: str, tag_of_state: str, user: str) -> Benchmark:
    with store().read(user) as session:
        return run_benchmark(session, product, site=site, own=bool(site))
