"""What the benchmark page asks for: a benchmark, and two of its values through the gate."""

from __future__ import annotations

import streamlit as st

from factor_db.foundation.canonical import canonical_json
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
from footprint.comparison.document import BenchmarkDocument, ComparisonDocument
from footprint.ui.services import state_tag, store


def _written(document: BenchmarkDocument) -> bytes:
    """Return what tells one document from another: what it writes."""
    return canonical_json(document.record())


def sites(product: str) -> list[str]:
    """Return the sites the user may see that make a product."""
    with store().read(user_name()) as session:
        return sites_of(session, product)


def benchmark(product: str, site: str) -> BenchmarkDocument:
    """Return the benchmark document of a product; an empty site leaves published values alone."""
    return benchmark_document(_found(product, site, state_tag(), user_name()))


def compared(
    product: str, site: str, refs: tuple[str, str], *, conversion: bool
) -> ComparisonDocument:
    """Return the comparison document of two values of a benchmark."""
    found = _found(product, site, state_tag(), user_name())
    values = {line.value.ref: line.value for line in found.lines}
    return compare_document(compare([values[ref] for ref in refs], conversion=conversion))


def labels(document: BenchmarkDocument) -> dict[str, str]:
    """Return reference → number and label of every value of a benchmark."""
    return {line.ref: f"[{line.number}] {line.label}" for line in document.lines}


@st.cache_data(show_spinner=False, max_entries=16, hash_funcs={BenchmarkDocument: _written})
def pictures(document: BenchmarkDocument, lang: Language) -> tuple[bytes, bytes]:
    """Return the dot plot as SVG and PNG, the same as the command line writes."""
    return chart_svg(document, lang), chart_png(document, lang)


@st.cache_data(show_spinner=False, max_entries=16)
def _found(product: str, site: str, tag_of_state: str, user: str) -> Benchmark:
    with store().read(user) as session:
        return run_benchmark(session, product, site=site, own=bool(site))
