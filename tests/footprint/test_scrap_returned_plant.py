"""A whole plant that sells its scrap and buys it back: shown, and never certified where it sheds.

System under test: ledger → publication → calculation → closure → what a certificate asks first. The
example extruder books the 6000 t scrap of its press as sold to a dealer and what it charges of it
as pre-consumer scrap bought from the same. By hand, with that scrap free (cut-off) nothing changes:
9.559882 kg CO2e/kg as in the example. Under `co-product` the default for scrap without a figure is
primary ingot: a number, and none to certify (rule PCF-SCRAP-RETURN-001).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from plant_cases import Plant, calculated, study_of

from factor_db.foundation.errors import Incomplete
from factor_db.store.work import Store
from footprint.certificate.certifiable import require_certifiable

DEALER = "佛山某再生"


def test_scrap_bought_back_is_refused_where_it_sheds_burden(store: Store, tmp_path: Path) -> None:
    plant = Plant("extrusion_plant")
    for process in ("extruding", "profile_stretching"):
        sold = (process, "internal_scrap")
        plant.part(*sold, "1", to=sold, role="co-product", counterparty=DEALER)
    bought = ("charging", "scrap_pre_consumer")
    kind = {"scrap_type": "offcuts", "origin": "CN-CQ"}
    plant.part("charging", "internal_scrap", "1", to=bought, counterparty=DEALER, **kind)
    for row in (*plant.of(*bought), *plant.of("charging", "scrap_post_consumer")):
        row["counterparty"] = row["counterparty"] or "云南某铝业有限公司"
    plant.drop("charging", "internal_scrap")
    plant.add("charging", "internal_scrap", "0")
    site = plant.publish(store, tmp_path)
    study = study_of("extrusion", site)
    result = calculated(store, study)
    assert float(result.nominal.total) == pytest.approx(9.559882205954, rel=1e-12)
    assert result.document["closure"]["closed"] is True, result.document["closure"]["reasons"]
    shed = calculated(
        store, replace(study, choices=replace(study.choices, scrap_rule="co-product"))
    )
    (reason,) = shed.document["closure"]["reasons"]
    assert reason["code"] == "CLOSURE_SCRAP_RETURNED"
    assert reason["params"]["party"] == DEALER
    with pytest.raises(Incomplete) as caught:
        require_certifiable(shed.result.model_copy(update={"estimate": False}))
    assert "NOT_CLOSED" in caught.value.code
    assert DEALER in caught.value.params["items"]
