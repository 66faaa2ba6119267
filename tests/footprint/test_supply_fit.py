"""A supplier's footprint stands for these goods, of their place, year and state, and no others.

System: the demo store; the plate mill bought every tonne of its ingot, made in CN-YN in 2025, of
one seller; and that seller's footprints as factors. By hand: a recycler's ingot at 0.700 in the
place of primary ingot at 15.947 would take 0.717955 x 15.247 = 10.95 off the plate's 12.538
(0.717955 kg of ingot per kg of plate, test_calculation). Half the ingot of CN-XJ at 19 and half of
CN-YN at 4.6 carry 11.8 together, and not the 4.6 of the better file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from supplier_cases import (
    BUYER,
    COUNTERPARTY,
    INGOT,
    calculated,
    footprint_of,
    product,
    publish,
    published,
    store_of_two,
    supplied_by,
)

from factor_db.factors.record.factor import Factor
from factor_db.factors.review.lifecycle import take_step
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult
from footprint.certificate.service import issue_certificate
from footprint.exchange.fields import FileFaults
from footprint.exchange.importing import import_supplier, read_supplier_file
from footprint.exchange.product_factor import publishable_factor
from footprint.figures.blocked import SUPPLIER_OF_OTHER, blocking_reasons
from footprint.judgement.standing import standing_fault
from footprint.study.definition import default_study
from footprint.supply.described import foreign_word
from footprint.supply.fit import Footprint, may_be_of, other_places
from footprint.supply.sellers import Seller
from footprint.supply.sold_as import require_sold_as, sold_as
from lca_models.system.resolve import OWN

D = Decimal
PLATE = replace(default_study("plate"), site="CQ-PLATE")
RECYCLED = replace(default_study("recycled_ingot"), site="CQ-RECYCLED")
AT = datetime(2026, 11, 22, tzinfo=UTC)
FIGURES = ("pcfExcludingBiogenicUptake", "pcfIncludingBiogenicUptake", "fossilGhgEmissions")
NATIONAL = "result.primary.china.peng2022@2"
IN_2023 = {"period_start": "2023-01-01", "period_end": "2023-12-31", "data_year": 2023}
QUARTER = {"period_end": "2025-03-31"}


@pytest.fixture
def store(published_home: Path, tmp_path: Path) -> Any:
    opened = store_of_two(published_home, tmp_path)
    yield opened
    opened.close()


def told(result: CalculationResult) -> dict[str, dict[str, str]]:
    supply = result.result.supply
    return {item.code: dict(item.params) for item in supply.violations} if supply else {}


def asked(store: Store, *suppliers: tuple[str, str]) -> CalculationResult:
    return calculated(store, supplied_by(PLATE, *suppliers) if suppliers else PLATE, "exporter")


def certified(store: Store, result: CalculationResult, out: Path) -> str:
    with store.work("exporter") as work:
        return issue_certificate(work, result.result, out, issued_at=AT)


def barred(store: Store, result: CalculationResult, out: Path) -> None:
    assert SUPPLIER_OF_OTHER in {reason.name for reason in blocking_reasons(result.result)}
    with pytest.raises(Incomplete):
        certified(store, result, out)
    assert not out.exists()


def made_by(calculation: str, of: str) -> dict[str, Any]:
    inputs = [{"calculation": calculation, "site": "CQ-OTHER", "product": of}]
    return {"derivation": {"formula": "test", "inputs": inputs}}


# ---- goods: PCF-GOODS-001 -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "flows"),
    [
        ("recycled_ingot", ("recycled_ingot", "cast_ingot")),
        ("primary_aluminium", ("primary_ingot", "primary_t_bar")),
        ("primary_liquid", ("liquid_aluminium", "primary_liquid")),
        ("liquid_alloy", ("liquid_alloy",)),
        ("plate", ("plate",)),
        ("extrusion", ("extrusion",)),
        ("nothing", ()),
    ],
)
def test_a_product_is_sold_as_the_goods_of_its_last_step(of: str, flows: tuple[str, ...]) -> None:
    assert sold_as(of)[:1] == flows[:1]
    assert set(sold_as(of)) == set(flows)
    for flow in flows:
        require_sold_as(of, flow)
    with pytest.raises(BadInput, match="PRODUCT_FACTOR_OTHER_GOODS"):
        require_sold_as(of, "billet")


def test_recycled_ingot_is_handed_over_as_no_primary_metal(store: Store) -> None:
    made = calculated(store, RECYCLED, "exporter").result.calculation
    for flow in (INGOT, "primary_liquid", "primary_t_bar", "slab", "billet", "liquid_alloy"):
        with store.work("exporter") as work, pytest.raises(BadInput) as refused:
            publishable_factor(work, made, flow=flow)
        assert refused.value.code == "PRODUCT_FACTOR_OTHER_GOODS"
    with store.work("exporter") as work:
        assert publishable_factor(work, made).startswith("product.cq-recycled.2025.recycled_ingot")


def test_one_published_before_that_was_asked_is_barred_at_the_buyer(
    store: Store, tmp_path: Path
) -> None:
    recycled = product({"co2e": "2.3"}, **made_by("0" * 64, "recycled_ingot"))
    result = asked(store, (published(store, recycled), "1"))
    assert told(result)["SUPPLY_OTHER_GOODS"]["sold_as"].startswith("recycled_ingot")
    barred(store, result, tmp_path / "out")


def test_the_floor_is_asked_of_a_calculation_too(store: Store) -> None:
    """2.0742 by anodes and alumina: no calculation of primary ingot may say 1.7."""
    low = product({"co2e": "1.7"}, **made_by("0" * 64, "primary_aluminium"))
    assert set(told(asked(store, (published(store, low), "1")))) == {"SUPPLY_BELOW_FLOOR"}


# ---- words: PCF-GOODS-002 -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flow", "words", "word"),
    [
        (INGOT, "primary aluminium ingot", ""),
        (INGOT, "Al99.70", ""),
        (INGOT, "原铝锭", ""),
        (INGOT, "aluminium extrusion scrap recycling billet 6063", "scrap"),
        (INGOT, "Secondary aluminium ingot", "secondary"),
        ("primary_liquid", "再生铝液", "再生"),
        ("primary_t_bar", "废铝熔铸锭", "废铝"),
        (INGOT, "extrusion billet 6063", "billet"),
        ("slab", "圆锭 6063", "圆锭"),
        ("billet", "billet of 75 % post-consumer scrap", ""),
        ("recycled_ingot", "recycled ingot", ""),
        ("recycled_ingot", "liquid alloy, molten", "liquid"),
        ("scrap_pre_consumer", "scrap", ""),
    ],
)
def test_a_files_words_are_of_its_slot(flow: str, words: str, word: str) -> None:
    for content in ({"productDescription": words}, {"product_en": words}):
        found = foreign_word(content, flow)
        assert (found.word if found else "") == word
        assert not found or (flow not in found.slots and found.field in content)
    shown = {"product_en": words, "recycled_content": "30", "document": {}}
    by_share = foreign_word(shown, flow)
    assert by_share is None or by_share.word in ("billet", "圆锭", "liquid")


def test_another_products_file_is_not_imported_and_not_certified(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2.3 of a recycled billet for ingot at 15.947: refused, and barred where it is in already."""
    content = footprint_of()
    content["companyName"] = COUNTERPARTY
    content["productDescription"] = "aluminium extrusion scrap recycling billet"
    content["pcf"] |= dict.fromkeys(FIGURES, "2300")
    path = tmp_path / "billet.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FileFaults) as refused:
        read_supplier_file(path, AT.date(), INGOT)
    assert {(f.code, f.field) for f in refused.value.faults} == {
        ("SUPPLIER_OTHER_GOODS", "productDescription")
    }
    assert "recycled_ingot" in refused.value.faults[0].remedy("en")
    with monkeypatch.context() as before:
        before.setattr("footprint.exchange.importing.foreign_word", lambda *_: None)
        with store.work("buyer") as work:
            words = {"owner": BUYER, "explanation": "figure of the seller"}
            ref = import_supplier(work, read_supplier_file(path, AT.date(), INGOT), **words)
    publish(store, ref)
    result = asked(store, (ref, "1"))
    assert told(result)["SUPPLY_OTHER_GOODS"]["sold_as"] == "scrap (recycled_ingot)"
    barred(store, result, tmp_path / "out")


# ---- state: PCF-SUPPLY-002 ----------------------------------------------------------------------


def _fallen(store: Store, sold: CalculationResult) -> str:
    """Withdraw one of the seller's own factors, as a new ledger does."""
    own = next(pin.factor for pin in sold.result.inputs.pins if pin.level == OWN)
    with store.work("park") as work:
        take_step(work, own.ref, "withdraw", reason="the ledger was read wrong")
    return own.ref


def test_a_sellers_fallen_calculation_is_handed_over_and_taken_no_more(
    store: Store, tmp_path: Path
) -> None:
    sold = calculated(store, RECYCLED, "exporter")
    of_it = made_by(sold.result.calculation, "primary_aluminium")
    factor = product({"co2e": "12"}, **of_it)
    ref = published(store, factor)
    before = asked(store, (ref, "1"))
    assert told(before) == {}
    through = product({"co2e": "13"}, id="next", **made_by(before.result.calculation, "plate"))
    _fallen(store, sold)
    with store.work("exporter") as work, pytest.raises(BadInput, match="CERTIFICATE_FACTOR_STATE"):
        publishable_factor(work, sold.result.calculation)
    with pytest.raises(BadInput, match=r"SUPPLIER_STANDING.*seller\.ingot@1"):
        certified(store, before, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    after = asked(store, (ref, "1"))
    assert told(after)["SUPPLY_NOT_STANDING"]["reason"] == "CERTIFICATE_FACTOR_STATE"
    assert SUPPLIER_OF_OTHER in {reason.name for reason in blocking_reasons(after.result)}
    with store.read("buyer") as session:
        assert standing_fault(session, through) == "CERTIFICATE_SUPPLIER_STANDING"
        assert standing_fault(session, product({"co2e": "12"})) == ""


# ---- period: PCF-SUPPLY-002 ---------------------------------------------------------------------


def test_three_months_do_not_stand_for_a_year(store: Store, tmp_path: Path) -> None:
    ref = published(store, product({"co2e": "9"}, **QUARTER))
    result = asked(store, (ref, "1"))
    assert told(result)["SUPPLY_PART_OF_YEAR"]["theirs"] == "2025-01-01/2025-03-31"
    barred(store, result, tmp_path / "out")


def test_an_old_footprint_gives_way_to_the_one_of_the_year(store: Store, tmp_path: Path) -> None:
    old = published(store, product({"co2e": "9"}, id="seller.old", **IN_2023))
    result = asked(store, (old, "1"))
    assert told(result) == {}  # the only one there is, and still valid
    new = published(store, product({"co2e": "12"}))
    result = asked(store, (old, "1"))
    assert told(result)["SUPPLY_OLDER"]["newer"] == new
    barred(store, result, tmp_path / "out")
    assert told(asked(store, (new, "1"))) == {}


def test_what_could_not_be_taken_is_no_newer_footprint(store: Store) -> None:
    """One of a quarter, another scrap rule, another province, another buyer, or a draft."""
    old = published(store, product({"co2e": "9"}, id="seller.old", **IN_2023))
    for fields in (
        {"id": "quarter", **QUARTER},
        {"id": "ruled", "scrap_rule": "pre-consumer-mass"},
        {"id": "elsewhere", "geography": "CN-XJ"},
        {"id": "kept", "redistribution": "owner"},
        {"id": "goods", "flow": "recycled_ingot"},
    ):
        published(store, product({"co2e": "12"}, **fields))
    assert told(asked(store, (old, "1"))) == {}


# ---- the average: PCF-SUPPLY-002 ----------------------------------------------------------------


def test_no_average_stands_for_a_seller_known_to_be_higher(store: Store, tmp_path: Path) -> None:
    """The national average is 15.947: a seller at 19 is not that, one at 12 may be."""
    assert asked(store).result.supply is None
    good = published(store, product({"co2e": "12"}, id="seller.good"))
    assert asked(store).result.supply is None
    with store.work("park") as work:
        take_step(work, good, "withdraw", reason="replaced")
    bad = published(store, product({"co2e": "19"}))
    result = asked(store)
    found = told(result)["SUPPLY_AVERAGE_LOWER"]
    assert (found["footprint"], found["supplier"]) == (bad, COUNTERPARTY)
    assert (found["value"], found["average"]) == ("19000", "15950")
    barred(store, result, tmp_path / "out")
    assert "SUPPLY_AVERAGE_LOWER" in told(asked(store, (NATIONAL, "1")))
    assert told(asked(store, (bad, "1"))) == {}


# ---- place: PCF-SUPPLY-002 ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("CN-YN", "CN-YN", True),
        ("CN-YN", "CN", True),
        ("CN", "CN-XJ", True),
        ("CN-YN", "CN-XJ", False),
        ("CN", "AU", False),
        ("GLO", "CN-YN", True),
        ("Asia", "CN-YN", True),
    ],
)
def test_a_country_holds_its_provinces(one: str, other: str, alike: bool) -> None:
    assert may_be_of(one, other) is may_be_of(other, one) is alike


def of_place(place: str, share: str, name: str = "Trader") -> Footprint:
    factor: Factor = product({"co2e": "9"}, id=f"of.{place.lower()}", geography=place)
    return Footprint(factor, frozenset({name}), D(share))


HALVES = {"CN-YN": D("0.5"), "CN-XJ": D("0.5")}


@pytest.mark.parametrize(
    ("origins", "taken", "faults"),
    [
        (HALVES, [("CN-YN", "1")], {"CN-YN"}),
        (HALVES, [("CN-YN", "0.5"), ("CN-XJ", "0.5")], set()),
        (HALVES, [("CN-YN", "0.504"), ("CN-XJ", "0.496")], set()),
        (HALVES, [("CN-YN", "0.8"), ("CN-XJ", "0.2")], {"CN-YN", "CN-XJ"}),
        (HALVES, [("CN-YN", "0.8"), ("CN", "0.2")], {"CN-YN", "CN-XJ"}),
        (HALVES, [("CN", "1")], set()),
        ({"CN-XJ": D(1)}, [("CN-YN", "1")], {"CN-YN"}),
        ({"CN-XJ": D("0.5")}, [("CN-YN", "0.5"), ("CN-XJ", "0.5")], set()),
        ({}, [("CN-YN", "1")], set()),
    ],
)
def test_places_agree_by_share(
    origins: dict[str, Decimal], taken: list[tuple[str, str]], faults: set[str]
) -> None:
    sellers = [Seller("Trader", D(1), ("F2",), origins), Seller("Other", D(0), (), {"AU": D(1)})]
    found = list(other_places(INGOT, sellers, [of_place(*item) for item in taken]))
    assert {item.params["place"] for item in found} == faults
    assert all(item.params["supplier"] == "Trader" for item in found)


def test_metal_of_one_province_takes_no_footprint_of_another(store: Store, tmp_path: Path) -> None:
    ref = published(store, product({"co2e": "4.6"}, geography="CN-XJ"))
    result = asked(store, (ref, "1"))
    found = told(result)["SUPPLY_OTHER_PLACE"]
    assert (found["place"], found["origins"]) == ("CN-XJ", "CN-YN 1")
    barred(store, result, tmp_path / "out")


def test_the_honest_plant_is_certified(store: Store, tmp_path: Path) -> None:
    result = asked(store, (published(store, product({"co2e": "12"})), "1"))
    assert told(result) == {}
    assert certified(store, result, tmp_path / "out")
