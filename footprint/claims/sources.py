"""What a claim's arithmetic may use: shipped factors, sources kept for claims, and their units.

`factors/*.csv` and `claim_sources.csv` share one name space; a source's reference is `id@version`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import characterisation, reference_factors
from factor_db.foundation.canonical import EXACT, decimal_value
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion

# Standard coal is a mass of coal, so it converts as one.
_COAL = {"kgce": "kg", "tce": "t"}


@dataclass(frozen=True, slots=True)
class Source:
    """A cited value: `ref` is id@version, `unit` amount per reference unit."""

    ref: str
    name_zh: str
    name_en: str
    value: Decimal
    unit: str
    gwp_set: str
    citation: str
    locator: str
    url: str
    licence: str
    confidence: str


@cache
def sources() -> dict[str, Source]:
    """Return every usable source by id; raises ValueError where two tables share an id."""
    found = {factor.id: _of_factor(factor) for factor in reference_factors()}
    for row in reference_rows("claim_sources.csv"):
        if row["id"] in found:
            raise ValueError(f"claim source {row['id']} stands twice in the reference data")
        found[row["id"]] = _of_row(row)
    return found


def in_unit(value: Decimal, unit: str, wanted: str) -> Decimal:
    """Bring a value into another unit of its dimension; raises BadInput (UNIT_DIMENSION)."""
    if not wanted or wanted == unit:
        return value
    return EXACT.multiply(value, conversion(_mass_of_coal(unit), _mass_of_coal(wanted)))


def _mass_of_coal(unit: str) -> str:
    return "/".join(_COAL.get(part, part) for part in unit.split("/"))


def _of_row(row: dict[str, str]) -> Source:
    same = ("name_zh", "name_en", "unit", "citation", "locator", "url", "licence", "confidence")
    return Source(
        ref=f"{row['id']}@{row['version']}",
        value=decimal_value(row["value"]),
        gwp_set="",
        **{key: row[key] for key in same},
    )


def _of_factor(factor: Factor) -> Source:
    value, gwp_set = _amount(factor)
    return Source(
        ref=factor.ref,
        name_zh=factor.name_zh,
        name_en=factor.name_en,
        value=value,
        unit=factor.unit,
        gwp_set=gwp_set,
        citation=factor.source.citation,
        locator=factor.source.locator,
        url=factor.source.url,
        licence=factor.licence,
        confidence=factor.confidence,
    )


def _amount(factor: Factor) -> tuple[Decimal, str]:
    """Return the one amount as it stands, or CO2e of several gases under the footprint's set."""
    if len(factor.amounts) == 1:
        return next(iter(factor.amounts.values())), factor.gwp_set
    gwp_set = rule("PCF-GWP-001").parameters["footprint"]
    potentials = characterisation(gwp_set)
    total = Decimal(0)
    for gas, amount in factor.amounts.items():
        total = EXACT.add(total, EXACT.multiply(amount, potentials[gas]))
    return total, gwp_set
