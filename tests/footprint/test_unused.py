"""Readings that are in nobody's footprint bar the result; those of another product do not.

System under test: the example plants with rows added, calculated. Site services of 100 000 kWh that
the packing row does not mention are refused at the gate; with one tonne served per tonne packed
they are in the account. A temper chosen against the ledger leaves the cut profile out, and is refused by name.
On one site ingot, liquid alloy and dross service each leave the others' steps alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from plant_cases import Plant, assert_equal, calculated, per_kg, study_of

from factor_db.foundation.errors import Incomplete
from factor_db.store.work import Store
from lca_models.system.unit_process import Choices


def with_services(*, served: bool) -> Plant:
    plant = Plant("extrusion_plant")
    plant.add("site_services", "electricity", "100000")
    plant.add("site_services", "site_services", "19000")
    if served:
        plant.add("profile_packing", "site_services", "19000")
    return plant


def unused(store: Store, study: object) -> str:
    with pytest.raises(Incomplete) as caught:
        calculated(store, study)  # type: ignore[arg-type]
    assert caught.value.code == "FIELD_DATA_UNUSED"
    return str(caught.value.params["factors"])


def test_forgotten_site_services_are_named(tmp_path: Path) -> None:
    """They would be in no product's footprint, so they do not even pass the gate."""
    (finding,) = with_services(served=False).check(tmp_path).errors
    assert (finding.code, finding.value) == ("LEDGER_SERVICES_MISSING", "profile_packing")
    assert all(word in finding.message("en") for word in ("profile_packing", "site_services"))
    assert with_services(served=True).check(tmp_path).errors == ()


def test_services_that_are_served_are_in_the_account(store: Store, tmp_path: Path) -> None:
    plant = with_services(served=True)
    site = plant.publish(store, tmp_path)
    account = per_kg(store, plant, tmp_path, "profile_packing")
    assert_equal(calculated(store, study_of("extrusion", site)), account)


def test_a_temper_against_the_ledger_is_refused_by_name(store: Store, tmp_path: Path) -> None:
    plant = Plant("extrusion_plant")
    cut = ("profile_packing", "cut_profile")
    plant.part("profile_ageing", "cut_profile", "0.4", to=cut)
    for flow in ("aged_profile", "natural_gas", "electricity"):
        plant.scale("profile_ageing", flow, "0.6")
    plant.scale("profile_packing", "aged_profile", "0.6")
    site = plant.publish(store, tmp_path)
    chosen = study_of("extrusion", site, choices=Choices(temper="T5"))
    assert unused(store, chosen) == "cq-case.2025.profile_packing.cut_profile@1"


@pytest.mark.parametrize("product", ["recycled_ingot", "liquid_alloy", "dross_service"])
def test_another_products_steps_are_excused(demo_store: Store, product: str) -> None:
    result = calculated(demo_store, study_of(product, "CQ-RECYCLED"))
    assert result.document["unused_field_data"] == []
