"""The same product under the other choices: what each methodological choice is worth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from factor_db.foundation.errors import FootprintError
from footprint.evaluate import Pinner, evaluate
from footprint.study import GWP_SETS, Study
from lca_models.catalogue import available_choices
from lca_models.resolve import Pin, Where

_COMPARED = ("scrap_rule", "electricity_rule", "primary_source")


def alternative_choices(study: Study) -> Iterable[tuple[str, str]]:
    """Yield every (choice, value) the study did not take, in a fixed order."""
    offered = available_choices(study.product)
    for choice in _COMPARED:
        for value in offered[choice]:
            if value != getattr(study.choices, choice):
                yield choice, value
    for value in GWP_SETS:
        if value != study.gwp_set:
            yield "gwp_set", value


def alternatives_of(
    study: Study, where: Where, pinner: Pinner
) -> tuple[list[dict[str, Any]], list[Pin]]:
    """Return the total under each alternative choice, and the pins those totals rest on.

    A choice that cannot be calculated has no total, and its reason names what is missing.
    """
    lines: list[dict[str, Any]] = []
    pins: list[Pin] = []
    for choice, value in alternative_choices(study):
        line: dict[str, Any] = {"choice": choice, "value": value, "total": None, "reason": ""}
        try:
            nominal = evaluate(study.changed(choice, value), where, pinner)
        except FootprintError as error:
            line["reason"] = str(error.params.get("slots", error.code))
        else:
            line["total"] = nominal.total
            pins.extend(nominal.pins)
        lines.append(line)
    return lines, pins
