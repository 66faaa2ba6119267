"""A meter's readings give back the true consumption, whatever happened to the meter.

System under test: one kWh meter, simulated from a true daily consumption in whole counts of its
register. Hand calculation: 5 digits, multiplier 40 (CT 200/5), 99 990 → 00 015 is an advance of
25 counts, so 25 x 40 = 1 000 kWh. Spreading: 31 kWh between the ends of 15 January and
15 February are 16 days of January and 15 of February, so 16 and 15 kWh. Laws: the sum over all
steps is the truth; with readings at month ends so is every month; parts add up exactly.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factor_db.foundation.canonical import exact_sum
from factor_db.ledger.meters.consumption import (
    Reading,
    Step,
    comparable_runs,
    consumption,
    divide,
    in_order,
    monthly,
    relative_uncertainty,
)

D = Decimal
DAYS = 120
START = date(2023, 12, 15)  # with the year boundary and the leap day of 2024


def readings(
    *values: str, digits: int | None = None, multiplier: str | None = None
) -> list[Reading]:
    """Return month-end readings of 2025, from the end of 2024."""
    return [
        Reading(
            date(2025 + (at // 12), at % 12 + 1, 1) - timedelta(days=1),
            D(value),
            D(multiplier) if multiplier and not at else None,
            digits,
            row=at + 2,
        )
        for at, value in enumerate(values)
    ]


def total(series_readings: list[Reading]) -> Decimal:
    return sum((step.amount for step in consumption(series_readings).steps), D(0))


def kinds(series_readings: list[Reading]) -> list[tuple[str, int]]:
    return [(fault.kind, fault.reading.row) for fault in consumption(series_readings).faults]


def test_rollover_counts_once() -> None:
    series = consumption(readings("99990", "00015", digits=5, multiplier="40"))
    assert [step.amount for step in series.steps] == [D(1000)]
    assert series.whole


def test_a_smaller_reading_without_digits_is_a_fault_and_counts_nothing() -> None:
    series = readings("99990", "15")
    assert kinds(series) == [("negative", 3)]
    assert not consumption(series).steps


def test_half_a_register_may_wrap_and_no_more() -> None:
    assert total(readings("60000", "10000", digits=5)) == D(50000)
    assert kinds(readings("60000", "10001", digits=5)) == [("rollover", 3)]


def test_a_reading_the_register_cannot_show_is_one_fault() -> None:
    assert kinds(readings("100", "123456", "300", digits=5)) == [("beyond_digits", 3)]


def event(day: int, value: str, kind: str, row: int, multiplier: str | None = None) -> Reading:
    stated = D(multiplier) if multiplier else None
    return Reading(date(2025, 1, day), D(value), stated, None, kind, row)  # type: ignore[arg-type]


def test_an_exchange_on_the_last_day_of_a_month_with_a_reading_of_the_new_meter() -> None:
    # 100 → 180 of the old one, 7 → 9 of the new one on the same day, then 9 → 30: 80 + 2 + 21.
    rows = [
        event(1, "100", "reading", 2),
        event(31, "180", "removed", 3),
        event(31, "7", "installed", 4),
        event(31, "9", "reading", 5),
        Reading(date(2025, 2, 28), D(30), row=6),
    ]
    series = consumption(rows)
    assert not series.faults
    assert {m: s.amount for m, s in monthly(series.steps).items()} == {
        "2025-01": D(82),
        "2025-02": D(21),
    }
    assert consumption(rows[::-1]).steps == series.steps  # newest first


def test_a_new_ratio_holds_from_its_reading_on() -> None:
    rows = [
        event(1, "100", "reading", 2, "40"),
        event(10, "110", "ratio", 3, "60"),
        event(31, "120", "reading", 4),
    ]
    assert [step.amount for step in consumption(rows).steps] == [D(400), D(600)]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([event(1, "5", "reading", 2), event(9, "0", "reset", 3)], ("reset_open", 3)),
        ([event(1, "5", "reading", 2), event(9, "0", "installed", 3)], ("not_removed", 3)),
        ([event(1, "5", "removed", 2), event(9, "9", "reading", 3)], ("not_installed", 3)),
        ([event(1, "5", "removed", 2), event(9, "0", "installed", 3)], ("unmeasured", 3)),
        ([event(1, "5", "reading", 2), event(1, "5", "reading", 3)], ("duplicate", 3)),
        ([event(1, "5", "reading", 2), event(1, "6", "reading", 3)], ("duplicate_differs", 3)),
        ([event(1, "5", "reading", 2, "4"), event(9, "6", "ratio", 3)], ("multiplier_missing", 3)),
        (
            [
                event(1, "5", "reading", 2, "4"),
                *(event(d, "6", "reading", d, "5") for d in (9, 10)),
            ],
            ("multiplier_changed", 9),
        ),
        (
            [
                event(1, "5", "reading", 2, "4"),
                event(9, "6", "reading", 3, "40"),
                event(10, "7", "reading", 4, "4"),
            ],
            ("multiplier_changed", 3),
        ),
    ],
)
def test_each_fault_of_a_series_is_named_once(rows: list[Reading], found: tuple[str, int]) -> None:
    assert kinds(rows) == [found]


def test_other_digits_without_an_exchange_are_a_fault() -> None:
    first = Reading(date(2025, 1, 1), D(5), None, 5, row=2)
    assert kinds([first, Reading(date(2025, 2, 1), D(6), None, 6, row=3)]) == [
        ("digits_changed", 3)
    ]


def test_an_unreadable_reading_breaks_the_series_without_further_faults() -> None:
    broken = [
        event(1, "5", "reading", 2),
        Reading(date(2025, 1, 5), None, row=3),
        event(9, "0", "installed", 4),
        event(20, "7", "reading", 5),
    ]
    series = consumption(broken)
    assert not series.faults
    assert not series.whole
    assert [step.amount for step in series.steps] == [D(7)]


def test_an_estimate_marks_the_consumption_on_both_sides() -> None:
    rows = [
        event(1, "5", "reading", 2),
        event(9, "8", "estimated", 3),
        event(20, "9", "reading", 4),
    ]
    rows.append(event(31, "9", "reading", 5))
    assert [step.estimated for step in consumption(rows).steps] == [True, True, False]
    assert monthly(consumption(rows).steps)["2025-01"].estimated


def test_days_are_counted_from_the_end_of_a_day() -> None:
    step = Step(Reading(date(2025, 1, 15), D(0)), Reading(date(2025, 2, 15), D(31)), D(31))
    assert {m: s.amount for m, s in monthly([step]).items()} == {"2025-01": D(16), "2025-02": D(15)}
    leap = Step(Reading(date(2024, 1, 31), D(0)), Reading(date(2024, 3, 1), D(30)), D(30))
    assert [s.amount for s in monthly([leap]).values()] == [D(29), D(1)]


def test_month_end_readings_are_not_spread_and_zero_is_a_month() -> None:
    series = consumption(readings("10", "17", "17", "40"))
    assert {m: s.amount for m, s in monthly(series.steps).items()} == {
        "2025-01": D(7),
        "2025-02": D(0),
        "2025-03": D(23),
    }


def test_months_are_compared_in_runs_that_no_step_crosses() -> None:
    months = ("2025-01", "2025-02", "2025-03")
    crossing = Step(Reading(date(2025, 1, 20), D(0)), Reading(date(2025, 2, 28), D(1)), D(1))
    assert comparable_runs(months, [crossing]) == (("2025-01", "2025-02"), ("2025-03",))
    assert comparable_runs(months, consumption(readings("1", "2", "3", "4")).steps) == tuple(
        (month,) for month in months
    )


@given(
    amount=st.decimals(0, 10**18, places=15, allow_nan=False),
    weights=st.lists(
        st.decimals(0, 10**6, places=6, allow_nan=False), min_size=1, max_size=12
    ).filter(any),
)
@settings(max_examples=100, deadline=None)
def test_parts_add_up_exactly_and_follow_their_weights(
    amount: Decimal, weights: list[Decimal]
) -> None:
    parts = divide(amount, weights)
    assert exact_sum(parts) == amount
    assert all(part >= 0 for part in parts)
    assert all(not part for part, weight in zip(parts, weights, strict=True) if not weight)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) <= D("2e-9")
    assert sum(divide(D(1), weights)) == 1


def test_no_weight_divides_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        divide(D(1), [D(0), D(0)])


@pytest.mark.parametrize(
    ("text", "half_width"),
    [("0.5S", "0.005"), ("0.2s", "0.002"), ("０．５Ｓ级", "0.005"), ("1", "0.01"), ("1.0", "0.01"),
     ("class 1.5", "0.015"), ("2级", "0.02"), ("1S", None), ("0.7", None), ("", None), ("A", None)],
)  # fmt: skip
def test_a_class_is_the_half_width_in_per_cent(text: str, half_width: str | None) -> None:
    assert relative_uncertainty(text) == (D(half_width) if half_width else None)


class Simulated:
    """A meter that follows a true consumption and writes readings; events at the end of a day."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.digits = draw(st.sampled_from((None, 4, 5)))
        self.register = draw(st.integers(0, 9999))
        self.multiplier = D(draw(st.sampled_from(("1", "40", "0.5", "1200.25"))))
        self.rows: list[Reading] = []
        self.true: dict[date, Decimal] = {}

    def write(self, on: date, kind: str = "reading") -> None:
        self.rows.append(
            Reading(on, D(self.register), self.multiplier, self.digits, kind, len(self.rows) + 2)  # type: ignore[arg-type]
        )

    def live(self, on: date, counts: int) -> None:
        self.true[on] = counts * self.multiplier
        self.register += counts
        if self.digits:
            self.register %= 10**self.digits

    def happen(self, on: date, what: str) -> None:
        if what == "reset":
            self.write(on)
            self.register = self.draw(st.integers(0, 50))
        elif what == "exchange":
            self.write(on, "removed")
            self.register = self.draw(st.integers(0, 9999))
            self.digits = self.draw(st.sampled_from((None, 4, 6)))
            if self.digits is None and self.rows[-1].digits is not None:
                self.digits = self.rows[-1].digits
        elif what == "ratio":
            self.multiplier = D(self.draw(st.sampled_from(("20", "80", "0.125"))))
        if what == "again":
            self.write(on)
        self.write(on, {"exchange": "installed", "again": "reading"}.get(what, what))


@st.composite
def meters(draw: st.DrawFn, month_ends: bool) -> Simulated:
    meter = Simulated(draw)
    meter.write(START)
    for day in range(1, DAYS + 1):
        on = START + timedelta(days=day)
        # Up to 30 a day: a register of 4 digits runs through less than half between two readings.
        meter.live(on, draw(st.integers(0, 30)))
        what = draw(
            st.sampled_from(("",) * 20 + ("reading", "again", "reset", "exchange", "ratio"))
        )
        month_end = (on + timedelta(days=1)).day == 1
        if what:
            meter.happen(on, what)
        elif (month_ends and month_end) or day == DAYS:
            meter.write(on)
    return meter


@given(meter=meters(month_ends=False), data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_true_total_comes_back_whatever_happened(meter: Simulated, data: st.DataObject) -> None:
    written = list(data.draw(st.permutations(meter.rows)))
    series = consumption(written)
    assert {fault.kind for fault in series.faults} <= {"duplicate"}
    assert series.whole
    assert sum(step.amount for step in series.steps) == sum(meter.true.values())
    shares = monthly(series.steps)
    assert sum(share.amount for share in shares.values()) == sum(meter.true.values())
    assert consumption(meter.rows).steps == consumption(meter.rows[::-1]).steps


@given(meter=meters(month_ends=True))
@settings(max_examples=25, deadline=None)
def test_with_readings_at_month_ends_every_month_is_true(meter: Simulated) -> None:
    true: dict[str, Decimal] = defaultdict(Decimal)
    for on, amount in meter.true.items():
        true[f"{on:%Y-%m}"] += amount
    shares = monthly(consumption(meter.rows).steps)
    assert {month: share.amount for month, share in shares.items()} == true


def test_rows_of_one_day_stand_as_closing_before_opening_when_the_file_is_mixed_up() -> None:
    rows = [
        event(9, "0", "installed", 2),
        event(20, "8", "reading", 3),
        event(9, "7", "removed", 4),
        event(1, "5", "reading", 5),
    ]
    assert [row.row for row in in_order(rows)] == [5, 4, 2, 3]
