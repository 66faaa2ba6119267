"""What part of a result rests on factors that leave their GWP set, boundary or power unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import UNSTATED, Factor
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from footprint.figures.data_shares import parts_of_gas
from footprint.solving.evaluate import Nominal
from lca_models.system.resolve import Pin

UNSTATED_RULE, GATE_RULE = "DQ-UNSTATED-001", "PCF-COMPARE-004"
GWP_SET, BOUNDARY, ELECTRICITY = "gwp_set", "boundary", "electricity"
ATTRIBUTES = (GWP_SET, BOUNDARY, ELECTRICITY)
_CO2E = "co2e"
Row = tuple[str, str, Decimal]
"""An emission: the factor it rests on, its gas, kg CO2e."""


def unstated_of(factor: Factor) -> frozenset[str]:
    """Return which of the three a factor leaves unsaid. Rule: DQ-UNSTATED-001."""
    asked = rule(UNSTATED_RULE).items("power_asked_of")
    unsaid = {
        # What is known gas by gas takes the set of the study.
        GWP_SET: _CO2E in factor.amounts and _silent(factor.gwp_set),
        BOUNDARY: _silent(factor.boundary),
        ELECTRICITY: factor.quantity in asked and not factor.electricity_rule,
    }
    return frozenset(name for name, silent in unsaid.items() if silent)


def unstated_shares(nominal: Nominal) -> dict[str, Decimal]:
    """Return attribute → share of Σ |kg CO2e|, 0 to 1; empty when nothing was emitted."""
    rows = [(row.factor, row.gas, row.kg_co2e) for row in nominal.contributions]
    weight, found = _unstated(rows, nominal.pins)
    return {name: _share(factors.values(), weight) for name, factors in found.items() if weight}


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What leaves an attribute of a result unsaid: factor `id@version` → share of Σ |kg CO2e|."""

    shares: Mapping[str, Decimal]

    @property
    def share(self) -> Decimal:
        """The share of all of them together."""
        return _sum(self.shares.values())

    @property
    def beyond_limit(self) -> bool:
        """Tell whether the result does not state the attribute. Rule: PCF-COMPARE-004."""
        return self.share > rule(GATE_RULE).number("unstated_at_most")

    def apart_from(self, other: Unsaid) -> Unsaid:
        """Return what is unsaid here by factors that leave it unsaid there nowhere."""
        return Unsaid({ref: part for ref, part in self.shares.items() if ref not in other.shares})


NOTHING_UNSAID = Unsaid({})


def unsaid_by_factor(rows: Iterable[Row], pins: Iterable[Pin]) -> dict[str, Unsaid]:
    """Return attribute → what leaves it unsaid, of emissions and the pins they rest on."""
    weight, found = _unstated(rows, pins)
    return {
        name: Unsaid({ref: _share([kg], weight) for ref, kg in sorted(factors.items())})
        for name, factors in found.items()
    }


def _unstated(
    rows: Iterable[Row], pins: Iterable[Pin]
) -> tuple[Decimal, dict[str, dict[str, Decimal]]]:
    """Return Σ |kg CO2e|, and attribute → factor → kg CO2e without a sign that leaves it unsaid.

    An emission without a factor follows from the site's own data and the rules of the calculation,
    which are stated. Of several suppliers each is judged by itself.
    """
    known = {pin.factor.ref: pin for pin in pins}
    found: dict[str, dict[str, Decimal]] = {name: {} for name in ATTRIBUTES}
    weight = Decimal(0)
    with localcontext(EXACT):
        for ref, gas, kg in rows:
            weight += abs(kg)
            for factor, share in parts_of_gas(known[ref], gas) if ref in known else ():
                for name in unstated_of(factor):
                    sums = found[name]
                    sums[factor.ref] = sums.get(factor.ref, Decimal(0)) + abs(kg) * share
    return weight, found


def _share(amounts: Iterable[Decimal], weight: Decimal) -> Decimal:
    return EXACT.divide(_sum(amounts), weight) if weight else Decimal(0)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))


def _silent(text: str) -> bool:
    return not text or text == UNSTATED
