"""What the result stands on: sources, quality, electricity."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from factor_db.factors.record.factor import Factor
from factor_db.foundation.messages import code_of
from footprint.result.document import ResultDocument
from footprint.views.contributions import POWER, names
from footprint.views.figure import Cell, Table, Words
from footprint.views.iso14067.parts import Parts, hundred
from footprint.views.iso14067.scope import facts
from footprint.views.used import used_factors
from footprint.views.wording import (
    GAS_CO2E,
    SCORE_DIGITS,
    UNDEFINED,
    few_digits,
    listed,
    percent,
    plain,
    rounded,
    rule_text,
    share_cells,
    told,
    value_name,
)
from footprint.words.book import name_words, words
from footprint.words.said_of_data import percent_words, typed_origins_in
from footprint.words.slots import slot_words

_POWER_RULE = "ISO-REPORT-012"
_QUALITY_RULE = "ISO-REPORT-010"
_RATINGS = ("technological", "geographical", "temporal")


def source_table(parts: Parts) -> Table:
    """Return how own data were collected, and every factor from elsewhere with its source."""
    own, others = used_factors(parts.document)
    files: dict[str, list[Factor]] = {}
    for factor in own:
        files.setdefault(factor.source.citation, []).append(factor)
    collected = [
        told(
            "VIEW_OWN_DATA",
            count=len(found),
            file=file,
            sha256=found[0].source.file_sha256 or UNDEFINED,
        )
        for file, found in files.items()
    ]
    lines = [
        (
            _named(factor),
            _source(factor),
            factor.geography,
            str(factor.data_year),
            factor.confidence,
        )
        for factor in others
    ]
    return Table(
        code="sources",
        title=words("VIEW_SECTION_SOURCES"),
        rule="ISO-REPORT-004",
        columns=tuple(
            words(code)
            for code in (
                "VIEW_HEADING_FACTOR",
                "VIEW_HEADING_SOURCE",
                "VIEW_HEADING_PLACE",
                "VIEW_HEADING_YEAR",
                "VIEW_HEADING_CONFIDENCE",
            )
        ),
        widths=(4, 6),
        rows=tuple(lines),
        figures=3,
        intro=(*collected, told("VIEW_BACKGROUND", release=parts.document.release.name)),
        notes=(words("VIEW_CONFIDENCE_NOTE"),),
    )


def _named(factor: Factor) -> Words:
    """Return a factor's name; a value set by the study is called by its slot, in words."""
    if factor.name_zh == factor.slot_key:
        return slot_words(factor.slot_key)
    return {"zh": factor.name_zh, "en": factor.name_en}


def _source(factor: Factor) -> str:
    shown = "; ".join(filter(None, (factor.source.citation, factor.source.locator)))
    return f"{shown or UNDEFINED} [{factor.ref}]"


def quality_table(parts: Parts) -> Table:
    """Return primary data share, ratings and kinds of data; an absent rating is named as absent."""
    quality = parts.document.quality
    lines: list[tuple[Words, Cell]] = [
        _quality_line(parts, "pds", quality.pds, "%"),
        _quality_line(parts, "activity_primary_share", quality.activity_primary_share, "%"),
        *(_quality_line(parts, name, quality.dqr.get(name), "1") for name in _RATINGS),
    ]
    kinds = quality.data_shares
    for kind, shown in share_cells(kinds, hundred()).items():
        if kinds[kind]:
            label = name_words("data_kind", kind)
            lines.append((label, shown))
    lines.append(_co2e_only(parts))
    lines += _said_of_data(parts.document)
    notes = [rule_text("DQ-PDS-001"), rule_text("DQ-KINDS-001")]
    if parts.rebased:
        notes.append(told("VIEW_QUALITY_OWN_SET", own=parts.document.gwp_set))
    if not quality.dqr:
        notes.append(words("VIEW_RATINGS_ABSENT"))
    return Table(
        code="quality",
        title=words("VIEW_SECTION_QUALITY"),
        rule=_QUALITY_RULE,
        covers=("DQ-PDS-001", "PCF-GWP-002"),
        columns=(words("VIEW_HEADING_ITEM"), words("VIEW_HEADING_STATED")),
        widths=(1,),
        rows=tuple(lines),
        figures=1,
        notes=tuple(notes),
    )


def _said_of_data(document: ResultDocument) -> Iterator[tuple[Words, Cell]]:
    """Yield the shares left unsaid and the origins typed; older documents have neither."""
    for name, share in document.quality.unstated.items():
        yield told("VIEW_QUALITY_UNSTATED", what=name_words("unstated", name)), percent_words(share)
    both = (typed_origins_in(document, "zh"), typed_origins_in(document, "en"))
    for (item, zh), (_, en) in zip(*both, strict=True):
        flow = name_words("flow", item.flow)
        yield told("VIEW_QUALITY_ORIGIN", flow=flow), {"zh": zh, "en": en}


def _quality_line(parts: Parts, name: str, stated: Decimal | None, unit: str) -> tuple[Words, str]:
    label = words(code_of("VIEW_QUALITY", name))
    if stated is None:
        return label, UNDEFINED
    rule = "DQ-PDS-001" if unit == "%" else _QUALITY_RULE
    value = parts.stated(f"quality.{name}", stated, unit, rule, label)
    return label, percent(value) if unit == "%" else rounded(value, SCORE_DIGITS)


def _co2e_only(parts: Parts) -> tuple[Words, str]:
    """Return the share of the result that is known as CO2e only, fossil or not."""
    label = words("VIEW_QUALITY_CO2E_ONLY")
    rows = names(parts.rows, lambda row: row.gas == GAS_CO2E)
    parts.figures.total("co2e_only", rows, unit=parts.unit, rule="PCF-GWP-002", label=label)
    return label, percent(parts.share("co2e_only", label))


def electricity_table(parts: Parts) -> Table:
    """Return the power used, what it emits, its factors, the rule chosen and its certificates."""
    document, figures = parts.document, parts.figures
    label = words("VIEW_FACT_POWER_EMISSIONS")
    rows = names(parts.rows, lambda row: row.of_electricity)
    figures.total("electricity", rows, unit=parts.unit, rule=_POWER_RULE, label=label)
    parts.share("electricity", label)
    used = {
        f"flow_{number}": row.amount
        for number, row in enumerate(document.flows, start=1)
        if row.flow.startswith(POWER) and row.unit == "kWh"
    }
    label = words("VIEW_FACT_POWER_USED")
    unit = f"kWh/{document.declared_unit.unit}"
    kwh = figures.total("electricity.kwh", used, unit=unit, rule=_POWER_RULE, label=label)
    mean = plain(UNDEFINED)
    if kwh:
        label = words("VIEW_FACT_POWER_MEAN")
        inputs: dict[str, Decimal | str] = {"emitted": "electricity", "used": "electricity.kwh"}
        value = figures.add(
            "electricity.mean",
            "emitted / used",
            inputs,
            unit="kg CO2e/kWh",
            rule=_POWER_RULE,
            label=label,
        )
        mean = plain(f"{rounded(value)} kg CO2e/kWh")
    share = percent(figures.value("electricity.share"))
    lines = facts(
        parts,
        *("power_rule", "power_used", "power_emissions", "power_mean", "power_factors"),
        "instruments",
        power_rule=value_name(document.choices.electricity_rule),
        power_used=f"{few_digits(kwh)} {unit}",
        power_emissions=f"{rounded(figures['electricity'])} {parts.unit} ({share})",
        power_mean=mean,
        power_factors=listed(_power_factors(document)),
        instruments=listed(_instruments(document)),
    )
    return Table(
        code="electricity",
        title=words("VIEW_SECTION_ELECTRICITY"),
        rule=_POWER_RULE,
        covers=("PCF-ELEC-001",),
        rows=lines,
        notes=(rule_text("PCF-ELEC-001"), words("VIEW_POWER_CONSTRAINTS")),
    )


def _power_factors(document: ResultDocument) -> list[Words]:
    _, others = used_factors(document)
    return [
        plain(f"{few_digits(value)} kg {'CO2e' if gas == GAS_CO2E else gas}/kWh [{found.ref}]")
        for found in others
        if found.flow.startswith(POWER) and found.unit == "kg/kWh"
        for gas, value in found.amounts.items()
    ]


def _instruments(document: ResultDocument) -> list[Words]:
    return [
        plain(f"{item.serial} ({item.source}, {item.kwh} kWh, {item.period})")
        for item in document.choices.instruments
    ]
