"""The Calculate page: choose product, site and rules; the answer comes from `calculate_study`."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

from factor_db.foundation.errors import Incomplete
from footprint.ui import services
from footprint.ui.calculate_result import show_result
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.ui.request import SAMPLES, Request, offered_choices, shipped_choice
from footprint.ui.result_tables import slots_frame
from footprint.ui.tables import small
from footprint.ui.words import word

T = TypeVar("T", str, int)
_SEEN = "request"
_FIRST_STEPS = "make demo\nFOOTPRINT_HOME=demo/home make app"


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("UI_CALCULATE_TITLE"), anchor=False)
    st.caption(say("UI_CALCULATE_INTRO"))
    sites = services.sites_by_product()
    if not sites:
        st.info(say("UI_STORE_EMPTY"))
        st.markdown(say("UI_STORE_EMPTY_NEXT"))
        st.code(_FIRST_STEPS, language="bash")
        return
    asked = _asked()
    with st.container(border=True):
        product, site = _subject(sites, asked)
        pressed = _choices(product, site, asked)
    request = pressed or asked
    if pressed:
        st.session_state[_SEEN] = pressed.to_address()
        st.query_params.from_dict({"lang": current(), **pressed.to_address()})
    if request and (request.product, request.site) == (product, site):
        _answer(request)
    else:
        st.caption(say("UI_CALCULATE_HINT"))


def _asked() -> Request | None:
    """Return the question in the address; coming back from another page, the last one asked."""
    if "product" not in st.query_params and _SEEN in st.session_state:
        st.query_params.update(st.session_state[_SEEN])
    return Request.from_address(st.query_params)


def _subject(sites: dict[str, list[services.SiteLine]], asked: Request | None) -> tuple[str, str]:
    lang = current()
    products = {code: word("PRODUCT", code, lang) for code in sites}
    left, right = st.columns(2)
    with left:
        product = _select(say("UI_PRODUCT"), products, asked.product if asked else "")
    lines = {
        line.site: say(
            "UI_SITE_LINE",
            organisation=getattr(line, f"organisation_{lang}"),
            site=line.site,
        )
        for line in sites[product]
    }
    with right:
        site = _select(say("UI_SITE"), lines, asked.site if asked else "")
    return product, site


def _choices(product: str, site: str, asked: Request | None) -> Request | None:
    """Show the form of choices; returns the request when Calculate was pressed."""
    before = dict(asked.choices) if asked and asked.product == product else {}
    offered = offered_choices(product)
    chosen: dict[str, str] = {}
    with st.form("choices", border=False):
        *columns, last = st.columns(len(offered) + 1)
        for column, (name, values) in zip(columns, offered.items(), strict=True):
            words = {value: word("VALUE", value, current()) for value in values}
            wanted = before.get(name) or shipped_choice(product, name)
            with column:
                chosen[name] = _select(
                    say(f"UI_CHOICE_{name}"), words, wanted, say(f"UI_HELP_{name}")
                )
        counts = {count: say("UI_SAMPLES", count=count) for count in SAMPLES}
        counts[0] = say("UI_SAMPLES_NONE")
        with last:
            samples = _select(
                say("UI_CHOICE_samples"),
                counts,
                asked.samples if asked else 0,
                say("UI_HELP_samples"),
            )
        pressed = st.form_submit_button(say("UI_CALCULATE"), type="primary")
    if not pressed:
        return None
    # Suppliers come with the address, which a link hands on; they stay with their product and site.
    same = asked is not None and (asked.product, asked.site) == (product, site)
    suppliers = asked.suppliers if asked and same else ()
    return Request(product, site, tuple(chosen.items()), samples, suppliers)


def _select(label: str, words: dict[T, str], wanted: T, help_text: str | None = None) -> T:
    """Show a choice among codes by their words; `wanted` is chosen at first if it is offered."""
    codes = list(words)
    first = codes.index(wanted) if wanted in words else 0
    return st.selectbox(label, codes, index=first, format_func=words.__getitem__, help=help_text)


def _answer(request: Request) -> None:
    try:
        with st.spinner(say("UI_CALCULATING")):
            document = services.calculate(request)
    except Incomplete as gap:
        slots = str(gap.params["slots"]).split(", ")
        st.warning(say("UI_INCOMPLETE", count=len(slots)))
        small(slots_frame(slots, current()))
        st.caption(say("UI_INCOMPLETE_NEXT"))
        return
    show_result(document, request)
