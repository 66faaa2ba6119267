"""How much a result moves with each parameter: all of them from one pass back over the tape.

The pass is the adjoint of the whole calculation, formulas and loops together, so it costs about as
much as two evaluations however many parameters there are. A gradient ranks parameters and answers a
slider; it is no interval: products and loops make the spread of a sum of log-normals wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from footprint.engine.arrays import PerSample
from footprint.engine.programs.tape import (
    ADD,
    DIVIDE,
    INPUT,
    LOWER,
    MULTIPLY,
    SUBTRACT,
    Number,
    Tape,
    Value,
)

if TYPE_CHECKING:
    pass


def value_and_gradients(
    tape: Tape, output: Value, values: Mapping[Any, PerSample]
) -> tuple[PerSample, dict[Any, PerSample]]:
    """Return an output and its derivative by every input it rests on, in the inputs' units.

    `values`: input name → one float, or samples of shape (samples,). Where the two values of a
    `min` or `max` are equal the derivative is that of the one recorded first.
    """
    if not isinstance(output, Number):
        return output, {}
    found = _replayed(tape, output.step, values)
    slopes: list[PerSample] = [0.0] * (output.step + 1)
    slopes[output.step] = 1.0
    gradients = {}
    for step in range(output.step, -1, -1):
        operation, left, right = tape.steps[step]
        slope = slopes[step]
        if isinstance(slope, float) and slope == 0:
            continue
        if operation == INPUT:
            gradients[left] = slope
            continue
        for operand, part in _parts(operation, left, right, found, step):
            if isinstance(operand, Number):
                slopes[operand.step] = slopes[operand.step] + slope * part
    return found[output.step], gradients


def _replayed(tape: Tape, last: int, values: Mapping[Any, PerSample]) -> list[PerSample]:
    found: list[PerSample] = []
    for operation, left, right in tape.steps[: last + 1]:
        if operation == INPUT:
            # An input of another output may be without a value: nothing here rests on it.
            found.append(values.get(left, np.nan))
            continue
        one, other = _value(left, found), _value(right, found)
        if operation == ADD:
            found.append(one + other)
        elif operation == SUBTRACT:
            found.append(one - other)
        elif operation == MULTIPLY:
            found.append(one * other)
        elif operation == DIVIDE:
            found.append(one / other)
        else:
            found.append((np.minimum if operation == LOWER else np.maximum)(one, other))
    return found


def _parts(
    operation: int, left: Value, right: Value, found: list[PerSample], step: int
) -> tuple[tuple[Value, PerSample], tuple[Value, PerSample]]:
    """Return each operand with the derivative of the step by it."""
    one, other = _value(left, found), _value(right, found)
    if operation == ADD:
        return (left, 1.0), (right, 1.0)
    if operation == SUBTRACT:
        return (left, 1.0), (right, -1.0)
    if operation == MULTIPLY:
        return (left, other), (right, one)
    if operation == DIVIDE:
        return (left, 1.0 / other), (right, -found[step] / other)
    taken = one <= other if operation == LOWER else one >= other
    return (left, np.where(taken, 1.0, 0.0)), (right, np.where(taken, 0.0, 1.0))


def _value(operand: Value, found: list[PerSample]) -> PerSample:
    return found[operand.step] if isinstance(operand, Number) else operand
