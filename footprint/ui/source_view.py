"""Where each number comes from: every contribution, its factor's source, and its ledger cells."""

from __future__ import annotations

from urllib.parse import urlencode

import pandas
import streamlit as st

from factor_db.factors.trace.factors import TracedCell
from factor_db.foundation.names import name_or_code
from footprint.result.document import ResultDocument
from footprint.ui import services
from footprint.ui.language import current, say
from footprint.ui.result_tables import OWN, SourceRow, factor_amount, source_frame, source_rows
from footprint.ui.tables import fields, grid
from footprint.words.names import figure, flow_name, plain_text, process_name, with_unit
from lca_models.system.resolve import Pin

_COLUMN_HELPS = {"activity_data": "UI_ACTIVITY_SHARE_HELP", "factor_data": "UI_PDS_HELP"}


def show_sources(document: ResultDocument) -> None:
    """Show the table of contributions, and below it the selected one in full."""
    rows = source_rows(document)
    st.caption(say("UI_SOURCES_INTRO"))
    chosen = grid(
        source_frame(rows, current()), key="sources", selectable=True, helps=_COLUMN_HELPS
    )
    if chosen and chosen[0] < len(rows):
        with st.container(border=True):
            _detail(rows[chosen[0]])


def _detail(item: SourceRow) -> None:
    lang = current()
    title = say(
        "UI_ROW_DETAIL",
        process=process_name(item.row.process, lang),
        flow=flow_name(item.row.flow, lang),
        value=figure(item.row.kg_co2e, 6),
    )
    st.subheader(title, anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{say('UI_ROW_FACTOR')}**")
        _factor(item)
    with right:
        st.markdown(f"**{say('UI_ROW_ACTIVITY')}**")
        for pin in item.activity:
            _activity(pin)
        if not item.activity:
            st.caption(say("UI_ROW_NO_ACTIVITY"))


def _factor(item: SourceRow) -> None:
    if item.factor is None:
        st.caption(say("UI_ROW_NO_FACTOR"))
        return
    lang, source = current(), item.factor.source
    st.markdown(f"{plain_text(getattr(item.factor, f'name_{lang}'))}  \n{factor_amount(item)}")
    fields(
        {
            "REF": item.row.factor,
            "CITATION": source.citation,
            "LOCATOR": source.locator,
            "URL": source.url,
            "CONFIDENCE": name_or_code("confidence", item.factor.confidence, lang),
            "LICENCE": item.factor.licence,
        }
    )
    address = urlencode({"ref": item.row.factor, "lang": lang})
    st.markdown(f"[{say('UI_OPEN_FACTOR')}](factors?{address})")


def _activity(pin: Pin) -> None:
    lang, factor = current(), pin.factor
    value = with_unit(factor.value, factor.unit)
    st.markdown(f"{plain_text(getattr(factor, f'name_{lang}'))}  \n{value}")
    ref = factor.ref
    if pin.level != OWN:
        fields(
            {
                "REF": ref,
                "CITATION": factor.source.citation,
                "LOCATOR": factor.source.locator,
            }
        )
        return
    cells = services.cells_of(ref)
    fields({"REF": ref, "FORMULA": factor.derivation.formula if factor.derivation else ""})
    with st.expander(
        say("UI_CELLS_LINE", file=plain_text(factor.source.citation), count=len(cells)),
        expanded=True,
    ):
        show_cells(cells, key=f"cells-{ref}")


def show_cells(cells: list[TracedCell], *, key: str) -> None:
    """Show ledger cells with what stands in them."""
    lang = current()
    frame = pandas.DataFrame(
        [
            {
                "cell": cell["cell"],
                "period": cell["period"],
                "flow": flow_name(cell["flow"], lang),
                "number": cell["amount"],
                "unit": cell["unit"],
                "method": name_or_code("method", cell["method"], lang),
            }
            for cell in cells
        ]
    )
    grid(frame, key=key)
