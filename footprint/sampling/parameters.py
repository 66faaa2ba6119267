"""What is drawn for a result: its parameters, their distributions, and the totals that come of it.

A parameter is a factor, however many slots it fills: one meter, one calorific value, one grid.
Exchanges are not drawn. What a balance ties is closed in every draw
(`engine/statistics/drawn_balances.py`).
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput
from footprint.engine.programs.gradients import value_and_gradients
from footprint.engine.statistics.distributions import LOGNORMAL, Distribution, distribution_of
from footprint.engine.statistics.drawn_balances import Balance, close_all
from footprint.engine.statistics.mixtures import Mixture, mixture_of
from footprint.engine.statistics.streams import QUASI, standard_normals, stream
from footprint.sampling.bank_slots import BankDraws
from footprint.sampling.batch import BatchSystem
from footprint.sampling.dependence import Dependence, dependence_of, parts_of
from footprint.solving.evaluate import Nominal
from lca_models.system.resolve import OVERRIDE, OWN, Pin

BLOCK = 1 << 13
# Standard deviations either way: wide enough for doubles, small against the curvature.
_STEP = 2.0**-6


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing drawn: the key of its stream, its slots, and what its values are spread like.

    `distribution` speaks of the value, or of a multiplier where `nominal` is 1.
    """

    key: str
    slots: tuple[str, ...]
    distribution: Distribution | Mixture
    nominal: float = 1.0

    @property
    def name(self) -> str:
        """What people call it: its slots."""
        return ", ".join(self.slots)

    def multipliers(self, normals: Any) -> Any:
        """Return what its slots are multiplied by, from standard normals, same shape."""
        return self.distribution.from_normal(normals) / self.nominal

    @property
    def step(self) -> float:
        """How many deviations to either side its effect is read off, as a slope.

        Between the classes of a mixture lies next to nothing, so its slope is that of the chord
        over a whole deviation.
        """
        return 1.0 if isinstance(self.distribution, Mixture) else _STEP


@dataclass(frozen=True, slots=True)
class Sampled:
    """Totals, kg CO2e per declared unit, and which samples may be used; shape (samples,).

    `impossible` marks those that have a solution no plant could have (rule PCF-POSSIBLE-001); they
    are not productive either.
    """

    totals: Any
    productive: Any
    impossible: Any

    def judged(self, *, impossible: bool) -> Sampled:
        """Return the samples with the impossible left out, or with them among the others."""
        return (
            self
            if impossible
            else Sampled(
                self.totals, self.productive | self.impossible, np.zeros_like(self.impossible)
            )
        )


@dataclass(frozen=True)
class Plan:
    """A result made ready to be sampled."""

    nominal: Nominal
    parameters: tuple[Parameter, ...]
    dependence: Dependence
    banked: BankDraws | None = None

    @cached_property
    def system(self) -> BatchSystem:
        """The product system with every slot open that a parameter or a balance moves."""
        moved = {slot for item in self.parameters for slot in item.slots}
        moved |= {key for group in self.dependence.groups for key in parts_of(group)}
        pinned = [pin.slot.key for pin in self.nominal.pins]
        opened: dict[str, Any] = dict.fromkeys(key for key in pinned if key in moved)
        if self.banked:
            opened |= {slot: tuple(gases) for slot, gases in self.banked.draws.items()}
        return BatchSystem(self.nominal, opened)

    def values(self, normals: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return slot key → value (amounts) or multiplier (emissions), and the sound draws.

        `normals` is parameter key → standard normals; a parameter without any keeps its nominal.
        """
        values: dict[str, Any] = {k: float(v) for k, v in self.nominal.amounts().items()}
        sound: Any = True
        for item in self.parameters:
            if item.key in normals:
                drawn = item.multipliers(normals[item.key])
                # A stated distribution may reach over zero; an amount of the other sign is none.
                sound = sound & (drawn >= 0)
                values.update({slot: values.get(slot, 1.0) * drawn for slot in item.slots})
        for group in self.dependence.groups:
            if isinstance(group, Balance) and group.loss_key:
                values.setdefault(group.loss_key, 1.0)
        return values, sound & close_all(self.dependence.groups, values)

    def totals(
        self, normals: Mapping[str, Any], samples: int, bank: Mapping[str, Any] | None = None
    ) -> Sampled:
        """Return the totals of one block of draws; `bank` holds those of the banked slots."""
        opened, sound = self.opened(normals, samples)
        found = self.system.evaluate({**opened, **(bank or {})}, samples)
        solved = found.productive & sound
        return Sampled(found.totals, solved & found.possible, solved & ~found.possible)

    def sampled(self, samples: int, seed: int, sampling: str) -> Sampled:
        """Return the totals of all draws; they do not depend on how they are cut into blocks.

        Raises BadInput (BANK_TOO_FEW) when a bank holds fewer samples than are asked for.
        """
        if self.banked and samples > self.banked.samples:
            raise BadInput("BANK_TOO_FEW", samples=samples, held=self.banked.samples)
        blocks, start = [], 0
        for normals, size in normal_blocks(self.parameters, samples, seed, sampling):
            here = slice(start, start + size)
            bank = self.banked.part(here) if self.banked else None
            blocks.append(self.totals(normals, size, bank))
            start += size
        totals, productive, impossible = (
            np.concatenate([getattr(block, name) for block in blocks])
            for name in ("totals", "productive", "impossible")
        )
        if self.banked:
            productive &= self.banked.productive[:samples]
            impossible &= self.banked.productive[:samples]
        return Sampled(totals, productive, impossible)

    def opened(self, normals: Mapping[str, Any], samples: int) -> tuple[dict[str, Any], Any]:
        """Return `values` of the slots that `system` leaves open, shape (samples,)."""
        values, sound = self.values(normals)
        drawn = [key for key in self.system.varied if key not in self._banked_slots]
        whole = {key: np.asarray(values.get(key, 1.0), dtype=float) for key in drawn}
        return {key: np.broadcast_to(array, (samples,)) for key, array in whole.items()}, sound

    @property
    def _banked_slots(self) -> Container[str]:
        return self.banked.draws if self.banked else ()

    def slopes(self) -> dict[str, float]:
        """Return slot → d total / d its value (or multiplier) where nothing is drawn."""
        opened = self.opened({}, 1)[0]
        bank = self.banked.nominal if self.banked else {}
        inputs = self.system.inputs({**opened, **bank}, 1)
        values = {name: float(array[0]) for name, array in inputs.items()}
        _, slopes = value_and_gradients(self.system.tape, self.system.total, values)
        return {
            key: float(np.asarray(slopes.get(self.system.name_of(key), 0.0)).item())
            for key in opened
        }


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


def plan_of(nominal: Nominal, banked: BankDraws | None = None) -> Plan:
    """Return the parameters of a result and the groups that tie them.

    Slots that a bank serves take its draws and are no parameters. Raises BadInput for a
    distribution the study states of a slot that cannot have one, or that the bank serves.
    """
    dependence = dependence_of(nominal)
    stated = {
        slot: distribution_of(item, slot) for slot, item in nominal.study.distributions.items()
    }
    both = sorted(set(stated) & set(banked.draws)) if banked else []
    if both:
        raise BadInput("DISTRIBUTION_BANKED", slots=", ".join(both))
    silent = dependence.fixed | dependence.followers
    by_factor: dict[str, list[Pin]] = {}
    found: list[Parameter] = []
    for pin in nominal.pins:
        if pin.slot.key in stated:
            found.append(_stated(pin, stated.pop(pin.slot.key), nominal, silent))
        elif banked and pin.slot.key in banked.draws:
            continue
        elif pin.slot.key not in silent and _states_anything(pin):
            by_factor.setdefault(pin.factor.sha256, []).append(pin)
    if stated:
        raise BadInput("DISTRIBUTION_UNUSED", slots=", ".join(sorted(stated)))
    found += filter(None, (_spread(key, pins) for key, pins in by_factor.items()))
    found += _losses(nominal, dependence)
    return Plan(nominal, tuple(found), dependence, banked)


def _spread(key: str, pins: list[Pin]) -> Parameter | None:
    """Return what a factor is drawn like; its hash keys the draws, whatever else is drawn.

    An unknown producer is one of several classes, drawn once for all that the factor fills
    (rule DQ-MIXTURE-001).
    """
    factor, slots = pins[0].factor, tuple(pin.slot.key for pin in pins)
    if factor.mixture:
        classes = [(item.weight, item.value, item.gsd) for item in factor.mixture]
        (nominal,) = factor.amounts.values()
        return Parameter(key, slots, mixture_of(classes), float(nominal))
    spread = math.log(float(factor.gsd))
    return Parameter(key, slots, Distribution(LOGNORMAL, 0.0, spread)) if spread else None


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
    return Parameter(_key_of_stated(pin, nominal), (slot,), distribution, value)


def _key_of_stated(pin: Pin, nominal: Nominal) -> str:
    """Return what keys a stated distribution.

    What a site's own slot is set to is one thing of that site, one meter, whatever value and
    distribution two studies of it state: its draws are shared, and another plant's are others. A
    factor from elsewhere is known by its hash, and by what is said of it.
    """
    slot = pin.slot.key
    if pin.level in (OWN, OVERRIDE):
        return f"{slot}|{nominal.where.site}|stated"
    said = content_hash("distribution", dict(nominal.study.distributions[slot]))
    return f"{slot}|{pin.factor.sha256}|{said}"


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
