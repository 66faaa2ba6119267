"""What the What-if tab holds: the factors that were moved, by percent; none is the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from factor_db.foundation.errors import BadInput
from footprint.ui import address
from footprint.ui.calculate.choices import PAGE
from footprint.ui.controls import in_language
from footprint.ui.request import MOVES, moves_text

AT_ONCE = 3
RANGE_PERCENT = 50
_MOVES, _START = address.key(PAGE, "moves"), address.key(PAGE, "levers-at-start")


def levers_key() -> str:
    """Return the key of the choice of factors."""
    return in_language(address.key(PAGE, "levers"))


def slider_key(ref: str) -> str:
    """Return the key of a factor's slider."""
    return address.key(PAGE, f"lever-{ref}")


def keep_moves(moves: Mapping[str, int]) -> None:
    """Keep factor → percent beyond the widgets, which are forgotten while they are not shown."""
    st.session_state[_MOVES] = dict(moves)


def take_up_sliders() -> None:
    """Keep what the widgets say where they are shown and a person has just changed one."""
    state = st.session_state
    if not address.is_touched() or levers_key() not in state:
        return
    moves = {ref: state.get(slider_key(ref), 0) for ref in state[levers_key()]}
    is_start = list(moves) == state[_START] and not any(moves.values())
    keep_moves({} if is_start else moves)


def moves_in_address() -> str:
    """Return the moves as the address names them."""
    return moves_text(st.session_state.get(_MOVES, {}))


def set_sliders(levers: Sequence[str]) -> None:
    """Set the widgets from the moves kept, or to the start.

    Raises BadInput (UI_ADDRESS_VALUE) for a factor that is no lever of the result, for too many and
    for a move beyond the slider's range; the widgets then stand at the start.
    """
    moves: dict[str, int] = st.session_state.get(_MOVES, {})
    st.session_state[_START] = list(levers[:AT_ONCE])
    is_offered = (
        len(moves) <= AT_ONCE
        and set(moves) <= set(levers)
        and all(abs(percent) <= RANGE_PERCENT for percent in moves.values())
    )
    shown = (moves if is_offered else None) or dict.fromkeys(levers[:AT_ONCE], 0)
    st.session_state[levers_key()] = list(shown)
    for ref, percent in shown.items():
        st.session_state[slider_key(ref)] = percent
    if not is_offered:
        known = f"{', '.join(levers[:AT_ONCE])}, …; ±{RANGE_PERCENT} %; ≤ {AT_ONCE}"
        raise BadInput("UI_ADDRESS_VALUE", name=MOVES, value=moves_text(moves), known=known)
