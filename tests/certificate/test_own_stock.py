"""Results of earlier versions: own metal of an earlier period, drawn out of store, by its bound.

They say nothing of its origin, so it may carry what is published at most, 21.8 t CO2e/t. By hand,
for an account of 100 t CO2e: 0.04 t of billet counted as 0.7 t CO2e/t may carry 0.04 x (21.8 - 0.7)
= 0.844 too little, within 1 %; 0.05 t 1.055, above it. What was laid in store, or drawn of bought
metal, is no own metal drawn.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput
from footprint.certificate.certifiable import require_own_stock_kept
from footprint.result.document import ResultDocument, read_result
from tests.certificate.certificate_document import CLOSURE, calculation

Line = tuple[str, str, str, str]


def closed(*lines: Line, **further: Any) -> ResultDocument:
    rows = [
        {"kind": kind, "flow": flow, "process": "casting" if kind != "bought_stock" else "",
         "amount": tonnes, "kg_co2e": decimal_text(Decimal(tonnes) * Decimal(kg_per_t))}
        for kind, flow, tonnes, kg_per_t in lines
    ]  # fmt: skip
    closure = {**CLOSURE, "account": "100000", "lines": rows, **further}
    return read_result(calculation(closure=closure))


def test_own_metal_out_of_store_is_refused_by_what_it_may_carry() -> None:
    document = closed(("own_stock", "billet", "-0.05", "700"))
    with pytest.raises(BadInput, match="CERTIFICATE_DRAWN_UNTOLD") as caught:
        require_own_stock_kept(document)
    assert caught.value.params == {"flows": "billet 0.05 t", "share": "1.1", "most": "1"}


@pytest.mark.parametrize("kind", ["own_scrap", "recovered_metal", "adjustment"])
def test_own_scrap_and_metal_that_a_count_found_are_of_the_kind(kind: str) -> None:
    with pytest.raises(BadInput, match="CERTIFICATE_DRAWN_UNTOLD"):
        require_own_stock_kept(closed((kind, "internal_scrap", "-0.05", "700")))


def test_metals_add_up() -> None:
    two = [("own_stock", "slab", "-0.03", "700"), ("own_stock", "billet", "-0.03", "700")]
    with pytest.raises(BadInput, match="CERTIFICATE_DRAWN_UNTOLD"):
        require_own_stock_kept(closed(*two))


@pytest.mark.parametrize(
    "lines",
    [
        [("own_stock", "billet", "-0.04", "700")],
        [("own_stock", "billet", "500", "700"), ("bought_stock", "primary_ingot", "-9", "9")],
        [("own_stock", "billet", "-0.05", "700"), ("adjustment", "billet", "0.02", "700")],
        [("own_stock", "billet", "-2", "22000")],
    ],
)
def test_a_little_of_it_or_metal_that_is_heavy_already_passes(lines: list[Line]) -> None:
    require_own_stock_kept(closed(*lines))


def test_what_today_s_results_say_themselves_is_not_asked_again() -> None:
    drawn = {"rule": "AL-STOCK-003", "share": "0", "reasons": [], "flows": []}
    require_own_stock_kept(closed(("own_stock", "billet", "-0.05", "700"), own_drawn=drawn))


def test_without_an_account_there_is_nothing_to_ask() -> None:
    undrawn = {"rule": "PCF-CLOSURE-001", "closed": None, "reasons": [], "not_drawn": "X"}
    require_own_stock_kept(read_result(calculation(closure=undrawn)))
    without = calculation()
    del without["closure"]
    require_own_stock_kept(read_result(without))
