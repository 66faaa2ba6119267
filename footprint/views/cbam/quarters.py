"""Which price applies to which import: by quarter in 2026, by week from 2027 (rule CBAM-PRICE-001).

The average price of a quarter holds for the goods imported in that quarter. A quarter without a
published price is named, never given the last known one. From 2027 no price ships at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule

PRICE_RULE = "CBAM-PRICE-001"
QUARTERS = ("Q1", "Q2", "Q3", "Q4")
_IMPORT = re.compile(r"(\d{4})(Q[1-4])(?:=(.+))?")


@dataclass(frozen=True, slots=True)
class QuarterPrice:
    """The average certificate price of a quarter in EUR per t CO2e; None where none is published.

    `date` is the day of publication, or of the calendar for a price that is still open.
    """

    quarter: str
    value: Decimal | None
    date: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Import:
    """Goods imported in a quarter such as `2026Q3`; tonnes where the declarant gives them."""

    quarter: str
    tonnes: Decimal | None

    @property
    def year(self) -> int:
        """Return the calendar year of the import."""
        return int(self.quarter[:4])


def quarterly_year() -> int:
    """Return the one year whose imports are priced by quarter (rule CBAM-PRICE-001)."""
    return int(rule(PRICE_RULE).parameters["quarterly_year"])


def prices_of(year: int) -> tuple[QuarterPrice, ...]:
    """Return the four quarters of the year that is priced by quarter, none for any other year."""
    if year != quarterly_year():
        return ()
    known = {
        row["quarter"]: QuarterPrice(
            f"{year}{row['quarter']}",
            decimal_value(row["eur_per_t_co2e"]),
            row["published"],
            row["confidence"],
        )
        for row in reference_rows("cbam/prices.csv")
        if int(row["year"]) == year
    }
    due = rule(PRICE_RULE).parameters
    return tuple(
        known.get(name) or QuarterPrice(f"{year}{name}", None, due[f"due_{name.lower()}"], "")
        for name in QUARTERS
    )


def read_imports(text: str) -> tuple[Import, ...]:
    """Read `2026Q3`, or tonnes by quarter such as `2026Q2=30,2026Q3=70`; empty gives none.

    Raises BadInput (CBAM_QUARTER) for anything else, for a quarter twice, for several quarters of
    which not each has its tonnes, and for a year that is not priced by quarter.
    """
    found = [_import(item.strip(), text) for item in text.split(",")] if text.strip() else []
    names = [item.quarter for item in found]
    unweighed = len(found) > 1 and any(item.tonnes is None for item in found)
    if len(set(names)) < len(names) or unweighed:
        raise BadInput("CBAM_QUARTER", text=text, year=quarterly_year())
    return tuple(found)


def _import(item: str, text: str) -> Import:
    found = _IMPORT.fullmatch(item)
    if found is None or int(found[1]) != quarterly_year():
        raise BadInput("CBAM_QUARTER", text=text, year=quarterly_year())
    tonnes = None if found[3] is None else decimal_value(found[3].strip())
    if tonnes is not None and tonnes <= 0:
        raise BadInput("CBAM_QUARTER", text=text, year=quarterly_year())
    return Import(f"{found[1]}{found[2]}", tonnes)


def open_quarters(imports: Iterable[Import]) -> tuple[QuarterPrice, ...]:
    """Return the quarters of some imports that have no published price."""
    asked = {item.quarter for item in imports}
    return tuple(
        price
        for price in prices_of(quarterly_year())
        if price.quarter in asked and price.value is None
    )
