"""Small results for the CBAM tests, written by hand row by row, and a replay.

They are whole documents in which only what the view reads says something; the real ones come from
the models in test_cbam_smelter.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any

from result_cases import contribution, factor_record, flow_row, pin_record, result_of

from footprint.result.document import ResultDocument
from footprint.views.figure import View

Row = dict[str, Any]


def emission(
    process: str, flow: str, gas: str, kg: str, part: str = "combustion", link: str = "own"
) -> Row:
    """One contribution row, kg of a gas per kg of good."""
    made = {"site": "S" if link == "own" else "", "link": link, "part": part}
    origin = "process" if part == "process" else "fossil"
    return contribution(process, flow, gas, kg, origin=origin, **made)


def amount(process: str, flow: str, value: str, unit: str = "t", role: str = "input") -> Row:
    """One flow row per kg of good; metal in tonnes, so 0.001 t is one tonne per tonne."""
    return flow_row(process, flow, value, unit, role)


def fuel_pin(flow: str, level: str) -> Row:
    """A pinned factor of a fuel burnt, at a level."""
    return pin_record(factor_record(f"{flow}.burnt", flow, "combustion", "kg/MJ"), level=level)


def document(
    product: str, contributions: list[Row], flows: list[Row], **changes: Any
) -> ResultDocument:
    """A document of 2026 at a site in Chongqing, not illustrative, nothing cut off."""
    parts = {
        "period": {"start": "2026-01-01", "end": "2026-12-31"},
        "flows": flows,
        "choices": {"scrap_rule": "cbam-zero"},
        "site": {"organisation_zh": "厂", "organisation_en": "Works"},
    }
    return result_of(product, contributions, **{**parts, **changes})


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
