"""What was studied: product and unit, boundary, cut-offs, allocation, timing, period, rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import code_of
from factor_db.foundation.rules import rule
from footprint.result.coverage import CutOffLine
from footprint.result.document import ResultDocument
from footprint.result.total import IntervalRecord
from footprint.views.contributions import groups
from footprint.views.figure import Cell, Table, Words
from footprint.views.iso14067.parts import TOTAL, Parts, hundred
from footprint.views.wording import (
    PERCENT_DIGITS,
    few_digits,
    gas_name,
    joined,
    listed,
    not_stated,
    percent,
    plain,
    rounded,
    rule_text,
    told,
)
from footprint.words.book import name_words, slot_name, words
from footprint.words.told import allocation_words

CUT_OFF_RULE = "PCF-CUTOFF-001"
_SHARES: dict[str, Callable[[CutOffLine], Decimal]] = {
    "mass": lambda item: item.mass_share,
    "energy": lambda item: item.energy_share,
    "ghg": lambda item: item.ghg_share,
}


def facts(parts: Parts, *codes: str, **values: Cell) -> tuple[tuple[Cell, ...], ...]:
    """Return rows of label and value: the labels by their codes, the values by the same names."""
    return tuple((words(code_of("VIEW_FACT", code)), values[code]) for code in codes)


def headline(parts: Parts) -> Words:
    """Return the total in one line, with its interval where it was sampled under the same set."""
    total = f"{rounded(parts.figures[TOTAL])} {parts.unit}"
    interval = parts.document.total.interval
    if interval is None or parts.rebased:
        return plain(total)
    low, high = rounded(interval.low), rounded(interval.high)
    return told("VIEW_RESULT", total=total, low=low, high=high, level=level_of(interval))


def level_of(interval: IntervalRecord) -> str:
    """Return the level of an interval in percent."""
    return f"{decimal_text(interval.level * hundred())} %"


def product_table(parts: Parts) -> Table:
    """Return what the footprint is of, and its value with its interval."""
    document, site = parts.document, parts.document.site
    name = name_words("product", document.product)
    code = document.inputs.study.product_code
    unit = document.declared_unit.unit
    amount = decimal_text(document.declared_unit.amount)
    rows = facts(
        parts,
        *("kind", "product", "organisation", "site", "declared_unit", "reference_flow"),
        *("period", "gwp", "result", "release", "calculation", "result_hash"),
        kind=words("VIEW_PARTIAL"),
        product=joined(" ", name, code) if code else name,
        organisation={"zh": site.organisation_zh, "en": site.organisation_en},
        site=f"{site.code} · {site.region}",
        declared_unit=told("VIEW_DECLARED", amount=amount, unit=unit, product=name),
        reference_flow=told("VIEW_REFERENCE_FLOW", amount=amount, unit=unit),
        period=_period(document),
        gwp=f"{parts.gwp_set} GWP100",
        result=headline(parts),
        release=f"{document.release.name} · {document.model_version}",
        calculation=document.calculation,
        result_hash=document.result_hash,
    )
    return Table(
        code="product",
        title=words("VIEW_SECTION_PRODUCT"),
        rule="ISO-REPORT-001",
        covers=("PCF-BOUNDARY-001",),
        rows=rows,
    )


def _period(document: ResultDocument) -> str:
    return f"{document.period.start} – {document.period.end}"


def boundary_table(parts: Parts) -> Table:
    """Return where the system begins and ends, and which elementary flows cross its boundary."""
    processes = [name_words("process", code) for code in groups(parts.rows, "process")]
    gases = [gas_name(gas) for gas in groups(parts.rows, "gas")]
    rows = facts(
        parts,
        *("boundary", "included", "excluded", "elementary", "reuse"),
        boundary=name_words("boundary", "cradle_to_gate"),
        included=listed(processes),
        excluded=words("VIEW_EXCLUDED"),
        elementary=told("VIEW_ELEMENTARY", gases=listed(gases)),
        reuse=words("VIEW_LOOPS"),
    )
    return Table(
        code="boundary", title=words("VIEW_SECTION_BOUNDARY"), rule="ISO-REPORT-002", rows=rows
    )


def cut_off_table(parts: Parts) -> Table:
    """Return the criteria, what was cut off with its bounds, and what nobody stated."""
    cut_off = parts.document.coverage.cut_off
    lines: list[tuple[Cell, ...]] = []
    for item in cut_off:
        shares = [percent(share(item) * hundred()) for share in _SHARES.values()]
        bound = f"{few_digits(item.upper_bound)} {item.upper_bound_unit}"
        amount = f"{few_digits(item.amount)} {item.unit}"
        lines.append((slot_name(item.slot), item.source, amount, bound, *shares))
    if cut_off:
        lines.append(
            (words("VIEW_TOTAL"), "", "", "", *(_sum_of(parts, share) for share in _SHARES))
        )
    return Table(
        code="cut_offs",
        title=words("VIEW_SECTION_CUT_OFFS"),
        rule="ISO-REPORT-007",
        covers=(CUT_OFF_RULE,),
        columns=tuple(
            words(code)
            for code in (
                "VIEW_HEADING_FLOW",
                "VIEW_HEADING_SOURCE",
                "VIEW_HEADING_AMOUNT",
                "VIEW_HEADING_BOUND",
                "VIEW_HEADING_BY_MASS",
                "VIEW_HEADING_BY_ENERGY",
                "VIEW_HEADING_BY_GHG",
            )
        )
        if lines
        else (),
        widths=(2, 4),
        rows=tuple(lines),
        figures=5,
        intro=(rule_text(CUT_OFF_RULE),),
        notes=(*(() if cut_off else (words("VIEW_NO_CUT_OFFS"),)), *not_stated(parts.document)),
    )


def _sum_of(parts: Parts, share: str) -> str:
    """Add the sum of a share over all cut-offs as a figure, in percent."""
    items = parts.document.coverage.cut_off
    inputs: dict[str, Decimal | str] = {
        f"item_{number}": _SHARES[share](item) for number, item in enumerate(items, start=1)
    }
    label = words(code_of("VIEW_HEADING_BY", share))
    formula = f"sum({', '.join(inputs)}) * percent"
    value = parts.figures.add(
        f"cut_off.{share}",
        formula,
        {**inputs, "percent": hundred()},
        unit="%",
        rule=CUT_OFF_RULE,
        label=label,
    )
    return percent(value)


def allocation_table(parts: Parts) -> Table:
    """Return how co-products, scrap and loops were treated, by the rules the result cites."""
    cited = [*parts.document.rules]
    texts = tuple(rule_text(found) for found in cited if rule(found))
    return Table(
        code="allocation",
        title=words("VIEW_SECTION_ALLOCATION"),
        rule="ISO-REPORT-008",
        intro=(words("VIEW_ALLOCATION"), allocation_words(parts.document.choices)),
        notes=(*texts, *_sold_scrap(parts.document)),
    )


def _sold_scrap(document: ResultDocument) -> Iterator[Words]:
    """Yield what buyers of scrap take up with it, where the rule divides burdens with them."""
    for line in document.sold_scrap:
        name = name_words("process", line.process)
        value = f"{rounded(line.kg_co2e_per_t, PERCENT_DIGITS)} kg CO2e/t"
        yield told("VIEW_SOLD_SCRAP", process=name, value=value)


def remaining_tables(parts: Parts) -> tuple[Table, ...]:
    """Return the short items: timing, profiles, period, category rules, changes of scope."""
    period = plain(_period(parts.document))
    texts: tuple[tuple[str, str, Words], ...] = (
        ("timing", "ISO-REPORT-009", words("VIEW_TEXT_TIMING")),
        ("profiles", "ISO-REPORT-017", words("VIEW_TEXT_PROFILES")),
        ("period", "ISO-REPORT-018", told("VIEW_TEXT_PERIOD", period=period, **_years(parts))),
        ("category_rules", "ISO-REPORT-019", words("VIEW_TEXT_CATEGORY_RULES")),
        ("scope_changes", "ISO-REPORT-015", words("VIEW_TEXT_SCOPE_CHANGES")),
    )
    return tuple(
        Table(code=code, title=words(code_of("VIEW_SECTION", code)), rule=found, intro=(text,))
        for code, found, text in texts
    )


def _years(parts: Parts) -> dict[str, str]:
    used = {item.factor for item in parts.document.coverage.resolved}
    pinned = (pin.factor for pin in parts.document.inputs.pins)
    years = [factor.data_year for factor in pinned if factor.ref in used]
    return {"first": str(min(years, default="–")), "last": str(max(years, default="–"))}
