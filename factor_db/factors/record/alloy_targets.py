"""What an alloy asks for: the middle of its limits, element by element, as parameter factors.

Rule AL-ALLOY-001. The limits stand in `factor_db/reference/alloys.csv`; nothing is added for an
element that has an upper limit only, or none of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache

from factor_db.factors.record.factor import Derivation, Factor, Source
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.reference_files import reference_rows

ELEMENTS = {
    "Mg": ("magnesium", "镁"),
    "Si": ("silicon", "硅"),
    "Cu": ("copper", "铜"),
    "Zn": ("zinc", "锌"),
    "Mn": ("manganese", "锰"),
    "Cr": ("chromium", "铬"),
    "Ti": ("titanium", "钛"),
    "Fe": ("iron", "铁"),
}
"""Symbol → flow of the alloying element that a charge can take, and the element in Chinese."""

# EN 573-3:2019+A1:2022 calls its limits identical with those of the Aluminum Association.
_YEAR = 2019
_PERCENT = Decimal("0.01")


@cache
def highest_content(alloy: str) -> Mapping[str, Decimal]:
    """Return element → the most an alloy may hold of it, t/t; without elements that have no limit.

    Rule: AL-ALLOY-002.
    """
    symbols = {symbol: element for symbol, (element, _) in ELEMENTS.items()}
    return {
        symbols[row["element"]]: EXACT.multiply(Decimal(row["max_percent"]), _PERCENT)
        for row in reference_rows("alloys.csv")
        if row["alloy"] == alloy and row["element"] in symbols and row["max_percent"]
    }


def alloy_targets(owner: str) -> Iterator[Factor]:
    """Yield `alloy_<code>.<element>` in t/t for every alloy and element, sorted by both."""
    limits: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in reference_rows("alloys.csv"):
        limits[row["alloy"]][row["element"]] = row
    for alloy, rows in sorted(limits.items()):
        for symbol in ELEMENTS:
            yield _target(alloy, symbol, rows.get(symbol), next(iter(rows.values())), owner)


def _target(
    alloy: str, symbol: str, row: dict[str, str] | None, any_row: dict[str, str], owner: str
) -> Factor:
    element, element_zh = ELEMENTS[symbol]
    low, high = (row["min_percent"], row["max_percent"]) if row else ("", "")
    both = bool(low and high)
    value = EXACT.multiply(EXACT.divide(Decimal(low) + Decimal(high), 2), _PERCENT) if both else 0
    said = (
        f"{low} to {high} %" if both else (f"at most {high} %" if high else "no limit of its own")
    )
    return Factor(
        id=f"alloy.{alloy.lower()}.{element}",
        version=1,
        kind="parameter",
        name_zh=f"{alloy} {element_zh}目标含量",
        name_en=f"{alloy}, target content of {element}",
        flow=f"alloy_{alloy.lower()}.{element}",
        quantity="property",
        unit="1",
        amounts={"value": Decimal(value)},
        geography="GLO",
        data_year=_YEAR,
        boundary="composition of the alloy",
        technology="any",
        data_type="calculated",
        source=Source(
            citation=any_row["source"], locator=f"{alloy} {element}: {said}", url=any_row["url"]
        ),
        derivation=Derivation(formula="(min + max) / 2 / 100" if both else "0, not an addition"),
        licence=any_row["licence"],
        redistribution="single_value",
        confidence="B",
        owner=owner,
        notes="Rule AL-ALLOY-001.",
    )
