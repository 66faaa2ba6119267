"""What the result means: value choices with the results of the others, interval, limitations."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from factor_db.foundation.messages import code_of
from footprint.certificate.edition import current_schema
from footprint.result.choices import Alternative
from footprint.result.total import IntervalRecord
from footprint.views.contributions import groups
from footprint.views.figure import Cell, Table, Words
from footprint.views.iso14067.parts import Parts, hundred
from footprint.views.iso14067.scope import level_of
from footprint.views.wording import (
    GAS_CO2E,
    UNDEFINED,
    blocked_notes,
    percent,
    rounded,
    signed_percent,
    stage_name,
    told,
    value_name,
)
from footprint.words.book import name_words, words
from footprint.words.no_interval import no_interval_words
from footprint.words.told import (
    choice_words,
    outside_words,
    reason_words,
    told_words,
)

_CHOICE_RULE, _INTERVAL_RULE = "ISO-REPORT-014", "ISO-REPORT-011"


def choice_table(parts: Parts) -> Table:
    """Return the choices taken, and what the product comes to under each of the others."""
    document = parts.document
    choices, own_total = document.choices, document.total.value
    taken: list[tuple[str, Words, Words]] = [
        (code, name, said) for code, _, name, said in told_words(choices)
    ]
    own_set = document.gwp_set
    taken.append(("gwp_set", choice_words("gwp_set"), value_name(own_set)))
    # Under another set than the calculation's, these totals are not the result of the report.
    mark = told("VIEW_TAKEN_OWN_SET", own=own_set) if parts.rebased else words("VIEW_TAKEN")
    lines: list[tuple[Cell, ...]] = []
    for code, name, said in taken:
        shown = (name, said, rounded(own_total), mark)
        others = [row for row in choices.alternatives if row.choice == code]
        lines += [shown, *(_alternative(parts, row, own_total) for row in others)]
    notes = [told("VIEW_UNIT_NOTE", unit=parts.unit), words("VIEW_OTHER_ALLOCATIONS")]
    if parts.rebased:
        notes.append(told("VIEW_ALTERNATIVES_OWN_SET", own=own_set))
    if not own_total:
        notes.append(words("VIEW_SHARES_UNDEFINED"))
    return Table(
        code="choices",
        title=words("VIEW_SECTION_CHOICES"),
        rule=_CHOICE_RULE,
        columns=tuple(
            words(code)
            for code in (
                "VIEW_HEADING_CHOICE",
                "VIEW_HEADING_CHOSEN",
                "VIEW_HEADING_VALUE",
                "VIEW_HEADING_DIFFERENCE",
            )
        ),
        widths=(2, 5),
        rows=tuple(lines),
        figures=2,
        intro=(words("VIEW_CHOICES"),),
        notes=tuple(notes),
    )


def _alternative(parts: Parts, row: Alternative, own_total: Decimal) -> tuple[Cell, ...]:
    choice, value = row.choice, row.value
    names = choice_words(choice), value_name(value)
    if row.total is None:
        why = reason_words(row.reason)
        return "", told("VIEW_NO_RESULT", value=names[1], why=why), UNDEFINED, UNDEFINED
    shown = names[1]
    if row.outside:
        outside = f"{rounded(row.outside)} {parts.unit}"
        shown = told("VIEW_WITH_OUTSIDE", value=shown, outside=outside)
    label = told("VIEW_UNDER", choice=names[0], value=names[1])
    name = f"alternative.{choice}.{value}"
    total = parts.stated(name, row.total, parts.unit, _CHOICE_RULE, label)
    if not own_total:
        return "", shown, rounded(total), UNDEFINED
    difference = parts.figures.add(
        f"{name}.difference",
        "(other - taken) / taken * percent",
        {"other": name, "taken": own_total, "percent": hundred()},
        unit="%",
        rule=_CHOICE_RULE,
        label=label,
    )
    return "", shown, rounded(total), signed_percent(difference)


def uncertainty_table(parts: Parts) -> Table:
    """Return the sampled interval or that there is none, and the range of the alternatives."""
    interval = parts.document.total.interval
    lines: list[tuple[Cell, ...]] = []
    if interval:
        ends = []
        for end, stated in (("low", interval.low), ("high", interval.high)):
            label = words(code_of("VIEW_INTERVAL", end))
            ends.append(parts.stated(f"interval.{end}", stated, parts.unit, _INTERVAL_RULE, label))
        shown = f"{rounded(ends[0])} – {rounded(ends[1])} {parts.unit}"
        lines.append((told("VIEW_INTERVAL", level=level_of(interval)), shown))
        lines.append((words("VIEW_METHOD"), told("VIEW_SAMPLED", **_plain_interval(interval))))
    else:
        reason = no_interval_words(parts.document) or words("VIEW_INTERVAL_NONE")
        lines.append((words("VIEW_INTERVAL_NONE_LABEL"), reason))
    alternatives = parts.document.choices.alternatives
    totals = [row.total for row in alternatives if row.total is not None]
    if totals:
        inputs: dict[str, Decimal | str] = {
            f"total_{n}": found for n, found in enumerate(totals, 1)
        }
        ends = [_end(parts, function, inputs) for function in ("min", "max")]
        lines.append(
            (words("VIEW_SENSITIVITY"), f"{rounded(ends[0])} – {rounded(ends[1])} {parts.unit}")
        )
    notes = (told("VIEW_INTERVAL_OWN_SET", own=parts.document.gwp_set),) if parts.rebased else ()
    return Table(
        code="uncertainty",
        title=words("VIEW_SECTION_UNCERTAINTY"),
        rule=_INTERVAL_RULE,
        rows=tuple(lines),
        notes=notes,
    )


def _end(parts: Parts, function: str, inputs: Mapping[str, Decimal | str]) -> Decimal:
    return parts.figures.add(
        f"alternatives.{function}",
        f"{function}({', '.join(inputs)})",
        inputs,
        unit=parts.unit,
        rule=_INTERVAL_RULE,
        label=words("VIEW_SENSITIVITY"),
    )


def _plain_interval(interval: IntervalRecord) -> dict[str, Cell]:
    method = words("VIEW_METHOD_SAMPLED")
    return {
        "method": method if interval.method == method["en"] else interval.method,
        "samples": str(interval.samples),
        "seed": str(interval.seed),
    }


def interpretation_table(parts: Parts) -> Table:
    """Return what dominates the result, what it may be used for, and its limitations."""
    return Table(
        code="interpretation",
        title=words("VIEW_SECTION_INTERPRETATION"),
        rule="ISO-REPORT-013",
        covers=("PCF-COMPARE-001", "PCF-OFFSET-001"),
        intro=_conclusions(parts),
        notes=tuple(_limitations(parts)),
    )


def _conclusions(parts: Parts) -> tuple[Words, ...]:
    stages = {code: parts.figures[f"stage.{code}"] for code in groups(parts.rows, "stage")}
    if not stages:
        return (words("VIEW_NO_ROWS"),)
    stage = max(stages, key=lambda code: (abs(stages[code]), code))
    largest = max(parts.rows, key=lambda row: (abs(row.kg_co2e), row.figure))
    found = [
        told(
            "VIEW_LARGEST_STAGE",
            stage=stage_name(stage),
            value=f"{rounded(stages[stage])} {parts.unit}",
            share=percent(parts.figures.value(f"stage.{stage}.share")),
        ),
        told(
            "VIEW_LARGEST_ROW",
            flow=name_words("flow", largest.flow),
            process=name_words("process", largest.process),
            value=f"{rounded(largest.kg_co2e)} {parts.unit}",
        ),
    ]
    return tuple(found)


def _limitations(parts: Parts) -> list[Words]:
    document = parts.document
    found: list[Words] = [
        words(code)
        for code in ("VIEW_LIMIT_ONE_IMPACT", "VIEW_LIMIT_GATE", "VIEW_LIMIT_BACKGROUND")
    ]
    unsplit = [row for row in parts.rows if row.gas == GAS_CO2E]
    if unsplit:
        share = percent(parts.figures.value("co2e_only.share"))
        found.append(told("VIEW_LIMIT_CO2E_ONLY", share=share, rows=len(unsplit)))
    found += blocked_notes(document)
    if document.illustrative:
        found.append(words("VIEW_LIMIT_ILLUSTRATIVE"))
    if document.coverage.not_stated:
        found.append(told("VIEW_LIMIT_NOT_STATED", count=len(document.coverage.not_stated)))
    if outside := outside_words(document):
        found.append(outside)
    if parts.gwp_set != current_schema()["latestGwpSet"]:
        found.append(words("CERTIFICATE_STATEMENT_GWP_OTHER"))
    statements = ("CERTIFICATE_STATEMENT_OFFSETS", "CERTIFICATE_STATEMENT_COMPARISON")
    return [*found, *map(words, statements)]
