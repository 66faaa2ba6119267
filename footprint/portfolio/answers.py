"""What a study of a portfolio comes to, and the exact way to it: that of `calculate` itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factor_db.foundation.canonical import exact_sum
from factor_db.foundation.errors import BadInput, FootprintError, Incomplete
from factor_db.foundation.messages import error_text
from footprint.choices.variants import COMPLETE, INCOMPLETE, REFUSED
from footprint.judgement.impossible import impossibility
from footprint.portfolio.questions import Answerable, Question
from footprint.solving.evaluate import Nominal, evaluate
from footprint.solving.preparation import require_known_slots

DECIMAL, FLOAT64 = "decimal", "float64"


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the results; amounts in kg CO2e per kg of product, None where there is none.

    `arithmetic` says whether the total was computed in decimals, then rounded to a float64, or in
    float64 throughout. `rows` are the contributions of an exact answer; those of the others stand
    in arrays beside it. A complete answer has an `error` where it was sampled and has no interval.
    """

    status: str
    total: float | None = None
    outside: float | None = None
    estimate: bool | None = None
    illustrative: bool | None = None
    arithmetic: str = ""
    missing: tuple[str, ...] = ()
    error: FootprintError | None = None
    interval: tuple[float, float] | None = None
    rows: tuple[tuple[Any, ...], ...] = ()

    def reason(self, lang: Any) -> str:
        """Return why there is no total, or no interval, in a language; empty where there is."""
        return "" if self.error is None else error_text(self.error, lang)


ROW_FIELDS = (
    *("process", "site", "stage", "flow", "gas", "origin", "scope", "link", "part"),
    *("activity_data", "factor_data", "factor", "kg_gas", "kg_co2e"),
)
"""Columns of the contributions beside the study, in the order and sense of `Contribution`."""


def exact_answer(
    question: Answerable, overrides: Mapping[str, Decimal], *, samples: int = 0, seed: int = 1
) -> Answer:
    """Answer a study as `calculate` does, digit by digit; an error of the study is an answer."""
    if isinstance(question, FootprintError):
        return failed(question)
    try:
        return _answered(exact_nominal(question, overrides), samples, seed)
    except FootprintError as error:
        return failed(error)
    except ArithmeticError as error:
        return failed(BadInput("NUMBERS_TOO_LARGE", reason=type(error).__name__))


def _answered(nominal: Nominal, samples: int, seed: int) -> Answer:
    refused = impossibility(nominal)
    if refused:
        return failed(refused)
    interval, error = _interval(nominal, samples, seed) if samples else (None, None)
    return Answer(
        status=COMPLETE,
        total=float(nominal.total),
        outside=float(exact_sum(row.kg_co2e for row in nominal.outside)),
        estimate=bool(nominal.estimated),
        illustrative=any(pin.factor.illustrative for pin in nominal.pins),
        arithmetic=DECIMAL,
        error=error,
        interval=interval,
        rows=tuple(
            (
                *(getattr(row, name) for name in ROW_FIELDS[:-2]),
                float(row.kg_gas),
                float(row.kg_co2e),
            )
            for row in nominal.contributions
        ),
    )


def exact_nominal(question: Question, overrides: Mapping[str, Decimal]) -> Nominal:
    """Evaluate a study exactly; raises what `calculate_study` raises, in the same order."""
    study = question.with_values(overrides)
    nominal = evaluate(study, question.where, question.pinner(overrides))
    require_known_slots(study)
    return nominal


def failed(error: FootprintError) -> Answer:
    """Return the answer of a study without a total: incomplete with its slots, or refused."""
    incomplete = isinstance(error, Incomplete)
    slots = str(error.params.get("slots", "")) if incomplete else ""
    missing = tuple(filter(None, slots.split(", ")))
    return Answer(INCOMPLETE if incomplete else REFUSED, missing=missing, error=error)


def _interval(
    nominal: Nominal, samples: int, seed: int
) -> tuple[tuple[float, float] | None, FootprintError | None]:
    from footprint.sampling.uncertainty import ImpossibleDraws, sampled_interval

    try:
        found = sampled_interval(nominal, samples=samples, seed=seed)
    except ImpossibleDraws as error:
        return None, error
    return (float(found.low), float(found.high)), None
