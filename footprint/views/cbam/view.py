"""The CBAM view of a calculation: embedded direct emissions of aluminium, and what they may cost.

A pure function of the calculation document and of what the declarant states beside it. An estimate
for the declarant, no declaration and no verified statement (rule CBAM-WORDS-001).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput
from footprint.result.document import ResultDocument
from footprint.views.cbam.communication import communication_table
from footprint.views.cbam.cost import Question, cost_figures, published_values
from footprint.views.cbam.direct import direct_emissions
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.notes import Told, notes_of
from footprint.views.cbam.pfc import pfc_parameters
from footprint.views.cbam.precursors import Used, embedded, precursor_emissions
from footprint.views.cbam.quarters import Import, read_imports
from footprint.views.cbam.reference import (
    first_definitive_year,
    good,
    is_relieved,
    mark_up,
    shipped_default,
)
from footprint.views.cbam.reported import electricity_figure, scrap_figures
from footprint.views.cbam.statement import Statement, read_statement, statement_of
from footprint.views.cbam.tables import (
    cost_table,
    direct_table,
    precursor_table,
    quarter_table,
    scrap_table,
    source_table,
)
from footprint.views.figure import Figures, View, Words
from footprint.views.wording import DOT, joined, trimmed
from footprint.words.book import words


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a view, read and checked; `price` is the declarant's own, if any."""

    cn: str
    country: str
    year: int
    price: Decimal | None
    imports: tuple[Import, ...]
    statement: Statement


def view(
    document: ResultDocument,
    *,
    cn: str = "",
    year: str | int = "",
    price: str | Decimal = "",
    statement: str | Path | Mapping[str, Any] | None = None,
    import_quarter: str = "",
) -> View:
    """Return a calculation as CBAM looks at it, in t CO2e and EUR per tonne of good.

    Parameters
    ----------
    cn : eight-digit CN code; without it there is no benchmark, default or cost.
    year : reporting period; empty takes the year of the data.
    price : EUR per t CO2e for every year; empty takes the published prices of 2026 by quarter.
    import_quarter : when the goods are imported, `2026Q3`, or tonnes by quarter as in
        `2026Q2=30,2026Q3=70`; without it the cost stands beside each quarter and none is chosen.
    statement : what the declarant states of precursors, a TOML file or its content.

    Raises BadInput for anything that contradicts itself or the document, Incomplete where a
    precursor has neither a stated direct value nor a default that ships (exit 3).
    """
    inventory = Inventory(document)
    money = (_price(str(price)), read_imports(import_quarter))
    asked = _asked(inventory, cn, str(year), money=money, statement=statement)
    figures = Figures()
    direct = direct_emissions(inventory, figures, asked.statement.surface)
    method = pfc_parameters(inventory, figures)
    used = precursor_emissions(inventory, figures, asked.statement)
    see = embedded(figures, f"see.{asked.year}", asked.year)
    scrap_figures(inventory, figures)
    electricity_figure(inventory, figures)
    if see:
        _default_share(figures, asked.year)
    question, years = _cost(inventory, figures, asked, used)
    tables = [direct_table(figures, direct), precursor_table(figures, used, asked.year)]
    tables.append(scrap_table(inventory, figures))
    if question is not None and years:
        tables += [cost_table(figures, question, years), quarter_table(figures, question)]
    place = (asked.cn, asked.country, asked.year)
    tables.append(communication_table(inventory, figures, direct, used, place))
    published = [item.default for item in used if item.default is not None]
    if question is not None and years:
        published += published_values(inventory, question)
    tables.append(source_table(published))
    told = Told(direct, used, question, asked.year, method)
    return View(
        standard="cbam",
        title=words("CBAM_TITLE"),
        figures=tuple(figures),
        tables=tuple(table for table in tables if table.rows),
        notes=notes_of(inventory, told),
        illustrative=document.illustrative,
        data_until=document.period.end,
        headline=_headline(figures, asked.year),
    )


def _headline(figures: Figures, year: int) -> Words:
    """Say emissions and, where asked for, certificates and cost of a tonne in one line."""
    parts = [words("CBAM_HEADLINE", year=year, value=trimmed(figures[f"see.{year}"]))]
    for code, name in (
        ("CBAM_HEADLINE_CERTIFICATES", f"certificates.{year}"),
        ("CBAM_HEADLINE_COST", f"cost.{year}"),
    ):
        if name in figures:
            parts.append(words(code, value=trimmed(figures[name])))
    return joined(DOT, *parts)


def _asked(
    inventory: Inventory,
    cn: str,
    year: str,
    *,
    money: tuple[Decimal | None, tuple[Import, ...]],
    statement: str | Path | Mapping[str, Any] | None,
) -> Asked:
    price, imports = money
    stated = _statement(statement)
    country = stated.country or inventory.document.site.region.partition("-")[0]
    if is_relieved(country):
        raise BadInput("CBAM_ORIGIN", country=country)
    code = ""
    if cn:
        found = good(cn)
        code = found.cn
        if found.category != inventory.category:
            raise BadInput("CBAM_CN_PRODUCT", cn=code, product=inventory.product)
    of_import = imports[0].year if imports else inventory.year
    asked_year = _year(year) if year else of_import
    if imports and (price is not None or asked_year != of_import):
        raise BadInput("CBAM_QUARTER_TWICE", quarter=imports[0].quarter, year=asked_year)
    return Asked(code, country, asked_year, price, imports, stated)


def _statement(given: str | Path | Mapping[str, Any] | None) -> Statement:
    if given is None or given == "":
        return Statement()
    return statement_of(given) if isinstance(given, Mapping) else read_statement(Path(given))


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == len("2026")):
        raise BadInput("CBAM_YEAR", year=text)
    return int(text)


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    value = decimal_value(text)
    if value < 0:
        raise BadInput("CBAM_PRICE", price=text)
    return value


def _default_share(figures: Figures, year: int) -> None:
    """Add the share of embedded emissions that rests on default values, a fraction."""
    definitive = year >= first_definitive_year()
    figures.add(
        "default.share",
        "default * (1 + mark_up) / see",
        {
            "default": "precursors.default",
            "mark_up": mark_up(year) if definitive else Decimal(0),
            "see": f"see.{year}",
        },
        unit="1",
        rule="CBAM-COMM-001",
        label=words("CBAM_DEFAULT_SHARE"),
    )


def _cost(
    inventory: Inventory, figures: Figures, asked: Asked, used: tuple[Used, ...]
) -> tuple[Question | None, list[int]]:
    if not asked.cn:
        return None, []
    default = shipped_default(asked.cn, asked.country)
    question = Question(
        good(asked.cn),
        default,
        asked.year,
        asked.price,
        used,
        imports=asked.imports,
        in_money=inventory.is_calendar_year,
    )
    if asked.year < first_definitive_year():
        return question, []
    return question, cost_figures(inventory, figures, question)
