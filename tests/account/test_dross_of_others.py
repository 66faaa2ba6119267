"""Own dross treated here, dross handed over and dross of others: what the melt carries of each.

System: a mill of one tonne of plate per tonne of charge; ingot at 10 t CO2e/t; its furnace uses
300 kg salt at 1 kg CO2e/kg per tonne of dross, so 0.3 t CO2e/t, and gives 0.5 t metal per tonne;
dross treated elsewhere costs 2 t CO2e/t. Every plant charges 100 t and makes 100 t plate and 10 t
dross. By hand, t CO2e:

all own       fed 10, 5 t metal charged: 95 x 10 + 10 x 0.3                      = 953.0 → 9.530
half away     fed 6, 3 t charged: 97 x 10 + 6 x 0.3 + 4 x 2                      = 979.8 → 9.798
service       fed 30, 5 t charged: 953 for the plate, 20 x 0.3 = 6 for the owners, who get 10 t metal
taken in      fed 30, 15 t charged: the 20 t of others gave 10 t: 85 x 10 + 30 x 0.3 = 859 → 8.590
partly        fed 30, 9 t charged: 4 t beyond own metal are of 8 t dross: 91 x 10 + 18 x 0.3 = 915.4;
              12 x 0.3 = 3.6 for the owners of the rest
named         10 made, 4 of them handed over to somebody; 10 fed, 4 of them from somebody; 3 t charged:
              plate as half away 979.8, owners 4 x 0.3 = 1.2
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from plants import Plant, worths

from factor_db.foundation.canonical import canonical_json, strict_json
from footprint.judgement.verdict import reasons_against
from footprint.result.record import CodedText
from footprint.study.definition import Study
from lca_models.system.unit_process import Choices

EXACTLY = Decimal("1E-24")
SOMEBODY = "Waste Co"


def mill(*, fed: int, charged: int, made: int = 10, given_back: str = "") -> Plant:
    """A mill with a furnace; `fed` t dross go in, `charged` t recovered metal into the melt."""
    plant = Plant()
    plant.values = worths(
        primary_ingot__cradle_to_gate=10000, flux_salt__upstream=1, dross__treatment=2000
    )
    plant.values |= worths(**{"natural_gas.net_calorific_value__property": 36})
    plant.values |= worths(**{"diesel.net_calorific_value__property": 43})
    plant.step("charging", 100, primary_ingot=100 - charged, recovered_metal=charged)
    plant.step("melting", 100, charge_metal=100, dross=made)
    salt, metal = 300 * fed, given_back or Decimal(fed) / 2
    plant.step("dross_recovery", fed, dross=fed, flux_salt=salt, recovered_metal=metal)
    plant.step("refining", 100, molten_metal=100)
    plant.step("slab_casting", 100, refined_metal=100)
    plant.step("scalping", 100, slab=100)
    plant.step("slab_homogenising", 100, scalped_slab=100)
    plant.step("hot_rolling", 100, homogenised_slab=100)
    plant.step("plate_sawing", 100, hot_rolled_plate=100)
    plant.step("plate_packing", 100, sawn_plate=100)
    return plant


def name_party(plant: Plant, process: str, tonnes: int) -> None:
    """Let a part of a process's dross be somebody's: a row of its own that names them."""
    (row,) = (r for r in plant.rows if (r.process, r.flow) == (process, "dross"))
    row.amount -= tonnes
    plant.add(process, "dross", tonnes, row.role)
    said = strict_json(plant.rows[-1].payload.encode())
    plant.rows[-1].payload = canonical_json({**said, "counterparty": SOMEBODY}).decode()


def assert_carried(
    plant: Plant, plate: str, service: str, account: str, *, rule: str = "cut-off"
) -> tuple[CodedText, ...]:
    """Hold plate, service and account (t CO2e) against the hand; return what bars the closure."""
    choices = {"temper": "F", "dross_route": "recovered", "scrap_rule": rule}
    of_plate = plant.calculate("plate", **choices)
    assert abs(of_plate.total * 100 - Decimal(plate)) < EXACTLY
    closure, _ = plant.close("plate", **choices)
    assert closure.account.total == Decimal(account) * 1000
    assert closure.parted < EXACTLY
    assert abs(closure.residual) < EXACTLY
    found = {line.process: line.kg_co2e for line in closure.lines if line.kind != "recovered_metal"}
    assert abs(found["plate_packing"] - Decimal(plate) * 1000) < EXACTLY
    assert abs(found.get("dross_recovery", 0) - Decimal(service) * 1000) < EXACTLY
    return reasons_against(Study("plate", choices=Choices(**choices)), closure)


@pytest.mark.parametrize(
    ("fed", "charged", "plate", "service", "account"),
    [
        (10, 5, "953", "0", "953"),
        (6, 3, "979.8", "0", "979.8"),
        (30, 5, "953", "6", "959"),
        (30, 15, "859", "0", "859"),
        (30, 9, "915.4", "3.6", "919"),
    ],
)
def test_the_melt_carries_what_its_metal_took(
    fed: int, charged: int, plate: str, service: str, account: str
) -> None:
    assert_carried(mill(fed=fed, charged=charged), plate, service, account)


def test_rows_that_name_a_party_say_whose_dross_it_is() -> None:
    plant = mill(fed=10, charged=3)
    name_party(plant, "melting", 4)
    name_party(plant, "dross_recovery", 4)
    assert_carried(plant, "979.8", "1.2", "981")


def test_dross_taken_in_bars_a_rule_that_asks_what_it_brings() -> None:
    plant = mill(fed=30, charged=15)
    assert assert_carried(plant, "859", "0", "859") == ()
    for rule in ("pre-consumer-mass", "co-product"):
        (reason,) = assert_carried(plant, "859", "0", "859", rule=rule)
        assert reason.code == "CLOSURE_OTHERS_DROSS"
        assert reason.params["amount"] == "20"
    service = assert_carried(mill(fed=30, charged=5), "953", "6", "959", rule="co-product")
    assert "CLOSURE_OTHERS_DROSS" not in {item.code for item in service}


def test_others_metal_in_a_melt_without_dross_of_its_own_is_refused() -> None:
    closure, _ = mill(made=0, fed=30, charged=15).close("plate", temper="F")
    codes = {item.code for item in reasons_against(Study("plate"), closure)}
    assert "CLOSURE_OTHERS_DROSS" in codes


def test_two_scales_that_differ_make_no_dross_of_others() -> None:
    """9.95 t metal of 20 t fed, 10 t made: 5 t charged is 0.3 % of 9.95 t above own 4.975 t.

    So 4.975 t return, (100 - 4.975) x 10 + 3 = 953.25; 0.025 t x 10 = 0.25 stand on a line of their
    own: 953.25 + 3 - 0.25 = 95 x 10 + 20 x 0.3 = 956.
    """
    assert_carried(mill(fed=20, charged=5, given_back="9.95"), "953.25", "3", "956")
