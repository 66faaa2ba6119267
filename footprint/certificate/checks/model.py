"""The check `model`: whether the model a certificate carries is the one of this version.

A certificate is evaluated with the model it carries, so a model that halves a number recomputes
too. What a recomputation can not tell is told here: the hash against today's model of the same
product and choices and, where they differ, what today's gives from the same inputs. A result that
today's model does not confirm is never valid, only undecided: an earlier model and a forged one
look the same from here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from factor_db.foundation.errors import FootprintError
from factor_db.foundation.rules import rule
from footprint.certificate.checks.report import MODEL_DIFFERS, Check
from footprint.words.shown import signed

if TYPE_CHECKING:
    from footprint.result.document import ResultDocument
    from footprint.study.carried_model import CarriedModel

MODEL_RULE = "CERT-MODEL-001"
_DIGITS = Decimal("0.01")


def check_model(document: ResultDocument) -> Check:
    """Return the check for a calculation that recomputes. Rule: CERT-MODEL-001."""
    from footprint.study.carried_model import differing_systems, says_the_same

    carried = document.inputs.model
    if carried is None:
        return Check("model", None, "CERTIFICATE_MODEL_NONE")
    said = {"model": carried.system.version, "sha256": carried.sha256[:16]}
    try:
        today = _model_of_today(document)
    except FootprintError:  # no such product, or no such choice, any more
        return Check("model", None, "CERTIFICATE_MODEL_UNKNOWN", said)
    if today.sha256 == carried.sha256:
        return Check("model", True, "CERTIFICATE_MODEL_SHIPPED", said)
    said |= {"today": today.system.version, "parts": ", ".join(differing_systems(carried, today))}
    total = _total_of_today(document)
    if total is None:
        return Check("model", None, "CERTIFICATE_MODEL_UNKNOWN", said)
    stated = document.total.value
    most = rule(MODEL_RULE).number("most_moved") * max(abs(stated), abs(total))
    said["total"] = f"{total:.4f}"
    said["change"] = signed((total / stated - 1) * 100, _DIGITS) if stated else "-"
    if abs(total - stated) <= most and says_the_same(carried, today):
        return Check("model", True, MODEL_DIFFERS, said)
    return Check("model", None, "CERTIFICATE_MODEL_MOVED", said)


def _model_of_today(document: ResultDocument) -> CarriedModel:
    from footprint.study.carried_model import model_of
    from footprint.study.definition import Study

    choices = document.inputs.study.choices
    return model_of(Study(document.product, choices=choices, gwp_set=document.gwp_set))


def _total_of_today(document: ResultDocument) -> Decimal | None:
    """Return what today's model gives from the same inputs; None where it asks for others."""
    from footprint.figures.recompute import question_of
    from footprint.solving.evaluate import evaluate

    try:
        return evaluate(*question_of(document)).total
    except FootprintError:
        return None
