"""A tape made ready to run: only what its outputs need, in as few registers as it takes.

It runs over blocks of samples, one array operation an instruction. A block is as long as lets
inputs and registers stay in the processor's cache, so that the cost of a numpy call is spread over
many samples; block and order of samples change no digit of a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from footprint.engine.arrays import Floats, PerSample
from footprint.engine.programs.tape import INPUT, Number, Tape, Value

# Doubles that a block may keep in use: 8 MB, a part of the last cache before main memory.
_IN_USE = 1 << 20
_SHORTEST, _LONGEST = 256, 8192


def _lower(left: PerSample, right: PerSample, out: Floats) -> None:
    np.minimum(left, right, out=out)


def _upper(left: PerSample, right: PerSample, out: Floats) -> None:
    np.maximum(left, right, out=out)


Operation = Callable[[PerSample, PerSample, Floats], object]
"""Writes what it makes of two operands into the third."""
# Called with the target as third argument, which is quicker than by its name.
_OPERATIONS: tuple[Operation, ...] = (np.add, np.subtract, np.multiply, np.divide, _lower, _upper)


@dataclass(frozen=True)
class Program:
    """Instructions (operation, left, right, target): operands are registers or floats.

    `inputs` are the names the program reads and the first registers; `outputs` are registers or
    floats. `registers` is how many it needs beside its inputs.
    """

    inputs: tuple[Any, ...]
    instructions: tuple[tuple[int, Register | float, Register | float, int], ...]
    outputs: tuple[Register | float, ...]
    registers: int

    @property
    def block(self) -> int:
        """Samples at a time, a power of two."""
        fitting = _IN_USE // (len(self.inputs) + self.registers + 1)
        return min(max(1 << max(fitting.bit_length() - 1, 0), _SHORTEST), _LONGEST)

    def run(self, values: Mapping[Any, Floats], samples: int, *, block: int = 0) -> Floats:
        """Return the outputs, shape (outputs, samples).

        `values` gives each input's samples, shape (samples,); `block` another length of block.
        Division by zero gives inf or nan,
        without a warning: a caller looks at what came out.
        """
        result = np.empty((len(self.outputs), samples))
        size = max(1, min(block or self.block, samples))
        space = np.empty((self.registers, size))
        with np.errstate(all="ignore"):
            for start in range(0, samples, size):
                here = slice(start, min(start + size, samples))
                width = here.stop - start
                # Inputs are read where they lie; no instruction writes to their registers.
                rows = [values[name][here] for name in self.inputs]
                rows.extend(space if width == size else space[:, :width])
                self._run_block(rows)
                for place, output in enumerate(self.outputs):
                    found = rows[output.index] if isinstance(output, Register) else output
                    result[place, here] = found
        return result

    def _run_block(self, rows: list[Floats]) -> None:
        for operation, left, right, target in self._calls:
            operation(
                rows[left] if type(left) is int else left,
                rows[right] if type(right) is int else right,
                rows[target],
            )

    @cached_property
    def _calls(self) -> list[tuple[Operation, int | float, int | float, int]]:
        """The instructions with registers as int and constants as float: quick to tell apart."""
        return [
            (_OPERATIONS[operation], _bare(left), _bare(right), target)
            for operation, left, right, target in self.instructions
        ]


@dataclass(frozen=True, slots=True)
class Register:
    """Where a number stands while a program runs."""

    index: int


def _bare(operand: Register | float) -> int | float:
    return operand.index if isinstance(operand, Register) else float(operand)


def compile_tape(tape: Tape, outputs: Sequence[Value]) -> Program:
    """Return the program of these outputs: unneeded steps left out, registers used again."""
    needed = _needed(tape, outputs)
    inputs = [step for step in needed if tape.steps[step][0] == INPUT]
    last_use = _last_uses(tape, needed, outputs)
    place = {step: register for register, step in enumerate(inputs)}
    free: list[int] = []
    count = len(inputs)
    instructions = []
    for step in needed:
        operation, left, right = tape.steps[step]
        if operation == INPUT:
            continue
        one, other = _operand(left, place), _operand(right, place)
        done = {v.step for v in (left, right) if isinstance(v, Number) and last_use[v.step] == step}
        free.extend(place[used] for used in sorted(done) if place[used] >= len(inputs))
        if free:
            place[step] = free.pop()
        else:
            place[step] = count
            count += 1
        instructions.append((operation, one, other, place[step]))
    return Program(
        inputs=tuple(tape.steps[step][1] for step in inputs),
        instructions=tuple(instructions),
        outputs=tuple(_operand(value, place) for value in outputs),
        registers=count - len(inputs),
    )


def _operand(value: Value, place: Mapping[int, int]) -> Register | float:
    return Register(place[value.step]) if isinstance(value, Number) else float(value)


def _needed(tape: Tape, outputs: Sequence[Value]) -> list[int]:
    """Return the steps the outputs rest on, each as late as its first reader allows.

    Working out an operand just before it is read keeps few registers in use at a time.
    """
    order: list[int] = []
    seen: set[int] = set()
    waiting = [(value.step, False) for value in reversed(outputs) if isinstance(value, Number)]
    while waiting:
        step, operands_done = waiting.pop()
        if operands_done:
            order.append(step)
        elif step not in seen:
            seen.add(step)
            waiting.append((step, True))
            if tape.steps[step][0] != INPUT:
                operands = (v for v in tape.steps[step][:0:-1] if isinstance(v, Number))
                waiting.extend((v.step, False) for v in operands if v.step not in seen)
    return order


def _last_uses(tape: Tape, needed: Sequence[int], outputs: Sequence[Value]) -> dict[int, int]:
    """Return for each step the last that reads it (of `needed`); an output is read at the end."""
    last = {}
    for step in needed:
        if tape.steps[step][0] != INPUT:
            last.update({v.step: step for v in tape.steps[step][1:] if isinstance(v, Number)})
    last.update({value.step: -1 for value in outputs if isinstance(value, Number)})
    return last
