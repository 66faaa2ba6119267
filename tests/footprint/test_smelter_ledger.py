"""A smelter with its own anode plant, from its ledger to its footprint and to what may be certified.

System under test: the made-up ledger below, twelve equal months, imported, checked, derived,
reviewed and published; then primary_aluminium and primary_liquid of 2025.
By hand, a month: 5000 t of anode of 680 + 160 kg/t, of which 12 + 7.5 kg of carbon burn in baking; with
sulphur 0.02 and ash 0.005 that is 19.5 / 0.975 = 20 kg, so 820 kg/t of net anode stay and 4100 t net
need exactly the 5000 t baked. Anode CO2 4 100 000 kg x 0.975 x 44/12 = 14 657 500 kg, baking 97 500 kg
x 44/12 = 357 500 kg. Gas of casting 200 000 m3 x 36 = 7 200 000 MJ, over 9950 t: 723.618 MJ/t.
Slope, in a second smelter that meters no CF4: 0.1 minutes per cell-day in January, 0.2 from February on,
equal metal every month: (0.1 + 11 x 0.2) / 12 = 0.191667, x 0.104 = 0.0199333 kg CF4/t.
Second road: every row of the ledger x its factor under AR6, summed by a loop of its own, over the
tonnes of ingot; alumina, which is bought, at what its two steps give per tonne in the result.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from factor_db.factors.record.reference import characterisation
from factor_db.factors.release.releases import published_of_site
from factor_db.foundation.errors import Incomplete
from factor_db.ledger import check
from factor_db.ledger.reading.header import uscc_check_digit
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.certificate.certifiable import require_certifiable, require_closed
from footprint.closure.service import account_of_site
from footprint.figures.recompute import recompute
from footprint.judgement.recheck import closure_difference
from footprint.result.document import read_result
from footprint.study.definition import default_study
from footprint.study.examples import publish_own_factors
from lca_models.catalogue import CHAIN_PRODUCTS, product_system
from lca_models.system.unit_process import Choices

SITE, SLOPE_SITE = "YN-SMELTER", "YN-SLOPE"
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
_FIRST_17 = "91530000MA6KAAAA0"
HEADER = {
    "schema_version": "1",
    "organisation_zh": "虚构铝业",
    "organisation_en": "Made-up Aluminium",
    "uscc": _FIRST_17 + uscc_check_digit(_FIRST_17),
    "site_code": SITE,
    "region": "CN-YN",
    "period_start": "2025-01-01",
    "period_end": "2025-12-31",
    "illustrative": "yes",
}
OTHER_FIRM = {
    "organisation_zh": "虚构铝业二厂",
    "organisation_en": "Made-up Aluminium Two",
    "uscc": "91530000MA6KAAAA8" + uscc_check_digit("91530000MA6KAAAA8"),
}
ANODES = """anode_production,anode,product,5000,t
anode_production,calcined_coke,input,3400000,kg
anode_production,pitch,input,800000,kg
anode_production,heavy_oil,input,0,kg
anode_production,diesel,input,10000,kg
anode_production,natural_gas,input,250000,m3
anode_production,electricity,input,550000,kWh
anode_production,pitch_volatiles,emission,60000,kg
anode_production,packing_coke,emission,37500,kg
"""
CELLS = """electrolysis,liquid_aluminium,product,10000,t
electrolysis,alumina,input,19200,t
electrolysis,anode_carbon,input,4100,t
electrolysis,aluminium_fluoride,input,160000,kg
electrolysis,cathode_carbon,input,60000,kg
electrolysis,steel,input,50000,kg
electrolysis,electricity,input,134000000,kWh
electrolysis,cf4,emission,300,kg
electrolysis,c2f6,emission,30,kg
electrolysis,low_voltage_cf4,emission,50,kg
primary_casting,primary_ingot,product,9950,t
primary_casting,liquid_aluminium,input,10000,t
primary_casting,natural_gas,input,200000,m3
primary_casting,heavy_oil,input,0,kg
primary_casting,diesel,input,5000,kg
primary_casting,electricity,input,500000,kWh
"""
PROPERTIES = """electrolysis,anode_carbon.sulphur_content,input,0.02,1
electrolysis,anode_carbon.ash_content,input,0.005,1
primary_casting,natural_gas.net_calorific_value,input,36,MJ/m3
primary_casting,diesel.net_calorific_value,input,42.652,MJ/kg
"""
CALORIFIC = {"natural_gas": Decimal(36), "diesel": Decimal("42.652")}
SHARE, RATIO = Decimal("0.975"), Decimal("3.666666667")


MINUTES = """2025-01,electrolysis,cf4.anode_effect_minutes,emission,0.1,min/d,metered
2025-02,electrolysis,cf4.anode_effect_minutes,emission,0.2,min/d,metered
2025-01,electrolysis,cf4.anode_effect_overvoltage,emission,10,mV,metered
2025-01,electrolysis,liquid_aluminium.current_efficiency,product,94,%,metered
"""


def _ledger(folder: Path, text: str = ANODES + CELLS, further: str = "", site: str = SITE) -> Path:
    """Write a ledger; a second site with the same metal is another firm's (PCF-SITE-001)."""
    path = folder / f"{site}.csv"
    firm = {"site_code": site} if site == SITE else {"site_code": site, **OTHER_FIRM}
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {key}: {value}\n" for key, value in {**HEADER, **firm}.items())
        writer = csv.writer(file, lineterminator="\n")
        names = ["period", "process", "flow", "role", "amount", "unit", "method", "note"]
        writer.writerow(names)
        for month in MONTHS:
            for line in text.splitlines():
                cells = line.startswith("electrolysis,electricity")
                writer.writerow([month, *line.split(","), "metered", "AC" if cells else ""])
        for line in PROPERTIES.splitlines():
            writer.writerow(["2025-01", *line.split(","), "analysed"])
        file.write(further)
    return path


@pytest.fixture(scope="module")
def smelter(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store where the ledger above is published."""
    import shutil

    folder = tmp_path_factory.mktemp("smelter")
    shutil.copytree(founded_home, folder / "home")
    store = Store.at(folder / "home")
    publish_own_factors(store, SITE, str(_ledger(folder)))
    without_cf4 = "".join(
        f"{row}\n" for row in CELLS.splitlines() if "c2f6," not in row and ",cf4," not in row
    )
    slope = _ledger(folder, ANODES + without_cf4, MINUTES, SLOPE_SITE)
    publish_own_factors(store, SLOPE_SITE, str(slope))
    yield store
    store.close()


def _document(store: Store, product: str, site: str = SITE, **choices: str) -> dict[str, Any]:
    study = replace(default_study(product), site=site, choices=Choices(**choices))
    with store.read() as session:
        document: dict[str, Any] = json.loads(json.dumps(calculate_study(session, study).document))
    return document


def _per_unit(document: dict[str, Any], key: str) -> Decimal:
    """Return kg CO2e of a factor that the result pins, per its unit."""
    gwp = characterisation("AR6")
    for pin in document["inputs"]["pins"]:
        slot = pin["slot"]
        if f"{slot['flow']}/{slot['quantity']}" == key and not slot["process"]:
            amounts = pin["factor"]["amounts"]
            scale = Decimal(1000) if pin["factor"]["unit"].endswith("/t") else Decimal(1)
            return sum((Decimal(v) * gwp[g] for g, v in amounts.items()), Decimal(0)) / scale
    raise AssertionError(key)


def _by_rows(document: dict[str, Any]) -> Decimal:
    """Return kg CO2e of a month, row by row of the ledger, without bought alumina."""
    gwp, total = characterisation("AR6"), Decimal(0)
    for line in (ANODES + CELLS).splitlines():
        _, flow, role, text, _ = line.split(",")
        amount = Decimal(text)
        if role == "product" or flow in ("alumina", "liquid_aluminium") or not amount:
            continue
        if flow in ("cf4", "c2f6", "low_voltage_cf4"):
            total += amount * gwp[flow.replace("low_voltage_", "")]
        elif flow in ("pitch_volatiles", "packing_coke"):
            total += amount * RATIO
        elif flow == "anode_carbon":
            total += amount * 1000 * SHARE * RATIO
        elif flow == "electricity":
            total += amount * sum(
                _per_unit(document, f"electricity/{part}") for part in ("life_cycle", "delivery")
            )
        elif flow in CALORIFIC:
            energy = amount * CALORIFIC[flow]
            total += energy * _per_unit(document, f"{flow}/combustion")
            total += energy * _upstream_per_mj(document, flow)
        else:
            total += amount * _per_unit(document, f"{flow}/upstream")
    return total


def _upstream_per_mj(document: dict[str, Any], fuel: str) -> Decimal:
    (pin,) = (
        pin
        for pin in document["inputs"]["pins"]
        if (pin["slot"]["flow"], pin["slot"]["quantity"]) == (fuel, "upstream")
    )
    assert pin["factor"]["unit"] == "kg/MJ"
    return _per_unit(document, f"{fuel}/upstream")


def test_the_ledger_has_no_faults(tmp_path: Path) -> None:
    assert [item.code for item in check(_ledger(tmp_path)).findings] == []


def test_fuels_of_the_chain_become_energy_and_carbon_closes(smelter: Store) -> None:
    with smelter.read() as session:
        own = {factor.slot_key: factor for factor in published_of_site(session, SITE)}
    gas = own["primary_casting/natural_gas/inventory"]
    assert (gas.unit, round(gas.value, 6)) == ("MJ/t", Decimal("723.618090"))
    assert gas.derivation is not None
    assert gas.derivation.formula == "sum(amount x calorific value) / sum(product)"
    assert own["primary_casting/heavy_oil/inventory"].value == 0
    document = _document(smelter, "primary_liquid")
    flows = {(row["process"], row["flow"], row["role"]): row for row in document["flows"]}
    anode = flows["anode_production", "anode", "product"]["amount"]
    assert abs(Decimal(anode) * 1000 - Decimal("0.5")) < Decimal("1E-20")


def test_the_ingot_is_the_sum_of_the_ledgers_rows(smelter: Store) -> None:
    document = _document(smelter, "primary_aluminium")
    assert document["choices"]["anode_plant"] == "on_site"
    rows = document["contributions"]
    bought = sum(
        Decimal(row["kg_co2e"])
        for row in rows
        if row["process"] in ("alumina_refining", "bauxite_mining")
    )
    (alumina,) = (
        Decimal(row["amount"])
        for row in document["flows"]
        if (row["process"], row["flow"], row["role"]) == ("electrolysis", "alumina", "input")
    )
    assert abs(alumina * 1000 - Decimal(19200) / 9950) < Decimal("1E-15")
    expected = _by_rows(document) / (9950 * 1000) + bought
    assert abs(Decimal(document["total"]["value"]) - expected) < Decimal("1E-9")
    by_hand = {"anode_carbon": 14657500, "pitch_volatiles": 220000, "packing_coke": 137500}
    for flow, kilograms in by_hand.items():
        (row,) = (item for item in rows if item["flow"] == flow)
        assert (row["scope"], row["activity_data"]) == ("1", "primary")
        assert abs(Decimal(row["kg_co2e"]) * 9950000 / kilograms - 1) < Decimal("1E-8")


@pytest.mark.parametrize("product", CHAIN_PRODUCTS)
def test_own_data_certify_and_recompute(smelter: Store, product: str) -> None:
    document = _document(smelter, product)
    assert document["coverage"]["estimated"] == []
    assert document["unused_field_data"] == []
    assert document["closure"]["closed"] is True
    (ingot,) = document["closure"]["lines"]  # all metal is cast: twelve months of 9950 t
    assert (ingot["kind"], Decimal(ingot["amount"])) == ("product", 119400)
    require_certifiable(read_result(document))
    require_closed(read_result(document))
    assert closure_difference(read_result(document)) == ""
    assert recompute(read_result(document)).result_hash == document["result_hash"]


def test_the_account_is_the_ledgers_rows(smelter: Store) -> None:
    """Twelve months of the second road's rows, and the alumina bought in them."""
    document = _document(smelter, "primary_aluminium")
    alumina = sum(
        Decimal(row["kg_co2e"])
        for row in document["contributions"]
        if row["process"] in ("alumina_refining", "bauxite_mining")
    )
    by_hand = 12 * (_by_rows(document) + alumina * 9950 * 1000)
    with smelter.read() as session:
        found = account_of_site(session, replace(default_study("primary_aluminium"), site=SITE))
    assert found.account.missing == ()
    assert abs(found.account.total / by_hand - 1) < Decimal("1E-9")
    assert found.closure is not None
    assert abs(found.closure.parted) < Decimal("1E-9")


def test_a_result_without_a_closure_is_never_issued(smelter: Store) -> None:
    """What an earlier version calculated says that none was drawn; it may be read, not issued."""
    document = _document(smelter, "primary_liquid")
    undrawn = {"rule": "PCF-CLOSURE-001", "closed": None, "reasons": [], "not_drawn": "SMELTER"}
    with pytest.raises(Incomplete, match="CERTIFICATE_CLOSURE_NOT_DRAWN"):
        require_closed(read_result({**document, "closure": undrawn}))


def test_a_smelter_that_records_anode_effects_certifies_by_slope(smelter: Store) -> None:
    choices = {"pfc_method": "slope", "smelter_technology": "PFPB_M"}
    document = _document(smelter, "primary_liquid", SLOPE_SITE, **choices)
    (cf4,) = (row for row in document["contributions"] if row["flow"] == "cf4")
    by_hand = (Decimal("0.1") + 11 * Decimal("0.2")) / 12 * Decimal("0.104") / 1000
    assert abs(Decimal(cf4["kg_gas"]) - by_hand) < Decimal("1E-20")
    assert "unevidenced" not in document["choices"]
    assert document["closure"]["closed"] is True
    require_certifiable(read_result(document))
    require_closed(read_result(document))
    with smelter.read() as session:
        own = {factor.slot_key: factor for factor in published_of_site(session, SLOPE_SITE)}
    assert own["liquid_aluminium.current_efficiency/property"].value == 94
    assert own["cf4.anode_effect_overvoltage/property"].unit == "mV"


def test_the_liquid_metal_is_the_ingot_without_casting(smelter: Store) -> None:
    ingot, liquid = (_document(smelter, product) for product in CHAIN_PRODUCTS)
    casting = sum(
        Decimal(row["kg_co2e"])
        for row in ingot["contributions"]
        if row["process"] == "primary_casting"
    )
    found = (Decimal(ingot["total"]["value"]) - casting) * 9950 / 10000
    assert abs(found - Decimal(liquid["total"]["value"])) < Decimal("1E-18")


def test_bought_anodes_stay_as_they_were_and_are_no_own_data(smelter: Store) -> None:
    own = _document(smelter, "primary_liquid")
    bought = _document(smelter, "primary_liquid", anode_plant="bought")
    assert "anode_plant" not in bought["choices"]
    assert "anode_plant" not in bought["inputs"]["study"]["choices"]
    assert own["total"]["value"] == bought["total"]["value"]
    scopes = {
        name: {r["scope"] for r in item["contributions"] if r["process"] == "anode_production"}
        for name, item in (("own", own), ("bought", bought))
    }
    assert scopes == {"own": {"1", "2", "3"}, "bought": {"3"}}
    # The ledger shows who baked them: a study that calls them bought is not closed.
    reasons = bought["closure"]["reasons"]
    assert {item["code"] for item in reasons} == {"CLOSURE_OPEN"}
    assert "anode" in {item["params"]["flow"] for item in reasons}


@pytest.mark.parametrize("electricity_rule", ["own", "market"])
def test_an_own_anode_plant_uses_the_sites_power(electricity_rule: str) -> None:
    for plant, shares in (("on_site", True), ("bought", False)):
        choices = Choices(anode_plant=plant, electricity_rule=electricity_rule)
        process = product_system("primary_liquid", choices).process("anode_production")
        keys = {slot.key for exchange in process.exchanges for slot in exchange.amount.slots()}
        assert any(key.startswith("electricity.own_") for key in keys) == shares


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("primary_casting,liquid_aluminium,input,10000,t", "primary_casting,liquid_aluminium,input,10400,t", "LEDGER_LINK_BALANCE"),
        ("primary_ingot,product,9950,t", "primary_ingot,product,9000,t", "LEDGER_MASS_BALANCE"),
        ("electrolysis,electricity,input,134000000,kWh\n", "", "LEDGER_FLOW_MISSING"),
        ("anode_carbon,input,4100,t", "anode_carbon,input,4100000,t", "LEDGER_MAGNITUDE_IMPOSSIBLE"),
    ],
)  # fmt: skip
def test_slips_are_found(tmp_path: Path, old: str, new: str, code: str) -> None:
    text = ANODES + CELLS
    assert old in text
    found = {item.code for item in check(_ledger(tmp_path, text.replace(old, new))).findings}
    assert code in found
