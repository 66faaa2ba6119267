"""Cost by quarter of import: a tonne imported in each quarter, and the sum of the imports named.

Rules: CBAM-PRICE-001, CBAM-COST-001.
"""

from __future__ import annotations

from decimal import Decimal

from footprint.views.cbam.quarters import PRICE_RULE, Import, prices_of
from footprint.views.figure import Figures, Words
from footprint.views.wording import DOT, joined
from footprint.words.book import words

_LABELS = {"": "CBAM_COST_ACTUAL", "default.": "CBAM_COST_DEFAULT"}
_COST_RULE = "CBAM-COST-001"


def quarter_costs(
    figures: Figures, year: int, imports: tuple[Import, ...], kinds: tuple[str, ...]
) -> None:
    """Add `price.2026Q1` and `cost.2026Q1` of every priced quarter, and what the imports give.

    `kinds` are "" (actual data) and "default.". With the tonnes of each quarter also
    `imports.QUARTER` in EUR, their sum `imports.Y`, and `cost.Y` as their mean by mass; with one
    quarter alone `cost.Y` is its own. Where a quarter named has no price yet there is neither sum
    nor `cost.Y`.
    """
    priced = [price for price in prices_of(year) if price.value is not None]
    for price in priced:
        if price.value is not None:
            _price(figures, price.quarter, price.value)
        for kind in kinds:
            _cost(figures, kind, price.quarter, year)
    known = [item for item in imports if f"price.{item.quarter}" in figures]
    for kind in kinds:
        for item in known:
            if item.tonnes is not None:
                _import(figures, kind, item.quarter, item.tonnes)
        if known and len(known) == len(imports):
            _whole(figures, kind, year, imports)


def _price(figures: Figures, quarter: str, value: Decimal) -> None:
    figures.add(
        f"price.{quarter}",
        "price",
        {"price": value},
        unit="EUR/t CO2e",
        rule=PRICE_RULE,
        label=joined(DOT, words("CBAM_PRICE_TAKEN"), quarter),
    )


def _cost(figures: Figures, kind: str, quarter: str, year: int) -> None:
    figures.add(
        f"cost.{kind}{quarter}",
        "certificates * price",
        {"certificates": f"certificates.{kind}{year}", "price": f"price.{quarter}"},
        unit="EUR/t",
        rule=_COST_RULE,
        label=_label(kind, quarter),
    )


def _import(figures: Figures, kind: str, quarter: str, tonnes: Decimal) -> None:
    figures.add(
        f"imports.{kind}{quarter}",
        "tonnes * cost",
        {"tonnes": tonnes, "cost": f"cost.{kind}{quarter}"},
        unit="EUR",
        rule=_COST_RULE,
        label=joined(DOT, words("CBAM_COST_IMPORTS"), _label(kind, quarter)),
    )


def _whole(figures: Figures, kind: str, year: int, imports: tuple[Import, ...]) -> None:
    """Add the cost of a tonne: that of its one quarter, or the sum of all by the tonnes."""
    formula = "cost"
    inputs: dict[str, Decimal | str] = {"cost": f"cost.{kind}{imports[0].quarter}"}
    if imports[0].tonnes is not None:
        whole = f"imports.{kind}{year}"
        names = {f"x{n}": f"imports.{kind}{item.quarter}" for n, item in enumerate(imports, 1)}
        label = joined(DOT, words("CBAM_COST_IMPORTS"), _label(kind, str(year)))
        figures.total(whole, names, unit="EUR", rule=_COST_RULE, label=label)
        masses = {f"t{n}": item.tonnes or Decimal(0) for n, item in enumerate(imports, 1)}
        formula, inputs = f"whole / sum({', '.join(masses)})", {"whole": whole, **masses}
    figures.add(
        f"cost.{kind}{year}",
        formula,
        inputs,
        unit="EUR/t",
        rule=_COST_RULE,
        label=_label(kind, str(year)),
    )


def _label(kind: str, when: str) -> Words:
    return joined(DOT, words(_LABELS[kind]), when)
