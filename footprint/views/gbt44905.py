"""GB/T 44905: primary aluminium per tonne, by process and kind of emission.

The standard's text was not read; what it asks is taken from summaries (rules GBT-…), so the view
says what a result keeps of them and what it does not.
"""

from __future__ import annotations

from datetime import date, timedelta

from factor_db.foundation.messages import code_of
from footprint.result.document import ResultDocument
from footprint.views.contributions import Row, groups
from footprint.views.figure import Cell, Table, View, Words
from footprint.views.primary import TOTAL, PrimaryMetal
from footprint.views.wording import (
    joined,
    not_stated,
    opening_notes,
    plain,
    rule_text,
    slots_by_process,
    told,
)
from footprint.words.book import name_words, words

STANDARD = "gbt44905"
_RULE, _PERIOD_RULE, _DATA_RULE = "GBT-PRIMARY-001", "GBT-PERIOD-001", "GBT-DATA-001"
_CUT_OFF_RULE, _ANODE_RULE, _PFC_RULE = "PCF-CUTOFF-001", "AL-ANODE-001", "AL-PFC-001"
_LOW_VOLTAGE = "electrolysis/low_voltage_cf4/inventory"
_PFC = ("cf4", "c2f6")
_KINDS = ("anode", "pfc", "combustion", "other_process", "electricity", "upstream")


def view(document: ResultDocument, *, gwp_set: str = "") -> View:
    """Return primary aluminium per tonne; raises BadInput for a product that is none."""
    metal = PrimaryMetal.of(document, standard=STANDARD, rule_id=_RULE, gwp_set=gwp_set)
    tables = (_result(metal), _processes(metal), _kinds(metal), _requirements(metal))
    return View(
        standard=STANDARD,
        title=words("VIEW_TITLE_gbt44905"),
        figures=tuple(metal.figures),
        tables=tables,
        notes=opening_notes(document),
        illustrative=document.illustrative,
        data_until=document.period.end,
        headline=plain(metal.per_tonne(TOTAL)),
    )


def kind_of(row: Row) -> str:
    """Return the kind of emission of a row of the primary chain; every row is of exactly one."""
    if row.gas in _PFC and row.part == "process":
        return "pfc"
    if row.flow == "anode_carbon":
        return "anode"
    if row.part in ("combustion", "process"):
        return "combustion" if row.part == "combustion" else "other_process"
    return "electricity" if row.of_electricity else "upstream"


def _result(metal: PrimaryMetal) -> Table:
    document = metal.document
    form = name_words("form", document.product)
    rows: tuple[tuple[Cell, ...], ...] = (
        (words("VIEW_FACT_KIND"), words("VIEW_PARTIAL")),
        (words("VIEW_FACT_PRODUCT_FORM"), form),
        (words("VIEW_FACT_DECLARED_UNIT"), "1 t"),
        (words("VIEW_FACT_SITE"), f"{document.site.code} · {document.site.region}"),
        (words("VIEW_FACT_GWP"), f"{metal.gwp_set} GWP100"),
        (words("VIEW_FACT_TOTAL_PER_TONNE"), metal.per_tonne(TOTAL)),
        (words("VIEW_FACT_CALCULATION"), document.calculation),
    )
    return Table(code="result", title=words("VIEW_SECTION_PRIMARY"), rule=_RULE, rows=rows)


def _processes(metal: PrimaryMetal) -> Table:
    items = {}
    for code, rows in groups(metal.rows, "process").items():
        items[f"process.{code}"] = name_words("process", code)
        metal.add(f"process.{code}", rows, _RULE, items[f"process.{code}"])
    return _table(metal, "primary_processes", metal.lines(items))


def _kinds(metal: PrimaryMetal) -> Table:
    cited = {"anode": _ANODE_RULE, "pfc": _PFC_RULE}
    items = {}
    for kind in _KINDS:
        label = words(code_of("VIEW_KIND", kind))
        rule_id = cited.get(kind, _RULE)
        rows = [row for row in metal.rows if kind_of(row) == kind]
        if rows:
            metal.add(f"kind.{kind}", rows, rule_id, label)
            items[f"kind.{kind}"] = label
    return _table(metal, "primary_kinds", metal.lines(items))


def _table(metal: PrimaryMetal, code: str, lines: list[tuple[Cell, ...]]) -> Table:
    headings = ("VIEW_HEADING_ITEM", "VIEW_HEADING_PER_TONNE", "VIEW_HEADING_SHARE")
    return Table(
        code=code,
        title=words(code_of("VIEW_SECTION", code)),
        rule=_RULE,
        columns=tuple(words(heading) for heading in headings),
        rows=(*lines, metal.line(TOTAL, words("VIEW_TOTAL"))),
        figures=2,
        notes=metal.notes(),
    )


def _requirements(metal: PrimaryMetal) -> Table:
    coverage = metal.document.coverage
    unstated = _LOW_VOLTAGE in coverage.not_stated
    low_voltage = "VIEW_LOW_VOLTAGE_UNSTATED" if unstated else "VIEW_LOW_VOLTAGE_STATED"
    cut_off = len(coverage.cut_off)
    rows: tuple[tuple[Cell, ...], ...] = (
        (words("VIEW_FACT_NATURAL_YEAR"), _period(metal.document)),
        (words("VIEW_FACT_SITE_DATA"), _site_data(metal.document)),
        (
            words("VIEW_FACT_CUT_OFF"),
            told("VIEW_CUT_OFF_SOME", count=cut_off) if cut_off else words("VIEW_CUT_OFF_NONE"),
        ),
        (words("VIEW_FACT_LOW_VOLTAGE"), words(low_voltage)),
    )
    asked = (_RULE, _PERIOD_RULE, _DATA_RULE, _CUT_OFF_RULE, _PFC_RULE)
    return Table(
        code="requirements",
        title=words("VIEW_SECTION_REQUIREMENTS"),
        rule=_DATA_RULE,
        covers=(_PERIOD_RULE, _CUT_OFF_RULE),
        rows=rows,
        notes=(*not_stated(metal.document), *(rule_text(rule_id) for rule_id in asked)),
    )


def _period(document: ResultDocument) -> Words:
    start, end = map(date.fromisoformat, (document.period.start, document.period.end))
    whole = _is_year(start, end)
    code = "VIEW_YEAR_NATURAL" if whole else "VIEW_YEAR_OTHER"
    return told(code, period=f"{start} – {end}")


def _is_year(start: date, end: date) -> bool:
    """Whether a period runs from one 1 January to the day before the next."""
    begins = (start.month, start.day) == (1, 1)
    return begins and end + timedelta(days=1) == start.replace(year=start.year + 1)


def _site_data(document: ResultDocument) -> Words:
    """Say which site processes lack own data, and which values were set by hand instead."""
    by_hand = set(document.inputs.study.overrides)
    lacking = [slot for slot in document.coverage.estimated if slot not in by_hand]
    found = []
    if lacking:
        found.append(told("VIEW_SITE_DATA_ESTIMATE", slots=slots_by_process(lacking)))
    if by_hand:
        found.append(told("VIEW_SITE_DATA_SET", slots=slots_by_process(sorted(by_hand))))
    return joined("; ", *found) if found else words("VIEW_SITE_DATA_OWN")
