"""Finding factors by Chinese, English or code."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.factors.factor import Factor
from factor_db.factors.lifecycle import load_factor
from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.reference_files import reference_rows
from factor_db.store.tables import FactorVersion
from factor_db.store.work import state_of


@dataclass(frozen=True, slots=True)
class Found:
    """A factor with the state it is in."""

    factor: Factor
    state: str

    @property
    def shown_amounts(self) -> str:
        """The amounts as text, gas by gas."""
        amounts = self.factor.amounts
        if set(amounts) == {"value"}:
            return f"{amounts['value']:.6g}"
        return " ".join(f"{gas} {decimal_text(value)}" for gas, value in amounts.items())


def search_factors(session: Session, text: str) -> list[Found]:
    """Return the factors that hold every word of the text in a name, synonym, id or slot.

    The words are compared without regard to case; an empty text finds all. Sorted by reference.
    """
    words = text.lower().split()
    flows = {
        row["code"]: f"{row['name_zh']} {row['name_en']}" for row in reference_rows("flows.csv")
    }
    rows = session.exec(select(FactorVersion).order_by(col(FactorVersion.factor_id)))
    found = []
    for row in rows.all():
        factor = load_factor(row)
        haystack = _haystack(factor, flows.get(factor.flow.partition(".")[0], ""))
        if all(word in haystack for word in words):
            state = state_of(session, row.sha256)
            found.append(Found(factor, state.state if state else ""))
    return found


def _haystack(factor: Factor, flow_names: str) -> str:
    parts = (
        factor.id,
        factor.name_zh,
        factor.name_en,
        *factor.synonyms,
        factor.slot_key,
        flow_names,
    )
    return " ".join(parts).lower()
