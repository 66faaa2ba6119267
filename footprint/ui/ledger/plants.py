"""A plant on its way from ledger to published factors, with the one step that comes next."""

from __future__ import annotations

import streamlit as st

from factor_db.factors.derive.allocation_methods import allocation_method
from factor_db.factors.review.site_progress import LedgerLine, SiteProgress
from factor_db.foundation.names import name_or_code
from factor_db.store.rights import ENTERPRISE, FIELD, is_open, states_of
from footprint.ui import services
from footprint.ui.frame import flash
from footprint.ui.language import current, say
from footprint.ui.ledger import ledgers
from footprint.ui.links import CALCULATE, FACTORS, link
from footprint.words.names import plain_text

_IN_REVIEW = ("submitted", "in_review")
_ALLOCATIONS = {
    "": "LEDGER_PAGE_ALLOCATION_NONE",
    "mass": "LEDGER_PAGE_ALLOCATION_MASS",
    "economic": "LEDGER_PAGE_ALLOCATION_ECONOMIC",
    "causal": "LEDGER_PAGE_ALLOCATION_CAUSAL",
}


def show_plant(plant: SiteProgress) -> None:
    """Show a plant's ledgers, where its factors stand, and what to do next."""
    names = {"zh": plant.organisation_zh, "en": plant.organisation_en}
    title, mark = st.columns([4, 1], vertical_alignment="center")
    title.markdown(f"**{plain_text(names[current()])}** · {plain_text(plant.code)}")
    if plant.illustrative:
        mark.caption(say("LEDGER_PAGE_ILLUSTRATIVE"))
    for line in plant.ledgers:
        st.caption(say("LEDGER_PAGE_LEDGER", period=line.period, file=plain_text(line.file_name)))
    st.markdown(_track(plant))
    new, role = [line for line in plant.ledgers if not line.derived], ledgers.role()
    if new and _may(role, "submit"):
        _deriving(plant, new[0])
    elif plant.states.get("draft") and _may(role, "submit"):
        _submitting(plant)
    elif any(plant.states.get(state) for state in (*_IN_REVIEW, "reviewed")):
        _confirming(plant)
    else:
        _calculating(plant)


def _track(plant: SiteProgress) -> str:
    """Say with a mark and a word at which of the five steps a plant is."""
    in_review = sum(plant.states.get(state, 0) for state in _IN_REVIEW)
    drafts, reviewed = plant.states.get("draft", 0), plant.states.get("reviewed", 0)
    published = plant.states.get("published", 0)
    derived = all(line.derived for line in plant.ledgers)
    under_way = drafts + in_review + reviewed
    done = (
        ("LEDGER_PAGE_STEP_LEDGER", True),
        ("LEDGER_PAGE_STEP_FACTORS", derived),
        ("LEDGER_PAGE_STEP_SUBMITTED", derived and not drafts),
        ("LEDGER_PAGE_STEP_REVIEWED", derived and not drafts + in_review),
        ("LEDGER_PAGE_STEP_PUBLISHED", derived and bool(published) and not under_way),
    )
    steps = "  →  ".join(f"{'✓' if is_done else '○'} {say(code)}" for code, is_done in done)
    counts = say(
        "LEDGER_PAGE_COUNTS", draft=drafts, review=in_review + reviewed, published=published
    )
    return f"{steps}  \n{counts}"


def _deriving(plant: SiteProgress, line: LedgerLine) -> None:
    place, button = st.columns([3, 1], vertical_alignment="bottom")
    with place:
        allocation = st.selectbox(
            say("LEDGER_PAGE_ALLOCATION"),
            list(_ALLOCATIONS),
            format_func=lambda code: say(_ALLOCATIONS[code]),
            help=say("LEDGER_PAGE_ALLOCATION_HELP"),
            key=f"allocation-{line.sha256}",
        )
        reason = ""
        if allocation and allocation_method(allocation).needs_reason:
            reason = st.text_input(say("LEDGER_PAGE_REASON"), key=f"reason-{line.sha256}")
    if button.button(
        say("LEDGER_PAGE_DERIVE", period=line.period),
        type="primary",
        key=f"derive-{line.sha256}",
        width="stretch",
    ):
        with st.spinner(say("LEDGER_PAGE_DERIVING")):
            count = ledgers.derive(plant.code, line.period, allocation, reason)
        _done(say("LEDGER_PAGE_DERIVED", count=count, site=plant.code))


def _submitting(plant: SiteProgress) -> None:
    words, button = st.columns([3, 1], vertical_alignment="bottom")
    with words:
        link(FACTORS, say("LEDGER_PAGE_SEE_DRAFTS"), site=plant.code, state="draft")
    if button.button(
        say("LEDGER_PAGE_SUBMIT"), type="primary", key=f"submit-{plant.code}", width="stretch"
    ):
        ledgers.take_steps(plant.code, ["submit"])
        _done(say("LEDGER_PAGE_SUBMITTED", site=plant.code))


def _confirming(plant: SiteProgress) -> None:
    """Offer the step that the user's role may take, and to an exporter confirming alone."""
    role = ledgers.role()
    waits_for_review = any(plant.states.get(state) for state in _IN_REVIEW)
    action = "review" if waits_for_review else "publish"
    words, button = st.columns([3, 1], vertical_alignment="bottom")
    if _may(role, action):
        label = say("LEDGER_PAGE_REVIEW" if waits_for_review else "LEDGER_PAGE_PUBLISH")
        if button.button(label, type="primary", key=f"{action}-{plant.code}", width="stretch"):
            ledgers.take_steps(plant.code, [action])
            _done(say("LEDGER_PAGE_STEP_TAKEN", site=plant.code))
        return
    words.markdown(say("LEDGER_PAGE_WAITS_REVIEW" if waits_for_review else "LEDGER_PAGE_WAITS"))
    if not _may(role, "submit"):
        return
    agreed = words.checkbox(say("LEDGER_PAGE_ALONE"), key=f"alone-{plant.code}")
    if button.button(
        say("LEDGER_PAGE_CONFIRM"),
        type="primary",
        disabled=not agreed,
        key=f"confirm-{plant.code}",
        width="stretch",
    ):
        ledgers.take_steps(plant.code, ledgers.ALONE, alone=True)
        _done(say("LEDGER_PAGE_CONFIRMED", site=plant.code))


def _may(role: str, action: str) -> bool:
    """Tell whether a role may take a step with a plant's own factors, by the table of rights."""
    return any(
        is_open(f"factor.{action}", role, kind=FIELD, owner=ENTERPRISE, state=state)
        for state in states_of(f"factor.{action}")
    )


def _calculating(plant: SiteProgress) -> None:
    for product, lines in services.sites_by_product().items():
        if any(line.site == plant.code for line in lines):
            name = name_or_code("product", product, current())
            label = say("LEDGER_PAGE_CALCULATE", product=name)
            link(CALCULATE, label, product=product, site=plant.code)


def _done(words: str) -> None:
    flash(words)
    st.rerun()
