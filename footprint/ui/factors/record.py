"""One factor in full: values, source, what it stands for, quality, history, ledger cells."""

from __future__ import annotations

import json

import streamlit as st

from factor_db.foundation.names import name_or_code
from footprint.ui.factors.tables import (
    amounts_frame,
    derivation_fields,
    history_frame,
    pedigree_frame,
    scope_fields,
    source_fields,
)
from footprint.ui.language import current, say
from footprint.ui.services import FactorRecord
from footprint.ui.source_view import show_cells
from footprint.ui.tables import fields, small
from footprint.words.names import plain_text

_STATE_COLOURS = {"published": "green", "withdrawn": "red", "superseded": "orange"}


def show_record(record: FactorRecord) -> None:
    """Show everything about one factor version."""
    lang, factor = current(), record.factor
    with st.container(border=True):
        st.subheader(plain_text(getattr(factor, f"name_{lang}")), anchor=False)
        with st.container(horizontal=True):
            st.badge(
                name_or_code("state", record.state, lang),
                color=_STATE_COLOURS.get(record.state, "gray"),  # type: ignore[arg-type]
            )
            st.badge(name_or_code("factor_kind", factor.kind, lang), color="gray")
            if factor.illustrative:
                st.badge(say("UI_ILLUSTRATIVE_MARK"), color="orange")
        fields({"REF": factor.ref, "SHA256": factor.sha256})
        left, right = st.columns(2, gap="large")
        with left:
            _section("UI_RECORD_VALUES")
            small(amounts_frame(factor, lang))
            _section("UI_RECORD_SOURCE")
            fields(source_fields(factor, lang))
        with right:
            _section("UI_RECORD_SCOPE")
            fields(scope_fields(factor, lang))
        _foundations(record)


def _foundations(record: FactorRecord) -> None:
    lang, factor = current(), record.factor
    _section("UI_RECORD_PEDIGREE", "UI_HELP_PEDIGREE")
    if factor.pedigree:
        small(pedigree_frame(factor, lang))
    if factor.derivation:
        _section("UI_RECORD_DERIVATION")
        fields(derivation_fields(factor, lang))
    _section("UI_RECORD_TRACE")
    if record.trace["cells"]:
        first = record.trace["cells"][0]
        st.caption(
            say("UI_CELLS_LINE", file=plain_text(first["file"]), count=len(record.trace["cells"]))
        )
        show_cells(record.trace["cells"], key=f"trace-{factor.ref}")
    else:
        st.caption(say("UI_RECORD_NO_CELLS"))
    _section("UI_RECORD_HISTORY", "UI_HELP_STATE")
    small(history_frame(record, lang))
    st.caption(say("UI_RECORD_USED_BY", count=len(record.trace["used_by"])))
    with st.expander(say("UI_RECORD_JSON")):
        st.code(json.dumps(factor.record(), ensure_ascii=False, indent=2), language="json")


def _section(code: str, help_code: str = "") -> None:
    st.markdown(f"**{say(code)}**", help=say(help_code) if help_code else None)
