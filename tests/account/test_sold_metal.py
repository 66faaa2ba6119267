"""What co-products of the same metal carry stands in words with every result that sells some.

System: the mill of `test_metal_returned`, which sells 50 t of its 150 t slab at 10 t CO2e/t and
buys 50 t at 4 of a peer. By hand: 50 x 10 = 500 of the account of 1700 t CO2e, 29.41 %. Beside it
the dross furnace's treated dross, which holds no aluminium, would not count.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from test_metal_returned import PEER, TOLLER, mill
from test_scrap_returned import named

from factor_db.foundation.messages import Language
from footprint.closure.lines import Closure
from footprint.judgement.record import closure_record
from footprint.words.closure import closure_line


def closed(sold: int = 50, flow: str = "") -> Closure:
    plant = mill(TOLLER, PEER, sold=sold)
    if flow:
        named(plant, ("slab_casting", flow), 50, "co-product", TOLLER)
    return plant.close("plate", temper="F")[0]


def test_the_share_is_that_of_the_lines() -> None:
    record = closure_record(closed(), ()).sold_metal
    assert record is not None
    assert round(record.share, 4) == Decimal("0.2941")
    ((flow, process, amount, kg),) = [
        (item.flow, item.process, item.amount, item.kg_co2e) for item in record.flows
    ]
    assert (flow, process, amount, kg) == ("slab", "slab_casting", 50, 500000)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "同种金属的联产品承担核算账的 29.41 %：扁锭"),
        ("en", "co-products of the same metal carry 29.41 % of the account: Slab"),
    ],
)
def test_the_line_of_the_closure_says_it(language: Language, words: str) -> None:
    said = closure_line(closure_record(closed(), ()), language)
    assert words in said
    assert "50 t" in said


def test_a_site_without_co_products_says_nothing() -> None:
    record = closure_record(closed(sold=0), ())
    assert record.sold_metal is None
    assert "sold_metal" not in record.record()
    assert "co-products" not in closure_line(record, "en")


def test_scrap_sold_is_no_co_product_of_the_metal() -> None:
    record = closure_record(closed(sold=0, flow="sold_scrap"), ())
    assert record.sold_metal is None
