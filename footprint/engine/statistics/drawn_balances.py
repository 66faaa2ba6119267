"""Quantities that an equation ties are drawn together, so that every draw satisfies it.

Two closures serve everything. `Whole`: parts of a stated sum are drawn log-normally (or as stated)
and scaled back to that sum, so each stays positive and their ratios stay log-normal: the logistic
normal of Aitchison and Shen (1980). No part is favoured, as none is weighed better than the others.
`Balance`: what leaves a step is drawn, and what goes in follows from it; several inputs share it as
a whole. The alternative, a difference of two drawn weights, may turn negative and make metal.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

import numpy as np

from footprint.engine.arrays import Flags, PerSample

Values = MutableMapping[str, PerSample]
"""Slot key → its value in each draw, shape (samples,), or one number for all."""
Sound = bool | Flags
"""Which draws are sound, shape (samples,), or one answer for all."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Parts that make `total`; `remainder` is the part without a slot, not negative.

    Power shares and what the grid delivers make 1; what dross gives back and what stays in it make
    what it holds; the materials charged make what was charged.
    """

    name: str
    parts: tuple[str, ...]
    total: float
    remainder: float = 0.0

    def close(self, values: Values) -> Sound:
        """Scale the parts to their sum in each draw; return which draws are sound."""
        return _share_out(values, self.parts, self.total, self.remainder)

    def open_by(self, values: Mapping[str, PerSample]) -> PerSample:
        """Return by how much parts and remainder exceed the total if the remainder is negative.

        Without a remainder it is sum - total, which every draw keeps at 0.
        """
        kept = sum(values[part] for part in self.parts)
        return np.maximum(kept - self.total, 0) if self.remainder else kept - self.total


@dataclass(frozen=True, slots=True)
class Balance:
    """Metal of a step per tonne of its product: inputs = 1 + outputs + loss.

    `loss` is what the nominal numbers leave open; a negative one is a weighing difference and stays
    as it is. `loss_key` names the slot or parameter the loss moves with, relative to `loss_base`:
    dross, whose aluminium is the loss, or a multiplier of its own.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    loss: float
    loss_key: str = ""
    loss_base: float = 1.0

    def close(self, values: Values) -> Sound:
        """Set the inputs from what leaves the step; return which draws are sound."""
        sound = _not_negative([values[key] for key in self.outputs])
        leaving = 1.0 + sum(values[key] for key in self.outputs) + self.loss_of(values)
        return sound & _share_out(values, self.inputs, leaving)

    def loss_of(self, values: Mapping[str, PerSample]) -> PerSample:
        """Return the loss in each draw, t per t of product."""
        if not self.loss_key or self.loss <= 0:
            return self.loss
        return self.loss * (values[self.loss_key] / self.loss_base)

    def open_by(self, values: Mapping[str, PerSample]) -> PerSample:
        """Return inputs - 1 - outputs - loss, which every draw keeps at 0."""
        into = sum(values[key] for key in self.inputs)
        out = sum(values[key] for key in self.outputs)
        return into - 1.0 - out - self.loss_of(values)


Group = Whole | Balance


def close_all(groups: Sequence[Group], values: Values) -> Sound:
    """Close the groups in order, changing `values`; return which draws are sound.

    A draw is not sound where a quantity of a group turns negative; it is counted, never used.
    """
    sound: Sound = True
    for group in groups:
        sound = sound & group.close(values)
    return sound


def _share_out(values: Values, parts: Sequence[str], total: PerSample, rest: float = 0.0) -> Sound:
    drawn = sum(values[part] for part in parts) + rest
    sound = _not_negative([values[part] for part in parts]) & (np.asarray(drawn) > 0)
    scale = total / np.where(np.asarray(drawn) > 0, drawn, 1.0)
    for part in parts:
        values[part] = values[part] * scale
    return sound & (np.asarray(total) >= 0)


def _not_negative(values: Sequence[PerSample]) -> Sound:
    sound: Sound = np.asarray(True)
    for value in values:
        sound = sound & (np.asarray(value) >= 0)
    return sound
