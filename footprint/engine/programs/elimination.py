"""Eliminating the loops of a product system, in an order found once from its structure.

Process i needs links[i, k] units of what process k makes, and each unit of i carries its own load.
The score of a unit is s = load + links s, so one process after the other is put into those that use
it until only the declared product is left: the score of its unit. A process that has come to use
itself is divided by its pivot, 1 less what it uses of itself. It works on floats and on numbers of
a tape alike (`engine.programs.tape`).

There is no pivoting for size. With links that are not negative, all pivots are positive if and only
if the system is productive, and the subtractions from 1 are the only ones, so the least pivot tells
how many digits were lost (see Berman and Plemmons, Nonnegative Matrices in the Mathematical
Sciences, chapter 6, for M-matrices).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from footprint.engine.programs.tape import Number, Value

Links = Mapping[tuple[int, int], Value]
"""(consumer, provider) → units of the provider's product per unit of the consumer's."""


@dataclass(frozen=True, slots=True)
class Step:
    """One process put into its users: its pivot, its scale, and how much each user took."""

    process: int
    pivot: Value
    scale: Value
    users: tuple[tuple[int, Value], ...]


@dataclass(frozen=True, slots=True)
class Elimination:
    """The score of one unit of the final process, and the steps that led to it.

    `pivots` are those that are not 1 by structure; `steps` end with the final process.
    """

    final: int
    score: Value
    steps: tuple[Step, ...]

    @property
    def pivots(self) -> tuple[Value, ...]:
        """The pivots of the processes that use themselves, directly or round a loop."""
        return tuple(step.pivot for step in self.steps if not _is_one(step.pivot))

    def activities(self, size: int) -> list[Value]:
        """Return how much each process runs for one unit of the final one, in process order."""
        activity: list[Value] = [0.0] * size
        using: dict[int, Value] = {}
        for step in reversed(self.steps):
            taken: Value = 1.0 if step.process == self.final else 0.0
            for user, amount in step.users:
                taken = taken + using[user] * amount
            activity[step.process] = taken / step.pivot
            using[step.process] = activity[step.process] * step.scale
        return activity


def eliminate(
    links: Links, loads: Sequence[Value], final: int, scales: Mapping[int, Value] | None = None
) -> Elimination:
    """Return the elimination of a system whose processes carry `loads`, per unit of product.

    `scales` multiply all that a process uses and emits (1 where none is given): a parameter that
    drives a whole process is applied once and not to each of its links.
    Raises ZeroDivisionError when a pivot that is the same in every sample is exactly 0.
    """
    scale = dict(scales or {})
    upstream = _upstream(links, final)
    rows: dict[int, dict[int, Value]] = {process: {} for process in upstream}
    users: dict[int, set[int]] = {process: set() for process in upstream}
    for (consumer, provider), amount in links.items():
        if consumer in upstream and not (isinstance(amount, float) and amount == 0):
            rows[consumer][provider] = amount
            users[provider].add(consumer)
    load = {process: loads[process] for process in upstream}
    left = upstream - {final}
    steps = []
    while left:
        process = min(left, key=lambda item: (*_cost(rows, users, load, item), item))
        left.discard(process)
        steps.append(_put_into_users(rows, users, load, process, scale.get(process, 1.0)))
    steps.append(_put_into_users(rows, users, load, final, scale.get(final, 1.0)))
    return Elimination(final, load[final], tuple(steps))


def _upstream(links: Iterable[tuple[int, int]], final: int) -> set[int]:
    providers: dict[int, list[int]] = {}
    for consumer, provider in links:
        providers.setdefault(consumer, []).append(provider)
    found = {final}
    waiting = [final]
    while waiting:
        for provider in providers.get(waiting.pop(), ()):
            if provider not in found:
                found.add(provider)
                waiting.append(provider)
    return found


def _cost(
    rows: Mapping[int, Mapping[int, Value]],
    users: Mapping[int, set[int]],
    load: Mapping[int, Value],
    process: int,
) -> tuple[bool, int, int]:
    """Return what eliminating a process costs now; the least goes first.

    What does not vary is worked out while recording and costs nothing later. Then the entries it
    adds less those it takes away (the order of minimum growth), then the products.
    """
    used = [provider for provider in rows[process] if provider != process]
    using = [user for user in users[process] if user != process]
    fill = sum(provider not in rows[user] for user in using for provider in used)
    own = (load[process], *rows[process].values())
    varies = any(isinstance(value, Number) for value in own) or any(
        isinstance(rows[user][process], Number) for user in using
    )
    return varies, fill - len(used) - len(using), len(used) * len(using)


def _put_into_users(
    rows: dict[int, dict[int, Value]],
    users: dict[int, set[int]],
    load: dict[int, Value],
    process: int,
    scale: Value,
) -> Step:
    row = rows[process]
    pivot = 1.0 - scale * row.pop(process) if process in row else 1.0
    users[process].discard(process)
    taken = [(user, rows[user].pop(process)) for user in sorted(users[process])]
    share = scale / pivot
    # What a unit carries is share × (row, load); the shorter side takes the factor.
    by_user = 0 < len(taken) <= len(row)
    if not by_user:
        row = {provider: amount * share for provider, amount in row.items()}
        load[process] = load[process] * share
    for user, amount in taken:
        carried = amount * share if by_user else amount
        for provider, needed in row.items():
            rows[user][provider] = rows[user].get(provider, 0.0) + carried * needed
            users[provider].add(user)
        load[user] = load[user] + carried * load[process]
    for provider in row:
        users[provider].discard(process)
    return Step(process, pivot, scale, tuple(taken))


def _is_one(value: Value) -> bool:
    return not isinstance(value, Number) and value == 1
