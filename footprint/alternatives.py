"""The same product under the other choices: what each methodological choice is worth.

One choice at a time; `lab.py` combines them.
"""

from __future__ import annotations

from typing import Any

from footprint.carried_model import CarriedModel, model_of
from footprint.choices import Trials
from footprint.evaluate import Pinner, exact_sum
from footprint.study import Study
from lca_models.resolve import Pin, Where
from lca_models.unit_process import Choices, ProductSystem


def alternatives_of(
    study: Study, where: Where, pinner: Pinner, model: CarriedModel | None = None
) -> tuple[list[dict[str, Any]], list[Pin]]:
    """Return the total under each alternative choice, and the pins those totals rest on.

    A choice that cannot be calculated has no total, and its reason names what is missing. What a
    rule shows beside the total, and never in it, is `outside`. `model` is the one a document
    carries, with the systems of its other choices; without it today's.
    """
    model = model or model_of(study)
    others = {study.changed(item.choice, item.value).choices: item for item in model.others}

    def system_of(choices: Choices) -> ProductSystem:
        return model.system if choices == study.choices else others[choices].required()

    lines: list[dict[str, Any]] = []
    pins: list[Pin] = []
    trials = Trials(study, where, pinner, systems=system_of)
    for choice, value in ((item.choice, item.value) for item in model.others):
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
