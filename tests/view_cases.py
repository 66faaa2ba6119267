"""Hand-made calculation documents for the tests of views: a few rows, nothing else of weight."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from factor_db.factors.reference import characterisation
from factor_db.foundation.canonical import EXACT, decimal_text
from footprint.evaluate import ROW_QUANTUM, exact_sum

_COLUMNS = ("process", "stage", "flow", "gas", "origin", "part", "kg_gas")
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
) -> dict[str, Any]:
    """Return a document whose rows are weighed by a GWP set; every other field is small and whole."""
    contributions = [_row(line, gwp_set) for line in rows]
    total = exact_sum(Decimal(row["kg_co2e"]) for row in contributions)
    return {
        "calculation": "c" * 64,
        "product": product,
        "period": {"start": "2025-01-01", "end": "2025-12-31"},
        "declared_unit": {"amount": "1", "unit": "kg"},
        "gwp_set": gwp_set,
        "total": {"value": decimal_text(total), "unit": "kg CO2e", "interval": None},
        "contributions": contributions,
        "flows": [],
        "outside_headline": {"substitution": "0"},
        "coverage": {
            "resolved": [],
            "missing": [],
            "not_stated": [],
            "estimated": [],
            "cut_off": [],
        },
        "quality": {"pds": "0", "dqr": {}, "activity_primary_share": "0", "data_shares": {}},
        "choices": {
            "scrap_rule": "cut-off",
            "electricity_rule": "location",
            "allocation": "subdivision",
            "alternatives": [],
        },
        "rules": ["PCF-SCRAP-CUTOFF"],
        "model_version": "hand-1",
        "illustrative": False,
        "estimate": False,
        "unused_field_data": [],
        "result_hash": "d" * 64,
        "site": {
            "code": "HAND",
            "organisation_zh": "手工厂",
            "organisation_en": "Hand Works",
            "uscc": "",
            "region": "CN-CQ",
        },
        "release": {"name": "2026.11", "sha256": "e" * 64},
        "inputs": {"study": {}, "where": {}, "pins": []},
    }


def _row(line: str, gwp_set: str) -> dict[str, str]:
    row = dict(zip(_COLUMNS, line.split("|"), strict=True))
    potential = characterisation(gwp_set)[row["gas"]]
    weight = EXACT.quantize(EXACT.multiply(Decimal(row["kg_gas"]), potential), ROW_QUANTUM)
    return {
        **row,
        "site": "HAND",
        "scope": "3",
        "link": "own",
        "activity_data": "primary",
        "factor_data": "secondary",
        "factor": "hand.factor@1",
        "kg_co2e": decimal_text(weight),
    }
