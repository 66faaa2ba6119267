"""Links from page to page, with what the other page is to show; they stay in the same tab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from footprint.ui.language import in_address

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

CALCULATE, LEDGER, FACTORS, CERTIFICATES = "calculate", "ledger", "factors", "certificates"
_PAGES = "pages"


def know(pages: Mapping[str, Page]) -> None:
    """Note the pages of the navigation by name: only the navigation can make them."""
    st.session_state[_PAGES] = dict(pages)


def link(page: str, label: str, **params: str) -> None:
    """Show a link to a page of that name with parameters of its address."""
    target = st.session_state[_PAGES][page]
    st.page_link(target, label=label, query_params={**params, **in_address()})
