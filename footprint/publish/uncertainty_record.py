"""What `footprint uncertainty --json` prints, typed. Amounts are kg CO2e per declared unit."""

from __future__ import annotations

from footprint.comparison.document import MismatchRecord
from footprint.result.record import Exact, Flag, Record, Text, Whole
from footprint.result.total import IntervalFigures, IntervalRecord


class NamedResult(Record):
    """Which result is spoken of, and its total."""

    product: Text
    site: Text
    result_hash: Text
    total: Exact


class Ranked(Record):
    """A parameter: its slots, what a deviation of it moves, and its elasticity where it has one."""

    slots: tuple[Text, ...]
    per_deviation: Exact
    elasticity: Exact | None


class SobolIndex(Record):
    """The shares of the variance that a group of parameters brings, alone and in all, 0 to 1."""

    slots: tuple[Text, ...]
    first: Exact
    first_error: Exact
    total: Exact
    total_error: Exact
    converged: Flag


class SobolIndices(Record):
    """The Sobol indices of the leading parameters, and of the others together."""

    converged: Flag
    evaluations: Whole
    non_productive: Whole
    indices: tuple[SobolIndex, ...]


class DifferenceFigures(IntervalFigures):
    """The figures of a difference on common samples."""

    samples: Whole


class AgainstRecord(NamedResult):
    """A second result on common samples, with every mismatch that bars a plain comparison.

    `a_below_b` is the share of samples, 0 to 1, in which the first result is below the second.
    """

    mismatches: tuple[MismatchRecord, ...]
    difference: DifferenceFigures
    a_below_b: Exact
    a_below_b_error: Exact
    equal: Whole
    correlation: Exact | None


class UncertaintyDocument(NamedResult):
    """What is known of the uncertainty of a result."""

    illustrative: Flag
    stated: tuple[Text, ...]
    interval: IntervalRecord
    ranking: tuple[Ranked, ...]
    groups: tuple[Text, ...]
    fixed: tuple[Text, ...]
    banked: tuple[Text, ...]
    sobol: SobolIndices | None
    against: AgainstRecord | None
