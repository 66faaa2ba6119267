"""A whole plant that sells its scrap and buys it back: shown, and never certified where it sheds.

System under test: ledger → publication → calculation → closure → what a certificate asks first. The
example extruder books the 6000 t scrap of its press as sold to a dealer and what it charges of it
as pre-consumer scrap bought from another. By hand, with that scrap free (cut-off) nothing changes:
9.559882 kg CO2e/kg as in the example. Under `co-product` the default for scrap without a figure is
primary ingot, more than any scrap took: too high, and nothing is shed. At a figure of 3 it is a
number, and none to certify (rule PCF-SCRAP-RETURN-001). So it is where the plant sold its scrap in
2024, keeps its own of 2025 and buys in 2025.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from plant_cases import Plant, calculated, study_of

from factor_db.foundation.errors import Incomplete
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.work import Store
from footprint.certificate.certifiable import require_certifiable
from footprint.study.definition import Study

DEALER, MIDDLEMAN = "佛山某再生", "云南某铝业有限公司"
RETURNED = "CLOSURE_SCRAP_RETURNED"
STEPS = ("extruding", "profile_stretching")


def selling(plant: Plant) -> Plant:
    """Return a plant with the scrap of its press sold to the dealer, none of it charged."""
    for process in STEPS:
        sold = (process, "internal_scrap")
        plant.part(*sold, "1", to=sold, role="co-product", counterparty=DEALER)
    return plant


def bought_back() -> Plant:
    plant = selling(Plant("extrusion_plant"))
    bought = ("charging", "scrap_pre_consumer")
    kind = {"scrap_type": "offcuts", "origin": "CN-CQ"}
    plant.part("charging", "internal_scrap", "1", to=bought, counterparty=MIDDLEMAN, **kind)
    for row in (*plant.of(*bought), *plant.of("charging", "scrap_post_consumer")):
        row["counterparty"] = row["counterparty"] or MIDDLEMAN
    plant.drop("charging", "internal_scrap")
    plant.add("charging", "internal_scrap", "0")
    return plant


def burdened(study: Study, kg_per_t: str = "") -> Study:
    """Return a study under `co-product`, with what a seller says that scrap carries."""
    choices = replace(study.choices, scrap_rule="co-product")
    said = {"scrap_pre_consumer/cradle_to_gate": Decimal(kg_per_t)} if kg_per_t else {}
    return replace(study, choices=choices, overrides=said, accept_doubts=True)


def test_scrap_bought_back_is_refused_where_it_sheds_burden(store: Store, tmp_path: Path) -> None:
    site = bought_back().publish(store, tmp_path)
    study = study_of("extrusion", site)
    result = calculated(store, study)
    assert float(result.nominal.total) == pytest.approx(9.559882205954, rel=1e-12)
    assert result.document["closure"]["closed"] is True, result.document["closure"]["reasons"]
    dear = calculated(store, burdened(study))
    assert dear.document["closure"]["closed"] is True, dear.document["closure"]["reasons"]
    shed = calculated(store, burdened(study, "3000"))
    (reason,) = shed.document["closure"]["reasons"]
    assert reason["code"] == RETURNED
    assert reason["params"]["sold"] == "6000"
    with pytest.raises(Incomplete) as caught:
        require_certifiable(shed.result.model_copy(update={"estimate": False}))
    assert "NOT_CLOSED" in caught.value.code
    assert reason["params"]["share"] in caught.value.params["items"]


def test_scrap_sold_the_year_before_is_refused_in_the_year_it_comes_back(
    store: Store, tmp_path: Path
) -> None:
    plant = Plant("extrusion_plant")
    study = burdened(study_of("extrusion", plant.publish(store, tmp_path)), "3000")
    alone = calculated(store, study)
    assert alone.document["closure"]["closed"] is True, alone.document["closure"]["reasons"]
    before = selling(Plant("extrusion_plant"))
    ingot = plant.total("charging", "internal_scrap") + plant.total("charging", "primary_ingot")
    before.drop("charging", "internal_scrap")
    before.drop("charging", "primary_ingot")
    before.add("charging", "internal_scrap", "0")
    before.add("charging", "primary_ingot", ingot, counterparty=MIDDLEMAN, origin="CN-CQ")
    before.site |= {"period_start": date(2024, 1, 1), "period_end": date(2024, 12, 31)}
    for row in before.rows:
        row["period"] = row["period"].replace("2025", "2024")
        row["evidence"] = row["instrument"] = ""
    with store.work("exporter") as work:
        assert import_ledger(work, before.explained(tmp_path)).sha256
    (reason,) = calculated(store, study).document["closure"]["reasons"]
    assert reason["code"] == RETURNED
    assert "2024-01: ledger!" in reason["params"]["sold_cells"]
