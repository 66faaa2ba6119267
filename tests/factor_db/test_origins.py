"""Origins typed for bought metal: shares of its mass, said with the result, no number moved.

By hand: 30 t from CN-YN, 10 t from CN-SD and 20 t without an origin are 0.5, 0.166667 and 0.333333
of 60 t; the millionth that rounding loses or gains goes to the largest.
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from derivation_cases import row

from factor_db.factors.origins import typed_origins
from factor_db.foundation.messages import LANGUAGES
from factor_db.store.tables import LedgerEntry
from factor_db.store.work import Store
from footprint.calculation import calculate_study
from footprint.recompute import recompute
from footprint.said_of_data import origin_lines, unstated_line
from footprint.study import default_study


def metal(number: int, amount: int, origin: str | None) -> LedgerEntry:
    entry = row(number, "primary_ingot", "input", amount)
    entry.payload = json.dumps({} if origin is None else {"origin": origin})
    return entry


def test_shares_are_of_the_mass_and_whole() -> None:
    rows = [metal(1, 20, "CN-YN"), metal(2, 10, "CN-SD"), metal(3, 10, "CN-YN "), metal(4, 20, "")]
    found = {item.origin: item.share for item in typed_origins("primary_ingot", rows)}
    assert found == {
        "CN-YN": Decimal("0.5"),
        "CN-SD": Decimal("0.166667"),
        "": Decimal("0.333333"),
    }
    thirds = [metal(at, 1, origin) for at, origin in enumerate(("A", "B", "C"))]
    assert sum(item.share for item in typed_origins("primary_ingot", thirds)) == 1


@pytest.mark.parametrize("flow", ["natural_gas", "electricity", "slab"])
def test_only_bought_metal_has_an_origin(flow: str) -> None:
    assert typed_origins(flow, [metal(1, 20, "CN-YN")]) == ()


def test_nobody_typed_one_and_nothing_bought_say_nothing() -> None:
    assert typed_origins("primary_ingot", [metal(1, 20, ""), metal(2, 20, None)]) == ()
    assert typed_origins("primary_ingot", [metal(1, 0, "CN-YN")]) == ()


def test_the_result_says_it_and_no_number_follows(demo_store: Store) -> None:
    """The example plant typed Yunnan for all of its metal; the factor stays the national one."""
    with demo_store.read() as session:
        document = calculate_study(session, default_study("plate")).document
    (item,) = document["coverage"]["origins"]
    assert item == {
        "slot": "charging/primary_ingot/inventory",
        "flow": "primary_ingot",
        "typed": [{"origin": "CN-YN", "share": "1"}],
    }
    (metal_row,) = [r for r in document["contributions"] if r["flow"] == "primary_ingot"]
    assert metal_row["factor"] == "result.primary.china.peng2022@2"
    assert round(Decimal(document["total"]["value"]), 3) == Decimal("12.538")
    for lang in LANGUAGES:
        (line,) = origin_lines(document, lang)
        assert "CN-YN 100.0 %" in line
        assert "91.3 %" in unstated_line(document, lang)
    assert "lowers no number" in origin_lines(document, "en")[0]
    assert recompute(json.loads(json.dumps(document)))["coverage"] == document["coverage"]
