"""Comparing values: each with the first, through the gate, and converted where that was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlmodel import Session

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, Language, text
from footprint.calculation.calculate import load_calculation
from footprint.comparison.convert import Converted, Obstacle, Step, convert
from footprint.comparison.data import part_names
from footprint.comparison.document import (
    ComparisonDocument,
    ConversionRecord,
    IntervalEnds,
    MismatchRecord,
    ObstacleRecord,
    PairRecord,
    Status,
    StepRecord,
    ValueRecord,
    WayRecord,
)
from footprint.comparison.gate import (
    GATE_RULE,
    GWP_SET,
    Mismatch,
    attribute_words,
    mismatches,
    note_words,
    notes,
    parts_words,
    sentence,
)
from footprint.comparison.paired import Shares
from footprint.comparison.statement import closure_of_value, statement
from footprint.comparison.typed import read_value
from footprint.comparison.value import (
    UNIT,
    Parts,
    Value,
    published,
    value_of_document,
)

COMPARABLE: Final = "comparable"
REFUSED: Final = "refused"
CONVERTED: Final = "converted"
NOT_CONVERTED: Final = "not_converted"
Chance = Callable[[Value, Value], Shares | None]
"""Two calculations → how often the first is below the second, on common samples."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One value beside the first: why they may not be compared, or by how much they differ.

    `difference` is b - a in kg CO2e per kg, on common terms; None while the pair is refused.
    """

    a: Value
    b: Value
    status: Status
    mismatches: tuple[Mismatch, ...]
    notes: tuple[str, ...]
    converted: Converted | None
    difference: Decimal | None
    shares: Shares | None


def find_value(session: Session, ref: str) -> Value:
    """Return the value of a published id, a file `….toml`, or a stored calculation's id.

    Raises BadInput for anything unknown, NotAllowed for another enterprise's calculation.
    """
    if ref.endswith(".toml"):
        return read_value(Path(ref))
    if ref.startswith("result."):
        return published(ref)
    return value_of_document(load_calculation(session, ref))


def compare(
    values: Sequence[Value], *, conversion: bool = False, chance: Chance | None = None
) -> list[Pair]:
    """Compare every value with the first one. Raises BadInput for fewer than two values.

    `chance` is asked for comparable calculations only; without it the intervals stand side by side.
    """
    others = values[1:]
    if not others:
        raise BadInput("COMPARE_TOO_FEW")
    return [_pair(values[0], other, conversion, chance) for other in others]


def _pair(a: Value, b: Value, conversion: bool, chance: Chance | None) -> Pair:
    found, noted = mismatches(a, b), notes(a, b)
    if not found:
        shares = chance(a, b) if chance and a.document and b.document else None
        difference = EXACT.subtract(b.value, a.value)
        return Pair(a, b, COMPARABLE, found, noted, None, difference, shares)
    if not conversion:
        return Pair(a, b, REFUSED, found, noted, None, None, None)
    moved = convert(a, b)
    if not moved.complete:
        return Pair(a, b, NOT_CONVERTED, found, noted, moved, None, None)
    difference = EXACT.subtract(moved.b.value, moved.a.value)
    return Pair(a, b, CONVERTED, found, notes(moved.a, moved.b), moved, difference, None)


def compare_document(pairs: Sequence[Pair]) -> ComparisonDocument:
    """Return the comparison as one document, with sentences in both languages."""
    values = [pairs[0].a, *(pair.b for pair in pairs)]
    return ComparisonDocument(
        unit=UNIT,
        rule=GATE_RULE,
        comparable=all(pair.difference is not None for pair in pairs),
        values=tuple(value_record(value) for value in values),
        pairs=tuple(_pair_record(pair) for pair in pairs),
        illustrative=any(value.illustrative for value in values),
    )


def value_record(value: Value) -> ValueRecord:
    """Return a value's record: what it says of itself, and what may be said of it."""
    return ValueRecord.of(
        value,
        parts=None if value.parts is None else _sorted(value, value.parts),
        interval=None if value.interval is None else IntervalEnds.of(value.interval),
        **{f"statement_{lang}": statement(value, lang) for lang in LANGUAGES},
        **{f"closure_{lang}": closure_of_value(value, lang) for lang in LANGUAGES},
    )


def mismatch_record(item: Mismatch, a: Value, b: Value) -> MismatchRecord:
    """Return a mismatch with its sentence in both languages."""
    return MismatchRecord(
        attribute=item.attribute,
        kind=item.kind,
        a=item.a,
        b=item.b,
        only_a=_sorted(a, item.only_a),
        only_b=_sorted(b, item.only_b),
        message_zh=sentence(item, a, b, "zh"),
        message_en=sentence(item, a, b, "en"),
    )


def _pair_record(pair: Pair) -> PairRecord:
    return PairRecord(
        a=pair.a.ref,
        b=pair.b.ref,
        label_a=pair.a.label,
        label_b=pair.b.label,
        status=pair.status,
        mismatches=tuple(mismatch_record(item, pair.a, pair.b) for item in pair.mismatches),
        notes=pair.notes,
        notes_zh=tuple(note_lines(pair, "zh")),
        notes_en=tuple(note_lines(pair, "en")),
        difference=pair.difference,
        a_below_b=pair.shares.below if pair.shares else None,
        equal=pair.shares.equal if pair.shares else None,
        conversion=None if pair.converted is None else _conversion(pair, pair.converted),
    )


def _conversion(pair: Pair, moved: Converted) -> ConversionRecord:
    return ConversionRecord(
        complete=moved.complete,
        a=_way(pair.a, moved.a, moved.steps_a),
        b=_way(pair.b, moved.b, moved.steps_b),
        obstacles=tuple(_obstacle(item, pair.a) for item in moved.obstacles),
    )


def note_lines(pair: Pair, lang: Language) -> list[str]:
    """Return what differs besides, with both values, on the terms the pair is compared on."""
    a, b = (pair.converted.a, pair.converted.b) if pair.converted else (pair.a, pair.b)
    return [note_words(name, a, b, lang) for name in pair.notes]


def _way(start: Value, end: Value, steps: Sequence[Step]) -> WayRecord:
    return WayRecord(
        start=start.value,
        steps=tuple(StepRecord.of(step, parts=_sorted(start, step.parts)) for step in steps),
        end=end.value,
        not_rebased_share=not_rebased_share(start, steps),
    )


def not_rebased_share(start: Value, steps: Sequence[Step]) -> Decimal | None:
    """Return the share of a calculation that a step to another GWP set leaves as it is.

    None where there is no such step, or the value is no calculation. Rule: PCF-GWP-002.
    """
    if start.document is None or not any(step.attribute == GWP_SET for step in steps):
        return None
    return start.document.coverage.not_rebased.share


def obstacle_text(item: Obstacle, value: Value, lang: Language) -> str:
    """Return an obstacle as one line."""
    details = item.details
    if item.reason == "COMPARE_PART_UNKNOWN":
        details = parts_words(value.class_of.scheme, frozenset(details.split(";")), lang)
    what = attribute_words(item.attribute, lang)
    return text(item.reason, lang, what=what, label=item.label, details=details)


def _obstacle(item: Obstacle, value: Value) -> ObstacleRecord:
    return ObstacleRecord(
        attribute=item.attribute,
        reason=item.reason,
        value=item.label,
        details=item.details,
        message_zh=obstacle_text(item, value, "zh"),
        message_en=obstacle_text(item, value, "en"),
    )


def _sorted(value: Value, parts: Parts) -> tuple[str, ...]:
    """Return parts in the order of their steps."""
    known = [part for part in part_names(value.class_of.scheme) if part in parts]
    return (*known, *sorted(parts - set(known)))
