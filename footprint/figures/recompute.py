"""Recomputing a result from its own document: no store, no network, no Brightway."""

from __future__ import annotations

from factor_db.foundation.errors import BadInput
from footprint.choices.alternatives import alternatives_of
from footprint.figures.document import figures_of
from footprint.result.document import Figures, ResultDocument
from footprint.solving.evaluate import Nominal, Pinner, evaluate
from footprint.study.definition import Study
from lca_models.system.formula import Slot
from lca_models.system.resolve import OVERRIDE, Pin, Where, misfit


def nominal_of(document: ResultDocument) -> Nominal:
    """Evaluate the study, the model and the pinned factors a result carries.

    A document of an earlier version carries no model and is evaluated under today's.

    Raises FootprintError as `evaluate`.
    """
    model = document.inputs.model
    return evaluate(*question_of(document), system=model.system if model else None)


def recompute(document: ResultDocument) -> Figures:
    """Return every recomputable figure of a result.

    Left out are the site's names and the release, which cannot be recomputed, and the sampled
    interval, which is drawn again and compared elsewhere (`certificate.checks.redrawing`).

    Raises FootprintError as `evaluate` does.
    """
    question, model = question_of(document), document.inputs.model
    nominal = evaluate(*question, system=model.system if model else None)
    return figures_of(nominal, alternatives_of(*question, model)[0], model)


def question_of(document: ResultDocument) -> tuple[Study, Where, Pinner]:
    """Return the study of a result, where it holds, and what fills its slots.

    Raises BadInput for a misfit.
    """
    inputs = document.inputs
    study, where = inputs.study, inputs.where
    if where.product != study.product_code:
        raise BadInput("PIN_MISFIT", slot="product_code", reason="product")
    pins = {pin.slot.key: pin for pin in inputs.pins}
    for pin in pins.values():
        reason = misfit(pin, where)
        invented = pin.level == OVERRIDE and pin.slot.key not in study.overrides
        if reason or invented:
            raise BadInput("PIN_MISFIT", slot=pin.slot.key, reason=reason or OVERRIDE)

    def pin_of(slot: Slot) -> Pin | None:
        return pins.get(slot.key)

    return study, where, pin_of
