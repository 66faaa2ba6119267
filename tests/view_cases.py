"""Hand-made calculation documents for the tests of views: a few rows, nothing else of weight."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from result_cases import contribution, result_of

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT, decimal_text, exact_sum
from footprint.result.document import ResultDocument
from footprint.solving.evaluate import ROW_QUANTUM

# process|stage|flow|gas|origin|part|kg of gas
MIXED = (
    "charging|metal_input|primary_ingot|co2|fossil|upstream|2",
    "charging|metal_input|primary_ingot|cf4|process|upstream|0.001",
    "melting|casthouse|electricity|co2e|fossil|upstream|1",
    "plate_packing|finishing|wood_packaging|co2_biogenic|biogenic|upstream|-0.5",
    "plate_packing|finishing|wood_packaging|ch4|biogenic|upstream|0.01",
)
CHAIN = (
    "alumina_refining|primary_chain|coal|co2|fossil|combustion|1.5",
    "alumina_refining|primary_chain|electricity|co2e|fossil|upstream|0.3",
    "alumina_refining|primary_chain|caustic_soda|co2e|fossil|upstream|0.25",
    "anode_production|primary_chain|packing_coke|co2|process|process|0.02",
    "electrolysis|primary_chain|electricity_hydro|co2e|fossil|upstream|8",
    "electrolysis|primary_chain|anode_carbon|co2|process|process|1.5",
    "electrolysis|primary_chain|cf4|cf4|process|process|0.00002",
    "electrolysis|primary_chain|truck_transport|co2e|fossil|upstream|0.05",
    "primary_casting|primary_chain|natural_gas|co2|fossil|combustion|0.04",
    "primary_casting|primary_chain|natural_gas|co2e|fossil|upstream|0.01",
)


def calculation(
    rows: Sequence[str], *, gwp_set: str = "AR6", product: str = "plate"
) -> ResultDocument:
    """Return a document whose rows are weighed by a GWP set; every other field is small and whole."""
    contributions = [_row(line, gwp_set) for line in rows]
    total = exact_sum(Decimal(row["kg_co2e"]) for row in contributions)
    weight = {"value": decimal_text(total)}
    return result_of(product, contributions, gwp_set=gwp_set, total=weight)


def _row(line: str, gwp_set: str) -> dict[str, Any]:
    process, stage, flow, gas, origin, part, kg_gas = line.split("|")
    potential = characterisation(gwp_set)[gas]
    weight = EXACT.quantize(EXACT.multiply(Decimal(kg_gas), potential), ROW_QUANTUM)
    kg_co2e = decimal_text(weight)
    return contribution(process, flow, gas, kg_gas, kg_co2e, stage=stage, origin=origin, part=part)
