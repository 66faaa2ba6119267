"""Energy booked on a co-product, or on a code that a sister product is made of: counted and bounded.

Systems under test: the recycling plant (45 000 t of ingot packed, 125 000 t of liquid alloy) whose
refining pours 5 % of its metal over the fence as the co-product L: ledger → derivation by mass →
calculation → closure. By hand:

- Gas and power of refining all booked on L: the product takes 0 where it made 95 % of the tonnes.
  At the mean it would carry 95 % of both, which is what it carries where nothing is booked on L.
- e of the gas on L, the rest on none: L takes e / 0.05 + (1 - e) of the mean, the product 1 - e:
  double at e = 1/21 = 0.0476.
- By cause: every flow 5 : 95, of gas 1 % with a code, 0.9 on L and 0.1 on the product, so nine
  tenths of the 99 % that have none follow: the product takes 0.1 of the gas, at the mean 0.95.
- Two codes of refined metal, 45 : 125, that two products are made of; 0.9 of the gas on that of the liquid,
  the rest on none.

Rules: AL-CODE-001, PCF-DEPARTURE-001, DER-ALLOC-002.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from plant_cases import EXACTLY, Plant, calculated, study_of

from factor_db.foundation.errors import Incomplete
from factor_db.ledger.products.energy import Made, compared
from factor_db.store.work import Store
from footprint.certificate.certifiable import require_certifiable
from footprint.result.document import read_result

CO_PRODUCT, PRODUCT = "ADC12-L", "ADC12"
ENERGY = ("natural_gas", "electricity")
AFTER = ("ingot_casting", "ingot_packing", "liquid_delivery")


def pouring(share: str = "0.05") -> Plant:
    """Return the plant whose refining sells a share of its metal as liquid alloy."""
    plant = Plant("recycling_plant")
    metal = ("refining", "liquid_alloy")
    plant.part("refining", "refined_metal", share, to=metal, product=CO_PRODUCT)
    for row in plant.of(*metal):
        row["role"] = "co-product"
    for row in plant.rows:
        if row["process"] in AFTER and "." not in row["flow"]:
            row["amount"] = str(Decimal(row["amount"]) * (1 - Decimal(share)))
    return plant


def book(plant: Plant, flow: str, share: str, *, on: str = CO_PRODUCT) -> None:
    """Book a share of what refining takes of a flow on a code; the rest stays as it was."""
    plant.part("refining", flow, share, to=("refining", flow), product=on)


def document_of(
    store: Store, plant: Plant, folder: Path, method: str = "mass", code: str = ""
) -> Any:
    site = plant.publish(store, folder, method)
    return calculated(store, study_of("recycled_ingot", site, product_code=code)).document


def total(document: Any) -> Fraction:
    return Fraction(document["total"]["value"])


def lowered(document: Any) -> Fraction:
    return Fraction(document["closure"]["departures"]["share"])


def doubts(plant: Plant, folder: Path) -> list[str]:
    found = plant.check(folder).findings
    return [item.cell for item in found if item.code == "LEDGER_PRODUCT_ENERGY"]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory, founded_home: Path) -> Any:
    """The result of the plant that books nothing on its co-product."""
    folder = tmp_path_factory.mktemp("honest")
    shutil.copytree(founded_home, folder / "home")
    with closing(Store.at(folder / "home")) as store:
        return document_of(store, pouring(), folder)


def test_energy_booked_on_a_co_product_is_what_the_product_would_carry_at_the_mean(
    store: Store, tmp_path: Path, honest: Any
) -> None:
    assert honest["closure"]["departures"]["effects"] == []
    plant = pouring()
    for flow in ENERGY:
        book(plant, flow, "1")
    assert len(doubts(plant, tmp_path)) == len(ENERGY)
    document = document_of(store, plant, tmp_path)
    effects = document["closure"]["departures"]["effects"]
    assert {(item["process"], item["flow"]) for item in effects} == {
        ("refining", flow) for flow in ENERGY
    }
    assert lowered(document) > Fraction(8, 100)
    assert abs(total(document) * (1 + lowered(document)) / total(honest) - 1) < EXACTLY
    (reason,) = document["closure"]["reasons"]
    assert reason["code"] == "CLOSURE_DEPARTURES"
    assert "ledger!" in reason["params"]["cells"]
    with pytest.raises(Incomplete):
        require_certifiable(read_result(document))


def test_a_co_product_at_double_is_not_doubted_and_little_beyond_is_told(
    store: Store, tmp_path: Path, honest: Any
) -> None:
    below, beyond = pouring(), pouring()
    book(below, "natural_gas", "0.0476")
    book(beyond, "natural_gas", "0.048")
    assert doubts(below, tmp_path) == []
    assert doubts(beyond, tmp_path)
    document = document_of(store, beyond, tmp_path)
    assert document["closure"]["closed"], document["closure"]["reasons"]
    assert 0 < lowered(document) < Fraction(2, 100)
    assert abs(total(document) * (1 + lowered(document)) / total(honest) - 1) < EXACTLY


def test_a_key_by_cause_is_followed_to_where_it_leads(
    store: Store, tmp_path: Path, honest: Any
) -> None:
    plant = pouring()
    for row in plant.of("refining", "refined_metal"):
        row["product"] = PRODUCT
    inputs = {row["flow"] for row in plant.rows if row["process"] == "refining"}
    for flow in sorted(inputs - {"refined_metal", "liquid_alloy", "natural_gas"}):
        if "." not in flow:
            book(plant, flow, "0.05")
            for row in plant.of("refining", flow):
                row["product"] = row["product"] or PRODUCT
    gas = plant.of("refining", "natural_gas")
    book(plant, "natural_gas", "0.009")
    for row in gas:
        plant.rows.append(row | {"product": PRODUCT, "amount": str(Decimal(row["amount"]) / 991)})
        row["amount"] = str(Decimal(row["amount"]) * 990 / 991)
    document = document_of(store, plant, tmp_path, "causal")
    (effect,) = document["closure"]["departures"]["effects"]
    assert (effect["process"], effect["flow"]) == ("refining", "natural_gas")
    assert lowered(document) > Fraction(2, 100)
    assert abs(total(document) * (1 + lowered(document)) / total(honest) - 1) < EXACTLY
    assert [item["code"] for item in document["closure"]["reasons"]] == ["CLOSURE_DEPARTURES"]


def test_two_products_of_two_codes_of_one_step_are_held_alike(store: Store, tmp_path: Path) -> None:
    plant = Plant("recycling_plant")
    part = str(Decimal(125) / Decimal(170))
    for flow in ("molten_metal", "refined_metal"):
        book(plant, flow, part, on=CO_PRODUCT)
        for row in plant.of("refining", flow):
            row["product"] = row["product"] or PRODUCT
    book(plant, "natural_gas", "0.9", on=CO_PRODUCT)
    for process, code in (("ingot_packing", PRODUCT), ("liquid_delivery", CO_PRODUCT)):
        for row in plant.rows:
            if row["process"] == process and row["role"] == "product" and "." not in row["flow"]:
                row["product"] = code
    document = document_of(store, plant, tmp_path, code=PRODUCT)
    whole = calculated(store, study_of("recycled_ingot", "CQ-CASE")).document
    assert lowered(document) > Fraction(2, 100)
    assert abs(total(document) * (1 + lowered(document)) / total(whole) - 1) < EXACTLY
    assert "CLOSURE_DEPARTURES" in [item["code"] for item in document["closure"]["reasons"]]


def test_only_aluminium_beside_aluminium_is_a_peer() -> None:
    product = Made("product", "refined_metal", "")
    metal = Made("co-product", "liquid_alloy", "l")
    dross = Made("co-product", "dross_treated", "d")
    assert compared([product, metal, dross]) == (product, metal)
