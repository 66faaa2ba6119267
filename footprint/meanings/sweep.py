"""All pairs with their meaning on three roads, and where the roads part without a stated reason.

What need not be alike is listed in `reference/meanings.csv` with its reason, and with exactly what
each road means: a row there that no longer holds is a fault as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from factor_db.foundation.reference_files import reference_rows
from factor_db.ledger.form.vocabulary import is_metal_input
from footprint.meanings import account_road, model_road, words
from footprint.meanings.ledger_road import ledger_meaning
from footprint.meanings.model_road import model_meaning
from footprint.meanings.pairs import LEDGER, Pair, all_pairs

METAL_INPUT = "(metal)"
Explained = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Swept:
    """A pair, what each road means by it, and the reason where they are not alike."""

    pair: Pair
    ledger: str
    model: str
    account: str
    reason: Explained | None

    @property
    def meanings(self) -> tuple[str, str, str]:
        """What the three roads mean: ledger, models, account."""
        return self.ledger, self.model, self.account

    @property
    def alike(self) -> bool:
        """Tell whether all three mean the same, valued by the same factors."""
        return len(set(self.meanings)) == 1 and words.UNKNOWN not in self.meanings and self._valued

    @property
    def _valued(self) -> bool:
        # Power is valued by its sources (PCF-ELEC), what others carry by their own factors.
        if self.pair.sheet != LEDGER or self.ledger not in words.VALUED:
            return True
        return model_road.parts_of(self.pair) == account_road.parts_of(self.pair)


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the ledger that moves an amount of another flow, `target` with its sign."""

    process: str
    flow: str
    target: str
    reason: Explained | None


@cache
def swept() -> tuple[Swept, ...]:
    """Return every pair of the vocabulary with its meanings."""
    return tuple(_swept(pair) for pair in all_pairs())


@cache
def effects() -> tuple[Effect, ...]:
    """Return every effect of a ledger row on another flow, with the reason where one is listed."""
    return tuple(
        Effect(process, flow, target, _reason_of_effect(process, flow, target))
        for (process, flow), targets in sorted(model_road.model_road().effects.items())
        for target in sorted(targets)
    )


def faults() -> tuple[str, ...]:
    """Return what is not alike and not explained, and what is explained and no longer so."""
    unexplained = (
        f"{item.pair.process}/{item.pair.flow} {item.pair.role} ({item.pair.sheet}): "
        f"ledger {item.ledger}, model {item.model}, account {item.account}; "
        f"valued by {model_road.parts_of(item.pair)} and {account_road.parts_of(item.pair)}"
        for item in swept()
        if not item.alike and item.reason is None
    )
    moved = (
        f"{item.process}/{item.flow} moves {item.target}"
        for item in effects()
        if item.reason is None
    )
    return (*unexplained, *moved, *_stale())


def _stale() -> Iterator[str]:
    used = [item.reason for item in swept()] + [item.reason for item in effects()]
    for row in _listed():
        if not any(row is item for item in used):
            yield f"listed and not so: {row['kind']} {row['process']}/{row['flow']} {row['model']}"


def _swept(pair: Pair) -> Swept:
    meanings = ledger_meaning(pair), model_meaning(pair), account_road.account_meaning(pair)
    alone = Swept(pair, *meanings, None)
    return alone if alone.alike else Swept(pair, *meanings, _reason_of_pair(alone))


def _reason_of_pair(item: Swept) -> Explained | None:
    pair = item.pair
    for row in _listed():
        if row["kind"] != "pair" or (row["role"], row["sheet"]) != (pair.role, pair.sheet):
            continue
        named = fnmatchcase(pair.process, row["process"]) and fnmatchcase(pair.flow, row["flow"])
        if named and (row["ledger"], row["model"], row["account"]) == item.meanings:
            return row
    return None


def _reason_of_effect(process: str, flow: str, target: str) -> Explained | None:
    for row in _listed():
        if row["kind"] != "effect" or not fnmatchcase(process, row["process"]):
            continue
        if _flow_fits(process, flow, row["flow"]) and _target_fits(process, target, row["model"]):
            return row
    return None


def _flow_fits(process: str, flow: str, pattern: str) -> bool:
    return is_metal_input(process, flow) if pattern == METAL_INPUT else fnmatchcase(flow, pattern)


def _target_fits(process: str, target: str, pattern: str) -> bool:
    wanted, _, flow = pattern.partition(":")
    at, _, moved = target.partition(":")
    if at != (process if wanted == "@" else wanted):
        return False
    if flow.startswith(METAL_INPUT):
        return is_metal_input(at, moved[:-1]) and moved.endswith(flow[-1])
    return fnmatchcase(moved, flow)


@cache
def _listed() -> tuple[Explained, ...]:
    return tuple(reference_rows("meanings.csv"))
