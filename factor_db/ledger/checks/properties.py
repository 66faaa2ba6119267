"""Check property rows: shares between 0 and 1, calorific values a fuel can have."""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, flow_label
from factor_db.ledger.form.limits import LEAST_ALUMINIUM, LEAST_ALUMINIUM_IN_DROSS
from factor_db.ledger.form.vocabulary import ALUMINIUM, CALORIFIC, vocabulary
from factor_db.ledger.months.month_index import MonthIndex

# MJ per canonical unit (m3 at 0 °C or kg), wide enough for every commercial quality. EJ.
_CALORIFIC_RANGES = {
    "natural_gas": (Decimal(25), Decimal(45)),
    "diesel": (Decimal(38), Decimal(46)),
    "heavy_oil": (Decimal(36), Decimal(45)),
    "coal": (Decimal(10), Decimal(35)),
}
_SHARE = (Decimal(0), Decimal(1))
_EFFICIENCY = rule("AL-CE-001")
# A day has 1440 minutes; an anode effect stands at some tens of volts, as a mean over the day well
# below one. EJ; the efficiency by its rule.
_SMELTER_RANGES = {
    "anode_effect_minutes": (Decimal(0), Decimal(1440)),
    "anode_effect_overvoltage": (Decimal(0), Decimal(1000)),
    "current_efficiency": (_EFFICIENCY.number("lowest"), _EFFICIENCY.number("highest")),
}


def property_range(material: str, name: str) -> tuple[Decimal, Decimal]:
    """Return what a property of a material can be, ends included: MJ, share, or its unit."""
    if name == CALORIFIC:
        return _CALORIFIC_RANGES[material]
    if name in _SMELTER_RANGES:
        return _SMELTER_RANGES[name]
    if name != ALUMINIUM or vocabulary().flows[material].category == "alloying":
        return _SHARE
    least = LEAST_ALUMINIUM_IN_DROSS if material == "dross" else LEAST_ALUMINIUM
    return least, _SHARE[1]


def check_properties(month_index: MonthIndex, findings: Findings) -> None:
    """Record every property outside its possible range and distrust it."""
    for row in month_index.rows:
        if not row.is_property:
            continue
        material, name = row.flow.split(".")
        low, high = property_range(material, name)
        if not low <= row.amount_canonical <= high:
            month_index.faulty_properties.add(row.flow)
            findings.error(
                "LEDGER_PROPERTY_RANGE",
                row.sheet,
                row.cells["amount"],
                row.amount,
                flow=flow_label(row.flow),
                low=decimal_text(low),
                high=decimal_text(high),
                unit=row.unit_canonical,
            )
