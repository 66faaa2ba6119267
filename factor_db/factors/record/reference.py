"""The shipped factors: read from `factor_db/reference/factors/*.csv`, each row a cited factor."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from factor_db.factors.record.alloy_targets import alloy_targets
from factor_db.factors.record.factor import Derivation, Factor, MixtureClass, Source
from factor_db.factors.record.inputs import FactorOf
from factor_db.factors.record.quality import geometric_standard_deviation, spread_of_mixture
from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.reference_files import reference_rows

REFERENCE_OWNER = "reference"
_GWP_FILE = "gwp.csv"


@cache
def reference_factors() -> tuple[Factor, ...]:
    """Return every shipped factor: files and rows in their order, then the targets of alloys."""
    folder = files("factor_db") / "reference" / "factors"
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".csv"))
    rows = [row for name in names if name != _GWP_FILE for row in reference_rows(f"factors/{name}")]
    return (*(_factor(row) for row in rows), *alloy_targets(REFERENCE_OWNER))


@cache
def characterisation(gwp_set: str) -> dict[str, Decimal]:
    """Return GWP100 by gas for AR4, AR5 or AR6; `co2e` is 1 under every set.

    Rules: PCF-GWP-001, PCF-GWP-002; fossil and other methane differ (PCF-GWP-003).
    """
    rows = reference_rows(f"factors/{_GWP_FILE}")
    table = {row["gas"]: Decimal(row["value"]) for row in rows if row["gwp_set"] == gwp_set}
    return {**table, "co2e": Decimal(1)}


@cache
def upper_bounds() -> dict[str, dict[str, str]]:
    """Return the cited upper bounds that a cut-off may rest on (PCF-CUTOFF-002): slot key → row."""
    return {row["slot"]: row for row in reference_rows("upper_bounds.csv")}


def _pairs(text: str) -> Iterator[tuple[str, Decimal]]:
    for pair in filter(None, text.split(";")):
        name, _, value = pair.partition("=")
        yield name.strip(), decimal_value(value.strip())


def _factor(row: dict[str, str]) -> Factor:
    scores = _scores(row)
    basic = "transport" if row["flow"].endswith("_transport") else "material"
    mixture = mixtures().get(row["id"], ())
    spread = geometric_standard_deviation(scores, basic)
    content: dict[str, Any] = {
        key: row[key]
        for key in (
            *("id", "kind", "name_zh", "name_en", "process", "flow", "quantity", "unit", "gwp_set"),
            *("geography", "valid_until", "boundary", "technology", "data_type", "purpose"),
            *("licence", "redistribution", "confidence", "notes"),
        )
    }
    return Factor(
        **content,
        version=int(versions().get(row["id"], {}).get("version", 1)),
        synonyms=tuple(filter(None, row["synonyms"].split("|"))),
        amounts=dict(_pairs(row["amounts"])),
        data_year=int(row["data_year"]),
        gsd=spread_of_mixture(mixture) if mixture else spread,
        pedigree=scores,
        pedigree_reasons=tuple(row["pedigree_reasons"].split("|")),
        source=Source(citation=row["citation"], locator=row["locator"], url=row["url"]),
        derivation=_derivation(row),
        owner=REFERENCE_OWNER,
        electricity_rule=_power_as_stated().get(row["id"], ""),
        mixture=mixture,
    )


def _scores(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(score) for score in row["pedigree"].split(";"))


@cache
def versions() -> dict[str, dict[str, str]]:
    """Return the shipped factors that are no first version: id → row, which says why."""
    return {row["factor"]: row for row in reference_rows("versions.csv")}


@cache
def mixtures() -> dict[str, tuple[MixtureClass, ...]]:
    """Return the classes an unknown producer may be of: factor id → classes (DQ-MIXTURE-001)."""
    found: dict[str, tuple[MixtureClass, ...]] = {}
    for row in reference_rows("mixtures.csv"):
        item = MixtureClass(
            code=row["class"],
            weight=decimal_value(row["weight"]),
            value=decimal_value(row["value"]),
            gsd=geometric_standard_deviation(_scores(row)),
            source=f"{row['value_citation']} ({row['value_confidence']})"
            f"; share of power {row['prior_share']}: {row['share_citation']}",
        )
        found[row["factor"]] = (*found.get(row["factor"], ()), item)
    return found


@cache
def _power_as_stated() -> dict[str, str]:
    """Return how a published product says its power was counted: factor id → code of the gate."""
    rows = reference_rows("comparison/values.csv")
    return {row["result"]: row["electricity_rule"] for row in rows}


def _derivation(row: dict[str, str]) -> Derivation | None:
    if not row["formula"]:
        return None
    inputs = tuple(FactorOf(id=item) for item in filter(None, row["inputs"].split("|")))
    return Derivation(formula=row["formula"], inputs=inputs)
