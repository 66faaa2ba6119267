"""A page's choices and its address are one state; whichever was changed last is followed.

While a person works, the session holds the state under constant keys, and `follow` writes it into
the address. An address from elsewhere (a link, a reload, Back, Forward) is handed to the page by
`open_page`, which sets its widgets from it before they are made. Coming back by the menu, which
empties the address, a page takes up the state it had.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import streamlit as st

from factor_db.foundation.errors import BadInput
from footprint.ui.language import LANG, in_address

Take = Callable[[Mapping[str, str], bool], None]
_TOUCHED, _RESTORED, _PAGE, _CAME = "touched", "restored", "page", "came"
_ADDRESS, _REFUSAL = "address", "refusal"
_SHOWN_AT_MOST = 12


def key(page: str, name: str) -> str:
    """Return the key under which the session holds a page's choice."""
    return f"{page}:{name}"


def touched() -> None:
    """Note that a person changed a widget (its `on_change`): until `follow` the widgets are right.

    Without the note a second choice could be lost: the browser may still send the address from
    before the first one.
    """
    st.session_state[_TOUCHED] = True


def is_touched() -> bool:
    """Return whether a person changed a widget since the address was written."""
    return bool(st.session_state.get(_TOUCHED))


def entered(page: str) -> None:
    """Note which page is shown, before anything slow: a person may leave it at once."""
    before, st.session_state[_PAGE] = st.session_state.get(_PAGE), page
    if before != page:
        st.session_state[_CAME] = before is not None


def open_page(page: str, take: Take) -> None:
    """Let a page take its state from the address, unless a person has just changed a widget.

    `take` gets the parameters, and whether they came from elsewhere. What it refuses (BadInput) is
    kept as the page's refusal until the state changes.
    """
    state, mark = st.session_state, key(page, _ADDRESS)
    entered(page)
    came, by_menu = _CAME in state, state.pop(_CAME, False)
    if came:
        state.pop(_TOUCHED, None)
    elif is_touched():
        return
    given = {name: value for name, value in st.query_params.items() if value and name != LANG}
    if by_menu and not given and state.get(mark):
        given = state[mark]
        state[_RESTORED] = True
    is_new = given != state.get(mark)
    state[mark] = given
    try:
        _require_once(given)
        take(given, is_new)
    except BadInput as refusal:
        state[key(page, _REFUSAL)] = refusal
    else:
        state.pop(key(page, _REFUSAL), None)


def refusal(page: str) -> BadInput | None:
    """Return why the page refuses its address, if it does and nobody has chosen anew."""
    found: BadInput | None = st.session_state.get(key(page, _REFUSAL))
    return None if is_touched() else found


def follow(page: str, values: Mapping[str, str]) -> None:
    """Write the state into the address if a person changed it or came back to it.

    Empty values are left out.
    """
    by_person = st.session_state.pop(_TOUCHED, False)
    if not st.session_state.pop(_RESTORED, False) and not by_person:
        return
    shown = {name: value for name, value in values.items() if value}
    st.session_state[key(page, _ADDRESS)] = shown
    if by_person:
        st.session_state.pop(key(page, _REFUSAL), None)
    wanted = {**in_address(), **shown}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def takes_nothing(given: Mapping[str, str], is_new: bool) -> None:
    """Take the address of a page whose state is in none of it: files, and what the store has."""
    require_offered(given, {})


def require_offered(given: Mapping[str, str], offered: Mapping[str, Collection[str]]) -> None:
    """Refuse a parameter or a value that a page does not offer; raises BadInput.

    An address that is answered without what it says would show the result of another question.
    """
    for name, value in given.items():
        if name not in offered:
            known = ", ".join(offered) or "-"
            raise BadInput("UI_ADDRESS_NAME", name=name, value=value, known=known)
        if value not in offered[name]:
            shown = list(offered[name])[:_SHOWN_AT_MOST]
            more = ", …" if len(offered[name]) > len(shown) else ""
            known = ", ".join(filter(None, shown)) + more
            raise BadInput("UI_ADDRESS_VALUE", name=name, value=value, known=known)


def _require_once(given: Mapping[str, str]) -> None:
    for name in given:
        stated = st.query_params.get_all(name)
        if len(stated) > 1:
            raise BadInput("UI_ADDRESS_TWICE", name=name, values=", ".join(stated))
