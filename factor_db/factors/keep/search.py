"""Finding factors by Chinese, English or code: exact lines first, then beginnings, then the rest.

A factor's lines are its names and synonyms, those of its flow, its reference and its slot. Within
each of the three, hits come in the order of their reference. What is found is what a LIKE over
those lines would find for every word of the text; the index only makes it fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sqlmodel import Session, col, select

from factor_db.factors.keep.search_index import field_term, sight_term
from factor_db.factors.keep.search_terms import (
    comparable,
    terms_of_beginning,
    terms_of_whole,
    terms_within,
)
from factor_db.factors.keep.versions import load_factor
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import decimal_text
from factor_db.store.search_tables import Wish, hashes_of
from factor_db.store.sight import sees_version, visible_owner
from factor_db.store.tables import FactorVersion
from factor_db.store.work import last_states

_ROWS_AT_ONCE = 500


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What hits may be narrowed to; empty means any. `status` is a state of the life cycle."""

    geography: str = ""
    year: int | None = None
    kind: str = ""
    licence: str = ""
    status: str = ""


def search_factors(
    session: Session, text: str, *, limit: int | None = None, facets: Facets | None = None
) -> list[Found]:
    """Return the factors that hold every word of the text, best first, `limit` at most.

    An empty text finds all. Other enterprises' field data are never among the hits.
    """
    asked = facets or Facets()
    # Only a state is not known to the index: what it leaves out has to be made up for.
    hashes = matching(session, text, None if asked.status else limit, asked)
    return list(islice(_with_state(session, hashes, asked.status), limit))


def _with_state(session: Session, hashes: Iterator[str], status: str) -> Iterator[Found]:
    while part := list(islice(hashes, _ROWS_AT_ONCE)):
        states = last_states(session, part)
        fitting = [sha256 for sha256 in part if status in ("", states.get(sha256, ""))]
        query = select(FactorVersion).where(col(FactorVersion.sha256).in_(fitting))
        rows = {row.sha256: row for row in session.exec(query)}
        for sha256 in fitting:
            # The index does not know whether a product's footprint was handed over yet.
            if sees_version(session, rows[sha256]):
                yield Found(load_factor(rows[sha256]), states.get(sha256, ""))


def matching(session: Session, text: str, limit: int | None, facets: Facets) -> Iterator[str]:
    """Yield the hashes of matching factors in order; the status facet is not looked at."""
    session.flush()
    left = limit
    for wish in _wishes(comparable(text)):
        for sha256 in hashes_of(session.connection(), _narrowed(session, wish, facets), left):
            yield sha256
            if left is not None:
                left -= 1
        if left == 0:
            return


def _wishes(wanted: str) -> Sequence[Wish]:
    """Return what is asked for in turn; nothing fits two of them."""
    if not wanted:
        return (Wish(),)
    words = tuple(sorted(set(wanted.split())))
    beginning, whole = f"\n{wanted}", f"\n{wanted}\n"
    return (
        Wish(terms=terms_of_whole(wanted), holds=(whole,)),
        Wish(terms=terms_of_beginning(wanted), holds=(beginning,), lacks=(whole,)),
        Wish(terms=_terms_of_all(words), holds=words, lacks=(beginning,)),
    )


def _terms_of_all(words: Sequence[str]) -> frozenset[int]:
    return frozenset().union(*map(terms_within, words))


def _narrowed(session: Session, wish: Wish, facets: Facets) -> Wish:
    """Return the wish within the facets and within what the user may see."""
    asked = {
        "geography": facets.geography,
        "data_year": facets.year,
        "kind": facets.kind,
        "redistribution": facets.licence,
    }
    equal = {column: value for column, value in asked.items() if value}
    terms = wish.terms | {field_term(column, value) for column, value in equal.items()}
    owner = visible_owner(session)
    seen = set() if owner is None else {sight_term(""), sight_term(owner)}
    return replace(wish, terms=terms, any_of=frozenset(seen), equal=equal, owner=owner)
