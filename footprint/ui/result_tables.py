"""A calculation document as tables for reading; figures are floats here and nowhere in a proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import pandas

from factor_db.factors.record.factor import Factor
from factor_db.foundation.messages import Language, text
from factor_db.foundation.names import Kind, name_or_code
from factor_db.foundation.units import conversion
from footprint.result.document import ResultDocument
from footprint.result.rows import Contribution, FlowRow
from footprint.sampling.what_if import Lever, Outcome
from footprint.words.names import (
    flow_name,
    level_words,
    percent,
    process_name,
    slot_words,
    with_unit,
)
from footprint.words.shown import shares
from footprint.words.told import (
    estimate_words,
    outside_words,
    reason_words,
    told_words,
    unevidenced_words,
)
from lca_models.system.formula import Slot
from lca_models.system.resolve import Pin

OWN = "own"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One contribution with the amount it stands on, its factor, and the factors of its amount."""

    row: Contribution
    share: Decimal
    flow: FlowRow | None
    factor: Factor | None
    activity: tuple[Pin, ...]


def breakdown(
    document: ResultDocument, column: str, kind: Kind, lang: Language
) -> pandas.DataFrame:
    """Return `by_stage`, `by_gas` or `by_scope`: name, kg CO2e, share in percent, largest first."""
    values: Mapping[str, Decimal] = getattr(document, column)
    parts = sorted(values.items(), key=lambda item: -item[1])
    return pandas.DataFrame(
        {
            "name": [name_or_code(kind, code, lang) for code, _ in parts],
            "value": [float(value) for _, value in parts],
            "share": _shares([value for _, value in parts], document.total.value),
        }
    )


def outcome_frame(outcome: Outcome, lang: Language) -> pandas.DataFrame:
    """Return the stages of a changed result as `breakdown` does those of a result."""
    parts = sorted(outcome.by_stage.items(), key=lambda item: -item[1])
    values = [Decimal(repr(value)) for _, value in parts]
    return pandas.DataFrame(
        {
            "name": [name_or_code("stage", stage, lang) for stage, _ in parts],
            "value": [value for _, value in parts],
            "share": _shares(values, sum(values, Decimal(0))),
        }
    )


def levers_frame(levers: Iterable[Lever], lang: Language) -> pandas.DataFrame:
    """Return what one percent more of each value adds to the total, the largest first."""
    return pandas.DataFrame(
        [
            {
                "slot": ", ".join(slot_words(slot, lang) for slot in lever.slots),
                "effect": lever.effect / 100,
                "ref": lever.factor,
            }
            for lever in levers
        ]
    )


def source_rows(document: ResultDocument) -> list[SourceRow]:
    """Return every contribution with what it rests on, the largest (by size) first."""
    total = document.total.value
    taken = {item.slot for item in document.coverage.resolved}
    pins = [pin for pin in document.inputs.pins if pin.slot.key in taken]
    factors = {pin.factor.ref: pin.factor for pin in pins}
    flows = {(item.process, item.flow): item for item in document.flows}
    rows = [
        SourceRow(
            row,
            row.kg_co2e / total if total else Decimal(0),
            flows.get((row.process, row.flow)),
            factors.get(row.factor),
            tuple(pin for pin in pins if _is_activity_of(pin.slot, row)),
        )
        for row in document.contributions
    ]
    return sorted(rows, key=lambda item: -abs(item.share))


def source_frame(rows: Iterable[SourceRow], lang: Language) -> pandas.DataFrame:
    """Return the table 'where each number comes from', one line per contribution."""
    listed = list(rows)
    values = [item.row.kg_co2e for item in listed]
    parts = _shares(values, sum(values, Decimal(0)))
    return pandas.DataFrame(
        [
            {
                "process": process_name(item.row.process, lang),
                "flow": flow_name(item.row.flow, lang),
                "part": name_or_code("part", item.row.part, lang),
                "value": float(item.row.kg_co2e),
                "share": share,
                "amount": _per_kg(item.flow.amount, item.flow.unit) if item.flow else "",
                "factor_amount": factor_amount(item),
                "factor_name": getattr(item.factor, f"name_{lang}") if item.factor else "",
                "source": item.factor.source.citation if item.factor else "",
                "locator": item.factor.source.locator if item.factor else "",
                "activity_data": name_or_code("activity", item.row.activity_data, lang),
                "factor_data": name_or_code("activity", item.row.factor_data, lang),
                "gas": name_or_code("gas", item.row.gas, lang),
                "ref": item.row.factor,
            }
            for item, share in zip(listed, parts, strict=True)
        ]
    )


def factor_amount(item: SourceRow) -> str:
    """Return the factor's amount of the row's gas with its unit, or an empty text."""
    if item.factor is None or item.row.gas not in item.factor.amounts:
        return ""
    gas = item.row.gas
    mass, _, reference = item.factor.unit.partition("/")
    unit = f"{mass} {name_or_code('gas', gas, 'en', 'short')}/{reference}"
    return with_unit(item.factor.amounts[gas], unit)


def alternatives_frame(document: ResultDocument, lang: Language) -> pandas.DataFrame:
    """Return the other choices with their totals and differences; no total means: see the note."""
    total = document.total.value
    lines = []
    for item in document.choices.alternatives:
        other = item.total
        lines.append(
            {
                "choice": name_or_code("choice", item.choice, lang),
                "choice_value": name_or_code("value", item.value, lang, "short"),
                "total": None if other is None else float(other),
                "difference": None if other is None else float(other - total),
                "difference_share": None if other is None else _percent_of(other - total, total),
                "note": _reason_words(item.reason, lang),
            }
        )
    return pandas.DataFrame(lines)


def cut_off_frame(document: ResultDocument, lang: Language) -> pandas.DataFrame:
    """Return the cut-offs with their bounds and shares in percent; empty when there are none."""
    return pandas.DataFrame(
        [
            {
                "slot": slot_words(item.slot, lang),
                "amount": _per_kg(item.amount, item.unit),
                "upper_bound": with_unit(item.upper_bound, item.upper_bound_unit),
                "mass_share": percent(item.mass_share, 3),
                "energy_share": percent(item.energy_share, 3),
                "ghg_share": percent(item.ghg_share, 3),
                "source": item.source,
                "reason": item.reason,
            }
            for item in document.coverage.cut_off
        ]
    )


def resolved_frame(document: ResultDocument, lang: Language) -> pandas.DataFrame:
    """Return how every slot was filled: in words, from which level, by which factor."""
    return pandas.DataFrame(
        [
            {
                "slot": slot_words(item.slot, lang),
                "level": level_words(item.level, lang),
                "ref": item.factor,
                "code": item.slot,
            }
            for item in document.coverage.resolved
        ]
    )


def slots_frame(slots: Iterable[str], lang: Language) -> pandas.DataFrame:
    """Return slots as process, flow, quantity and code: what is missing or estimated."""
    lines = []
    for slot in slots:
        process, flow, quantity = ("", *slot.split("/"))[-3:]
        lines.append(
            {
                "process": process_name(process, lang),
                "flow": flow_name(flow, lang),
                "quantity": name_or_code("quantity", quantity, lang),
                "code": slot,
            }
        )
    return pandas.DataFrame(lines)


def _is_activity_of(slot: Slot, row: Contribution) -> bool:
    if slot.quantity not in ("inventory", "property", "coefficient"):
        return False
    return slot.process in ("", row.process) and slot.flow.partition(".")[0] == row.flow


def _reason_words(reason: str, lang: Language) -> str:
    """A reason lists the slots that stay empty, or names a fault."""
    if not reason:
        return ""
    slots = reason.split(", ")
    if not all("/" in slot for slot in slots):
        return reason_words(reason)[lang]
    return text(
        "UI_MISSING_FACTOR", lang, slots="; ".join(slot_words(item, lang) for item in slots)
    )


def _shares(values: list[Decimal], whole: Decimal) -> list[float]:
    """Return shares in percent that add up to 100 (PCF-SHOWN-001); zeros of an empty whole."""
    return [float(share) for share in shares(values, whole)] or [0.0 for _ in values]


def told_lines(document: ResultDocument, lang: Language) -> list[str]:
    """Return what moved the number: choices in one line, and what stands beside the result."""
    choices = [
        text("RESULT_CHOICE", lang, choice=name[lang], value=said[lang])
        for _, _, name, said in told_words(document.choices)
    ]
    outside = outside_words(document)
    line = text("RESULT_CHOICES", lang, choices=text("COMPARE_GLUE", lang).join(choices))
    return [line, *([outside[lang]] if outside else [])]


def warning_lines(document: ResultDocument, lang: Language) -> list[str]:
    """Return why a result is only an estimate, and which choices have no evidence."""
    found = (estimate_words(document), unevidenced_words(document.choices))
    return [item[lang] for item in found if item]


def _percent_of(value: Decimal, total: Decimal) -> float:
    return float(value / total * 100) if total else 0.0


def _per_kg(value: Decimal, unit: str) -> str:
    """Masses of a kilogram of product read better in kilograms than in tonnes."""
    if unit == "t":
        return with_unit(value * conversion("t", "kg"), "kg")
    return with_unit(value, unit)
