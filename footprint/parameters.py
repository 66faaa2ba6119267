"""What is drawn for a result: its parameters, their distributions, and the totals that come of it.

A parameter is a factor, however many slots it fills: one meter, one calorific value, one grid.
Exchanges are not drawn. What a balance ties is closed in every draw (`engine/dependent.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from factor_db.factors.reference import characterisation
from factor_db.foundation.errors import BadInput
from footprint.dependence import Dependence, dependence_of
from footprint.engine.dependent import Balance, close_all
from footprint.engine.distributions import LOGNORMAL, Distribution, distribution_of
from footprint.engine.streams import QUASI, standard_normals, stream
from footprint.evaluate import Nominal, demand_of
from footprint.floats import compiled_floats
from footprint.solve import solve_floats
from lca_models.formula import arithmetic_of
from lca_models.resolve import Pin

BLOCK = 1 << 13
_ARRAYS = arithmetic_of(float, np.minimum, np.maximum)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing drawn: the key of its stream, its slots, and what its values are spread like.

    `distribution` speaks of the value, or of a multiplier where `nominal` is 1.
    """

    key: str
    slots: tuple[str, ...]
    distribution: Distribution
    nominal: float = 1.0

    @property
    def name(self) -> str:
        """What people call it: its slots."""
        return ", ".join(self.slots)

    def multipliers(self, normals: Any) -> Any:
        """Return what its slots are multiplied by, from standard normals, same shape."""
        return self.distribution.from_normal(normals) / self.nominal


@dataclass(frozen=True, slots=True)
class Sampled:
    """Totals, kg CO2e per declared unit, and which samples are productive; shape (samples,)."""

    totals: Any
    productive: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """A result made ready to be sampled."""

    nominal: Nominal
    parameters: tuple[Parameter, ...]
    dependence: Dependence

    def values(self, normals: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return slot key → value (amounts) or multiplier (emissions), and the sound draws.

        `normals` is parameter key → standard normals; a parameter without any keeps its nominal.
        """
        values: dict[str, Any] = {k: float(v) for k, v in self.nominal.amounts().items()}
        for item in self.parameters:
            if item.key in normals:
                drawn = item.multipliers(normals[item.key])
                values.update({slot: values.get(slot, 1.0) * drawn for slot in item.slots})
        for group in self.dependence.groups:
            if isinstance(group, Balance) and group.loss_key:
                values.setdefault(group.loss_key, 1.0)
        sound = close_all(self.dependence.groups, values)
        return values, sound

    def totals(self, normals: Mapping[str, Any], samples: int) -> Sampled:
        """Return the totals of one block of draws."""
        values, sound = self.values(normals)
        found = _evaluate(self.nominal, values, samples)
        return Sampled(found.totals, found.productive & sound)

    def sampled(self, samples: int, seed: int, sampling: str) -> Sampled:
        """Return the totals of all draws; they do not depend on how they are cut into blocks."""
        blocks = [
            self.totals(normals, size)
            for normals, size in normal_blocks(self.parameters, samples, seed, sampling)
        ]
        return Sampled(
            np.concatenate([block.totals for block in blocks]),
            np.concatenate([block.productive for block in blocks]),
        )


def normal_blocks(
    parameters: tuple[Parameter, ...], samples: int, seed: int, sampling: str
) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the standard normals of each parameter by block, and the size of the block."""
    whole = {
        item.key: standard_normals(seed, item.key, samples, QUASI)
        for item in parameters
        if sampling == QUASI
    }
    streams = {item.key: stream(seed, item.key) for item in parameters}
    for start in range(0, samples, BLOCK):
        size = min(BLOCK, samples - start)
        if sampling == QUASI:
            yield {key: column[start : start + size] for key, column in whole.items()}, size
        else:
            yield {key: of_key.standard_normal(size) for key, of_key in streams.items()}, size


def _evaluate(nominal: Nominal, values: Mapping[str, Any], samples: int) -> Sampled:
    """Evaluate a study for every sample; slots not named keep the nominal's value.

    An amount slot takes its values, an emission slot what multiplies all its gases. A sample is
    productive when its system has a solution in which no process runs backwards.
    """
    amounts = {key: float(value) for key, value in nominal.amounts().items()}

    def multiplier(pin: Pin) -> Any:
        drawn = values.get(pin.slot.key, amounts.get(pin.slot.key, 1.0))
        # What is exactly zero stays so; its share of nothing is not asked for.
        return drawn / (amounts.get(pin.slot.key, 1.0) or 1.0) if np.any(drawn) else 1.0

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        compiled = compiled_floats(nominal, multiplier, _ARRAYS)
        activity = solve_floats(compiled, [float(amount) for amount in demand_of(compiled)])
        gwp = {gas: float(value) for gas, value in characterisation(nominal.study.gwp_set).items()}
        total = np.zeros(samples)
        for burden in compiled.burdens:
            for gas, per_tonne in sorted(burden.gases.items()):
                total = total + activity[..., burden.process_index] * per_tonne * gwp[gas]
    productive = np.isfinite(total) & np.all(activity >= 0, axis=-1)
    return Sampled(total, np.broadcast_to(productive, (samples,)))


def plan_of(nominal: Nominal) -> Plan:
    """Return the parameters of a result and the groups that tie them.

    Raises BadInput for a distribution the study states of a slot that cannot have one.
    """
    dependence = dependence_of(nominal)
    stated = {
        slot: distribution_of(item, slot) for slot, item in nominal.study.distributions.items()
    }
    silent = dependence.fixed | dependence.followers
    by_factor: dict[str, list[Pin]] = {}
    found: list[Parameter] = []
    for pin in nominal.pins:
        if pin.slot.key in stated:
            found.append(_stated(pin, stated.pop(pin.slot.key), nominal, silent))
        elif pin.slot.key not in silent and _states_anything(pin):
            by_factor.setdefault(pin.factor.sha256, []).append(pin)
    if stated:
        raise BadInput("DISTRIBUTION_UNUSED", slots=", ".join(sorted(stated)))
    for key, pins in by_factor.items():
        spread = math.log(float(pins[0].factor.gsd))
        if spread:
            slots = tuple(pin.slot.key for pin in pins)
            found.append(Parameter(key, slots, Distribution(LOGNORMAL, 0.0, spread)))
    found += _losses(nominal, dependence)
    return Plan(nominal, tuple(found), dependence)


def _states_anything(pin: Pin) -> bool:
    return any(pin.factor.amounts.values())


def _stated(
    pin: Pin, distribution: Distribution, nominal: Nominal, silent: frozenset[str]
) -> Parameter:
    slot = pin.slot.key
    if slot in silent:
        raise BadInput("DISTRIBUTION_TIED", slot=slot)
    if "value" in pin.factor.amounts:
        value = float(pin.value())
    else:
        gwp = characterisation(nominal.study.gwp_set)
        value = float(sum(kg * gwp[gas] for gas, kg in pin.gases().items()))
    if not value:
        raise BadInput("DISTRIBUTION_UNUSED", slots=slot)
    return Parameter(f"slot|{slot}", (slot,), distribution, value)


def _losses(nominal: Nominal, dependence: Dependence) -> Iterator[Parameter]:
    """Yield the losses of steps that nothing else moves: spread like the step's largest input."""
    factors = {
        pin.slot.key: (pin.value(), pin.factor)
        for pin in nominal.pins
        if "value" in pin.factor.amounts
    }
    for group in dependence.groups:
        if isinstance(group, Balance) and group.loss_key and group.loss_key not in factors:
            largest = max(group.inputs, key=lambda key: (factors[key][0], key))
            factor = factors[largest][1]
            spread = math.log(float(factor.gsd))
            if spread:
                key = f"{group.loss_key}|{factor.sha256}"
                yield Parameter(key, (group.loss_key,), Distribution(LOGNORMAL, 0.0, spread))
