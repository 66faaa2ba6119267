"""A study of one alloy takes the site's factors of that alloy where there are any.

System under test: 10 kWh/t over all plate sawn, 12 kWh/t for 6061-T651, 8 kWh/t for 5083-O. Asked
for 6061-T651 the answer is 12, for nothing 10, for an alloy without a factor of its own 10.
On the example plate mill: packing takes e kWh/t; a factor of 6061-T651 with e + 1 kWh/t adds
0.001 kWh per kg, times 0.6104 kg/kWh, to the study of that alloy and nothing to the general one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import plain
from factor_db.foundation.errors import BadInput
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.figures.recompute import recompute
from footprint.result.document import read_result
from footprint.study.definition import Study, default_study, read_study
from lca_models.system.formula import Slot
from lca_models.system.resolve import OWN, Pin, Resolver, Where, misfit

SLOT = Slot("plate_sawing", "electricity", "inventory", "kWh/t")
PERIOD = ("2025-01-01", "2025-12-31")
HERE = Where("S", "CN-CQ", *PERIOD)
PACKING = "cq-plate.2025.plate_packing.electricity"


def own(value: int, product: str = "", **changes: Any) -> Factor:
    record: dict[str, Any] = {
        "id": f"s.2025.sawing.{value}", "version": 1, "kind": "inventory", "name_zh": "电", "name_en": "power",
        "process": SLOT.process, "flow": SLOT.flow, "product": product, "quantity": "inventory",
        "unit": "kWh/t", "amounts": {"value": str(value)}, "geography": "CN-CQ", "data_year": 2025,
        "period_start": PERIOD[0], "period_end": PERIOD[1], "data_type": "measured",
        "source": {"citation": "ledger"}, "licence": "own", "redistribution": "owner",
        "confidence": "D", "owner": "O", "site": "S",
    }  # fmt: skip
    return Factor.model_validate({**record, **changes})


FACTORS = (own(10), own(12, "6061-T651"), own(8, "5083-O"))


@pytest.mark.parametrize(
    ("product", "value"),
    [("", 10), ("6061-T651", 12), (" 6061-t651", 12), ("5083-O", 8), ("7075-T6", 10)],
)
def test_the_product_asked_for_is_preferred(product: str, value: int) -> None:
    for factors in (FACTORS, FACTORS[::-1]):
        pin = Resolver(factors, replace(HERE, product=product)).pin(SLOT)
        assert pin is not None
        assert (pin.level, pin.value()) == (OWN, value)


def test_a_factor_of_another_product_never_fits() -> None:
    assert Resolver([own(12, "6061-T651")], HERE).pin(SLOT) is None
    assert (
        misfit(Pin(SLOT, own(12, "6061-T651"), OWN), replace(HERE, product="5083-O")) == "product"
    )
    assert misfit(Pin(SLOT, own(12, "6061-T651"), OWN), HERE) == "product"
    assert misfit(Pin(SLOT, own(10), OWN), replace(HERE, product="5083-O")) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_until": "2025-01-01"}, None),  # it still held on the period's first day
        ({"valid_until": "2024-12-31"}, "valid_until"),
        ({"valid_until": ""}, None),
        ({"data_year": 2025}, None),
        ({"data_year": 2026}, "data_year"),
    ],
)
def test_a_factor_holds_to_the_last_of_its_days_and_is_no_younger_than_the_period(
    changes: dict[str, Any], reason: str | None
) -> None:
    """A published factor in a study of 2025-01-01 to 2025-12-31."""
    slot = Slot("", "electricity", "life_cycle", "kg/kWh")
    general: dict[str, Any] = {
        "kind": "emission", "quantity": "life_cycle", "unit": "kg/kWh", "process": "", "site": "",
        "amounts": {"co2": "0.6"}, "owner": "",
    }  # fmt: skip
    factor = own(1, **general, **changes)
    assert misfit(Pin(slot, factor, "CN-CQ"), HERE) == reason
    assert (Resolver([factor], HERE).pin(slot) is not None) == (reason is None)


INGOT = Slot("", "primary_ingot", "cradle_to_gate", "kg/kg")


def footprint_of(name: str, value: int, **changes: Any) -> Factor:
    return own(
        value, id=name, kind="product", process="", flow="primary_ingot", quantity="cradle_to_gate",
        unit="kg/kg", amounts={"co2e": str(value)}, gwp_set="AR6", **changes,
    )  # fmt: skip


def test_a_blend_of_two_sellers_by_hand() -> None:
    # 0.75 x 8 + 0.25 x 16 = 10.
    parts = [(footprint_of("a", 8), Decimal("0.75")), (footprint_of("b", 16), Decimal("0.25"))]
    pin = Resolver([], HERE, suppliers={"primary_ingot": parts}).pin(INGOT)
    assert pin is not None
    assert pin.factor.amounts == {"co2e": 10}
    assert pin.parts == tuple(parts)
    (one,) = parts[:1]
    alone = Resolver([], HERE, suppliers={"primary_ingot": [(one[0], Decimal(1))]}).pin(INGOT)
    assert alone == Pin(INGOT, one[0], "supplier")


@pytest.mark.parametrize("changes", [{"data_year": 2026}, {"valid_until": "2024-12-31"}])
def test_each_seller_of_a_blend_must_fit(changes: dict[str, Any]) -> None:
    """A seller's figure of another time is refused by its name, alone and in a blend."""
    wrong = footprint_of("wrong", 8, **changes)
    for parts in (
        [(wrong, Decimal(1))],
        [(footprint_of("right", 16), Decimal("0.5")), (wrong, Decimal("0.5"))],
    ):
        with pytest.raises(BadInput, match="SUPPLIER_MISFIT") as caught:
            Resolver([], HERE, suppliers={"primary_ingot": parts}).pin(INGOT)
        assert caught.value.params["ref"] == wrong.ref
        assert caught.value.params["reason"] == next(iter(changes))


def test_two_factors_of_one_product_are_a_tie() -> None:
    twice = [*FACTORS, own(13, "6061-t651")]
    with pytest.raises(BadInput, match="SLOT_TIE"):
        Resolver(twice, replace(HERE, product="6061-T651")).pin(SLOT)


def test_a_study_states_its_product_and_one_that_does_not_keeps_its_record(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('product = "plate"\nproduct_code = "6061-T651"\n', encoding="utf-8")
    study = read_study(path)
    assert study.product_code == "6061-T651"
    assert study.record()["product_code"] == "6061-T651"
    assert Study.from_record(study.record()) == study
    assert "product_code" not in default_study("plate").record()
    assert Study.from_record(plain(default_study("plate").record())) == default_study("plate")


@pytest.fixture
def mill(published_home: Path, tmp_path: Path) -> Iterator[Store]:
    """The example plate mill, with one more factor: packing of 6061-T651 takes 1 kWh/t more."""
    copied = tmp_path / "home"
    shutil.copytree(published_home, copied)
    store = Store.at(copied)
    with store.work("admin") as work:
        record = load_factor(find_version(work.session, PACKING)).record()
        more = Decimal(record["amounts"]["value"]) + 1
        of_alloy = {
            "id": f"{PACKING}.6061-t651",
            "product": "6061-T651",
            "amounts": {"value": str(more)},
        }
        add_factor(work, Factor.model_validate({**record, **of_alloy}), state="published")
    yield store
    store.close()


def test_a_calculation_of_one_alloy(mill: Store) -> None:
    plate = default_study("plate")
    with mill.read() as session:
        general = calculate_study(session, plate)
        alloy = calculate_study(session, replace(plate, product_code="6061-T651"))
        with pytest.raises(BadInput, match="PRODUCT_CODE_UNKNOWN") as caught:
            calculate_study(session, replace(plate, product_code="6061-T4"))
    assert caught.value.params["known"] == "6061-T651"
    assert alloy.nominal.total - general.nominal.total == Decimal("0.001") * Decimal("0.6104")
    assert f"{PACKING}@1" in {pin.factor.ref for pin in general.nominal.pins}
    assert f"{PACKING}.6061-t651@1" in {pin.factor.ref for pin in alloy.nominal.pins}
    assert alloy.document["result_hash"] != general.document["result_hash"]
    document = json.loads(json.dumps(alloy.document))
    assert recompute(read_result(document)).result_hash == alloy.document["result_hash"]
    del document["inputs"]["study"]["product_code"]
    with pytest.raises(BadInput, match="PIN_MISFIT"):
        recompute(read_result(document))
