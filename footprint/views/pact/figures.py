"""The numbers of a PACT footprint, each a figure that can be replayed and named as its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.rules import rule
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.result.document import ResultDocument
from footprint.views.contributions import BIOGENIC, CO2_BIOGENIC, Row, names, unit_of
from footprint.views.figure import Figures
from footprint.views.pact.asked import CARBON_RULE, Asked
from footprint.views.wording import plain

PCF_RULE, PACK_RULE, EXEMPT_RULE = "PACT-PCF-001", "PACT-PACK-001", "PACT-EXEMPT-001"
SHARE_RULE, RATING_RULE = "DQ-PDS-001", "DQ-DQR-001"
RATINGS = ("technological", "geographical", "temporal")
FOSSIL, BIOGENIC_OTHER, UPTAKE = (
    "fossilGhgEmissions",
    "biogenicNonCO2Emissions",
    "biogenicCO2Uptake",
)
EXCLUDING, INCLUDING = "pcfExcludingBiogenicUptake", "pcfIncludingBiogenicUptake"
FOSSIL_CARBON, BIOGENIC_CARBON = "fossilCarbonContent", "biogenicCarbonContent"
PACKAGING, PACKAGING_CARBON = "packagingGhgEmissions", "packagingBiogenicCarbonContent"
EXEMPTED, PRIMARY = "exemptedEmissionsPercent", "primaryDataShare"
_PERCENT_RULE = "ISO-RESULT-005"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A document, its rows under the chosen GWP set, and the figures made of them."""

    document: ResultDocument
    rows: tuple[Row, ...]
    figures: Figures

    @property
    def packaged(self) -> bool:
        """Whether the flow table holds packaging materials."""
        return any(_is_packaging(row.flow) for row in self.document.flows)

    def stated(self, name: str, value: Decimal, unit: str, rule_id: str) -> None:
        """Keep a number that is stated and not calculated here."""
        self._add(name, "stated", {"stated": value}, unit, rule_id)

    def _add(
        self,
        name: str,
        formula: str,
        inputs: Mapping[str, Decimal | str],
        unit: str,
        rule_id: str,
    ) -> None:
        self.figures.add(name, formula, inputs, unit=unit, rule=rule_id, label=plain(name))

    def add_footprint(self) -> None:
        """Add fossil and other emissions, and the footprint without and with uptake."""
        unit = unit_of(self.document)
        fossil = names(self.rows, lambda row: row.origin != BIOGENIC)
        self._add(FOSSIL, f"sum({', '.join(fossil)})", fossil, unit, PCF_RULE)
        parts = {"fossil": FOSSIL}
        others = names(self.rows, _is_biogenic_other)
        if others:  # none known is not none
            self._add(BIOGENIC_OTHER, f"sum({', '.join(others)})", others, unit, PCF_RULE)
            parts["biogenic"] = BIOGENIC_OTHER
        self._add(EXCLUDING, f"sum({', '.join(parts)})", parts, unit, PCF_RULE)
        self.stated(UPTAKE, rule(CARBON_RULE).number("of_bare_metal"), unit, CARBON_RULE)
        both = {"excluding": EXCLUDING, "uptake": UPTAKE}
        self._add(INCLUDING, "excluding + uptake", both, unit, PCF_RULE)

    def add_carbon(self, asked: Asked) -> None:
        """Add the carbon of the product, and of packaging where data speak of it."""
        unit = f"kg C/{self.document.declared_unit.unit}"
        found = rule(CARBON_RULE)
        self.stated(FOSSIL_CARBON, asked.fossil_carbon, unit, CARBON_RULE)
        self.stated(BIOGENIC_CARBON, found.number("of_bare_metal"), unit, CARBON_RULE)
        taken_up: dict[str, Decimal | str] = {
            row.identifier: row.kg_gas
            for row in self.rows
            if row.gas == CO2_BIOGENIC and _is_packaging(row.flow)
        }
        if sum(value for value in taken_up.values() if isinstance(value, Decimal)) < 0:
            ratio = {"carbon": found.number("carbon"), "co2": found.number("co2")}
            formula = f"-sum({', '.join(taken_up)}) * carbon / co2"
            self._add(PACKAGING_CARBON, formula, {**taken_up, **ratio}, unit, CARBON_RULE)

    def add_packaging(self) -> None:
        """Add the emissions of packaging materials, where there are any."""
        if self.packaged:
            rows = names(self.rows, lambda row: _is_packaging(row.flow))
            formula = f"sum({', '.join(rows)})"
            self._add(PACKAGING, formula, rows, unit_of(self.document), PACK_RULE)

    def add_quality(self) -> None:
        """Add the exempted share, the primary data share and the ratings, as far as stated."""
        items: dict[str, Decimal | str] = {
            f"item_{number}": item.ghg_share
            for number, item in enumerate(self.document.coverage.cut_off, start=1)
        }
        percent = rule(_PERCENT_RULE).number("percent")
        formula = f"sum({', '.join(items)}) * percent"
        self._add(EXEMPTED, formula, {**items, "percent": percent}, "%", EXEMPT_RULE)
        quality = self.document.quality
        self.stated(PRIMARY, quality.pds, "%", SHARE_RULE)
        for name in RATINGS:
            if (rating := quality.dqr.get(name)) is not None:
                self.stated(f"{name}DQR", rating, "1", RATING_RULE)


def _is_biogenic_other(row: Row) -> bool:
    return row.origin == BIOGENIC and row.gas != CO2_BIOGENIC


def _is_packaging(flow: str) -> bool:
    known = vocabulary().flows.get(flow)
    return known is not None and known.category == rule(PACK_RULE).parameters["category"]
