"""Footprints of primary metal need words: a file that names its goods, rows that state their origin.

System under test: the extrusion plant of test_supply_effect, all its ingot of one seller with a file of
4.6 kg CO2e/kg from CN-YN, where 15.947 stands for whoever is not known. By hand: `metal` kg of ingot per
kg of profile make (15.947 - 4.6) x metal kg CO2e/kg lower, above the profile itself; of half the rows
without an origin it is half of that. A seller at 15.9 makes 0.047 x metal lower, 0.3 % of the profile: it
needs no word. In the pure part a trader of HALVES sells 1/2 of CN-YN: a file of CN-YN for all of it has
1/2 that no row shows where the rest states nothing, none where the rest states another place (which is
another fault). Rules: PCF-GOODS-002, PCF-SUPPLY-002.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from supplier_cases import product

from factor_db.foundation.errors import Incomplete
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.store.work import Store
from footprint.figures.blocked import SUPPLIER_OF_OTHER, blocking_reasons, require_showable
from footprint.supply.described import names_goods
from footprint.supply.fit import Footprint
from footprint.supply.sellers import Seller
from footprint.supply.unsaid import unshown_share
from tests.footprint.test_supply_effect import (
    HYDRO,
    certify,
    codes,
    file_of,
    metal_kg_per_kg,
    plant,
    publish,
    result,
)

D = Decimal
MEAN, FIGURE = D("15.947"), D("4.6")


@pytest.mark.parametrize(
    ("flow", "content", "named"),
    [
        ("primary_ingot", {"productDescription": "primary aluminium ingot"}, True),
        ("primary_ingot", {"product_zh": "重熔用铝锭 Al99.70"}, True),
        ("primary_ingot", {"technology": "smelter on hydropower"}, True),
        ("primary_ingot", {"product_zh": "Al99.70", "product_en": "Al99.70"}, False),
        ("primary_ingot", {"product_en": "ingot"}, False),
        ("primary_ingot", {"product_en": "6063", "recycled_content": "0", "document": {}}, True),
        ("purchased_billet", {"product_zh": "6063 均质圆铸锭"}, True),
        ("purchased_billet", {"product_en": "6063"}, False),
        ("purchased_slab", {"productDescription": "slab 5083"}, True),
        ("scrap_pre_consumer", {}, True),
    ],
)
def test_words_name_goods(flow: str, content: dict[str, Any], named: bool) -> None:
    assert names_goods(content, flow) is named


def of_place(place: str, share: str) -> Footprint:
    factor = product({"co2e": "9"}, id=f"of.{place.lower()}", geography=place)
    return Footprint(factor, frozenset({"Trader"}), D(share))


@pytest.mark.parametrize(
    ("origins", "taken", "expected"),
    [
        ({"CN-YN": "1"}, [("CN-YN", "1")], "0"),
        ({"CN-YN": "0.5"}, [("CN-YN", "1")], "0.5"),
        ({"CN-YN": "0.5", "CN-XJ": "0.5"}, [("CN-YN", "1")], "0"),
        ({"CN-YN": "0.5", "CN": "0.5"}, [("CN-YN", "1")], "0.5"),
        ({"CN-YN": "0.5"}, [("CN-YN", "0.5"), ("CN-XJ", "0.5")], "0"),
        ({}, [("CN-YN", "0.4")], "0.4"),
        ({}, [("CN-YN", "0.2"), ("CN-YN", "0.2")], "0.2"),
        ({}, [("CN", "1")], "1"),
        ({"CN-XJ": "1"}, [("CN", "1")], "0"),
        ({}, [("GLO", "1")], "0"),
    ],
)
def test_what_no_row_says_to_be_of_a_place(
    origins: dict[str, str], taken: list[tuple[str, str]], expected: str
) -> None:
    seller = Seller("Trader", D(1), ("F2",), {place: D(s) for place, s in origins.items()})
    items = [of_place(*item) for item in taken]
    assert unshown_share(seller, items[0], items) == D(expected)


@pytest.mark.parametrize(
    ("stated", "figure", "expected"),
    [(12, "4600", []), (6, "4600", ["ORIGIN_UNSAID"]), (0, "4600", ["ORIGIN_UNSAID"]),
     (0, "15900", [])],
)  # fmt: skip
def test_metal_below_the_average_states_its_origin(
    store: Store, tmp_path: Path, stated: int, figure: str, expected: list[str]
) -> None:
    made = plant(2025, [(HYDRO, D(1))])
    rows = made.of("charging", "primary_ingot")
    for row in rows[stated:]:
        row["origin"] = ""
    publish(store, tmp_path, made)
    found = result(store, (file_of(store, tmp_path, HYDRO, figure), "1"))
    assert codes(found) == expected
    require_showable(found.result)
    if not expected:
        certify(store, found, tmp_path)
        return
    assert SUPPLIER_OF_OTHER in {reason.name for reason in blocking_reasons(found.result)}
    with pytest.raises(Incomplete) as caught:
        certify(store, found, tmp_path)
    for lang in LANGUAGES:
        assert "CN-YN" in error_text(caught.value, lang)
    assert found.result.supply is not None
    unshown = sum((D(row["amount"]) for row in rows[stated:]), D(0))
    part = unshown / made.total("charging", "primary_ingot")
    by_hand = part * (MEAN - FIGURE) * metal_kg_per_kg(made) / found.nominal.total * 100
    effect = D(found.result.supply.violations[0].params["effect"])
    assert abs(effect - by_hand) < D("0.001")


def test_a_file_that_names_no_goods_is_not_certified(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))]))
    written = Path.write_text

    def nameless(path: Path, text: str, **further: Any) -> int:
        said = text.replace("2025 年原铝锭", "Al99.70").replace("primary ingot of 2025", "Al99.70")
        return written(path, said, **further)

    monkeypatch.setattr(Path, "write_text", nameless)
    low = file_of(store, tmp_path, HYDRO, "4600")
    assert codes(result(store, (low, "1"))) == ["GOODS_UNSAID"]


def test_one_that_lowers_nothing_may_be_as_short_as_it_likes(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))]))
    monkeypatch.setattr("footprint.supply.unsaid.says_its_goods", lambda *_: False)
    high = file_of(store, tmp_path, HYDRO, "16500")
    assert codes(result(store, (high, "1"))) == []
