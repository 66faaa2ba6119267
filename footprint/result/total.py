"""The total of a result and its interval."""

from __future__ import annotations

from footprint.result.record import Exact, Record, Text, Whole


class IntervalFigures(Record):
    """The figures of a sample: ends, middles and their errors; `level` is the probability inside.

    `drift` names which figures lie further from the value than sampling explains. What was drawn
    before impossible draws were judged does not state `impossible`.
    """

    drift: tuple[Text, ...] = ()
    impossible: Whole = 0
    high: Exact
    high_error: Exact | None = None
    level: Exact
    low: Exact
    low_error: Exact | None = None
    mean: Exact | None = None
    mean_error: Exact | None = None
    median: Exact | None = None
    median_error: Exact | None = None
    non_productive: Whole = 0


class IntervalRecord(IntervalFigures):
    """The interval of a total, kg CO2e per declared unit, and how to draw it again."""

    method: Text
    samples: Whole
    sampling: Text = ""
    seed: Whole


class Engine(Record):
    """Another program that solved the same matrix: its name and how far it parts, relative."""

    name: Text
    relative_difference: Exact
    exact_result_hash: Text


class Total(Record):
    """The total, `unit` per declared unit, with its interval where one was drawn."""

    value: Exact
    unit: Text
    interval: IntervalRecord | None
