"""From a meter's readings to its consumption: steps, rollover, events, and exact monthly sums.

Pure: knows neither files nor findings. A reading stands for the end of its day, so a reading of
31 December closes the old year and opens the new one. What a series cannot say is a fault here,
never a guess (DER-METER-001, DER-METER-002).
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import groupby, pairwise
from typing import Literal

from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.rules import rule
from factor_db.ledger.form.word_lists import Event

FaultKind = Literal[
    "negative",
    "rollover",
    "beyond_digits",
    "duplicate",
    "duplicate_differs",
    "reset_open",
    "not_removed",
    "not_installed",
    "unmeasured",
    "multiplier_changed",
    "multiplier_missing",
    "digits_changed",
]
# Order within one day where the file does not give it: what closes comes before what opens.
_DAY_ORDER: dict[Event, int] = {
    "reading": 0,
    "estimated": 0,
    "removed": 1,
    "installed": 2,
    "reset": 3,
    "ratio": 4,
}
_PLAIN: frozenset[Event] = frozenset({"reading", "estimated"})
# Faults that still leave the consumption known.
HARMLESS: frozenset[FaultKind] = frozenset({"duplicate", "unmeasured"})
_QUANTUM = Decimal(1).scaleb(-int(rule("DER-METER-002").number("decimals")))
_CLASS = re.compile(r"(\d(?:\.\d)?)0?(S?)")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a register at the end of a site-local day.

    `register` is None for a reading that cannot be read: the series is broken there. `multiplier`
    and `digits` are None where they are as before (1 and unknown at the start).
    """

    on: date
    register: Decimal | None
    multiplier: Decimal | None = None
    digits: int | None = None
    event: Event = "reading"
    row: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Consumption from the end of one reading's day to the end of the next one's."""

    opening: Reading
    closing: Reading
    amount: Decimal

    @property
    def estimated(self) -> bool:
        """Tell whether either end was estimated and not read."""
        return "estimated" in (self.opening.event, self.closing.event)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a reading, and the reading before it."""

    kind: FaultKind
    reading: Reading
    before: Reading


@dataclass(frozen=True, slots=True)
class Series:
    """A meter's readings in order, the steps between them and the faults found on the way."""

    readings: tuple[Reading, ...]
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]

    @property
    def whole(self) -> bool:
        """Tell whether the consumption from the first to the last reading is known."""
        readable = all(reading.register is not None for reading in self.readings)
        return readable and all(fault.kind in HARMLESS for fault in self.faults)


@dataclass(frozen=True, slots=True)
class MonthShare:
    """Consumption of one month and the reading that closes it."""

    amount: Decimal
    estimated: bool
    closing: Reading


def in_order(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return readings by date; within a day as written, or closing readings before opening ones.

    The file's order within a day counts only if the file is in date order (either way) and makes
    sense: a removal before its installation, a reading before its reset.
    """
    rising = all(one.on <= other.on for one, other in pairwise(readings))
    falling = all(one.on >= other.on for one, other in pairwise(readings))
    written = readings if rising else tuple(reversed(readings))
    ordered: list[Reading] = []
    for _, group in groupby(sorted(written, key=lambda item: item.on), key=lambda item: item.on):
        day = list(group)
        if not ((rising or falling) and _makes_sense(day)):
            day.sort(key=lambda item: (_DAY_ORDER[item.event], item.row))
        ordered += day
    return tuple(ordered)


def _makes_sense(day: Sequence[Reading]) -> bool:
    events = [reading.event for reading in day]
    if "installed" in events and "removed" in events[events.index("installed") :]:
        return False
    if events[0] == "reset" and _PLAIN & set(events):
        return False
    return not any(
        one == "removed" and other not in {"removed", "installed"}
        for one, other in pairwise(events)
    )


@dataclass(slots=True)
class _Walk:
    """Goes through a series in order; holds the multiplier and the register size in force."""

    before: Reading | None = None
    multiplier: Decimal | None = None
    digits: int | None = None
    refused: Decimal | None = None
    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def take(self, reading: Reading) -> None:
        before, self.before = self.before, reading
        if reading.register is None:
            # What stood here may have been any event: begin anew after it.
            self.before = self.multiplier = self.digits = self.refused = None
            return
        if before is None:
            self.multiplier = reading.multiplier or self.multiplier or Decimal(1)
            self.digits = reading.digits or self.digits
        if not self._fits_register(reading, before or reading) or before is None:
            return
        if self._is_duplicate(before, reading):
            return
        self._check_multiplier(before, reading)
        self._advance(before, reading)
        if reading.event in {"ratio", "installed"}:
            self.multiplier = reading.multiplier or self.multiplier

    def _fault(self, kind: FaultKind, before: Reading, reading: Reading) -> None:
        self.faults.append(Fault(kind, reading, before))

    def _fits_register(self, reading: Reading, before: Reading) -> bool:
        if reading.event == "installed" or self.digits is None:
            self.digits = reading.digits or self.digits
        elif reading.digits not in (None, self.digits):
            self._fault("digits_changed", before, reading)
            self.digits = reading.digits
        register = reading.register or ZERO
        if self.digits is not None and register >= Decimal(10) ** self.digits:
            self._fault("beyond_digits", before, reading)
            self.before = None
            return False
        return True

    def _is_duplicate(self, before: Reading, reading: Reading) -> bool:
        if before.on != reading.on or not {before.event, reading.event} <= _PLAIN:
            return False
        same = before.register == reading.register
        self._fault("duplicate" if same else "duplicate_differs", before, reading)
        # An estimate beside a reading of the same day and value is not needed.
        self.before = reading if same and before.event == "estimated" else before
        return True

    def _check_multiplier(self, before: Reading, reading: Reading) -> None:
        stated = reading.multiplier
        if reading.event == "ratio" and stated is None:
            self._fault("multiplier_missing", before, reading)
        if reading.event in {"ratio", "installed"} or stated in (None, self.multiplier):
            return
        # A lasting change is one fault, not one at each reading after it.
        if stated != self.refused:
            self._fault("multiplier_changed", before, reading)
        self.refused = stated

    def _advance(self, before: Reading, reading: Reading) -> None:
        if reading.event == "installed":
            if before.event != "removed":
                self._fault("not_removed", before, reading)
            elif before.on != reading.on:
                self._fault("unmeasured", before, reading)
        elif before.event == "removed":
            self._fault("not_installed", before, reading)
        elif reading.event == "reset":
            if before.on != reading.on:
                self._fault("reset_open", before, reading)
        else:
            self._step(before, reading)

    def _step(self, before: Reading, reading: Reading) -> None:
        if before.register is None or reading.register is None or self.multiplier is None:
            return
        advance = EXACT.subtract(reading.register, before.register)
        if advance < 0:
            if self.digits is None:
                self._fault("negative", before, reading)
                return
            register = Decimal(10) ** self.digits
            advance = EXACT.add(advance, register)
            if advance > register * rule("DER-METER-001").number("wrapped_share_at_most"):
                self._fault("rollover", before, reading)
                return
        self.steps.append(Step(before, reading, EXACT.multiply(advance, self.multiplier)))


def consumption(readings: Sequence[Reading]) -> Series:
    """Return the steps between consecutive readings of one meter, in any order, and all faults.

    Amounts are in the unit of reading x multiplier. Rule: DER-METER-001.
    """
    ordered = in_order(readings)
    walk = _Walk()
    for reading in ordered:
        walk.take(reading)
    return Series(ordered, tuple(walk.steps), tuple(walk.faults))


def divide(amount: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Divide an amount >= 0 by weights >= 0 so that the parts add up to it exactly.

    Running sums are cut at the ninth decimal; the last part with a weight takes what is left and a
    weight of 0 gets 0. Raises ZeroDivisionError when all weights are 0. Rule: DER-METER-002.
    """
    whole = exact_sum(weights)
    if not whole:
        raise ZeroDivisionError("no weight to divide by")
    parts, running, given = [], ZERO, ZERO
    for weight in weights:
        running = EXACT.add(running, weight)
        upto = amount
        if running != whole:
            share = EXACT.divide(EXACT.multiply(amount, running), whole)
            upto = min(amount, share.quantize(_QUANTUM, ROUND_DOWN, EXACT))
        parts.append(EXACT.subtract(upto, given))
        given = upto
    return tuple(parts)


def days_by_month(step: Step) -> dict[str, int]:
    """Return how many days of a step lie in each month; one of the month for a step in a day."""
    first, last = step.opening.on + timedelta(days=1), step.closing.on
    if first > last:
        return {f"{last:%Y-%m}": 1}
    days: dict[str, int] = {}
    while first <= last:
        until = min(last, first.replace(day=monthrange(first.year, first.month)[1]))
        days[f"{first:%Y-%m}"] = (until - first).days + 1
        first = until + timedelta(days=1)
    return days


def monthly(steps: Iterable[Step]) -> dict[str, MonthShare]:
    """Return month → consumption; the months of each step add up to it exactly.

    `closing` is the last reading whose step touches the month. Rule: DER-METER-002.
    """
    months: dict[str, MonthShare] = {}
    for step in steps:
        days = days_by_month(step)
        parts = divide(step.amount, [Decimal(count) for count in days.values()])
        for month, part in zip(days, parts, strict=True):
            so_far = months.get(month)
            months[month] = MonthShare(
                EXACT.add(so_far.amount, part) if so_far else part,
                step.estimated or (so_far is not None and so_far.estimated),
                step.closing,
            )
    return dict(sorted(months.items()))


def comparable_runs(months: Sequence[str], steps: Iterable[Step]) -> tuple[tuple[str, ...], ...]:
    """Return the months in runs whose ends no step crosses: only whole runs are truly measured.

    With readings at every month end each month is a run of its own.
    """
    crossed = {month for step in steps for month in list(days_by_month(step))[1:]}
    runs: list[list[str]] = []
    for month in months:
        if runs and month in crossed:
            runs[-1].append(month)
        else:
            runs.append([month])
    return tuple(tuple(run) for run in runs)


def relative_uncertainty(accuracy_class: str) -> Decimal | None:
    """Return the half-width of a rectangular distribution, as a fraction, for a meter's class.

    `0.5S` gives 0.005; a class outside the register, or none, gives None. `1`, `1.0`, `1级` and
    `class 1` are the same. Rule: DQ-METER-001.
    """
    text = unicodedata.normalize("NFKC", accuracy_class).strip().upper()
    found = _CLASS.fullmatch(text.removeprefix("CLASS").removesuffix("级").strip())
    if not found:
        return None
    name = f"{Decimal(found[1]).normalize():f}{found[2]}"
    if name not in rule("DQ-METER-001").items("classes"):
        return None
    return Decimal(found[1]) / 100
