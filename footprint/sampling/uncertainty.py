"""The uncertainty of a result: interval, ranking, Sobol indices, and two results compared.

Each parameter has a stream that depends on the seed and on its key alone, so results do not depend
on which products or factors are calculated beside it, nor on their order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import numpy as np

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.form.loops import LOOP_FLOWS
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from footprint.account.possible_terms import RULE as POSSIBLE_RULE
from footprint.engine.statistics.intervals import Estimate, Summary, least_samples, summarise
from footprint.engine.statistics.paired import Comparison, compare
from footprint.engine.statistics.sobol import Indices, sobol_indices
from footprint.engine.statistics.streams import QUASI, RANDOM, SAMPLINGS
from footprint.result.record import CodedText
from footprint.result.total import IntervalFigures, IntervalRecord
from footprint.sampling.bank_slots import BankDraws
from footprint.sampling.parameters import Parameter, Plan, Sampled, plan_of
from footprint.solving.evaluate import Nominal
from lca_models.system.formula import Slot
from lca_models.system.resolve import Pin

LEVEL = Decimal("0.95")
SHOWN_DIGITS = 12
OUTSIDE = "outside"
"""Name of the drift of a nominal value that its own interval does not hold."""
METHODS = {
    RANDOM: "Monte Carlo over parameters; shares and metal balances kept in every draw",
    QUASI: "Latin hypercube over parameters; shares and metal balances kept in every draw",
}


class ImpossibleDraws(Incomplete):
    """Too many draws are of no plant that could be: no interval (rule PCF-POSSIBLE-001)."""


# EJ: some hundred roundings of a double, relative; below the twelfth digit, which is shown.
_ROUNDING = Decimal("1e-14")
_PERCENT = Decimal("0.1")


def sampled_interval(
    nominal: Nominal,
    *,
    samples: int,
    seed: int,
    sampling: str = RANDOM,
    banked: BankDraws | None = None,
) -> IntervalRecord:
    """Return the central 95 % interval of the total, kg CO2e per declared unit.

    Each factor is log-normal around its nominal value (the median) with its own geometric standard
    deviation, a mixture of classes around its nominal value (the mean) where its producer is
    unknown (rule DQ-MIXTURE-001), or as the study states; a zero stays zero. The interval is
    reproducible on one platform and is not hashed. `banked` draws the slots it serves. Raises
    BadInput (SAMPLING_UNKNOWN, SAMPLES_TOO_FEW, NO_PRODUCTIVE_SAMPLE, BANK_TOO_FEW) and
    ImpossibleDraws.
    """
    plan = plan_of(nominal, banked)
    drawn = plan.sampled(samples, seed, _sampling(sampling))
    require_possible(drawn.productive, drawn.impossible)
    found = _record(drawn, nominal, samples, seed, sampling)
    require_samples(samples - found.non_productive - found.impossible)
    return found


def interval_or_reason(
    nominal: Nominal, *, samples: int, seed: int, sampling: str = RANDOM
) -> tuple[IntervalRecord | None, CodedText | None]:
    """Return the interval, or None and why there is none: a code and its parameters.

    Raises as `sampled_interval` for all but impossible draws.
    """
    try:
        return sampled_interval(nominal, samples=samples, seed=seed, sampling=sampling), None
    except ImpossibleDraws as error:
        params = {**error.params, "seed": seed, "sampling": sampling}
        return None, CodedText(code=error.code, params={k: str(v) for k, v in params.items()})


def redrawn_interval(
    nominal: Nominal, samples: int, seed: int, sampling: str, *, judged: bool = True
) -> IntervalRecord:
    """Return the interval of `sampled_interval`, however few its samples: to check one that is.

    `judged` is False for an interval from before impossible draws were left out.
    """
    found = plan_of(nominal).sampled(samples, seed, _sampling(sampling))
    return _record(found.judged(impossible=judged), nominal, samples, seed, sampling)


def _record(
    found: Sampled, nominal: Nominal, samples: int, seed: int, sampling: str
) -> IntervalRecord:
    figures = interval_figures(_summary(found), float(nominal.total))
    return IntervalRecord(
        **dict(figures),
        method=METHODS[sampling],
        samples=samples,
        sampling=sampling,
        seed=seed,
    )


def require_possible(productive: Any, impossible: Any) -> None:
    """Raise ImpossibleDraws where more than a small part of the draws with a solution is.

    Shapes are (samples,), bool. Rule: PCF-POSSIBLE-001.
    """
    count = int(np.sum(impossible))
    solved = count + int(np.sum(productive))
    most = rule(POSSIBLE_RULE).number("most_impossible_share")
    if count > most * solved:
        raise ImpossibleDraws(
            "INTERVAL_IMPOSSIBLE",
            impossible=count,
            samples=np.size(productive),
            share=_percent(Decimal(count) / solved),
            most=_percent(most),
            rule=POSSIBLE_RULE,
        )


def _percent(share: Decimal) -> str:
    return decimal_text((share * conversion("1", "%")).quantize(_PERCENT))


def interval_figures(found: Summary, static: float) -> IntervalFigures:
    """Return a summary's figures, rounded; `static` is the value nothing drawn gives.

    The ends are rounded outward: what was drawn lies within.
    """
    low, high = _end(found.low.value, ROUND_FLOOR), _end(found.high.value, ROUND_CEILING)
    # By the ends as they are written: certificates are judged by those.
    inside = low <= _rounded(static) <= high
    return IntervalFigures(
        drift=(*found.drift(static), *(() if inside else (OUTSIDE,))),
        impossible=found.impossible,
        high=high,
        high_error=_error(found.high),
        level=LEVEL,
        low=low,
        low_error=_error(found.low),
        mean=_rounded(found.mean.value),
        mean_error=_error(found.mean),
        median=_rounded(found.median.value),
        median_error=_error(found.median),
        non_productive=found.non_productive,
    )


def _sampling(name: str) -> str:
    if name not in SAMPLINGS:
        raise BadInput("SAMPLING_UNKNOWN", sampling=name, known=", ".join(SAMPLINGS))
    return name


def require_samples(samples: int) -> None:
    """Raise BadInput (SAMPLES_TOO_FEW) for fewer draws than a 95 % interval takes."""
    least = least_samples(float(LEVEL))
    if samples < least:
        raise BadInput("SAMPLES_TOO_FEW", samples=samples, least=least)


def _summary(found: Sampled) -> Summary:
    _require_productive(found.productive)
    impossible = int(np.sum(found.impossible))
    return summarise(found.totals, found.productive, float(LEVEL), impossible=impossible)


def _require_productive(productive: Any) -> None:
    if not np.any(productive):
        raise BadInput("NO_PRODUCTIVE_SAMPLE", samples=np.size(productive))


def shown(value: float) -> str:
    """Return a sampled number as decimal text of twelve digits."""
    return decimal_text(_rounded(value))


def _rounded(value: float) -> Decimal:
    return Decimal(f"{value:.{SHOWN_DIGITS}g}")


def _end(value: float, outward: str) -> Decimal:
    """Return an end of an interval of twelve digits, rounded outward.

    It makes room for the last digits of a double first: a total drawn without spread lies that far
    from the exact total it stands for, on either side.
    """
    exact = Decimal(value)
    away = abs(exact) * _ROUNDING
    moved = exact - away if outward == ROUND_FLOOR else exact + away
    return Context(prec=SHOWN_DIGITS, rounding=outward).plus(moved)


def _error(found: Estimate) -> Decimal | None:
    return None if found.error is None else Decimal(f"{found.error:.3g}")


def sample_totals(nominal: Nominal, *, samples: int, seed: int, sampling: str = RANDOM) -> Any:
    """Return the total of each sample, shape (samples,), kg CO2e per declared unit.

    Those that are not productive are NaN.
    """
    found = plan_of(nominal).sampled(samples, seed, _sampling(sampling))
    return np.where(found.productive, found.totals, np.nan)


@dataclass(frozen=True, slots=True)
class Gradient:
    """How the total answers to a parameter, to first order.

    `per_deviation`: kg CO2e per standard deviation of the parameter, the measure of the ranking.
    `elasticity`: per cent of the total per per cent of the parameter; NaN for one without spread
    around a positive median. Both speak of the nominal point only: never the reported interval.
    """

    parameter: Parameter
    per_deviation: float
    elasticity: float


def parameter_gradients(nominal: Nominal, plan: Plan | None = None) -> list[Gradient]:
    """Return the gradients of all parameters, the strongest first; ties by their slots.

    One pass back over the tape gives the slope by every slot (`engine.programs.gradients`); how a
    parameter moves its slots, also through the balances, is read off draws a small step to either
    side.

    What a balance ties moves along, so the gradient of a scrap includes the metal it takes.
    """
    plan = plan or plan_of(nominal)
    count = len(plan.parameters)
    normals = {item.key: np.zeros(2 * count) for item in plan.parameters}
    for place, item in enumerate(plan.parameters):
        normals[item.key][2 * place : 2 * place + 2] = (item.step, -item.step)
    moved = plan.opened(normals, 2 * count)[0]
    slopes = plan.slopes()
    rises = np.zeros(count)
    for slot, slope in slopes.items():
        rises += slope * (moved[slot][0::2] - moved[slot][1::2])
    whole = float(nominal.total)
    found = []
    for place, item in enumerate(plan.parameters):
        slope = float(rises[place]) / (2 * item.step)
        high, low = item.multipliers(np.array([item.step, -item.step]))
        spread = (math.log(high / low) if low > 0 else 0.0) / (2 * item.step)
        elasticity = slope / spread / whole if spread and whole else math.nan
        found.append(Gradient(item, slope, elasticity))
    return sorted(found, key=lambda item: (-abs(item.per_deviation), item.parameter.name))


def compared(
    a: Nominal, b: Nominal, *, samples: int, seed: int, sampling: str = RANDOM
) -> Comparison:
    """Return A - B on shared draws: a parameter that both use has one value in each sample.

    Raises as `sampled_interval` does.
    """
    drawn = [plan_of(item).sampled(samples, seed, _sampling(sampling)) for item in (a, b)]
    both = drawn[0].productive & drawn[1].productive
    for item in drawn:
        require_possible(item.productive, item.impossible)
    _require_productive(both)
    require_samples(int(np.sum(both)))
    impossible = (drawn[0].impossible | drawn[1].impossible) & _solved(drawn[0]) & _solved(drawn[1])
    a_totals, b_totals = (item.totals for item in drawn)
    return compare(a_totals, b_totals, both, impossible=int(np.sum(impossible)))


def _solved(found: Sampled) -> Any:
    return found.productive | found.impossible


def indices_of(
    plan: Plan, groups: Mapping[str, tuple[str, ...]], *, rows: int, seed: int, sampling: str
) -> Indices:
    """Return the Sobol indices of groups of parameter keys; all parameters are drawn."""

    def model(normals: Mapping[str, Any]) -> tuple[Any, Any]:
        found = plan.totals(normals, rows)
        return found.totals, found.productive

    keys = [item.key for item in plan.parameters]
    return sobol_indices(model, keys, groups, rows=rows, seed=seed, sampling=sampling)


def drawn_alone(slot: Slot, tied: frozenset[str] = frozenset()) -> bool:
    """Tell whether a slot may be drawn without looking at any other.

    Whoever draws exchanges one by one, as Brightway does, must leave the others at their nominal
    value: metal per metal, the sources of a site's power, and the slots of `tied`, which an
    equation of the model ties.
    """
    metal = slot.quantity == "inventory" and slot.unit == "t/t"
    share = slot.flow in SHARE_FLOWS or slot.flow in LOOP_FLOWS
    return not (metal or share or slot.key in tied)


def sigma_of(pin: Pin, tied: frozenset[str] = frozenset()) -> float:
    """Return the standard deviation of the logarithm of a factor; 0 for what is not drawn alone."""
    return math.log(float(pin.factor.gsd)) if drawn_alone(pin.slot, tied) else 0.0
