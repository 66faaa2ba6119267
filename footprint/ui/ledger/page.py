"""The Ledger page: drop a file, read and mend its findings, freeze it, take its factors on."""

from __future__ import annotations

import streamlit as st

from factor_db.factors.review.site_progress import SiteProgress
from factor_db.ledger import CheckResult
from footprint.ui import address
from footprint.ui.controls import is_refused
from footprint.ui.frame import flash, guarded, show_flash
from footprint.ui.language import current, say
from footprint.ui.ledger import ledgers
from footprint.ui.ledger.findings import WORKBOOK, show_findings
from footprint.ui.ledger.plants import show_plant
from footprint.words.names import plain_text

PAGE = "ledger"
LIMIT_MB = 20


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("LEDGER_PAGE_TITLE"), anchor=False)
    st.caption(say("LEDGER_PAGE_INTRO"))
    address.open_page(PAGE, address.takes_nothing)
    is_refused(PAGE)
    show_flash()
    plants = ledgers.sites()
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    # Another key makes the uploader empty again, once its file is frozen.
    file = left.file_uploader(
        say("LEDGER_PAGE_UPLOAD", limit=LIMIT_MB),
        type=["xlsx", "csv"],
        max_upload_size=LIMIT_MB,
        key=f"ledger-file-{st.session_state.get(_ROUND, 0)}",
    )
    right.download_button(
        say("LEDGER_PAGE_TEMPLATE"),
        ledgers.template(current()),
        file_name=say("LEDGER_PAGE_TEMPLATE_FILE"),
        mime=WORKBOOK,
        on_click="ignore",
        width="stretch",
    )
    if file is not None:
        with st.container(border=True):
            _answer(file.name, file.getvalue(), plants)
    st.subheader(say("LEDGER_PAGE_PLANTS"), anchor=False)
    if not plants:
        st.info(say("LEDGER_PAGE_NO_PLANTS"))
    for plant in plants:
        with st.container(border=True):
            guarded(show_plant)(plant)


_ROUND, _REFUSED = address.key(PAGE, "round"), address.key(PAGE, "refused")


def _answer(name: str, content: bytes, plants: list[SiteProgress]) -> None:
    with st.spinner(say("LEDGER_PAGE_CHECKING")):
        result = ledgers.checked(name, content)
    asked, refused = st.session_state.get(_REFUSED, (None, None))
    # What the store said against a sound file: other ledgers of the site, to be replaced or mended.
    show_findings(name, content, refused if refused and asked == (name, content) else result)
    if result.valid:
        _freezing(name, content, result, plants)


def _freezing(name: str, content: bytes, result: CheckResult, plants: list[SiteProgress]) -> None:
    """Offer to freeze a sound ledger, and to say which earlier one of its site it replaces."""
    assert result.ledger is not None
    header = result.ledger.header
    earlier = {
        line.sha256: say("LEDGER_PAGE_LEDGER", period=line.period, file=line.file_name)
        for plant in plants
        if plant.code == header.site_code
        for line in plant.ledgers
    }
    replaces: list[str] = []
    if earlier:
        replaces = st.multiselect(
            say("LEDGER_PAGE_REPLACES"),
            list(earlier),
            format_func=earlier.__getitem__,
            placeholder=say("UI_CHOOSE"),
            help=say("LEDGER_PAGE_REPLACES_HELP"),
        )
    if not st.button(
        say("LEDGER_PAGE_FREEZE"), type="primary", help=say("LEDGER_PAGE_FREEZE_HELP")
    ):
        return
    with st.spinner(say("LEDGER_PAGE_FREEZING")):
        outcome = ledgers.freeze(name, content, replaces)
    if outcome.sha256 is None:
        st.session_state[_REFUSED] = ((name, content), outcome.check)
        st.rerun()
    st.session_state.pop(_REFUSED, None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    organisation = header.organisation_zh if current() == "zh" else header.organisation_en
    flash(say("LEDGER_PAGE_FROZEN", site=header.site_code, organisation=plain_text(organisation)))
    st.rerun()
