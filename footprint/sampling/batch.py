"""A study's product system evaluated for many samples or variants at once, in float64.

The model's formulas and the elimination of its loops are recorded once
(`engine.programs.tape`); every sample replays them. What is exact stays in
`footprint.solving.evaluate`: a batch must agree with it to 1e-9 and is checked against a dense
solve on some of its samples each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from factor_db.factors.record.reference import characterisation
from footprint.account.possible_terms import BIOGENIC, margins, terms_of
from footprint.engine.arrays import Floats
from footprint.engine.programs.elimination import Elimination, Links, eliminate
from footprint.engine.programs.program import Program, compile_tape
from footprint.engine.programs.tape import Number, Tape, Value, lower, upper
from footprint.solving.evaluate import demand_of, emission_labels
from footprint.solving.floats import without_unused
from lca_models.system.compile import compile_system
from lca_models.system.formula import arithmetic_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from footprint.solving.evaluate import Nominal
    from lca_models.system.compile import Burden, CompiledSystem

Varied = Floats | Mapping[str, Floats]
"""Samples of an amount, of a factor's gases (gas → kg per unit), or of what multiplies them all."""

ALL_GASES = "*"
_TRACED = arithmetic_of(float, lower, upper)
_SMALL_PIVOT = 1e-6  # below it elimination may lose more than 9 of 15 digits: solved densely
_CHECKED = 8
_AGREEMENT = 1e-9
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Batch:
    """What a batch came to, kg CO2e per declared unit, shape (samples,).

    `productive` is False where a sample has no solution, makes a process run backwards or uses
    something that has no factor, as it was nothing before: such a total means nothing and belongs
    in no average. `possible` is False where no plant could have the sample (rule PCF-POSSIBLE-001).
    `residual` is the largest relative difference
    from a dense solve on the samples checked, `dense` how many were solved densely.
    """

    totals: Floats
    productive: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    residual: float
    dense: int


class BatchSystem:
    """One product system with the slots that vary left open: record once, evaluate often.

    `varied` are slot keys of amounts and of emission factors as `evaluate` takes them.
    """

    def __init__(self, nominal: Nominal, varied: Mapping[str, Iterable[str] | None]) -> None:
        """`varied`: slot key → gases given one by one, or None (an amount, or all its gases)."""
        self.nominal = nominal
        _require_pinned(nominal, varied)
        self.varied = tuple(varied)
        self.tape = Tape()
        self._whole: dict[str, Value] = {}
        self._compiled = self._traced(varied)
        links: dict[tuple[int, int], Value] = {}
        for consumer, provider, amount in self._compiled.links:
            here = (consumer, provider)
            links[here] = links[here] + amount if here in links else amount
        self._links: Links = links
        gwp = characterisation(nominal.study.gwp_set)
        self._gwp = {gas: float(value) for gas, value in gwp.items()}

    def _traced(self, varied: Mapping[str, Iterable[str] | None]) -> CompiledSystem:
        nominal, tape = self.nominal, self.tape
        values: dict[str, Any] = {}
        gases: dict[str, dict[str, Any]] = {s.key: {} for s in nominal.system.emission_slots()}
        for pin in nominal.pins:
            key = pin.slot.key
            if "value" in pin.factor.amounts:
                values[key] = tape.input(key) if key in varied else float(pin.value())
                continue
            one_by_one = varied.get(key)
            all_at_once = key in varied and one_by_one is None
            scale: Value = tape.input((key, ALL_GASES)) if all_at_once else 1.0
            if not one_by_one:
                self._whole[key] = scale
            gases[key] = {gas: float(kg) * scale for gas, kg in pin.gases().items()}
            gases[key].update({gas: tape.input((key, gas)) for gas in one_by_one or ()})
        self._values = {key: values[key] for key in sorted(values)}
        system = replace(nominal.system, constraints=())
        compiled = compile_system(system, values, gases, _TRACED)
        return replace(compiled, burdens=without_unused(nominal, compiled.burdens, varied))

    @cached_property
    def _loads(self) -> list[Value]:
        """What each process emits by itself, kg CO2e per unit of its product."""
        loads: list[Value] = [0.0] * len(self._compiled.processes)
        for burden in self._compiled.burdens:
            for gas, per_tonne in sorted(burden.gases.items()):
                place = burden.process_index
                loads[place] = loads[place] + per_tonne * self._gwp[gas]
        return loads

    @cached_property
    def _elimination(self) -> Elimination:
        return eliminate(self._links, self._loads, self._compiled.final_index)

    @cached_property
    def _activities(self) -> list[Value]:
        return self._elimination.activities(len(self._compiled.processes))

    @property
    def _demand(self) -> float:
        return float(demand_of(self._compiled)[self._compiled.final_index])

    @cached_property
    def total(self) -> Value:
        """The total as a number of `tape`, kg CO2e per declared unit."""
        return self._elimination.score * self._demand

    @cached_property
    def _unfactored(self) -> Value:
        """The largest amount of what has no factor, as it was nothing in the nominal result."""
        nominal = self.nominal
        known = {pin.slot.key for pin in nominal.pins}
        known |= {item.slot for item in nominal.study.cut_offs}
        known |= {slot.key for slot in nominal.system.emission_slots() if slot.optional}
        largest: Value = 0.0
        for burden in self._compiled.burdens:
            if burden.slot and burden.slot not in known and isinstance(burden.amount, Number):
                largest = upper(largest, upper(burden.amount, -burden.amount))
        return largest

    @cached_property
    def _totals(self) -> Program:
        """Totals, the least pivot, the least activity and the use of what has no factor."""
        pivot: Value = 1.0
        for value in self._elimination.pivots:
            pivot = lower(pivot, value)
        activity: Value = 1.0
        for value in self._activities:
            activity = lower(activity, value)
        return compile_tape(self.tape, [self.total, pivot, activity, self._unfactored])

    @cached_property
    def _possible(self) -> Program:
        """The least margin of metal, heat and carbon, and of what gives a row its sign."""
        nominal, compiled = self.nominal, self._compiled
        scrap_rule = nominal.study.choices.scrap_rule
        terms = terms_of(nominal.system, compiled, self._values, scrap_rule, _TRACED)
        margin: Value = 1.0
        for room in margins(terms, _TRACED):
            margin = lower(margin, room)
        return compile_tape(self.tape, [margin, self._least_row])

    @property
    def _least_row(self) -> Value:
        """The least of what gives a row its sign; 0 or more where no row is negative.

        A row is amount x kg x what multiplies the kg, of which the kg of most factors are known.
        """
        known = {
            pin.slot.key: pin.gases() for pin in self.nominal.pins if pin.slot.key in self._whole
        }
        least: Value = 1.0
        for burden in self._compiled.burdens:
            held = {g: kg for g, kg in burden.gases.items() if g != BIOGENIC and self._gwp[g] > 0}
            factor = known.get(burden.slot)
            if factor is not None and all(factor.get(gas, 0) >= 0 for gas in held):
                held = {"": burden.amount, ALL_GASES: self._whole[burden.slot]} if held else {}
            for value in held.values():
                least = lower(least, value)
        return least

    def _is_possible(self, inputs: Mapping[Any, Floats], totals: Floats) -> NDArray[np.bool_]:
        """Tell which samples a plant could have. Rule: PCF-POSSIBLE-001."""
        margin, row = self._possible.run(inputs, len(totals))
        # Exactly at a limit, or exactly 0, a sample may lose its last digits.
        possible: NDArray[np.bool_] = (
            (margin >= -_ROUNDING) & (row >= -_AGREEMENT) & (totals >= -_ROUNDING)
        )
        return possible

    @cached_property
    def labels(self) -> list[dict[str, str]]:
        """What each contribution row says of itself, as the contribution table has it."""
        return [label for _, _, label in self._labelled]

    @cached_property
    def _labelled(self) -> list[tuple[Burden, str, dict[str, str]]]:
        nominal = self.nominal
        pins = {pin.slot.key: pin for pin in nominal.pins}
        return list(emission_labels(self._compiled.burdens, nominal.system, pins, nominal.where))

    @cached_property
    def _rows(self) -> Program:
        """Kilograms of gas of each contribution row."""
        rows = [
            self._activities[burden.process_index] * burden.gases[gas] * self._demand
            for burden, gas, _ in self._labelled
        ]
        return compile_tape(self.tape, rows)

    @cached_property
    def _matrix(self) -> Program:
        """The links and loads themselves, for a dense solve."""
        return compile_tape(self.tape, [*self._links.values(), *self._loads])

    def name_of(self, slot: str) -> str | tuple[str, str]:
        """Return the input of `tape` that one array of a slot stands for."""
        return slot if slot in self._amounts else (slot, ALL_GASES)

    @cached_property
    def _amounts(self) -> frozenset[str]:
        return frozenset(self.nominal.amounts())

    def inputs(self, values: Mapping[str, Varied], samples: int) -> dict[Any, Floats]:
        """Return the inputs of `tape`: by slot, by (slot, gas), or by (slot, all gases).

        Raises ValueError for slots that are not those opened, and for other shapes than (samples,).
        """
        if set(values) != set(self.varied):
            raise ValueError(f"opened are {sorted(self.varied)}, given {sorted(values)}")
        found: dict[Any, Floats] = {}
        for key, value in values.items():
            if isinstance(value, Mapping):
                found.update({(key, gas): array for gas, array in value.items()})
            else:
                found[self.name_of(key)] = value
        found = {name: np.asarray(array, dtype=np.float64) for name, array in found.items()}
        if any(array.shape != (samples,) for array in found.values()):
            raise ValueError(f"every array must have the shape ({samples},)")
        return found

    def evaluate(self, values: Mapping[str, Varied], samples: int) -> Batch:
        """Return the totals of all samples; `values` holds what was named as varied."""
        inputs = self.inputs(values, samples)
        totals, pivot, activity, unfactored = self._totals.run(inputs, samples)
        productive = np.isfinite(totals) & (pivot > 0) & (activity > -_ROUNDING)
        productive &= unfactored <= _AGREEMENT  # a difference of shares leaves its last digits
        weak = np.flatnonzero(productive & (pivot < _SMALL_PIVOT))
        if weak.size:
            totals[weak] = self._densely(inputs, weak)
        some = np.flatnonzero(productive)[:: max(1, int(productive.sum()) // _CHECKED)]
        residual = _difference(self._densely(inputs, some), totals[some])
        if not residual <= _AGREEMENT:
            weak = np.flatnonzero(productive)
            totals[weak] = self._densely(inputs, weak)
        possible = self._is_possible(inputs, totals)
        productive &= np.isfinite(totals)
        return Batch(totals, productive, possible, residual, int(weak.size))

    def contributions(self, values: Mapping[str, Varied], samples: int) -> Floats:
        """Return kg of gas of each row of `labels`, shape (rows, samples), per declared unit."""
        return self._rows.run(self.inputs(values, samples), samples)

    def weights(self) -> Floats:
        """Return kg CO2e per kg of gas of each row of `labels`, shape (rows,)."""
        return np.array([self._gwp[label["gas"]] for label in self.labels])

    def _densely(self, inputs: Mapping[Any, Floats], which: NDArray[np.intp]) -> Floats:
        """Return the totals of some samples by LAPACK, with pivoting; NaN for a singular one."""
        some = {name: array[which] for name, array in inputs.items()}
        found = self._matrix.run(some, which.size)
        size = len(self._compiled.processes)
        matrix = np.zeros((which.size, size, size)) + np.eye(size)
        for place, (consumer, provider) in enumerate(self._links):
            matrix[:, consumer, provider] -= found[place]
        loads = found[len(self._links) :].T[..., None]
        scores = _solved(matrix, loads)[:, self._compiled.final_index, 0]
        return np.asarray(scores * self._demand)


def evaluate_batch(nominal: Nominal, values: Mapping[str, Varied]) -> Batch:
    """Evaluate a study for every sample of `values`; slots it does not name stay as they are.

    `values`: slot key → samples of an amount, shape (samples,); or of an emission factor, either
    what multiplies all its gases or gas → kg per unit. Raises ValueError for unequal lengths.
    """
    return batch_system(nominal, values).evaluate(values, batch_size(values))


def batch_system(nominal: Nominal, values: Mapping[str, Varied]) -> BatchSystem:
    """Return the system that takes these values, to be evaluated as often as one likes."""
    return BatchSystem(
        nominal,
        {key: tuple(v) if isinstance(v, Mapping) else None for key, v in values.items()},
    )


def batch_size(values: Mapping[str, Varied]) -> int:
    """Return how many samples the values hold; 1 where nothing varies."""
    sizes = {
        len(array)
        for value in values.values()
        for array in (value.values() if isinstance(value, Mapping) else (value,))
    }
    if len(sizes) > 1:
        raise ValueError(f"arrays of different lengths: {sorted(sizes)}")
    return sizes.pop() if sizes else 1


def _require_pinned(nominal: Nominal, varied: Iterable[str]) -> None:
    unknown = sorted(set(varied) - {pin.slot.key for pin in nominal.pins})
    if unknown:
        raise ValueError(f"the result has no number for {', '.join(unknown)}")


def _solved(matrix: Floats, loads: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrix, loads), dtype=np.float64)
    except np.linalg.LinAlgError:  # of some sample: those beside it have an answer
        found = np.full(loads.shape, np.nan)
        for place, one in enumerate(matrix):
            with suppress(np.linalg.LinAlgError):
                found[place] = np.linalg.solve(one, loads[place])
        return found


def _difference(found: Floats, expected: Floats) -> float:
    """Return the largest relative difference; 0 where there is nothing to compare."""
    scale = np.maximum(np.abs(expected), np.finfo(float).tiny)
    return float(np.max(np.abs(found - expected) / scale, initial=0.0))
