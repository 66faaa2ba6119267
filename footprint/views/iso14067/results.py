"""The result: total, its separate parts, stages, unit processes and gases."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from factor_db.foundation.messages import code_of
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.units import convert
from footprint.certificate.edition import current_schema
from footprint.views.contributions import BIOGENIC, CO2_BIOGENIC, Row, groups, names
from footprint.views.figure import Cell, Table, Words
from footprint.views.iso14067.parts import SHARE_RULE, TOTAL, Parts
from footprint.views.wording import (
    GAS_CO2E,
    UNDEFINED,
    few_digits,
    gas_name,
    joined,
    listed,
    percent,
    rounded,
    share_cells,
    stage_name,
    told,
)
from footprint.words.book import name_words, words

_CO2_BIOGENIC_UNIT = "kg CO2"


def add_results(parts: Parts) -> None:
    """Add the figures of the result: stages, total, shares, separate parts, processes, gases."""
    figures, unit = parts.figures, parts.unit
    stages = _in_order("STAGE", groups(parts.rows, "stage"))
    for stage, rows in stages.items():
        name = f"stage.{stage}"
        figures.total(name, names(rows), unit=unit, rule=SHARE_RULE, label=stage_name(stage))
    whole = {f"stage_{stage}": f"stage.{stage}" for stage in stages}
    figures.total(TOTAL, whole, unit=unit, rule="PCF-BOUNDARY-001", label=words("VIEW_TOTAL"))
    for stage in stages:
        parts.share(f"stage.{stage}", _share_of(stage_name(stage)))
    _add_separate(parts)
    for process, rows in groups(parts.rows, "process").items():
        label = name_words("process", process)
        name = f"process.{process}"
        figures.total(name, names(rows), unit=unit, rule="ISO-REPORT-003", label=label)
        parts.share(name, _share_of(label))
    for gas, rows in _in_order("GAS", groups(parts.rows, "gas")).items():
        _add_gas(parts, gas, rows)


def _share_of(label: Words) -> Words:
    return told("VIEW_SHARE_OF", part=label)


def _in_order(group: str, found: dict[str, list[Row]]) -> dict[str, list[Row]]:
    order = current_schema()["orders"][group]
    placed = sorted(
        found, key=lambda code: (order.index(code) if code in order else len(order), code)
    )
    return {code: found[code] for code in placed}


def _is_biogenic(row: Row) -> bool:
    return row.origin == BIOGENIC


def _add_separate(parts: Parts) -> None:
    figures, unit = parts.figures, parts.unit

    def known(row: Row) -> bool:
        return not _is_biogenic(row) and row.gas != GAS_CO2E

    def unsplit(row: Row) -> bool:
        return not _is_biogenic(row) and row.gas == GAS_CO2E

    rule = "ISO-RESULT-001"
    for name, rows in (("fossil.gases", known), ("fossil.co2e_only", unsplit)):
        label = words(code_of("VIEW_FOSSIL", name))
        figures.total(name, names(parts.rows, rows), unit=unit, rule=rule, label=label)
    both: dict[str, Decimal | str] = {"gases": "fossil.gases", "co2e_only": "fossil.co2e_only"}
    figures.total("fossil", both, unit=unit, rule=rule, label=words("VIEW_FOSSIL"))
    for name in ("fossil", "fossil.co2e_only"):
        parts.share(name, _share_of(words(code_of("VIEW_FOSSIL", name))))
    if any(map(_is_biogenic, parts.rows)):
        label = words("VIEW_BIOGENIC")
        inputs = names(parts.rows, _is_biogenic)
        figures.total("biogenic", inputs, unit=unit, rule="ISO-RESULT-002", label=label)
        parts.share("biogenic", _share_of(label))
        _add_biogenic_co2(parts)


def _add_biogenic_co2(parts: Parts) -> None:
    of_gas = [row for row in parts.rows if row.gas == CO2_BIOGENIC]
    for name, sign in (("uptake", -1), ("release", 1)):
        found = {row.identifier: row.kg_gas for row in of_gas if row.kg_gas * sign > 0}
        parts.figures.total(
            f"biogenic_co2.{name}",
            found,
            unit=_CO2_BIOGENIC_UNIT,
            rule="PCF-BIO-001",
            label=words(code_of("VIEW_BIOGENIC_CO2", name)),
        )


def _add_gas(parts: Parts, gas: str, rows: list[Row]) -> None:
    label = gas_name(gas)
    kilograms = {row.identifier: row.kg_gas for row in rows}
    unit = f"kg/{parts.document.declared_unit.unit}"
    mass = told("VIEW_MASS_OF", gas=label)
    parts.figures.total(f"gas.{gas}.kg", kilograms, unit=unit, rule="ISO-REPORT-005", label=mass)
    parts.figures.total(
        f"gas.{gas}", names(rows), unit=parts.unit, rule="ISO-REPORT-006", label=label
    )
    parts.share(f"gas.{gas}", _share_of(label))


_NOT_ASSESSED = {
    "VIEW_LAND_USE": "VIEW_NOTE_LAND_USE",
    "VIEW_AIRCRAFT": "VIEW_NOTE_AIRCRAFT",
    "VIEW_OPTIONAL": "VIEW_NOTE_OPTIONAL",
}
"""What no data speak of → why."""


def separate_table(parts: Parts) -> Table:
    """Return fossil, biogenic, land-use and aircraft apart; what no data speak of is not zero."""
    not_assessed = words("VIEW_NOT_ASSESSED")
    whole = _shares(parts, *(name for name in ("fossil", "biogenic") if name in parts.figures))
    lines: list[tuple[Cell, ...]] = [
        _line(parts, "fossil", words("VIEW_FOSSIL"), words("VIEW_NOTE_FOSSIL"), whole["fossil"]),
        _line(
            parts,
            "fossil.co2e_only",
            words("VIEW_FOSSIL_CO2E_ONLY"),
            words("VIEW_NOTE_CO2E_ONLY"),
            _shares(parts, "fossil.co2e_only")["fossil.co2e_only"],
        ),
    ]
    if "biogenic" in parts.figures:
        label, note = words("VIEW_BIOGENIC"), words("VIEW_NOTE_BIOGENIC")
        lines.append(_line(parts, "biogenic", label, note, whole["biogenic"]))
        for name in ("uptake", "release"):
            value = f"{few_digits(parts.figures[f'biogenic_co2.{name}'])} {_CO2_BIOGENIC_UNIT}"
            label = words(code_of("VIEW_BIOGENIC_CO2", name))
            lines.append((label, words("VIEW_NOTE_OUTSIDE"), value, UNDEFINED))
    else:
        lines.append(
            (words("VIEW_BIOGENIC"), words("VIEW_NOTE_NO_BIOGENIC"), not_assessed, UNDEFINED)
        )
    for label_code, note_code in _NOT_ASSESSED.items():
        lines.append((words(label_code), words(note_code), not_assessed, UNDEFINED))
    return Table(
        code="separate",
        title=words("VIEW_SECTION_SEPARATE"),
        rule="ISO-RESULT-001",
        covers=("ISO-RESULT-002", "ISO-RESULT-003", "ISO-RESULT-004", "ISO-RESULT-006"),
        columns=_headings(
            "VIEW_HEADING_ITEM", "VIEW_HEADING_REMARK", "VIEW_HEADING_VALUE", "VIEW_HEADING_SHARE"
        ),
        widths=(3, 6),
        rows=tuple(lines),
        figures=2,
        notes=(told("VIEW_UNIT_NOTE", unit=parts.unit),),
    )


def _line(parts: Parts, name: str, label: Words, note: Words, share: str) -> tuple[Cell, ...]:
    return label, note, rounded(parts.figures[name]), share


def _shares(parts: Parts, *names: str) -> dict[str, str]:
    """Return figure → share of the total for reading; those of a partition add up to 100 %."""
    return share_cells({name: parts.figures[name] for name in names}, parts.figures[TOTAL])


def _headings(*codes: str) -> tuple[Words, ...]:
    return tuple(words(code) for code in codes)


def _share_notes(parts: Parts, values: Iterable[Decimal]) -> tuple[Words, ...]:
    """Say where shares are undefined, or relate to a total that negative parts have lowered."""
    if not parts.figures[TOTAL]:
        return (words("VIEW_SHARES_UNDEFINED"),)
    return (words("VIEW_SHARES_NET"),) if any(value < 0 for value in values) else ()


def stage_table(parts: Parts) -> Table:
    """Return absolute and relative contribution of each stage, with the steps it holds."""
    stages = _in_order("STAGE", groups(parts.rows, "stage"))
    shares = _shares(parts, *(f"stage.{stage}" for stage in stages))
    lines: list[tuple[Cell, ...]] = [
        (
            stage_name(stage),
            listed([name_words("process", code) for code in groups(rows, "process")]),
            rounded(parts.figures[f"stage.{stage}"]),
            shares[f"stage.{stage}"],
        )
        for stage, rows in stages.items()
    ]
    whole = percent(Decimal(100)) if parts.figures[TOTAL] else UNDEFINED
    lines.append((words("VIEW_TOTAL"), "", rounded(parts.figures[TOTAL]), whole))
    values = [parts.figures[f"stage.{stage}"] for stage in stages]
    return Table(
        code="stages",
        title=words("VIEW_SECTION_STAGES"),
        rule=SHARE_RULE,
        covers=("ISO-REPORT-016",),
        columns=_headings(
            "VIEW_HEADING_STAGE", "VIEW_HEADING_STEPS", "VIEW_HEADING_VALUE", "VIEW_HEADING_SHARE"
        ),
        widths=(2, 5),
        rows=tuple(lines),
        figures=2,
        intro=(words("VIEW_STAGES_LEFT_OUT"),),
        notes=(told("VIEW_UNIT_NOTE", unit=parts.unit), *_share_notes(parts, values)),
    )


def process_table(parts: Parts) -> Table:
    """Return every unit process, largest first, with how much of its product is needed."""
    runs = {
        row.process: convert(row.amount, row.unit, "kg")
        for row in parts.document.flows
        if row.role == "product"
    }
    found = groups(parts.rows, "process")
    ranked = sorted(found, key=lambda code: (-abs(parts.figures[f"process.{code}"]), code))
    shares = _shares(parts, *(f"process.{code}" for code in ranked))
    lines = [
        (
            name_words("process", code),
            stage_name(found[code][0].stage),
            f"{few_digits(runs[code])} kg" if code in runs else UNDEFINED,
            rounded(parts.figures[f"process.{code}"]),
            shares[f"process.{code}"],
        )
        for code in ranked
    ]
    values = [parts.figures[f"process.{code}"] for code in ranked]
    return Table(
        code="processes",
        title=words("VIEW_SECTION_PROCESSES"),
        rule="ISO-REPORT-003",
        columns=_headings(
            "VIEW_HEADING_PROCESS",
            "VIEW_HEADING_STAGE",
            "VIEW_HEADING_RUN",
            "VIEW_HEADING_VALUE",
            "VIEW_HEADING_SHARE",
        ),
        widths=(3, 2),
        rows=tuple(lines),
        figures=3,
        notes=(told("VIEW_UNIT_NOTE", unit=parts.unit), *_share_notes(parts, values)),
    )


def _gas_label(gas: str) -> Words:
    formula = "" if gas == GAS_CO2E else f" ({gas.split('_')[0].upper()})"
    return joined("", gas_name(gas), formula)


def gas_table(parts: Parts) -> Table:
    """Return the gases counted, their masses, potentials and what they come to."""
    cited = {
        row["gas"]: row
        for row in reference_rows("factors/gwp.csv")
        if row["gwp_set"] == parts.gwp_set
    }
    found = _in_order("GAS", groups(parts.rows, "gas"))
    shares = _shares(parts, *(f"gas.{gas}" for gas in found))
    lines = [
        (
            _gas_label(gas),
            few_digits(parts.figures[f"gas.{gas}.kg"]),
            words("VIEW_AS_STATED") if gas == GAS_CO2E else cited[gas]["value"],
            rounded(parts.figures[f"gas.{gas}"]),
            shares[f"gas.{gas}"],
        )
        for gas in found
    ]
    sources = dict.fromkeys(
        f"{cited[gas]['citation']}, {cited[gas]['locator']}" for gas in found if gas in cited
    )
    notes = [told("VIEW_GWP_SOURCE", gwp=parts.gwp_set, source="; ".join(sources) or UNDEFINED)]
    if parts.rebased:
        notes.append(told("VIEW_REBASED", gwp=parts.gwp_set, own=parts.document.gwp_set))
    return Table(
        code="gases",
        title=words("VIEW_SECTION_GASES"),
        rule="ISO-REPORT-005",
        covers=("ISO-REPORT-006", "PCF-GWP-001"),
        columns=_headings(
            "VIEW_HEADING_GAS",
            "VIEW_HEADING_MASS",
            "VIEW_HEADING_GWP",
            "VIEW_HEADING_VALUE",
            "VIEW_HEADING_SHARE",
        ),
        rows=tuple(lines),
        figures=4,
        notes=(told("VIEW_UNIT_NOTE", unit=parts.unit), *notes),
    )
