"""Benchmarks, free allocation adjustment and the cost what-if, by year.

With actual data: column A of the good, the remelting benchmark for the share of scrap in the
charge, and the benchmark of each precursor by its route. With default values: column B alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import exact_sum
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.precursors import Used, embedded
from footprint.views.cbam.quarter_costs import quarter_costs
from footprint.views.cbam.quarters import Import
from footprint.views.cbam.reference import (
    UNWROUGHT,
    UNWROUGHT_HEADING,
    Good,
    Published,
    allocation_factor,
    benchmark,
    first_definitive_year,
    last_benchmark_year,
    mark_up,
)
from footprint.views.figure import Figures, Words
from footprint.views.wording import DOT, joined
from footprint.words.book import words

UNIT = "t CO2e/t"
PRIMARY, SECONDARY = "K", "L"
# Name before the year → figure of emissions, benchmark, messages that label the two results.
_KINDS = {
    "": ("see", "benchmark.actual", "CBAM_CERTIFICATES_ACTUAL", "CBAM_COST_ACTUAL"),
    "default.": (
        *("default", "benchmark.default"),
        *("CBAM_CERTIFICATES_DEFAULT", "CBAM_COST_DEFAULT"),
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the good and its default if one ships, year, prices, and what went in.

    `price` is the declarant's own, for every year; without one, imports of a year that is priced by
    quarter take the price of their quarter. `in_money` is False for data of no calendar year.
    """

    good: Good
    default: Published | None
    year: int
    price: Decimal | None
    used: tuple[Used, ...]
    imports: tuple[Import, ...] = ()
    in_money: bool = True


def years_of(question: Question) -> tuple[int, ...]:
    """Return the years of the table: the year asked for and those with published benchmarks."""
    span = range(first_definitive_year(), last_benchmark_year() + 1)
    return tuple(sorted({*span, question.year}))


def cost_figures(inventory: Inventory, figures: Figures, question: Question) -> list[int]:
    """Add benchmark, certificates and cost by year; return the years that could be calculated.

    Adds `benchmark.actual` and for each year `see.Y`, `certificates.Y` and, with a price, `cost.Y`;
    with a default value also `benchmark.default`, `default.Y`, `certificates.default.Y`, and
    `cost.default.Y`. Prices by quarter add their own (`quarter_costs`).
    Rules: CBAM-BENCH-001, CBAM-BENCH-002, CBAM-COST-001, CBAM-COST-002, CBAM-BLOCKED-001.
    """
    own_price = question.price if question.in_money else None
    _shared(figures, own_price)
    _benchmark_of_actual(inventory, figures, question)
    if question.default is not None:
        _benchmark_of_default(figures, question.good.cn, question.default)
    done = [year for year in years_of(question) if _has_adjustment(year)]
    for year in done:
        see = f"see.{year}"
        if see not in figures:
            embedded(figures, see, year)
        _certificates(figures, "", year, own_price)
        if question.default is not None:
            _default(figures, question.default, year)
            _certificates(figures, "default.", year, own_price)
    if question.in_money and question.price is None and question.year in done:
        kinds = ("", "default.") if question.default is not None else ("",)
        quarter_costs(figures, question.year, question.imports, kinds)
    return done


def _shared(figures: Figures, price: Decimal | None) -> None:
    """Add what every year takes: the correction factor of the what-if, and the price if any."""
    what_if = rule("CBAM-COST-002").number("what_if")
    figures.add(
        "cscf",
        "what_if",
        {"what_if": what_if},
        unit="1",
        rule="CBAM-COST-002",
        label=words("CBAM_CSCF"),
    )
    if price is not None:
        figures.add(
            "price",
            "price",
            {"price": price},
            unit="EUR/t CO2e",
            rule="CBAM-PRICE-001",
            label=words("CBAM_PRICE_TAKEN"),
        )


def _has_adjustment(year: int) -> bool:
    """Tell whether the adjustment of a year is known: published, or 0 by the schedule."""
    if year < first_definitive_year():
        return False
    return year <= last_benchmark_year() or not allocation_factor(year)


def _default(figures: Figures, default: Published, year: int) -> None:
    figures.add(
        f"default.{year}",
        "base * (1 + mark_up)",
        {"base": default.value, "mark_up": mark_up(year)},
        unit=UNIT,
        rule="CBAM-DEFAULT-001",
        label=_labelled(words("CBAM_DEFAULT_GOOD"), year),
    )


def _certificates(figures: Figures, kind: str, year: int, price: Decimal | None) -> None:
    """Add certificates per tonne and their cost, with actual data or (`default.`) the default."""
    emissions, bench, certificates, cost = _KINDS[kind]
    suffix = f"{kind}{year}"
    figures.add(
        f"certificates.{suffix}",
        "max(0, emissions - factor * cscf * benchmark)",
        {
            "emissions": f"{emissions}.{year}",
            "factor": allocation_factor(year),
            "cscf": "cscf",
            "benchmark": bench,
        },
        unit=UNIT,
        rule="CBAM-COST-001",
        label=_labelled(words(certificates), year),
    )
    if price is not None:
        figures.add(
            f"cost.{suffix}",
            "certificates * price",
            {"certificates": f"certificates.{suffix}", "price": "price"},
            unit="EUR/t",
            rule="CBAM-COST-001",
            label=_labelled(words(cost), year),
        )


def _labelled(label: Words, year: int) -> Words:
    return joined(DOT, label, str(year))


def _benchmark(cn: str, column: str, route: str) -> Published:
    found = benchmark(cn, column, route, first_definitive_year())
    if found is None:
        raise BadInput("CBAM_BENCHMARK_ABSENT", cn=cn, column=column, route=route or "-")
    return found


def _benchmark_of_default(figures: Figures, cn: str, default: Published) -> None:
    """Column B of the good by the default production route of its country."""
    figures.add(
        "benchmark.default",
        "column_b",
        {"column_b": _benchmark(cn, "B", default.route).value},
        unit=UNIT,
        rule="CBAM-BENCH-001",
        label=words("CBAM_BENCHMARK_DEFAULT"),
    )


def _benchmark_of_actual(inventory: Inventory, figures: Figures, question: Question) -> None:
    """Column A of the process + scrap share x L + sum of precursor mass x its benchmark."""
    if inventory.scrap():
        _scrap_share(inventory, figures)
    inputs: dict[str, Decimal | str] = {}
    terms: list[str] = []
    for number, (weight, found) in enumerate(_weighted(inventory, question), start=1):
        inputs[f"benchmark_{number}"] = found.value
        terms.append(f"benchmark_{number}")
        if weight:
            inputs[f"weight_{number}"] = weight
            terms[-1] = f"weight_{number} * benchmark_{number}"
    figures.add(
        "benchmark.actual",
        " + ".join(terms) or "0",
        inputs,
        unit=UNIT,
        rule="CBAM-BENCH-002",
        label=words("CBAM_BENCHMARK_ACTUAL"),
    )


def _weighted(inventory: Inventory, question: Question) -> Iterator[tuple[str, Published]]:
    """Yield the benchmarks of a good made with actual data, each with the figure that weighs it."""
    cn = question.good.cn
    if question.good.category != UNWROUGHT:
        yield "", _benchmark(cn, "A", "")
    if inventory.smelter:
        yield "", _benchmark(cn, "A", PRIMARY)
    if inventory.scrap():
        yield "scrap.share", _benchmark(UNWROUGHT_HEADING, "A", SECONDARY)
    for item in question.used:
        if item.basis != "relieved":
            column = "A" if item.basis == "stated" else "B"
            yield item.mass, _benchmark(UNWROUGHT_HEADING, column, item.route)


def published_values(inventory: Inventory, question: Question) -> list[Published]:
    """Return every benchmark and default of the good that its cost rests on."""
    found = [item for _, item in _weighted(inventory, question)]
    if question.default is not None:
        found.append(_benchmark(question.good.cn, "B", question.default.route))
        found.append(question.default)
    return found


def _scrap_share(inventory: Inventory, figures: Figures) -> None:
    """Scrap / (scrap + unwrought aluminium charged): the part of the charge that is route L."""
    figures.add(
        "scrap.share",
        "scrap / (scrap + unwrought)",
        {
            "scrap": exact_sum(inventory.scrap().values()),
            "unwrought": exact_sum(inventory.consumed().values()),
        },
        unit="1",
        rule="CBAM-BENCH-002",
        label=words("CBAM_SCRAP_SHARE"),
    )
