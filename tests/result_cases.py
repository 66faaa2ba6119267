"""Small result documents made by hand: whole, so that they are read as any stored document is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from factor_db.foundation.canonical import decimal_text, plain
from footprint.result.document import ResultDocument, read_result
from footprint.study.definition import Study
from lca_models.system.resolve import Pin, Where

Json = dict[str, Any]


def result_of(product: str, contributions: Sequence[Json], **parts: Any) -> ResultDocument:
    """Return a document of a product of the works HAND in 2025; `parts` go in as in `changed`."""
    period = {"start": "2025-01-01", "end": "2025-12-31"}
    where = Where("HAND", "CN-CQ", period["start"], period["end"])
    content = {
        "calculation": "c" * 64,
        "product": product,
        "period": period,
        "declared_unit": {"amount": "1", "unit": "kg"},
        "gwp_set": "AR6",
        "total": {"value": "0", "unit": "kg CO2e", "interval": None},
        "by_stage": {},
        "by_gas": {},
        "by_scope": {},
        "contributions": list(contributions),
        "flows": [],
        "outside_headline": {"substitution": "0"},
        "coverage": {
            "resolved": [],
            "missing": [],
            "not_stated": [],
            "estimated": [],
            "cut_off": [],
            "not_rebased": {"value": "0", "share": "0", "rows": 0},
        },
        "quality": {"pds": "0", "dqr": {}, "activity_primary_share": "0", "data_shares": {}},
        "choices": {
            "scrap_rule": "cut-off",
            "electricity_rule": "location",
            "allocation": "subdivision",
            "primary_source": "published",
            "alternatives": [],
        },
        "factors": [],
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
        "inputs": {"study": Study(product).record(), "where": asdict(where), "pins": []},
    }
    return read_result(_with(content, parts))


def changed(document: ResultDocument, **parts: Any) -> ResultDocument:
    """Return a document with parts of its JSON changed; of an object only the keys given."""
    return read_result(_with(document.record(), parts))


def _with(content: Json, parts: Mapping[str, Any]) -> Json:
    found = dict(content)
    for name, part in parts.items():
        known = found.get(name)
        merged = isinstance(known, dict) and isinstance(part, Mapping)
        found[name] = {**known, **part} if merged else part
    return found


def contribution(
    process: str, flow: str, gas: str, kg_gas: str, kg_co2e: str = "0", **fields: str
) -> Json:
    """Return a row of emissions, fossil and of the works' own unless `fields` say otherwise."""
    return {
        "process": process,
        "site": "HAND",
        "stage": "casthouse",
        "flow": flow,
        "gas": gas,
        "origin": "fossil",
        "scope": "3",
        "link": "own",
        "part": "upstream",
        "activity_data": "primary",
        "factor_data": "secondary",
        "factor": "hand.factor@1",
        "kg_gas": decimal_text(Decimal(kg_gas)),
        "kg_co2e": decimal_text(Decimal(kg_co2e)),
        **fields,
    }


def flow_row(process: str, flow: str, amount: str, unit: str = "t", role: str = "input") -> Json:
    """Return a row of the inventory per declared unit."""
    taken = {"amount": decimal_text(Decimal(amount)), "unit": unit, "role": role}
    return {
        "process": process,
        "flow": flow,
        **taken,
        "origin": "fossil",
        "precursor": "",
        "quality": "own",
    }


def factor_record(name: str, flow: str, quantity: str, unit: str, **fields: Any) -> Json:
    """Return a factor of a book, of the value or kg CO2 1 per unit, with `fields` changed."""
    kinds = {"inventory": "inventory", "property": "parameter", "coefficient": "parameter"}
    kind = kinds.get(quantity, "emission")
    amounts = {"co2" if kind == "emission" else "value": "1"}
    return {
        "id": name,
        "version": 1,
        "kind": kind,
        "name_zh": name,
        "name_en": name,
        "flow": flow,
        "quantity": quantity,
        "unit": unit,
        "amounts": amounts,
        "geography": "CN",
        "data_year": 2024,
        "data_type": "literature",
        "source": {"citation": "a book", "locator": "page 1"},
        "licence": "open",
        "redistribution": "table",
        "confidence": "B",
        "owner": "reference",
        **fields,
    }


def pin_record(
    factor: Json, *, process: str = "", level: str = "CN", parts: Sequence[Json] = ()
) -> Json:
    """Return a pin of a factor at the slot it fills; `parts` are of a blend."""
    slot = {"process": process, **{key: factor[key] for key in ("flow", "quantity", "unit")}}
    pin = {"slot": slot, "level": level, "factor": factor}
    # As the product writes it: every field of the factor.
    found: Json = plain(Pin.from_record({**pin, "parts": list(parts)} if parts else pin).record())
    return found


def resolved(slot: str, level: str, factor: str) -> Json:
    """Return the line of the coverage for a slot that a factor fills."""
    return {"slot": slot, "factor": factor, "geography": "CN", "level": level, "reason": ""}


def cut_off_line(slot: str) -> Json:
    """Return the line of the coverage for a slot that a study leaves out."""
    shares = dict.fromkeys(("energy_share", "ghg_share", "mass_share"), "0.001")
    bound = {"upper_bound": "2", "upper_bound_unit": "kg CO2e/kg"}
    said = {"reason": "no published factor", "source": "a study"}
    return {"slot": slot, "amount": "0.001", "unit": "kg", **shares, **bound, **said}
