"""What each methodological choice is worth: alone, and over all combinations of the others.

Both are plain ranges, so that everyone can check them in the table: highest less lowest total when
one choice takes its values and all others stand still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from footprint.lab.combinations import Axis, Lab, Row

_Totals = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class ValueEffect:
    """One value of a choice, kg CO2e per kg.

    `difference` is its total less the study's, all other choices as in the study; `mean_difference`
    the same against the study's value, as mean over the `pairs` of combinations that have both.
    """

    value: str
    difference: Decimal | None
    mean_difference: Decimal | None
    pairs: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a choice is worth, kg CO2e per kg; None where fewer than two values have a total.

    `range_at_study`: the others as in the study. `mean_range`: the mean of the range over all
    `combinations` of the others that leave at least two totals to compare.
    """

    choice: str
    taken: str
    range_at_study: Decimal | None
    mean_range: Decimal | None
    combinations: int
    values: tuple[ValueEffect, ...]


def effects_of(lab: Lab) -> list[Effect]:
    """Return the effect of every choice with more than one value, the largest first."""
    effects = [_effect(lab, axis) for axis in lab.axes if len(axis.values) > 1]
    return sorted(effects, key=_size)


def _size(effect: Effect) -> tuple[Decimal, Decimal, str]:
    alone, mean = (
        Decimal(1) if size is None else -size for size in (effect.range_at_study, effect.mean_range)
    )
    return alone, mean, effect.choice


def _effect(lab: Lab, axis: Axis) -> Effect:
    groups = _groups(lab.rows, axis)
    others = tuple(item.taken for item in lab.axes if item.choice != axis.choice)
    at_study = groups.get(others, {})
    ranges = [found for group in groups.values() if (found := _range(group)) is not None]
    return Effect(
        choice=axis.choice,
        taken=axis.taken,
        range_at_study=_range(at_study),
        mean_range=_mean(ranges),
        combinations=len(ranges),
        values=tuple(
            _value_effect(axis, value, at_study, groups.values()) for value in axis.values
        ),
    )


def _groups(rows: Sequence[Row], axis: Axis) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """Return the totals by the values of the other choices: others → value → total."""
    groups: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        if row.total is not None:
            others = tuple(value for choice, value in row.choices.items() if choice != axis.choice)
            groups[others][row.choices[axis.choice]] = row.total
    return groups


def _value_effect(
    axis: Axis, value: str, at_study: _Totals, groups: Iterable[_Totals]
) -> ValueEffect:
    differences = [
        EXACT.subtract(group[value], group[axis.taken])
        for group in groups
        if value in group and axis.taken in group
    ]
    alone = None
    if value in at_study and axis.taken in at_study:
        alone = EXACT.subtract(at_study[value], at_study[axis.taken])
    return ValueEffect(value, alone, _mean(differences), len(differences))


def _range(totals: _Totals) -> Decimal | None:
    if len(totals) < 2:
        return None
    return EXACT.subtract(max(totals.values()), min(totals.values()))


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    if not values:
        return None
    with localcontext(EXACT):
        return sum(values, Decimal(0)) / len(values)
