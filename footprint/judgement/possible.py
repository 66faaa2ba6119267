"""Possible results only: metal, heat and signs that no plant could have. Rule PCF-POSSIBLE-001.

A result is judged by its own system in numbers, whatever the inputs were: metal into a step must
cover what comes out of it, melting cold metal takes heat, and nothing is negative that no rule
makes so. What is found is named with process, flow and amounts. What scrap given back takes along
is judged in `returned.py`: it needs the site's other products.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from footprint.account.possible_terms import (
    BIOGENIC,
    RULE,
    Carbon,
    Heat,
    Metal,
    Terms,
    carbon_tolerance,
    terms_of,
)
from footprint.account.site_ledger import ONE, ZERO
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from lca_models.system.compile import DECIMAL_ARITHMETIC, CompiledSystem

METAL, HEAT, CARBON, NEGATIVE, NEGATIVE_ROW = (
    "POSSIBLE_METAL",
    "POSSIBLE_MELTING_HEAT",
    "POSSIBLE_CARBON",
    "POSSIBLE_NEGATIVE",
    "POSSIBLE_NEGATIVE_ROW",
)
_SHOWN = Decimal("0.0001")


def impossibilities(nominal: Nominal, compiled: CompiledSystem) -> tuple[CodedText, ...]:
    """Return what no plant could have in a result; none for a possible one."""
    scrap_rule = nominal.study.choices.scrap_rule
    with localcontext(EXACT):
        terms = terms_of(
            nominal.system, compiled, nominal.amounts(), scrap_rule, DECIMAL_ARITHMETIC
        )
        rows = [
            (row.process, row.flow, row.gas, row.kg_co2e)
            for row in nominal.contributions
            if row.kg_co2e < 0 and row.gas != BIOGENIC
        ]
        return (*term_reasons(terms), *sign_reasons(nominal.total, rows))


def term_reasons(terms: Terms) -> Iterator[CodedText]:
    """Yield metal, heat and carbon from nothing; in decimals."""
    yield from metal_reasons(terms.metals)
    yield from heat_reasons(terms.heat)
    yield from carbon_reasons(terms.carbon)


def metal_reasons(metals: Sequence[Metal]) -> Iterator[CodedText]:
    """Yield the steps whose metal in does not cover product, scrap given back and scrap sold.

    Where each step does, what they gain within their tolerance may not add up, casting among them.
    """
    found = [item for item in metals if _short(item) > item.tolerance * item.metal_out]
    for item in found:
        params = {"metal_in": _text(item.metal_in), "metal_out": _text(item.metal_out)}
        yield CodedText(METAL, {"process": item.process, **params})
    gains = {
        item.process: _short(item) / item.metal_out
        for item in metals
        if item.adds_up and _short(item) > 0
    }
    gained = sum(gains.values(), ZERO)
    if not found and gained > rule(RULE).number("chain_tolerance"):
        params = {"metal_in": "1", "metal_out": _text(ONE + gained)}
        yield CodedText(METAL, {"process": ", ".join(gains), **params})


def heat_reasons(heat: Heat | None) -> Iterator[CodedText]:
    """Yield a melting whose fuel and power cannot melt its cold charge (AL-MELT-001, -002)."""
    if heat is not None and heat.needed > 0 and heat.available < heat.needed:
        yield CodedText(HEAT, {"heat": _text(heat.available), "needed": _text(heat.needed)})


def carbon_reasons(carbon: Carbon | None) -> Iterator[CodedText]:
    """Yield a smelter whose anodes gave more carbon than coke and pitch brought in."""
    if carbon is not None and carbon.carbon_out > carbon.carbon_in * (ONE + carbon_tolerance()):
        params = {"carbon_in": _text(carbon.carbon_in), "carbon_out": _text(carbon.carbon_out)}
        yield CodedText(CARBON, {"process": "electrolysis", **params})


def sign_reasons(
    total: Decimal, negative: Sequence[tuple[str, str, str, Decimal]]
) -> Iterator[CodedText]:
    """Yield a negative total and rows (process, flow, gas, kg CO2e) that no rule makes negative."""
    if total < 0:
        yield CodedText(NEGATIVE, {"total": decimal_text(total)})
    for process, flow, gas, kg_co2e in negative:
        params = {"process": process, "flow": flow, "gas": gas}
        yield CodedText(NEGATIVE_ROW, {**params, "kg_co2e": decimal_text(kg_co2e)})


def _short(item: Metal) -> Decimal:
    short: Decimal = item.metal_out - item.metal_in
    return short


def _text(amount: Decimal) -> str:
    return decimal_text(amount.quantize(_SHOWN))
