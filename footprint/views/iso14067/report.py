"""The report put together: its tables in order, and an index of the items it answers."""

from __future__ import annotations

from factor_db.foundation.rules import rule
from footprint.result.document import ResultDocument
from footprint.views.contributions import weighed
from footprint.views.figure import Figures, Table, View
from footprint.views.iso14067 import data, meaning, results, scope
from footprint.views.iso14067.parts import Parts
from footprint.views.wording import opening_notes, standing_phrases
from footprint.words.book import words

STANDARD = "iso14067"
GWP_RULE = "PCF-GWP-001"


def view(document: ResultDocument, *, gwp_set: str = "") -> View:
    """Return the report of a calculation; gases weigh by the latest set unless another is asked.

    Raises BadInput where the document's rows do not add up, or a gas has no potential.
    """
    figures = Figures()
    chosen = gwp_set or rule(GWP_RULE).parameters["footprint"]
    parts = Parts(document, figures, weighed(figures, document, chosen), chosen)
    results.add_results(parts)
    tables = (
        scope.product_table(parts),
        results.separate_table(parts),
        results.stage_table(parts),
        results.gas_table(parts),
        meaning.choice_table(parts),
        meaning.uncertainty_table(parts),
        scope.boundary_table(parts),
        results.process_table(parts),
        data.source_table(parts),
        data.quality_table(parts),
        data.electricity_table(parts),
        scope.cut_off_table(parts),
        scope.allocation_table(parts),
        *scope.remaining_tables(parts),
        meaning.interpretation_table(parts),
    )
    return View(
        standard=STANDARD,
        title=words("VIEW_TITLE_iso14067"),
        figures=tuple(figures),
        tables=(*tables, _index(tables)),
        notes=opening_notes(document),
        illustrative=document.illustrative,
        data_until=document.period.end,
        headline=scope.headline(parts),
    )


def _index(tables: tuple[Table, ...]) -> Table:
    """Return where each required item stands: rule, clause, section."""
    lines = [
        (rule_id, standing_phrases(rule(rule_id).clause), table.title, str(number))
        for number, table in enumerate(tables, start=1)
        for rule_id in (table.rule, *table.covers)
    ]
    return Table(
        code="index",
        title=words("VIEW_SECTION_INDEX"),
        rule="ISO-REPORT-013",
        columns=tuple(
            words(code)
            for code in (
                "VIEW_HEADING_RULE",
                "VIEW_HEADING_CLAUSE",
                "VIEW_HEADING_SECTION",
                "VIEW_HEADING_NUMBER",
            )
        ),
        widths=(3, 4, 6),
        rows=tuple(sorted(lines, key=lambda line: str(line[0]))),
        figures=1,
    )
