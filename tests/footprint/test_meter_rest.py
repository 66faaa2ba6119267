"""Power behind the main meter that no process counts: carried by the products, or named and barred.

System under test: the example extruder with one main meter of electricity, read at month ends, 3 %
above what its processes took: ledger → derivation → calculation → account → closure → certificate.
By hand: before, plant 9.559882205954 kg CO2e/kg of profile; the rest is 0.03 x the year's kWh x the
grid (life cycle + delivery) over the tonnes packed, read from the rows and the release here.
Rules: DER-METER-004, PCF-CLOSURE-001.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from plant_cases import (
    EXACTLY,
    Plant,
    account_t_co2e,
    assert_equal,
    calculated,
    metered,
    per_kg,
    study_of,
)

from factor_db.foundation.errors import Incomplete
from factor_db.store.work import Store
from footprint.certificate.certifiable import require_certifiable
from footprint.words.closure import closure_line

SHARE = Decimal("0.03")


def expected(store: Store, plant: Plant, folder: Path, share: Decimal = SHARE) -> Fraction:
    """Return the account by hand, with `share` more power than the processes count."""
    ledger = plant.check(folder).ledger
    assert ledger is not None
    power = [row for row in ledger.rows if row.flow == "electricity"]
    packed = Fraction(plant.total("profile_packing", "extrusion"))
    rest = Fraction(share) * account_t_co2e(store, power) / packed
    return per_kg(store, plant, folder, "profile_packing") + rest


def test_the_products_carry_what_the_main_meter_counts_beyond_the_processes(
    store: Store, tmp_path: Path
) -> None:
    plant = metered(SHARE)
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert_equal(result, expected(store, plant, tmp_path))
    document = result.document
    rows = [row for row in document["contributions"] if row["process"] == "site_services"]
    assert {row["flow"] for row in rows} == {"electricity"}
    closure = document["closure"]
    assert closure["closed"], closure["reasons"]
    assert closure["left_out"] == {"share": "0", "flows": []}
    assert not [line for line in closure["lines"] if line["kind"] == "main_meter"]


def test_services_that_the_ledger_runs_carry_the_rest_beside_their_own(
    store: Store, tmp_path: Path
) -> None:
    plant = metered(SHARE)
    packed = plant.total("profile_packing", "extrusion")
    plant.add("site_services", "site_services", packed, role="product")
    plant.add("site_services", "water", 12000)
    plant.add("profile_packing", "site_services", packed)
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert_equal(result, expected(store, plant, tmp_path))
    assert result.document["closure"]["left_out"]["flows"] == []


@pytest.mark.parametrize(("share", "closed"), [("0.03", False), ("0.009", True)])
def test_services_stated_as_none_leave_the_rest_to_nobody_named_with_its_share(
    store: Store, tmp_path: Path, share: str, closed: bool
) -> None:
    # 3 % more than the processes is 3/103 of the main meter, 2.9126 %; 0.9 % is 0.9/100.9, 0.892 %.
    plant = metered(Decimal(share), services="none")
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site)).result
    document = result.record()
    (flow,) = document["closure"]["left_out"]["flows"]
    assert (flow["kind"], flow["flow"]) == ("main_meter", "electricity")
    of_meter = Fraction(Decimal(share)) / (1 + Fraction(Decimal(share)))
    assert abs(Fraction(flow["of_meter"]) - of_meter) < EXACTLY
    assert document["closure"]["closed"] is closed
    if not closed:
        (reason,) = document["closure"]["reasons"]
        assert reason["code"] == "CLOSURE_MAIN_METER"
        assert reason["params"]["share"] == "2.9126"
        assert "meters!" in reason["params"]["cells"]
        with pytest.raises(Incomplete):
            require_certifiable(result)
    assert result.closure is not None
    for lang in ("zh", "en"):
        said = closure_line(result.closure, lang)
        assert {"zh": "结果未包括", "en": "left out of the result"}[lang] in said
