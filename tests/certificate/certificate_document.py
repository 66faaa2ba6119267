"""A small hand-made calculation document: 1 kg of plate, five rows, sums checked by hand.

Rows (kg CO2e): primary ingot 8.4 (co2 7.9 + cf4 0.5), gas burnt 0.412345, its supply 0.0601,
electricity 0.6104 x 0.5 = 0.3052 (co2e only), packing wood 0.01 (biogenic).
By hand: 7.9 + 0.5 + 0.412345 + 0.0601 + 0.3052 + 0.01 = 9.187645.
Stages: metal_input 8.4; casthouse 0.472445; rolling 0.3052; finishing 0.01 → 9.187645.
Primary in both flags: only the gas burnt, 0.412345 / 9.187645 = 4.488 %.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, replace
from decimal import Decimal
from functools import cache
from typing import Any

from factor_db.foundation.canonical import content_hash, decimal_text, plain
from footprint.result.document import ResultDocument, read_result
from footprint.study.carried_model import model_of
from footprint.study.definition import Study
from lca_models.system.resolve import Where

ROWS = (
    # process, stage, flow, gas, origin, scope, link, part, activity, factor, kg_gas, kg_co2e
    ("charging|metal_input|primary_ingot|co2|fossil|3|upstream|upstream|primary|secondary", "7.9"),
    ("charging|metal_input|primary_ingot|cf4|process|3|upstream|upstream|primary|secondary", "0.5"),
    ("melting|casthouse|natural_gas|co2|fossil|1|own|combustion|primary|primary", "0.412345"),
    ("melting|casthouse|natural_gas|co2|fossil|3|upstream|upstream|primary|secondary", "0.0601"),
    ("hot_rolling|rolling|electricity|co2e|fossil|2|upstream|upstream|primary|secondary", "0.3052"),
    (
        "plate_packing|finishing|wood_packaging|co2_biogenic|biogenic|3|own|process|secondary|secondary",
        "0.01",
    ),
)
COLUMNS = (
    "process",
    "stage",
    "flow",
    "gas",
    "origin",
    "scope",
    "link",
    "part",
    "activity_data",
    "factor_data",
)

SITE: dict[str, str] = {
    "code": "CQ01",
    "organisation_zh": "重庆示例铝业有限公司",
    "organisation_en": "Chongqing Example Aluminium Co., Ltd.",
    "uscc": "91500000EXAMPLE00X",
    "region": "CN-CQ",
}

STUDY = Study("plate", site="CQ01", release="2026.11", period="2025")
WHERE = Where("CQ01", "CN-CQ", "2025-01-01", "2025-12-31")

COVERAGE: dict[str, Any] = {
    "resolved": [],
    "missing": [],
    "estimated": [],
    "cut_off": [
        {
            "slot": "refining/ceramic_filter/inventory",
            "amount": "0.0000200000000001",
            "unit": "kg",
            "upper_bound": "4.804",
            "upper_bound_unit": "kg/kg",
            "source": "供应商声明 2025,第 3 页",
            "mass_share": "0.00002",
            "energy_share": "0.0001",
            "ghg_share": "0.00004",
            "reason": "negligible",
        }
    ],
    "not_rebased": {"value": "0.3052", "share": "0.0332", "rows": 1},
}

CHOICES: dict[str, Any] = {
    "scrap_rule": "cut-off",
    "electricity_rule": "location",
    "allocation": "mass",
    "primary_source": "published",
    "alternatives": [
        {
            "choice": "scrap_rule",
            "value": "pre-consumer-mass",
            "total": "9.951",
            "reason": "",
        },
        {"choice": "scrap_rule", "value": "co-product", "total": "9.402", "reason": ""},
        {
            "choice": "electricity_rule",
            "value": "market",
            "total": None,
            "reason": "electricity/residual_life_cycle",
        },
        {
            "choice": "electricity_rule",
            "value": "residual",
            "total": None,
            "reason": "electricity/residual_life_cycle",
        },
    ],
}

# One tonne sold and nothing else: by hand 1000 x 9.187645 kg went in and out.
CLOSURE: dict[str, Any] = {
    "rule": "PCF-CLOSURE-001",
    "closed": True,
    "reasons": [],
    "account": "9187.645",
    "residual": "0",
    "parted": "0",
    "lines": [
        {
            "kind": "product",
            "process": "plate_packing",
            "flow": "plate",
            "amount": "1",
            "kg_co2e": "9187.645",
        }
    ],
}

TOTAL: dict[str, Any] = {
    "value": "9.187645",
    "unit": "kg CO2e",
    "interval": {
        "low": "8.74123",
        "high": "9.70456",
        "level": "0.95",
        "method": "monte_carlo",
        "samples": 10000,
        "seed": 1,
    },
}


@cache
def _model() -> dict[str, Any]:
    """Return today's model of plate: the figures are by heart and rest on none."""
    return model_of(Study("plate")).record()


def contributions() -> list[dict[str, str]]:
    return [
        {
            **dict(zip(COLUMNS, text.split("|"), strict=True)),
            "site": "CQ01",
            "factor": f"example.{number}@1",
            "kg_gas": value,
            "kg_co2e": value,
        }
        for number, (text, value) in enumerate(ROWS)
    ]


def sums(column: str) -> dict[str, str]:
    found: dict[str, Decimal] = {}
    for row in contributions():
        found[row[column]] = found.get(row[column], Decimal(0)) + Decimal(row["kg_co2e"])
    return {code: decimal_text(value) for code, value in found.items()}


def calculation(**changes: Any) -> dict[str, Any]:
    """Return the document; top-level fields may be replaced."""
    rows = contributions()
    document: dict[str, Any] = {
        "product": "plate",
        "site": dict(SITE),
        "period": {"start": "2025-01-01", "end": "2025-12-31"},
        "declared_unit": {"amount": "1", "unit": "kg"},
        "gwp_set": "AR6",
        "total": deepcopy(TOTAL),
        "by_stage": sums("stage"),
        "by_gas": sums("gas"),
        "by_scope": sums("scope"),
        "contributions": rows,
        "flows": [
            {
                "process": "melting",
                "flow": "natural_gas",
                "amount": "0.085394",
                "unit": "m3",
                "role": "input",
                "origin": "",
                "precursor": "",
                "quality": "metered",
            }
        ],
        "coverage": deepcopy(COVERAGE),
        "quality": {
            "pds": "4.488",
            "dqr": {
                "technological": "1.8043415693534771",
                "geographical": "2.1",
                "temporal": "1.6",
            },
            "activity_primary_share": "99.89",
        },
        "choices": deepcopy(CHOICES),
        "release": {"name": "2026.11", "sha256": "ab" * 32},
        "factors": [
            {
                "id": f"example.{number}",
                "version": 1,
                "sha256": f"{number:064x}",
                "illustrative": False,
            }
            for number in range(len(rows))
        ],
        "rules": ["ISO14067-PARTIAL"],
        "model_version": "plate-1",
        "illustrative": False,
        "estimate": False,
        "unused_field_data": [],
        "closure": deepcopy(CLOSURE),
        "possible": {"rule": "PCF-POSSIBLE-001", "violations": []},
        "inputs": {
            "study": plain(STUDY.record()),
            "where": plain(asdict(WHERE)),
            "pins": [],
            "model": deepcopy(_model()),
        },
    }
    document.update(changes)
    document["result_hash"] = content_hash("result", document["contributions"])
    return renamed(document)


def result(**changes: Any) -> ResultDocument:
    """Return the document as the product reads it."""
    return read_result(calculation(**changes))


def renamed(document: dict[str, Any]) -> dict[str, Any]:
    """Give a document the id that follows from the rest of it."""
    document.pop("calculation", None)
    document["calculation"] = content_hash("calculation", document)
    return document


def illustrative_calculation() -> dict[str, Any]:
    """Return the same document resting on one illustrative factor."""
    document = calculation(illustrative=True)
    document["factors"][0]["illustrative"] = True
    document["inputs"]["study"] = plain(replace(STUDY, accept_doubts=True).record())
    return renamed(document)


def recompute(document: ResultDocument) -> dict[str, Any]:
    """Stand in for the product's recalculation: it knows the two documents above by heart.

    Like the product it leaves out what no recalculation gives, and reads only the inputs.
    """
    asked = document.inputs.study
    known = illustrative_calculation() if asked.accept_doubts else calculation()
    for name in (
        *("calculation", "site", "release", "unused_field_data", "inputs"),
        *("closure", "possible"),
    ):
        del known[name]
    del known["total"]["interval"]
    return known
