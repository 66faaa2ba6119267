"""Variants of one question evaluated as arrays, and which of them only the exact way may answer.

What float64 can't settle is never guessed: where an override breaks or touches a limit, empties a
charge, calls for a factor that is not there, or makes a difference of nearly equal numbers, the
variant is marked and `exact_answer` judges it. Whether one is marked depends on it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from footprint.portfolio.elimination import solve_variants
from footprint.portfolio.judging import Row, judge
from footprint.portfolio.model import Line, Model, is_outside
from footprint.result.record import CodedText
from footprint.solving.cut_off import judge_cut_offs
from lca_models.system.compile import Burden, CompiledSystem
from lca_models.system.constraints import Constraint
from lca_models.system.electricity import share_slot
from lca_models.system.formula import arithmetic_of
from lca_models.system.unit_process import Input, ProductSystem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Overrides = Mapping[str, Floats]
"""Slot key → value per variant, not-a-number where a variant does not set it."""

# EJ: a difference below this share of its terms has lost too many digits to agree to 1e-9.
CANCELLED = 2.0**-20
# EJ: far above the rounding of a few operations, far below any reading's precision.
NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Emitted:
    """One row of the contributions for all variants: where it is there, and how much."""

    line: Line
    burden: Burden
    gas: str
    present: Flags
    set_amount: Flags
    set_factor: Flags
    kg_gas: Floats
    kg_co2e: Floats


@dataclass(frozen=True, slots=True)
class Variants:
    """Totals in kg CO2e per kg of product; `exact` marks variants without a trusted one here.

    `impossible` is place → why no plant could have a variant; `exact` ones are not among them.
    """

    totals: Floats
    outside: Floats
    exact: Flags
    illustrative: Flags
    rows: tuple[Emitted, ...]
    impossible: Mapping[int, tuple[CodedText, ...]]


def evaluate_variants(model: Model, overrides: Overrides, count: int) -> Variants:
    """Evaluate `count` variants of a question; shapes are (count,) throughout.

    The counterpart of `footprint.sampling.batch.evaluate_batch`, for a question instead of a
    nominal result.
    """
    with np.errstate(all="ignore"):
        return _Variants(model, overrides, count).run()


class _Variants:
    def __init__(self, model: Model, overrides: Overrides, count: int) -> None:
        self.model, self.count = model, count
        asked = model.amount_keys | model.emission_keys
        self.given: dict[str, Flags] = {key: ~np.isnan(v) for key, v in overrides.items()}
        self.overrides = overrides
        self.exact = np.zeros(count, dtype=bool)
        for key, given in self.given.items():
            if key not in asked:
                self.exact |= given

    def run(self) -> Variants:
        model = self.model
        amounts = [self._amount(line) for line in model.lines]
        self._check_limits()
        self._check_metal()
        self._check_reach(amounts)
        links = [
            (line.place, line.provider, amount)
            for line, (amount, _) in zip(model.lines, amounts, strict=True)
            if line.provider >= 0
        ]
        demand = float(conversion("kg", "t"))
        size = len(model.system.processes)
        activity, doubtful = solve_variants(size, links, model.final, demand)
        self.exact |= doubtful
        rows: list[Emitted] = []
        for line, (amount, used) in zip(model.lines, amounts, strict=True):
            for burden in line.burdens:
                rows.extend(self._rows(line, burden, amount * activity[line.place], used))
        totals = _sum(self.count, (row for row in rows if not is_outside(row.burden)))
        outside = _sum(self.count, (row for row in rows if is_outside(row.burden)))
        self.exact |= ~np.isfinite(totals)
        self._judge_cut_offs(amounts, activity, totals)
        inside = tuple(row for row in rows if not is_outside(row.burden))
        impossible = self._impossible(amounts, totals, inside)
        illustrative = self._illustrative(amounts)
        return Variants(totals, outside, self.exact, illustrative, inside, impossible)

    def _impossible(
        self, amounts: list[tuple[Any, Any]], totals: Floats, rows: tuple[Emitted, ...]
    ) -> Mapping[int, tuple[CodedText, ...]]:
        """Judge what no plant could have; mark what is too near to a limit for float64.

        Rule: PCF-POSSIBLE-001.
        """
        model, system = self.model, self.model.system
        read = self._values(model.judged_by, np.arange(self.count))
        judged = judge(
            system,
            _compiled(model, amounts),
            read,
            scrap_rule=model.question.study.choices.scrap_rule,
            totals=totals,
            rows=[_judged_row(system, row) for row in rows],
            near=NEAR,
        )
        self.exact |= judged.near
        return {
            at: judged.reasons(at) for at in np.flatnonzero(judged.beyond & ~self.exact).tolist()
        }

    def _given(self, keys: Iterable[str]) -> Flags | None:
        """Return which variants set any of the slots; None when none ever does."""
        found = [self.given[key] for key in keys if key in self.given]
        return np.logical_or.reduce(found) if found else None

    def _values(self, keys: Iterable[str], at: NDArray[np.intp]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key in keys:
            value: Any = self.model.values[key]
            if key in self.given:
                value = np.where(self.given[key][at], self.overrides[key][at], value)
            values[key] = value
        return values

    def _amount(self, line: Line) -> tuple[Any, Any]:
        """Return an exchange's amount and where it is used, float64 or arrays over the variants."""
        amount: Any = line.amount
        used: Any = np.bool_(line.used)
        touched = self._given(line.slots)
        if touched is not None:
            at = np.flatnonzero(touched)
            lost = np.zeros(len(at), dtype=bool)
            found = line.formula.evaluate(self._values(line.slots, at), _watching(lost))
            amount = np.full(self.count, line.amount)
            amount[at] = found
            used = amount != 0
            self.exact[at] |= lost
        self.exact |= ~np.isfinite(amount)
        if isinstance(line.exchange, Input):
            self._require_factors(line.exchange, used)
        return amount, used

    def _require_factors(self, exchange: Input, used: Any) -> None:
        for part in exchange.parts:
            key = part.slot.key
            known = key in self.model.gases or key in self.model.cut_offs
            clear = key not in self.model.question.unclear
            if not (known and clear) and not (key in self.model.optional and clear):
                self.exact |= used & ~self._is_set(key)

    def _is_set(self, key: str) -> Flags:
        return self.given.get(key, np.zeros(self.count, dtype=bool))

    def _check_metal(self) -> None:
        """Mark what leaves a step without metal: the exact way says which (rule PCF-REACH-001)."""
        values = self.model.values
        every = np.arange(self.count)
        for slots in filter(None, self.model.metal):
            here = slots & values.keys()
            if self._given(here) is not None:
                taken = np.zeros(self.count, dtype=bool)
                for value in self._values(here, every).values():
                    taken |= value > 0
                self.exact |= ~taken
            else:
                self.exact |= np.bool_(not any(values[key] > 0 for key in here))

    def _check_reach(self, amounts: list[tuple[Any, Any]]) -> None:
        """Mark what cuts a link: a process that is no longer reached has no rows at all."""
        for line, (amount, _) in zip(self.model.lines, amounts, strict=True):
            touched = self._given(line.slots) if line.provider >= 0 else None
            if touched is not None:
                self.exact |= touched & (amount == 0)

    def _check_limits(self) -> None:
        """Mark what may break a constraint, or claim more power than is used."""
        model = self.model
        for constraint, kept in zip(model.system.constraints, model.kept, strict=True):
            touched = self._given(slot.key for slot in constraint.slots())
            if not kept:
                self.exact |= np.bool_(True) if touched is None else ~touched
            if touched is not None:
                at = np.flatnonzero(touched)
                self.exact[at] |= ~self._is_well_within(constraint, at)
        shares = [share_slot(flow).key for flow in SHARE_FLOWS]
        if self._given(shares) is not None:
            every = np.arange(self.count)
            claimed = sum(self._values(self.model.amount_keys.intersection(shares), every).values())
            self.exact |= ~(claimed < 1 - NEAR)

    def _is_well_within(self, constraint: Constraint, at: NDArray[np.intp]) -> Any:
        values = self._values({slot.key for slot in constraint.slots()}, at)
        value = constraint.formula.evaluate(values, _PLAIN)
        within: Any = np.isfinite(value)
        for bound, sign in ((constraint.low, 1), (constraint.high, -1)):
            if bound is not None:
                limit = bound.evaluate(values, _PLAIN)
                within = within & (sign * (value - limit) > NEAR * np.maximum(1, abs(limit)))
        return within

    def _rows(self, line: Line, burden: Burden, run: Any, used: Any) -> Iterable[Emitted]:
        """Yield the rows of one burden, one per gas; `run` is its amount per declared unit."""
        nothing = np.zeros(self.count, dtype=bool)
        set_amount = self._given(line.slots)
        set_amount = nothing if set_amount is None else set_amount
        set_factor = self._is_set(burden.slot) if burden.slot else nothing
        if burden.slot:
            own = self.model.gases.get(burden.slot, {})
            gases: dict[str, tuple[Any, Any]] = {g: (kg, ~set_factor) for g, kg in own.items()}
            if burden.slot in self.given:
                given = self.overrides[burden.slot]
                kilograms = own.get("co2e", np.float64(0))
                there = set_factor | np.bool_("co2e" in own)
                gases["co2e"] = (np.where(set_factor, given, kilograms), there)
        else:
            gases = {gas: (np.float64(1), ~nothing) for gas in burden.gases}
        for gas, (per_unit, there) in sorted(gases.items()):
            present = np.broadcast_to(used & there, (self.count,))
            if gas not in self.model.gwp:
                self.exact |= present
                continue
            kg_gas = np.broadcast_to(run * per_unit, (self.count,))
            kg_co2e = kg_gas * self.model.gwp[gas]
            yield Emitted(line, burden, gas, present, set_amount, set_factor, kg_gas, kg_co2e)

    def _illustrative(self, amounts: list[tuple[Any, Any]]) -> Flags:
        """Tell of each variant whether any factor behind it is illustrative."""
        found = np.zeros(self.count, dtype=bool)
        for key in self.model.amount_keys:
            if self.model.is_illustrative(key):
                found |= ~self._is_set(key)
        for line, (_, used) in zip(self.model.lines, amounts, strict=True):
            if isinstance(line.exchange, Input):
                for part in line.exchange.parts:
                    if self.model.is_illustrative(part.slot.key):
                        found |= used & ~self._is_set(part.slot.key)
        return found

    def _judge_cut_offs(self, amounts: list[Any], activity: list[Any], totals: Floats) -> None:
        """Judge what the study leaves out, variant by variant; mark those that break the rule.

        Rule: PCF-CUTOFF-001.
        """
        items = [
            (burden, np.broadcast_to(amount, (self.count,)), used & ~self._is_set(burden.slot))
            for line, (amount, used) in zip(self.model.lines, amounts, strict=True)
            for burden in line.burdens
            if burden.slot in self.model.cut_offs and burden.slot not in self.model.gases
        ]
        if not items:
            return
        runs = [np.broadcast_to(run, (self.count,)) for run in activity]
        for at in np.flatnonzero(~self.exact):
            there = [
                replace(burden, amount=Decimal(float(amount[at])))
                for burden, amount, active in items
                if active[at]
            ]
            system = CompiledSystem("", "", (), self.model.final, (), tuple(there))
            missing = {burden.slot for burden in there}
            run = [Decimal(float(values[at])) for values in runs]
            total = Decimal(float(totals[at]))
            try:
                judge_cut_offs(self.model.question.study.cut_offs, missing, system, run, total)
            except BadInput:
                self.exact[at] = True


def _compiled(model: Model, amounts: list[tuple[Any, Any]]) -> CompiledSystem:
    """Return the system of all variants in numbers; its amounts are arrays, or alike for all."""
    taken = list(zip(model.lines, (amount for amount, _ in amounts), strict=True))
    return CompiledSystem(
        product=model.system.product,
        version=model.system.version,
        processes=tuple(process.code for process in model.system.processes),
        final_index=model.final,
        links=tuple((line.place, line.provider, a) for line, a in taken if line.provider >= 0),
        burdens=tuple(
            replace(burden, amount=amount)
            for line, amount in taken
            for burden in line.burdens
            if not is_outside(burden)
        ),
    )


def _judged_row(system: ProductSystem, row: Emitted) -> Row:
    code = system.processes[row.line.place].code
    return Row(code, row.burden.flow, row.gas, row.present, row.kg_co2e)


def _sum(count: int, rows: Iterable[Emitted]) -> Floats:
    """Add the rows up one after the other, so that every block adds in the same order."""
    total = np.zeros(count)
    for row in rows:
        total = total + np.where(row.present, row.kg_co2e, 0)
    return total


_PLAIN = arithmetic_of(np.float64, np.minimum, np.maximum)


def _watching(lost: Flags) -> Mapping[str, Any]:
    """Return float arithmetic that marks in `lost` where a difference loses its digits."""

    def minus(left: Any, right: Any) -> Any:
        difference = left - right
        terms = np.maximum(abs(left), abs(right))
        lost[...] |= abs(difference) < CANCELLED * terms
        return difference

    return {**_PLAIN, "-": minus}
