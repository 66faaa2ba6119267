"""The Certificates page: what was issued, in what state, with its files; revoking one."""

from __future__ import annotations

from functools import partial

import pandas
import streamlit as st

from factor_db.foundation.names import name_or_code
from footprint.certificate.issued import IssuedCertificate
from footprint.certificate.revoking import REVOKED
from footprint.ui import address
from footprint.ui.certificates.issued import issued, revoke
from footprint.ui.controls import is_refused
from footprint.ui.downloads import certificate_downloads
from footprint.ui.frame import flash, guarded, show_flash
from footprint.ui.language import current, say
from footprint.ui.tables import grid
from footprint.words.names import figure, plain_text

PAGE = "certificates"
_KEY = partial(address.key, PAGE)
_LIST = _KEY("status-list")
_SHOWN_DIGITS = 8
_STATES = {"active": "CERTIFICATES_PAGE_ACTIVE", REVOKED: "CERTIFICATES_PAGE_REVOKED"}


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("CERTIFICATES_PAGE_TITLE"), anchor=False)
    st.caption(say("CERTIFICATES_PAGE_INTRO"))
    address.open_page(PAGE, address.takes_nothing)
    is_refused(PAGE)
    show_flash()
    _status_list()
    found = issued()
    if not found:
        st.info(say("CERTIFICATES_PAGE_NONE"))
        return
    chosen = grid(_frame(found), key=_KEY(f"table-{len(found)}"), selectable=True)
    if chosen and chosen[0] < len(found):
        with st.container(border=True):
            _detail(found[chosen[0]])
    else:
        st.caption(say("CERTIFICATES_PAGE_CHOOSE"))


def _frame(found: list[IssuedCertificate]) -> pandas.DataFrame:
    lang = current()
    return pandas.DataFrame(
        [
            {
                "state": say(_STATES[item.state]) if item.state in _STATES else item.state,
                "product": name_or_code("product", item.product, lang),
                "holder": plain_text(_holder(item)),
                "site": item.site,
                "period": f"{item.period_start} – {item.period_end}",
                "value": float(item.value),
                "valid_until": item.valid_until[:10],
                "certificate": item.name[-_SHOWN_DIGITS:],
            }
            for item in found
        ]
    )


def _holder(item: IssuedCertificate) -> str:
    return item.organisation_zh if current() == "zh" else item.organisation_en


def _detail(item: IssuedCertificate) -> None:
    product = name_or_code("product", item.product, current())
    st.subheader(
        say("CERTIFICATES_PAGE_HEADING", product=product, value=figure(item.value)), anchor=False
    )
    st.code(item.name, language=None)
    if item.illustrative:
        st.warning(say("UI_ILLUSTRATIVE"))
    if item.files:
        stem = f"{item.product}-{item.name[-_SHOWN_DIGITS:]}"
        certificate_downloads(item.files, key=f"files-{item.name}", stem=stem)
    else:
        st.caption(say("CERTIFICATES_PAGE_NO_FILES"))
    if item.state == REVOKED:
        st.error(say("CERTIFICATES_PAGE_REVOKED_BECAUSE", reason=plain_text(item.reason)))
        return
    with st.expander(say("CERTIFICATES_PAGE_REVOKE")):
        reason = st.text_input(say("CERTIFICATES_PAGE_REASON"), key=_KEY(f"reason-{item.name}"))
        st.caption(say("CERTIFICATES_PAGE_REVOKE_NOTE"))
        if st.button(say("CERTIFICATES_PAGE_REVOKE_NOW"), disabled=not reason.strip()):
            st.session_state[_LIST] = revoke(item.name, reason)
            flash(say("CERTIFICATES_PAGE_REVOKE_DONE"))
            st.rerun()


def _status_list() -> None:
    """Offer the status list that the last revocation made, for whoever verifies."""
    if _LIST in st.session_state:
        st.download_button(
            say("CERTIFICATES_PAGE_STATUS_LIST"),
            st.session_state[_LIST],
            file_name="status-list.json",
            mime="application/json",
            on_click="ignore",
        )
