"""A whole plant that sells its billet and buys it back: shown, and never certified where it sheds.

System under test: ledger → publication → calculation → closure → what a certificate asks first. The
example extruder sells 0.3 of its homogenised billet to a firm and heats as much bought billet, with
a figure of 1 t CO2e/t where its own billet carries several. From a peer that took none it is trade where its inspection certificate is named, and the words stand with
the result.
So it is where the billet was sold in 2024 and is bought, of the same firm, in 2025.
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

TOLLER, PEER = "佛山某铝加工有限公司", "云南某铝业有限公司"
MAKER = "质保书 2025-118.pdf"
HOMOGENISED = ("billet_homogenising", "homogenised_billet")
BOUGHT = ("billet_heating", "purchased_billet")


def selling(bought_from: str = "", evidence: str = "") -> Plant:
    """Return a plant that sells 0.3 of its billet to the toller and buys as much of somebody."""
    plant = Plant("extrusion_plant")
    plant.part(*HOMOGENISED, "0.3", to=HOMOGENISED, role="co-product", counterparty=TOLLER)
    texts = {"counterparty": bought_from, "origin": "CN-CQ", "evidence": evidence}
    plant.part("billet_heating", "homogenised_billet", "0.3", to=BOUGHT, **texts)
    return plant


def study(site: str) -> Study:
    said = {"billet/cradle_to_gate": Decimal(1000)}
    return replace(study_of("extrusion", site), overrides=said, accept_doubts=True)


def test_billet_bought_back_of_whom_took_it_is_refused(store: Store, tmp_path: Path) -> None:
    site = selling(TOLLER).publish(store, tmp_path, "mass")
    result = calculated(store, study(site))
    (reason,) = result.document["closure"]["reasons"]
    assert reason["code"] == "CLOSURE_METAL_RETURNED"
    assert reason["params"]["sold"] == reason["params"]["bought"] == reason["params"]["amount"]
    with pytest.raises(Incomplete) as caught:
        require_certifiable(result.result.model_copy(update={"estimate": False}))
    assert "NOT_CLOSED" in caught.value.code
    assert reason["params"]["share"] in caught.value.params["items"]


def test_billet_of_a_peer_is_trade(store: Store, tmp_path: Path) -> None:
    site = selling(PEER, MAKER).publish(store, tmp_path, "mass")
    closure = calculated(store, study(site)).document["closure"]
    assert closure["closed"] is True, closure["reasons"]
    assert closure["sold_metal"]["flows"][0]["flow"] == "homogenised_billet"
    stated = [item for item in closure["departures"]["explained"] if item["explanation"] == MAKER]
    assert {(item["code"], item["process"], item["flow"]) for item in stated} == {
        ("CLOSURE_METAL_UNSHOWN", *BOUGHT)
    }
    assert len(stated) == len({item["period"] for item in stated}) == 12


def test_billet_of_a_peer_without_a_document_of_its_maker_is_refused(
    store: Store, tmp_path: Path
) -> None:
    """A firm may stand between toller and plant."""
    site = selling(PEER).publish(store, tmp_path, "mass")
    (reason,) = calculated(store, study(site)).document["closure"]["reasons"]
    assert reason["code"] == "CLOSURE_METAL_UNSHOWN"


def test_billet_sold_the_year_before_is_refused_in_the_year_it_comes_back(
    store: Store, tmp_path: Path
) -> None:
    plant = selling(TOLLER, MAKER)
    for row in plant.rows:
        if row["role"] == "co-product":
            row["counterparty"] = PEER
    site = plant.publish(store, tmp_path, "mass")
    assert calculated(store, study(site)).document["closure"]["closed"] is True
    before = selling(PEER)
    before.site |= {"period_start": date(2024, 1, 1), "period_end": date(2024, 12, 31)}
    for row in before.rows:
        row["period"] = row["period"].replace("2025", "2024")
        row["evidence"] = row["instrument"] = ""
    with store.work("exporter") as work:
        assert import_ledger(work, before.explained(tmp_path)).sha256
    (reason,) = calculated(store, study(site)).document["closure"]["reasons"]
    assert reason["code"] == "CLOSURE_METAL_RETURNED"
    assert reason["params"]["sold_cells"].startswith("2024-01: ledger!")
