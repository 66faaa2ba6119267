"""Values of a portfolio that are far from all that is known: refused before anything is calculated.

The same question as for one study (rule DQ-HAND-002), asked once per question and slot, so that a
wrong unit in a heading does not become a column of wrong results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING

from factor_db.factors.record.factor import FAR_BEYOND
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from footprint.portfolio.files.columns import SET
from footprint.portfolio.files.reading import Fault, FaultyPortfolio, Portfolio
from footprint.portfolio.questions import Answerable, Question
from footprint.solving.preparation import prepare
from footprint.study.hand_values import Known, doubt_of, known_of, slots_by_key
from lca_models.system.formula import Slot

if TYPE_CHECKING:
    from sqlmodel import Session

    from factor_db.factors.release.releases import Release
    from lca_models.system.resolve import Resolver

Place = tuple[int, str]
"""A question by its place, and a slot that rows of it set."""


def require_plausible(
    session: Session, path: Path, portfolio: Portfolio, answerables: Sequence[Answerable]
) -> None:
    """Raise FaultyPortfolio where values set are far from all known; a fault for each slot."""
    known = _known(session, portfolio, answerables)
    spans = {place: [_span(item.value) for item in of] for place, (_, of) in known.items()}
    counts: Counter[str] = Counter()
    first: dict[str, tuple[str, str]] = {}
    for row in portfolio.rows:
        for slot, value in row.overrides:
            place = (row.question, slot)
            if value and place in spans and not _within(value, spans[place]):
                counts[slot] += 1
                first.setdefault(
                    slot, (row.study, doubt_of(known[place][0], value, known[place][1]))
                )
    faults = []
    for slot, count in counts.items():
        study, doubt = first[slot]
        told = {"study": study, "doubt": doubt, "count": count}
        faults.append(Fault(0, f"{SET}{slot}", BadInput("PORTFOLIO_DOUBTFUL", **told)))
    if faults:
        raise FaultyPortfolio(path, faults)


def _known(
    session: Session, portfolio: Portfolio, answerables: Sequence[Answerable]
) -> Mapping[Place, tuple[Slot, list[Known]]]:
    """Return what is known of every slot that rows set; slots of which nothing is known are out."""
    used = {(row.question, slot) for row in portfolio.rows for slot, _ in row.overrides}
    resolvers = _Resolvers(session)
    found = {}
    for place, key in sorted(used):
        question = answerables[place]
        if isinstance(question, Question):
            study = question.study
            slot = slots_by_key(study.product, study.choices).get(key)
            if slot and (
                known := known_of(slot, resolvers.of(question).known(slot), study.gwp_set)
            ):
                found[place, key] = (slot, known)
    return found


class _Resolvers:
    """The resolver of each site, period, release and product code; made once each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._releases: dict[str, Release] = {}
        self._found: dict[tuple[str, ...], Resolver] = {}

    def of(self, question: Question) -> Resolver:
        study = question.study
        key = (study.site, study.period, study.release, study.product_code)
        if key not in self._found:
            self._found[key] = prepare(self._session, study, self._releases).resolver
        return self._found[key]


def _within(value: Decimal, spans: Sequence[tuple[Decimal, Decimal]]) -> bool:
    return any(low <= value <= high for low, high in spans)


def _span(value: Decimal) -> tuple[Decimal, Decimal]:
    with localcontext(EXACT):
        return value / FAR_BEYOND, value * FAR_BEYOND
