"""The document of `footprint uncertainty`: interval, ranking, Sobol indices and comparison as JSON.

It speaks of a result and is none: it is not stored, and nothing in it enters a hash.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput
from footprint.calculation.calculate import CalculationResult
from footprint.comparison.compare import mismatch_record
from footprint.comparison.gate import mismatches
from footprint.comparison.value import value_of_document
from footprint.engine.backgrounds.bank import open_bank
from footprint.engine.statistics.paired import Comparison
from footprint.engine.statistics.sobol import Indices
from footprint.sampling.bank_slots import bank_slots
from footprint.sampling.parameters import Plan, plan_of
from footprint.sampling.uncertainty import (
    Gradient,
    compared,
    indices_of,
    interval_figures,
    parameter_gradients,
    sampled_interval,
    shown,
)
from footprint.solving.evaluate import Nominal

SOBOL_PARAMETERS = 8
OTHERS = "*"
"""Name of the group of all parameters that have no index of their own."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw: number, seed and `random` or `quasi`."""

    samples: int
    seed: int
    sampling: str


@dataclass(frozen=True, slots=True)
class Against:
    """A result to compare with, and every mismatch that bars a plain comparison, as JSON types."""

    nominal: Nominal
    mismatches: tuple[dict[str, Any], ...]


def against_of(a: CalculationResult, b: CalculationResult) -> Against:
    """Return the second result with what the gate says of both; rule PCF-COMPARE-001."""
    values = value_of_document(a.result), value_of_document(b.result)
    found = (mismatch_record(item, *values) for item in mismatches(*values))
    return Against(b.nominal, tuple(found))


def uncertainty_document(
    nominal: Nominal,
    how: Sampling,
    *,
    sobol: bool = False,
    against: Against | None = None,
    bank: Path | None = None,
) -> dict[str, Any]:
    """Return what is known of a result's uncertainty, numbers as decimal text.

    `bank` is the folder of a background bank that the interval draws on. Raises BadInput as
    `sampled_interval` and `bank_slots` do, BANK_WITH_SOBOL and BANK_WITH_AGAINST.
    """
    if bank and sobol:
        raise BadInput("BANK_WITH_SOBOL")
    if bank and against:
        raise BadInput("BANK_WITH_AGAINST")
    results = (nominal, *([against.nominal] if against else []))
    banked = bank_slots(nominal, open_bank(bank)) if bank else None
    plan = plan_of(nominal, banked)
    gradients = parameter_gradients(nominal, plan)
    interval = sampled_interval(
        nominal, samples=how.samples, seed=how.seed, sampling=how.sampling, banked=banked
    )
    return {
        **_named(nominal),
        "illustrative": any(pin.factor.illustrative for item in results for pin in item.pins),
        "stated": sorted(nominal.study.distributions),
        "interval": interval.record(),
        "ranking": [_gradient_record(item) for item in gradients],
        "groups": [group.name for group in plan.dependence.groups],
        "fixed": sorted(plan.dependence.fixed),
        "banked": sorted(banked.draws) if banked else [],
        "sobol": _sobol(plan, gradients, how) if sobol else None,
        "against": None if against is None else _against(nominal, against, how),
    }


def _named(nominal: Nominal) -> dict[str, Any]:
    return {
        "product": nominal.study.product,
        "site": nominal.where.site,
        "result_hash": nominal.result_hash(),
        "total": decimal_text(nominal.total),
    }


def _gradient_record(item: Gradient) -> dict[str, Any]:
    ratio = item.elasticity
    return {
        "slots": list(item.parameter.slots),
        "per_deviation": shown(item.per_deviation),
        "elasticity": None if math.isnan(ratio) else shown(ratio),
    }


def _sobol(plan: Plan, gradients: list[Gradient], how: Sampling) -> dict[str, Any]:
    leading = [item.parameter for item in gradients[:SOBOL_PARAMETERS]]
    groups: dict[str, tuple[str, ...]] = {item.name: (item.key,) for item in leading}
    others = tuple(item.parameter.key for item in gradients[SOBOL_PARAMETERS:])
    if others:
        groups[OTHERS] = others
    found = indices_of(plan, groups, rows=how.samples, seed=how.seed, sampling=how.sampling)
    return _indices_record(found)


def _indices_record(found: Indices) -> dict[str, Any]:
    return {
        "converged": found.converged,
        "evaluations": found.evaluations,
        "non_productive": found.non_productive,
        "indices": [
            {
                "slots": item.name.split(", "),
                "first": shown(item.first),
                "first_error": shown(item.first_error),
                "total": shown(item.total),
                "total_error": shown(item.total_error),
                "converged": item.converged,
            }
            for item in found.items
        ],
    }


def _against(nominal: Nominal, against: Against, how: Sampling) -> dict[str, Any]:
    other = against.nominal
    found = compared(nominal, other, samples=how.samples, seed=how.seed, sampling=how.sampling)
    return {
        **_named(other),
        "mismatches": list(against.mismatches),
        **_record(found, float(nominal.total - other.total)),
    }


def _record(found: Comparison, static: float) -> dict[str, Any]:
    together = found.correlation
    return {
        "difference": {
            **interval_figures(found.difference, static).record(),
            "samples": found.difference.samples,
        },
        "a_below_b": shown(found.a_below_b.value),
        "a_below_b_error": shown(found.a_below_b.error or 0.0),
        "equal": found.equal,
        "correlation": None if math.isnan(together) else shown(together),
    }
