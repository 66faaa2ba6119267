"""What explained doubts and allowances used together are worth: stated, added up and bounded.

Systems under test: example plants with a few rows changed: ledger → derivation → calculation →
closure → certificate. By hand:

- Services: the recycling plant packs 45 000 t of ingot and delivers 125 000 t of liquid; 12 GWh of
  services. Ingot at 0.11 of the mean takes 4950 t of 170 000 t served: it sheds 40 050 t of services,
  and with them its footprint would be that of the plant that shares by output.
- Energy of a code: the extruder makes 80 % A and 20 % B of everything; of its power from the press
  on 45 % is booked on A and 55 % on B. A should carry 80 %: (0.8 - 0.45) x that power, and with it
  its footprint would be that of the plant without codes.
- Allowances: 200 t of 25 000 t billet lost between two scales and 100 t of ingot adjusted away, each
  within its own limit; power of the press typed as 98.1 % of what its own meter counts.
- Within the doubts, too: B takes 1/3 of the power for 1/5 of the metal; ingot 30 000 t of services.
- A melt of half ingot and half scrap for the two alloys, of which only the press tells apart.

Rules: PCF-CLOSURE-001, PCF-DEPARTURE-001, AL-SERVICE-001, AL-CODE-001, AL-POOL-001.
"""

from __future__ import annotations

from calendar import monthrange
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from plant_cases import EXACTLY, Plant, account_t_co2e, calculated, per_kg, study_of

from factor_db.foundation.errors import Incomplete
from factor_db.store.work import Store
from footprint.certificate.certifiable import require_certifiable
from footprint.judgement.recheck import closure_difference
from footprint.result.checks import ClosureRecord
from footprint.result.document import read_result
from footprint.words.closure import closure_line
from tools.example_book import MONTHS

INGOT, SERVED = 45_000, 170_000
A, B = "6063-T5", "6082-T6"
PRESSED = {
    "extruding": ("heated_billet", "raw_profile", "internal_scrap"),
    "profile_stretching": ("raw_profile", "cut_profile", "internal_scrap"),
    "profile_ageing": ("cut_profile", "aged_profile"),
    "profile_packing": ("aged_profile", "extrusion"),
}


def document_of(store: Store, plant: Plant, folder: Path, product: str, **study: object) -> Any:
    site = plant.publish(store, folder)
    return calculated(store, study_of(product, site, **study)).document


def total(document: Any) -> Fraction:
    return Fraction(document["total"]["value"])


def closure_of(document: Any) -> ClosureRecord:
    return ClosureRecord.model_validate(document["closure"])


def codes_of(document: Any) -> list[str]:
    return [item["code"] for item in document["closure"]["reasons"]]


def serving(of_ingot: int, kwh: int = 12_000_000) -> Plant:
    plant = Plant("recycling_plant")
    plant.add("site_services", "site_services", SERVED, role="product")
    plant.add("site_services", "electricity", kwh)
    plant.add("ingot_packing", "site_services", of_ingot)
    plant.add("liquid_delivery", "site_services", SERVED - of_ingot)
    return plant


def test_services_a_product_hardly_takes_are_stated_with_their_effect_and_bar_it(
    store: Store, tmp_path: Path
) -> None:
    plant = serving(4950)
    low = document_of(store, plant, tmp_path, "recycled_ingot")
    ledger = plant.check(tmp_path).ledger
    assert ledger is not None
    power = [row for row in ledger.rows if row.process == "site_services"]
    shed = account_t_co2e(store, power) * Fraction(INGOT - 4950, SERVED)
    (effect,) = low["closure"]["departures"]["effects"]
    assert (effect["rule"], effect["process"]) == ("AL-SERVICE-001", "ingot_packing")
    assert abs(Fraction(effect["kg_co2e"]) / (1000 * shed) - 1) < EXACTLY
    assert abs(Fraction(effect["share"]) / (shed / INGOT / total(low)) - 1) < EXACTLY
    assert Fraction(effect["share"]) > Fraction(5, 100)
    (reason,) = low["closure"]["reasons"]
    assert reason["code"] == "CLOSURE_DEPARTURES"
    assert "ledger!" in reason["params"]["cells"]
    assert closure_difference(read_result(low)) == ""
    with pytest.raises(Incomplete):
        require_certifiable(read_result(low))


def test_services_shared_by_output_are_no_departure(store: Store, tmp_path: Path) -> None:
    document = document_of(store, serving(INGOT), tmp_path, "recycled_ingot")
    assert document["closure"]["departures"] == {"share": "0", "effects": [], "explained": []}


def test_words_that_take_little_off_a_result_are_told_and_pass(
    store: Store, tmp_path: Path
) -> None:
    """3 GWh of services: a quarter of the effect above, below 2 %. Liquid carries more: no relief."""
    plant = serving(4950, kwh=3_000_000)
    document = document_of(store, plant, tmp_path, "recycled_ingot")
    told = document["closure"]["departures"]
    assert document["closure"]["closed"], document["closure"]["reasons"]
    assert 0 < Decimal(told["share"]) < Decimal("0.02")
    explained = [item for item in told["explained"] if item["code"] == "LEDGER_SERVICES_ZERO"]
    assert [(item["process"], item["explanation"]) for item in explained] == [
        ("ingot_packing", "made up for a test")
    ]
    for lang, words in {"zh": "例外说明", "en": "explained departures"}.items():
        assert words in closure_line(closure_of(document), lang)  # type: ignore[arg-type]
    liquid = calculated(store, study_of("liquid_alloy", "CQ-CASE")).document
    (effect,) = liquid["closure"]["departures"]["effects"]
    assert Decimal(effect["share"]) < 0
    assert liquid["closure"]["departures"]["share"] == "0"


def pressing(of_b: str) -> Plant:
    """Return the extruder with 20 % of its profile of a code B that takes `of_b` of the power."""
    plant = Plant("extrusion_plant")
    for process, metals in PRESSED.items():
        for flow, share in (*((metal, "0.2") for metal in metals), ("electricity", of_b)):
            plant.part(process, flow, share, to=(process, flow), product=B)
            for row in plant.of(process, flow):
                row["product"] = row["product"] if row["product"] == B else A
            for row in plant.of(process, flow, B):
                row["role"] = plant.of(process, flow, A)[0]["role"]
    return plant


def test_energy_booked_on_a_sister_code_is_what_the_others_would_carry_at_the_mean(
    store: Store, tmp_path: Path
) -> None:
    whole = per_kg(store, Plant("extrusion_plant"), tmp_path, "profile_packing")
    plant = pressing("0.55")
    warned = plant.check(tmp_path).findings
    assert "LEDGER_PRODUCT_ENERGY" in {item.code for item in warned}
    of_a = document_of(store, plant, tmp_path, "extrusion", product_code=A)
    effects = of_a["closure"]["departures"]["effects"]
    assert {item["process"] for item in effects} == set(PRESSED)
    share = sum((Fraction(item["share"]) for item in effects), Fraction(0))
    assert abs(total(of_a) * (1 + share) / whole - 1) < EXACTLY
    assert share > Fraction(2, 100)
    (reason,) = of_a["closure"]["reasons"]
    assert reason["code"] == "CLOSURE_DEPARTURES"
    assert "extruding/electricity" in reason["params"]["parts"]
    # All codes together are right, and so is B, which carries more than the mean.
    of_all = calculated(store, study_of("extrusion", "CQ-CASE")).document
    of_b = calculated(store, study_of("extrusion", "CQ-CASE", product_code=B)).document
    assert of_all["closure"]["closed"]
    assert of_b["closure"]["closed"]


def test_codes_at_double_their_peers_are_not_doubted_but_counted(
    store: Store, tmp_path: Path
) -> None:
    """B takes 1/3 of the power for 1/5 of the metal: 1.667 to 0.833, exactly double its peers.

    A takes (0.8 - 0.67) of the power less than its share, which is what it would carry at the mean.
    """
    whole = per_kg(store, Plant("extrusion_plant"), tmp_path, "profile_packing")
    plant = pressing("0.33")
    assert "LEDGER_PRODUCT_ENERGY" not in {item.code for item in plant.check(tmp_path).findings}
    document = document_of(store, plant, tmp_path, "extrusion", product_code=A)
    told = document["closure"]["departures"]
    assert {item["process"] for item in told["effects"]} == set(PRESSED)
    assert abs(total(document) * (1 + Fraction(told["share"])) / whole - 1) < EXACTLY
    assert Fraction(told["share"]) > 0
    barred = Fraction(told["share"]) > Fraction(2, 100)
    assert ("CLOSURE_DEPARTURES" in codes_of(document)) is barred


def test_a_meter_and_a_document_for_each_code_are_subdivision(store: Store, tmp_path: Path) -> None:
    plant = pressing("0.33")
    for process in PRESSED:
        for row in plant.of(process, "electricity"):
            row |= {"method": "metered", "evidence": "meter.pdf"}
    document = document_of(store, plant, tmp_path, "extrusion", product_code=A)
    assert document["closure"]["departures"]["effects"] == []
    assert document["closure"]["closed"], document["closure"]["reasons"]


def test_a_share_of_services_between_half_and_the_mean_is_counted(
    store: Store, tmp_path: Path
) -> None:
    """Ingot takes 30 000 t of the 170 000 t served where its share is 45 000: it sheds 15 000 t."""
    plant = serving(30_000)
    assert "LEDGER_SERVICES_ZERO" not in {item.code for item in plant.check(tmp_path).findings}
    low = document_of(store, plant, tmp_path, "recycled_ingot")
    ledger = plant.check(tmp_path).ledger
    assert ledger is not None
    power = [row for row in ledger.rows if row.process == "site_services"]
    shed = account_t_co2e(store, power) * Fraction(INGOT - 30_000, SERVED)
    (effect,) = low["closure"]["departures"]["effects"]
    assert abs(Fraction(effect["share"]) / (shed / INGOT / total(low)) - 1) < EXACTLY
    barred = Fraction(effect["share"]) > Fraction(2, 100)
    assert codes_of(low) == (["CLOSURE_DEPARTURES"] if barred else [])


def losing(plant: Plant) -> None:
    """Lose 200 t between casting and homogenising: every later step has that much less."""
    later = [("billet_homogenising", "billet"), ("billet_homogenising", "homogenised_billet")]
    later += [("billet_heating", "homogenised_billet"), ("billet_heating", "heated_billet")]
    later += [(step, flow) for step, flows in PRESSED.items() for flow in flows[:2]]
    for step, flow in later:
        before = plant.total(step, flow)
        plant.scale(step, flow, str((before - 200) / before))


def adjusting(plant: Plant) -> None:
    """Find 100 t of ingot less than the books say."""
    plant.stock("primary_ingot", "0", used=plant.total("charging", "primary_ingot"))
    for line in plant.sheets["stock"]:
        line["receipts"] = str(Decimal(line["receipts"]) + Decimal(100) / 12)
        line["adjustment"] = str(-Decimal(100) / 12)


@pytest.mark.parametrize("used", [(losing,), (adjusting,), (losing, adjusting)])
def test_allowances_add_up(store: Store, tmp_path: Path, used: tuple[Any, ...]) -> None:
    plant = Plant("extrusion_plant")
    for edit in used:
        edit(plant)
    document = document_of(store, plant, tmp_path, "extrusion")
    closure = document["closure"]
    kinds = {"weighing", "adjustment"}
    lines = [Fraction(line["kg_co2e"]) for line in closure["lines"] if line["kind"] in kinds]
    share = sum(map(abs, lines), Fraction(0)) / Fraction(closure["account"])
    assert abs(Fraction(closure["allowances"]["share"]) - share) < EXACTLY
    assert closure_difference(read_result(document)) == ""
    assert codes_of(document) == ["CLOSURE_ALLOWANCES"] * (len(used) - 1)
    for reason in closure["reasons"]:
        for part in ("weighing billet_casting/billet", "adjustment primary_ingot"):
            assert part in reason["params"]["parts"]
        assert "stock!" in reason["params"]["cells"]
    assert "allowances used in all" in closure_line(closure_of(document), "en")


def test_a_typed_amount_below_its_own_meter_is_an_allowance_used(
    store: Store, tmp_path: Path
) -> None:
    plant, reading, lines = Plant("extrusion_plant"), Decimal(0), []
    days = ["2024-12-31"] + [f"{m}-{monthrange(*map(int, m.split('-')))[1]}" for m in MONTHS]
    rows = plant.of("extruding", "electricity")
    for day, kwh in zip(days, [Decimal(0), *(Decimal(row["amount"]) for row in rows)], strict=True):
        reading += kwh
        lines.append({"meter": "P1", "flow": "electricity", "unit": "kWh", "process": "extruding",
                      "read_on": day, "reading": str(reading), "note": "press"})  # fmt: skip
    plant.sheets["meters"] = lines
    plant.scale("extruding", "electricity", "0.981")
    document = document_of(store, plant, tmp_path, "extrusion")
    ledger = plant.check(tmp_path).ledger
    assert ledger is not None
    typed = [row for row in ledger.rows if (row.process, row.flow) == ("extruding", "electricity")]
    less = account_t_co2e(store, typed) * Fraction(19, 981) * 1000
    allowances = document["closure"]["allowances"]
    (line,) = allowances["typed"]
    assert (line["kind"], line["process"], line["flow"]) == ("typed", "extruding", "electricity")
    assert abs(Fraction(line["kg_co2e"]) / -less - 1) < EXACTLY
    share = less / Fraction(document["closure"]["account"])
    assert abs(Fraction(allowances["share"]) / share - 1) < EXACTLY
    assert closure_difference(read_result(document)) == ""


def pooled_cells(plant: Plant, folder: Path) -> list[tuple[str, bool]]:
    found = plant.check(folder).findings
    return [(item.severity, item.explained) for item in found if item.code == "LEDGER_MELT_POOLED"]


def test_the_ledger_is_asked_once_and_an_exception_explains_it(tmp_path: Path) -> None:
    """A tenth of the billet is sold: other goods of the same melt. Two codes of profile are not."""
    assert pooled_cells(pressing("0.2"), tmp_path) == []
    plant = Plant("extrusion_plant")
    there = ("billet_casting", "billet")
    plant.part(*there, "0.1", to=there, product="sold")
    for row in plant.of(*there, "sold"):
        row["role"] = "co-product"
    assert pooled_cells(plant, tmp_path) == [("warning", False)]
    plant.excuse("LEDGER_MELT_POOLED", "charging")
    assert pooled_cells(plant, tmp_path) == [("warning", True)]


def test_one_alloy_is_not_asked(tmp_path: Path) -> None:
    assert pooled_cells(Plant("extrusion_plant"), tmp_path) == []


def test_a_code_of_the_pool_is_certified_as_the_mean_that_it_is(
    store: Store, tmp_path: Path
) -> None:
    of_b = document_of(store, pressing("0.2"), tmp_path, "extrusion", product_code=B)
    told = of_b["closure"]["pooled_melt"]
    assert told["reasons"] == []
    assert [item["product"] for item in told["outputs"]] == [A.lower(), B.lower()]
    # B is a fifth of the melt, and half of the charge is ingot: it may be of ingot alone.
    assert 0.5 < float(told["higher_at_most"]) < 1
    assert closure_difference(read_result(of_b)) == ""
    require_certifiable(read_result(of_b))
    for lang, words in {"zh": "全厂熔体的平均", "en": "mean of the site's melt"}.items():
        assert words in closure_line(closure_of(of_b), lang)  # type: ignore[arg-type]
    # All codes together are the whole melt: no mean that hides anything.
    of_all = calculated(store, study_of("extrusion", "CQ-CASE")).document
    assert "pooled_melt" not in of_all["closure"]
