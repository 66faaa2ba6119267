"""The same product under the other choices: what each methodological choice is worth.

One choice at a time; `lab.py` combines them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from footprint.choices import METHODOLOGICAL, Trials, offered_values, value_taken
from footprint.evaluate import Pinner, exact_sum
from footprint.study import Study
from lca_models.resolve import Pin, Where

# Another allocation asks for other factors of the site, which no document can carry in its pins.
_COMPARED = tuple(choice for choice in METHODOLOGICAL if choice != "allocation")


def alternative_choices(study: Study) -> Iterable[tuple[str, str]]:
    """Yield every (choice, value) the study did not take, in a fixed order."""
    for choice in _COMPARED:
        for value in offered_values(study.product, choice):
            if value != value_taken(study, choice):
                yield choice, value


def alternatives_of(
    study: Study, where: Where, pinner: Pinner
) -> tuple[list[dict[str, Any]], list[Pin]]:
    """Return the total under each alternative choice, and the pins those totals rest on.

    A choice that cannot be calculated has no total, and its reason names what is missing. What a
    rule shows beside the total, and never in it, is `outside`.
    """
    lines: list[dict[str, Any]] = []
    pins: list[Pin] = []
    trials = Trials(study, where, pinner)
    for choice, value in alternative_choices(study):
        trial = trials.under({choice: value})
        line: dict[str, Any] = {"choice": choice, "value": value, "total": None, "reason": ""}
        if trial.nominal is not None:
            line["total"] = trial.nominal.total
            beside = exact_sum(row.kg_co2e for row in trial.nominal.outside)
            if beside:
                line["outside"] = beside
            pins.extend(trial.nominal.pins)
        elif trial.error is not None:
            line["reason"] = str(trial.error.params.get("slots", trial.error.code))
        lines.append(line)
    return lines, pins
