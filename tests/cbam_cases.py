"""Small calculation documents for the CBAM tests, written by hand row by row, and a replay.

A document here has only the keys the view reads; the real ones come from the models in test_cbam_smelter.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any

from footprint.views.figure import View

Row = dict[str, Any]


def emission(
    process: str, flow: str, gas: str, kg: str, part: str = "combustion", link: str = "own"
) -> Row:
    """One contribution row, kg of a gas per kg of good."""
    return {
        "process": process,
        "site": "S" if link == "own" else "",
        "flow": flow,
        "gas": gas,
        "origin": "process" if part == "process" else "fossil",
        "link": link,
        "part": part,
        "kg_gas": kg,
    }


def amount(process: str, flow: str, value: str, unit: str = "t", role: str = "input") -> Row:
    """One flow row per kg of good; metal in tonnes, so 0.001 t is one tonne per tonne."""
    return {"process": process, "flow": flow, "amount": value, "unit": unit, "role": role}


def pin(flow: str, quantity: str, unit: str, value: str, level: str = "CN") -> Row:
    """One pinned parameter."""
    slot = {"flow": flow, "process": "", "quantity": quantity, "unit": unit}
    return {"slot": slot, "level": level, "factor": {"amounts": {"value": value}, "unit": unit}}


def document(
    product: str, contributions: list[Row], flows: list[Row], **changes: Any
) -> dict[str, Any]:
    """A document of 2026 at a site in Chongqing, not illustrative, nothing cut off."""
    return {
        "product": product,
        "period": {"start": "2026-01-01", "end": "2026-12-31"},
        "contributions": contributions,
        "flows": flows,
        "coverage": {"cut_off": [], "not_stated": []},
        "choices": {"scrap_rule": "cbam-zero", "pfc_method": "amount", "smelter_technology": ""},
        "illustrative": False,
        "estimate": False,
        "site": {"organisation_zh": "厂", "organisation_en": "Works", "region": "CN-CQ"},
        "inputs": {"pins": []},
        **changes,
    }


def gas_row(process: str, megajoules: str) -> Row:
    """Natural gas burnt, MJ per kg of good."""
    return amount(process, "natural_gas", megajoules, "MJ")


def replayed(view: View) -> dict[str, Decimal]:
    """Every figure of a view again, by its formula alone and Python's own evaluation.

    Knows nothing of the product: decimals of 34 digits, + - * / brackets, min, max and sum.
    """
    found: dict[str, Decimal] = {}
    with localcontext(Context(prec=34, rounding=ROUND_HALF_EVEN)):
        for figure in view.figures:
            names: Mapping[str, Decimal] = {
                key: found[item] if isinstance(item, str) else item
                for key, item in figure.inputs.items()
            }
            tools = {"min": min, "max": max, "sum": lambda *values: sum(values, Decimal(0))}
            value = eval(figure.formula, {"__builtins__": {}, **tools}, dict(names))
            found[figure.name] = Decimal(value)
    return found
