"""The result of a calculation: the total first, then what it is made of and where it comes from."""

from __future__ import annotations

import json

import streamlit as st

from factor_db.foundation.messages import code_of
from factor_db.foundation.names import Kind
from footprint.figures.blocked import ESTIMATE, blocking_reasons
from footprint.result.document import ResultDocument
from footprint.ui import services
from footprint.ui.calculate.coverage_view import show_coverage
from footprint.ui.calculate.interval_view import show_interval
from footprint.ui.calculate.issuing import show_issuing
from footprint.ui.calculate.reports import show_reports
from footprint.ui.calculate.what_if_view import show_what_if
from footprint.ui.charts import bar_chart
from footprint.ui.language import current, say
from footprint.ui.request import Request
from footprint.ui.result_tables import (
    alternatives_frame,
    breakdown,
    slots_frame,
    told_lines,
    warning_lines,
)
from footprint.ui.source_view import show_sources
from footprint.ui.tables import grid, small
from footprint.words.closure import closure_line
from footprint.words.names import figure, percent, plain_text

_BY: dict[Kind, str] = {"stage": "UI_BY_STAGE", "gas": "UI_BY_GAS", "scope": "UI_BY_SCOPE"}
"""Kind a total is made up by → the heading of its table."""
_TABS = (
    *("UI_TAB_STAGES", "UI_TAB_SOURCES", "UI_TAB_ALTERNATIVES", "UI_TAB_WHAT_IF"),
    *("UI_TAB_QUALITY", "UI_TAB_REPORTS", "UI_TAB_CERTIFICATE", "UI_TAB_RECORD"),
)


def show_result(document: ResultDocument, request: Request) -> None:
    """Show a calculation document."""
    if document.illustrative:
        st.warning(say("UI_ILLUSTRATIVE"))
    for line in warning_lines(document, current()):
        st.warning(plain_text(line))
    if document.estimate:
        small(slots_frame(document.coverage.estimated, current()))
    for reason in blocking_reasons(document):
        if reason.name != ESTIMATE:  # said above, with its slots
            items = plain_text(", ".join(reason.items))
            st.warning(say(code_of("BLOCKED", reason.name), items=items))
    _headline(document)
    for line in (*told_lines(document, current()), _closure(document)):
        st.caption(plain_text(line))
    stages, sources, alternatives, levers, quality, reports, certificate, record = st.tabs(
        [say(tab) for tab in _TABS]
    )
    with stages:
        _composition(document)
    with sources:
        show_sources(document)
    with alternatives:
        st.caption(say("UI_ALTERNATIVES_INTRO"))
        grid(alternatives_frame(document, current()), key="alternatives")
    with levers:
        show_what_if(request)
    with quality:
        show_coverage(document)
    with reports:
        show_reports(document)
    with certificate:
        show_issuing(document, request)
    with record:
        _record(document, request)


def _closure(document: ResultDocument) -> str:
    return closure_line(document.closure, current()) if document.closure else ""


def _headline(document: ResultDocument) -> None:
    lang, site = current(), document.site
    total, quality = document.total, document.quality
    st.caption(
        say(
            "UI_RESULT_LINE",
            organisation=plain_text(getattr(site, f"organisation_{lang}")),
            site=plain_text(site.code),
            region=site.region,
            **document.period.record(),
        )
    )
    with st.container(key="headline"):
        first, second, third, fourth, fifth = st.columns([2, 1.3, 1, 1, 1], border=True)
    with first.container(key="total"):
        st.metric(
            say("UI_TOTAL", gwp=document.gwp_set),
            say("UI_TOTAL_VALUE", value=figure(total.value)),
            help=say("UI_TOTAL_HELP"),
        )
    show_interval(second, document)
    third.metric(
        say("UI_ACTIVITY_SHARE"),
        f"{figure(quality.activity_primary_share, 0)} %",
        help=say("UI_ACTIVITY_SHARE_HELP"),
    )
    fourth.metric(say("UI_PDS"), f"{figure(quality.pds, 0)} %", help=say("UI_PDS_HELP"))
    fifth.metric(
        say("UI_CO2E_ONLY"),
        percent(document.coverage.not_rebased.share, 0),
        help=say("UI_CO2E_ONLY_HELP"),
    )


def _composition(document: ResultDocument) -> None:
    lang = current()
    stages = breakdown(document, "by_stage", "stage", lang)
    st.altair_chart(bar_chart(stages, say("UI_COLUMN_VALUE")), alt=say("UI_CHART_ALT"))
    for column, (kind, heading) in zip(st.columns(3, gap="large"), _BY.items(), strict=True):
        with column:
            st.markdown(f"**{say(heading)}**")
            small(breakdown(document, f"by_{kind}", kind, lang).rename(columns={"name": kind}))


def _record(document: ResultDocument, request: Request) -> None:
    st.markdown(f"**{say('UI_RESULT_HASH')}**", help=say("UI_RESULT_HASH_HELP"))
    st.code(document.result_hash, language=None)
    st.markdown(f"**{say('UI_CALCULATION_ID')}**")
    st.code(document.calculation, language=None)
    release, model, rules = st.columns(3)
    release.markdown(f"**{say('UI_RELEASE')}**  \n{document.release.name}")
    model.markdown(f"**{say('UI_MODEL_VERSION')}**  \n{document.model_version}")
    rules.markdown(f"**{say('UI_RULES')}**  \n{', '.join(document.rules)}")
    with st.container(horizontal=True):
        st.download_button(
            say("UI_DOWNLOAD"),
            json.dumps(document.record(), ensure_ascii=False, indent=2),
            file_name=f"{document.product}-{document.calculation[:12]}.json",
            mime="application/json",
            on_click="ignore",
        )
        kept = st.button(say("UI_KEEP"), help=say("UI_KEEP_HELP"))
    if kept:
        name = services.keep(request)
        st.success(say("UI_KEPT", calculation=name[:16]))
