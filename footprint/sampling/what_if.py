"""What a result would be if some of its values were others: answers while a slider moves.

Every value that may move by itself is a lever: one factor, wherever the product system takes it.
Metal per metal and the sources of power are none, for one of them cannot move without the others.
What it shows is float64 and changes nothing: a result under other values is a calculation of its
own (`calculate --set`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from footprint.engine.programs.gradients import value_and_gradients
from footprint.sampling.batch import BatchSystem
from footprint.sampling.uncertainty import drawn_alone
from footprint.solving.evaluate import Nominal
from lca_models.system.resolve import Pin


@dataclass(frozen=True, slots=True)
class Lever:
    """A factor, the slots it fills, and what one percent more of it adds to the total.

    `value` is the amount in the slots' unit, None for an emission factor; `effect` is kg CO2e per
    declared unit for the whole of the factor, to first order: a hundredth of it for one percent.
    """

    factor: str
    slots: tuple[str, ...]
    unit: str
    value: float | None
    effect: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The total under changed values, kg CO2e per declared unit, and its parts by stage.

    `difference` is what it has more than the result. `productive` is False where the changed
    system has no solution, `possible` where no plant could have it (rule PCF-POSSIBLE-001); the
    figures then mean nothing.
    """

    total: float
    difference: float
    by_stage: Mapping[str, float]
    productive: bool
    possible: bool = True


class WhatIf:
    """A nominal result with all its levers open; made once, asked often."""

    def __init__(self, nominal: Nominal) -> None:
        tied = nominal.system.tied_slots()
        self._pins: dict[str, list[Pin]] = {}
        for pin in nominal.pins:
            if drawn_alone(pin.slot, tied) and _amount(pin) != 0:
                self._pins.setdefault(pin.factor.ref, []).append(pin)
        slots = [pin.slot.key for pins in self._pins.values() for pin in pins]
        self._system = BatchSystem(nominal, dict.fromkeys(slots))

    @cached_property
    def levers(self) -> tuple[Lever, ...]:
        """The levers, those that move the total most first; without effect they are left out."""
        inputs = self._system.inputs(self._values({}), 1)
        values = {name: float(array[0]) for name, array in inputs.items()}
        _, slopes = value_and_gradients(self._system.tape, self._system.total, values)
        effects = {
            ref: sum(_slope(slopes, name) * values[name] for name in map(self._name, pins))
            for ref, pins in self._pins.items()
        }
        found = (
            Lever(
                factor=ref,
                slots=tuple(pin.slot.key for pin in pins),
                unit=pins[0].slot.unit,
                value=_amount(pins[0]),
                effect=effects[ref],
            )
            for ref, pins in self._pins.items()
            if effects[ref]
        )
        return tuple(sorted(found, key=lambda lever: (-abs(lever.effect), lever.factor)))

    def _name(self, pin: Pin) -> Any:
        return self._system.name_of(pin.slot.key)

    def outcome(self, scales: Mapping[str, float]) -> Outcome:
        """Return the result with some factors multiplied: factor reference → multiplier."""
        values = self._values(scales)
        batch = self._system.evaluate(values, 1)
        rows = self._system.contributions(values, 1)[:, 0] * self._system.weights()
        stages: dict[str, float] = {}
        for label, kg_co2e in zip(self._system.labels, rows.tolist(), strict=True):
            stages[label["stage"]] = stages.get(label["stage"], 0.0) + kg_co2e
        total = float(batch.totals[0])
        difference = total - float(self._system.nominal.total)
        productive, possible = bool(batch.productive[0]), bool(batch.possible[0])
        return Outcome(total, difference, stages, productive, possible)

    def after(self, percents: Mapping[str, float]) -> Outcome:
        """Return the result with some factors changed by percent: factor reference → ± percent."""
        return self.outcome({ref: 1 + percent / 100 for ref, percent in percents.items()})

    def _values(self, scales: Mapping[str, float]) -> dict[str, Any]:
        """Return slot → its amount, or what multiplies the gases of its factor, as one sample."""
        values = {}
        for ref, pins in self._pins.items():
            for pin in pins:
                amount = _amount(pin)
                whole = 1.0 if amount is None else amount
                values[pin.slot.key] = np.array([whole * scales.get(ref, 1.0)])
        return values


def _amount(pin: Pin) -> float | None:
    return float(pin.value()) if "value" in pin.factor.amounts else None


def _slope(slopes: Mapping[Any, Any], name: Any) -> float:
    return float(np.asarray(slopes.get(name, 0.0)).item())
