"""IAI boundary levels of primary aluminium: what each holds, per tonne.

Level 3 is the whole result; levels 1 and 2 follow rule IAI-LEVEL-001, whose reading is to be
checked. Rows are of a level by process, by part, and by being power.
"""

from __future__ import annotations

from factor_db.foundation.messages import code_of
from factor_db.foundation.rules import rule
from footprint.result.document import ResultDocument
from footprint.views.contributions import Row
from footprint.views.figure import Table, View, Words
from footprint.views.primary import UNIT, PrimaryMetal
from footprint.views.wording import joined, listed, not_stated, opening_notes, rule_text, told
from footprint.words.book import name_words, words

STANDARD = "iai"
_RULE = "IAI-LEVEL-001"


def view(document: ResultDocument, *, gwp_set: str = "") -> View:
    """Return the three levels; raises BadInput for a product that is no primary aluminium."""
    metal = PrimaryMetal.of(document, standard=STANDARD, rule_id=_RULE, gwp_set=gwp_set)
    for level in ("1", "2"):
        label = words(code_of("VIEW_LEVEL", level))
        rows = [row for row in metal.rows if level_of(row) <= level]
        metal.add(f"level.{level}", rows, _RULE, label)
    metal.add("level.3", metal.rows, _RULE, words("VIEW_LEVEL_3"))
    label = words("VIEW_LEVEL_REMAINDER")
    inputs = {"level_3": "level.3", "level_2": "level.2"}
    formula = "level_3 - level_2"
    metal.figures.add("remainder", formula, inputs, unit=UNIT, rule=_RULE, label=label)
    metal.add_share("remainder", label)
    return View(
        standard=STANDARD,
        title=words("VIEW_TITLE_iai"),
        figures=tuple(metal.figures),
        tables=(_table(metal),),
        notes=opening_notes(document),
        illustrative=document.illustrative,
        data_until=document.period.end,
        headline=joined(": ", words("VIEW_LEVEL_3"), metal.per_tonne("level.3")),
    )


def level_of(row: Row) -> str:
    """Return the lowest level that holds a row: 1, 2 or 3."""
    found = rule(_RULE)
    if row.part not in found.items("direct_parts") and not row.of_electricity:
        return "3"
    if row.process in found.items("smelter"):
        return "1"
    return "2" if row.process in found.items("precursors") else "3"


def _table(metal: PrimaryMetal) -> Table:
    found = rule(_RULE)
    holds = {
        "1": told("VIEW_LEVEL_HOLDS_1", processes=_named(found.items("smelter"))),
        "2": told("VIEW_LEVEL_HOLDS_2", processes=_named(found.items("precursors"))),
        "3": words("VIEW_LEVEL_HOLDS_3"),
    }
    lines = [
        metal.line(f"level.{level}", words(code_of("VIEW_LEVEL", level)), text)
        for level, text in holds.items()
    ]
    lines.append(metal.line("remainder", words("VIEW_LEVEL_REMAINDER"), ""))
    codes = (
        "VIEW_HEADING_LEVEL",
        "VIEW_HEADING_REMARK",
        "VIEW_HEADING_PER_TONNE",
        "VIEW_HEADING_SHARE",
    )
    return Table(
        code="levels",
        title=words("VIEW_SECTION_LEVELS"),
        rule=_RULE,
        columns=tuple(words(code) for code in codes),
        widths=(2, 3),
        rows=tuple(lines),
        figures=2,
        intro=(told("VIEW_LEVELS_GWP", gwp=metal.gwp_set), words("VIEW_LEVELS_TO_CHECK")),
        notes=(*metal.notes(), *not_stated(metal.document), rule_text(_RULE)),
    )


def _named(processes: tuple[str, ...]) -> Words:
    return listed([name_words("process", code) for code in processes])
