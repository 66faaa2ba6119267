"""Converting values to common terms: step by step, each with its amount and the sum after it.

A calculation of ours is evaluated again under the other rule, from its own document. A published
value moves to another GWP set where its gases are published, and to another boundary where the
amounts of the parts are known. Everything else is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.errors import FootprintError
from footprint.choices.read import choices_of
from footprint.choices.told import ALLOCATION, read_choices
from footprint.choices.variants import Trials
from footprint.comparison.data import Route, class_of_route
from footprint.comparison.gate import (
    BOUNDARY,
    DIFFERS,
    GWP_SET,
    NOT_STATED,
    PRODUCT_CLASS,
    Mismatch,
    mismatches,
    stated_of,
)
from footprint.comparison.value import (
    Parts,
    Value,
    amounts_by_part,
    parts_of_model,
    unsaid_of,
)
from footprint.figures.recompute import question_of
from footprint.solving.evaluate import Nominal
from footprint.study.definition import GWP_SETS
from footprint.study.offered_choices import offered_values
from footprint.validation.split import characterised

RULE, TAKE_OFF, ADD = "rule", "take_off", "add"
_RULES = ("scrap_rule", "electricity_rule", GWP_SET)
PRIMARY_SOURCE, PUBLISHED_METAL = "primary_source", "published"


WAY_HEADINGS = ("COMPARE_HEADING_STEP", "COMPARE_HEADING_AMOUNT", "COMPARE_HEADING_SUM")
"""Headings of the steps from one value to another."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a conversion, kg CO2e per kg: value before + amount = value after, exactly.

    A rule step changes `attribute` from one value to another; the others take off or add `parts`.
    """

    kind: Literal["rule", "take_off", "add"]
    attribute: str
    before: str
    after: str
    parts: Parts
    amount: Decimal
    sum: Decimal


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a mismatch cannot be converted: a message code, whose value it is, and the details."""

    attribute: str
    reason: str
    label: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """Two values on common terms, with the steps of each; or the obstacles, and no value."""

    a: Value
    b: Value
    steps_a: tuple[Step, ...] = ()
    steps_b: tuple[Step, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def complete(self) -> bool:
        """Tell whether nothing stood in the way."""
        return not self.obstacles


def convert(a: Value, b: Value) -> Converted:
    """Bring two values to common terms: rules first, then the boundary.

    A rule goes to what the value states that cannot be moved, else to what `a` states. The
    intervals stay behind: they belong to the values before conversion.
    """
    found = mismatches(a, b)
    movers = _Mover(a), _Mover(b)
    obstacles: list[Obstacle] = []
    for mismatch in found:
        if mismatch.kind == NOT_STATED:
            continue
        if mismatch.attribute in _RULES:
            obstacles.extend(_move_rule(mismatch, movers))
        elif mismatch.attribute in a.choices or mismatch.attribute in b.choices:
            obstacles.extend(_move_choice(mismatch.attribute, movers))
        elif mismatch.attribute == PRODUCT_CLASS:
            obstacles.append(Obstacle(PRODUCT_CLASS, "COMPARE_CLASS_FIXED", b.label))
    # A rule that moved may have brought in, or taken out, a factor that leaves something unsaid.
    for mismatch in mismatches(*(mover.value for mover in movers)):
        if mismatch.kind == NOT_STATED:
            obstacles.extend(_unstated(mismatch, movers))
    if any(item.attribute == BOUNDARY and item.kind != NOT_STATED for item in found):
        obstacles.extend(_move_boundary(movers))
    if obstacles:
        return Converted(a, b, obstacles=tuple(obstacles))
    first, second = movers
    return Converted(first.value, second.value, tuple(first.steps), tuple(second.steps))


class _Mover:
    """A value on its way, with the steps it took."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self.steps: list[Step] = []
        self._changes: dict[str, str] = {}
        self._trials = Trials(*question_of(value.document)) if value.document else None
        self._product = value.document.product if value.document else ""

    def may_take(self, attribute: str, wanted: str) -> bool:
        """Tell whether the value can be moved to another rule at all.

        Allocation is decided where factors are derived, before any calculation.
        """
        if attribute == ALLOCATION:
            return False
        if self._trials is not None:
            return bool(wanted) and wanted in offered_values(self._product, attribute)
        stated = self.value.gwp_set
        if attribute != GWP_SET or not (_is_set(stated) and _is_set(wanted)):
            return False
        known = characterisation(stated).keys() & characterisation(wanted)
        return bool(self.value.gases) and self.value.gases.keys() <= known

    def take(self, attribute: str, wanted: str) -> str:
        """Move to a rule; returns why it cannot, or nothing."""
        before = self.value
        if self._trials is None:
            after, stated = characterised(before.gases, wanted), before.gwp_set
            amount = EXACT.subtract(after, characterised(before.gases, stated))
            value = EXACT.add(before.value, amount)
            # The published amounts of parts, inside and beside, are of the set that was stated.
            self.value = replace(
                before, gwp_set=wanted, value=value, interval=None, known={}, outside={}
            )
        else:
            changes = {**self._changes, attribute: wanted}
            trial = self._trials.under(changes)
            if trial.nominal is None:
                return ", ".join(trial.missing) or _code(trial.error)
            self._changes = changes
            self.value = _after_trial(before, attribute, wanted, trial.nominal)
            amount = EXACT.subtract(self.value.value, before.value)
        stated = stated_of(before, attribute)
        self._step("rule", attribute, stated, wanted, frozenset(), amount)
        return ""

    def shift(self, kind: Literal["take_off", "add"], parts: Parts, amount: Decimal) -> None:
        """Take parts off the value, or add them to it."""
        signed = EXACT.minus(amount) if kind == TAKE_OFF else amount
        there = self.value.parts or frozenset()
        new = there - parts if kind == TAKE_OFF else there | parts
        value = EXACT.add(self.value.value, signed)
        self.value = replace(self.value, value=value, parts=new, interval=None)
        self._step(kind, BOUNDARY, "", "", parts, signed)

    def _step(
        self,
        kind: Literal["rule", "take_off", "add"],
        attribute: str,
        before: str,
        after: str,
        parts: Parts,
        amount: Decimal,
    ) -> None:
        step = Step(kind, attribute, before, after, parts, amount, self.value.value)
        self.steps.append(step)


def _move_rule(mismatch: Mismatch, movers: tuple[_Mover, _Mover]) -> list[Obstacle]:
    attribute, (a, b) = mismatch.attribute, movers
    if b.may_take(attribute, mismatch.a):
        mover, wanted = b, mismatch.a
    elif a.may_take(attribute, mismatch.b):
        mover, wanted = a, mismatch.b
    else:
        return [Obstacle(attribute, "COMPARE_RULE_FIXED", f"{a.value.label}, {b.value.label}")]
    missing = mover.take(attribute, wanted)
    if missing:
        return [Obstacle(attribute, "COMPARE_RULE_INCOMPLETE", mover.value.label, missing)]
    return []


def _move_choice(choice: str, movers: tuple[_Mover, _Mover]) -> list[Obstacle]:
    """Move a choice of the model; another move may have settled it already.

    Bought metal goes to published data, which speaks of no smelter in particular.
    """
    a, b = (stated_of(mover.value, choice) for mover in movers)
    if a == b:
        return []
    mismatch = Mismatch(choice, DIFFERS, a, b)
    if (choice, b) == (PRIMARY_SOURCE, PUBLISHED_METAL):
        movers, mismatch = (movers[1], movers[0]), Mismatch(choice, DIFFERS, b, a)
    return _move_rule(mismatch, movers)


def _unstated(mismatch: Mismatch, movers: tuple[_Mover, _Mover]) -> list[Obstacle]:
    return [
        Obstacle(mismatch.attribute, "COMPARE_UNSTATED_FIXED", mover.value.label)
        for mover in movers
        if _is_unstated(mover.value, mismatch.attribute)
    ]


def _is_unstated(value: Value, attribute: str) -> bool:
    if value.unsaid_of(attribute).beyond_limit:
        return True
    return value.parts is None if attribute == BOUNDARY else not stated_of(value, attribute)


def _move_boundary(movers: tuple[_Mover, _Mover]) -> list[Obstacle]:
    """Make both boundaries one; each side takes off what only it has, or gets it added."""
    a, b = movers
    if a.value.class_of.scheme != b.value.class_of.scheme:
        return [Obstacle(BOUNDARY, "COMPARE_SCHEME_FIXED", f"{a.value.label}, {b.value.label}")]
    obstacles: list[Obstacle] = []
    both = a.value.parts or frozenset(), b.value.parts or frozenset()
    for holder, other, only in ((a, b, both[0] - both[1]), (b, a, both[1] - both[0])):
        taken, left = _covered(holder.value.known, only)
        added, left = _covered(other.value.outside, left)
        for parts, amount in taken:
            holder.shift("take_off", parts, amount)
        for parts, amount in added:
            other.shift("add", parts, amount)
        if left:
            details = ";".join(sorted(left))
            obstacles.append(
                Obstacle(BOUNDARY, "COMPARE_PART_UNKNOWN", holder.value.label, details)
            )
    if not obstacles and not a.value.parts:
        obstacles.append(Obstacle(BOUNDARY, "COMPARE_NOTHING_COMMON", a.value.label))
    return obstacles


def _covered(
    known: Mapping[Parts, Decimal], wanted: Parts
) -> tuple[list[tuple[Parts, Decimal]], Parts]:
    """Return the known amounts that lie inside the wanted parts, and the parts left over."""
    found = [(parts, amount) for parts, amount in known.items() if parts and parts <= wanted]
    ordered = sorted(found, key=lambda item: sorted(item[0]))
    covered = frozenset(part for parts, _ in ordered for part in parts)
    return ordered, wanted - covered


def _after_trial(before: Value, attribute: str, wanted: str, nominal: Nominal) -> Value:
    route = Route.of(nominal.flows)
    parts = parts_of_model(nominal.study, nominal.not_stated, route)
    made = class_of_route(nominal.study.product, route)
    known = amounts_by_part(made, parts, nominal.contributions)
    value = exact_sum(known.values())
    choices = read_choices(choices_of(nominal))
    moved = {attribute: wanted} if attribute in _RULES else {}
    return replace(
        before,
        **moved,  # type: ignore[arg-type]
        choices=choices,
        unevidenced=tuple(
            name for name in before.unevidenced if choices.get(name) == before.choices.get(name)
        ),
        allocation=choices.get(ALLOCATION, ""),
        primary_source=choices.get("primary_source", ""),
        value=value,
        parts=parts,
        known=known,
        interval=None,
        unsaid=unsaid_of(
            ((row.factor, row.gas, row.kg_co2e) for row in nominal.contributions), nominal.pins
        ),
    )


def _kept(before: Value, choices: Mapping[str, str]) -> set[str]:
    """Return the choices that a move left as they were."""
    return {name for name, value in choices.items() if before.choices.get(name) == value}


def _is_set(code: str) -> bool:
    return code in GWP_SETS


def _code(error: FootprintError | None) -> str:
    return error.code if error else ""
