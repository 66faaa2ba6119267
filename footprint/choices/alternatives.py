"""The same product under the other choices: what each methodological choice is worth.

One choice at a time; `lab/combinations.py` combines them.
"""

from __future__ import annotations

from factor_db.foundation.canonical import exact_sum
from footprint.choices.variants import Trials
from footprint.result.choices import Alternative
from footprint.solving.evaluate import Pinner
from footprint.study.carried_model import CarriedModel, model_of
from footprint.study.definition import Study
from lca_models.system.resolve import Pin, Where
from lca_models.system.unit_process import Choices, ProductSystem


def alternatives_of(
    study: Study, where: Where, pinner: Pinner, model: CarriedModel | None = None
) -> tuple[tuple[Alternative, ...], list[Pin]]:
    """Return the total under each alternative choice, and the pins those totals rest on.

    A choice that cannot be calculated has no total, and its reason names what is missing. What a
    rule shows beside the total, and never in it, is `outside`. `model` is the one a document
    carries, with the systems of its other choices; without it today's.
    """
    model = model or model_of(study)
    others = {study.changed(item.choice, item.value).choices: item for item in model.others}

    def system_of(choices: Choices) -> ProductSystem:
        return model.system if choices == study.choices else others[choices].required()

    lines: list[Alternative] = []
    pins: list[Pin] = []
    trials = Trials(study, where, pinner, systems=system_of)
    for choice, value in ((item.choice, item.value) for item in model.others):
        trial = trials.under({choice: value})
        total, beside, reason = None, None, ""
        if trial.nominal is not None:
            total = trial.nominal.total
            beside = exact_sum(row.kg_co2e for row in trial.nominal.outside) or None
            pins.extend(trial.nominal.pins)
        elif trial.error is not None:
            reason = str(trial.error.params.get("slots", trial.error.code))
        lines.append(
            Alternative(choice=choice, value=value, total=total, reason=reason, outside=beside)
        )
    return tuple(lines), pins
