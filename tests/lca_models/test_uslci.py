"""The US LCI database: published counts and results, the traps of its files, the linking policy.

Known for FY17.Q4.02, solved with bw2calc 3.1 from the same files: cold rolling 5.36, primary ingot
9.00 and the ingot mix 4.67 kg CO2e/kg (AR6); largest loop below 0.44. Under AR5 the value published
in factor_db (`result.na.aa2010.*`): hot rolling 3.9337, cold rolling 5.3311, secondary 0.6768. Made
by hand for the policy: mill (1 t/h of flour, 0.25 bran of no value) uses 2 kg grain; grain is made
by two farms.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from factor_db.foundation.errors import BadInput
from footprint.backgrounds.home import co2e_kg
from footprint.engine.backgrounds.adjoint import adjoint_scores
from lca_models.background.brightway import Imported
from lca_models.external.archives import known_archives, shipped_archive
from lca_models.external.uslci import Choices, import_documents, read_uslci


@pytest.fixture(scope="module")
def shipped() -> Imported:
    return read_uslci(shipped_archive(), "uslci")


def amounts(imported: Imported) -> dict[str, dict[str, float]]:
    background = imported.background
    solved = adjoint_scores(background.technosphere, background.loads())
    return {
        item.name: dict(zip(background.gases, row, strict=True))
        for item, row in zip(background.products, solved.scores.tolist(), strict=True)
    }


@pytest.mark.parametrize(
    ("product", "gwp", "kg_co2e", "within"),
    [
        ("Aluminum, primary, ingot, at plant", "AR6", 9.00, 0.005),
        ("Aluminum, cold rolling, at plant", "AR6", 5.36, 0.005),
        ("Aluminum ingot, production mix, at plant", "AR6", 4.67, 0.005),
        ("Aluminum, hot rolling, at plant", "AR5", 3.9337, 0.00005),
        ("Aluminum, cold rolling, at plant", "AR5", 5.3311, 0.00005),
        ("Aluminum, secondary, ingot, at plant", "AR5", 0.6768, 0.00005),
    ],
)
def test_known_results_are_found(
    shipped: Imported, product: str, gwp: str, kg_co2e: float, within: float
) -> None:
    assert co2e_kg(amounts(shipped)[product], gwp) == pytest.approx(kg_co2e, abs=within)


def test_every_input_is_accounted_for_and_what_is_cut_off_is_listed(shipped: Imported) -> None:
    report = shipped.report
    with zipfile.ZipFile(shipped_archive()) as archive:
        processes = [
            json.loads(archive.read(name))
            for name in archive.namelist()
            if "processes/" in name and name.endswith(".json")
        ]
    inputs = [
        item
        for process in processes
        for item in process["exchanges"]
        if item["input"] and item["flow"]["flowType"] == "PRODUCT_FLOW"
    ]
    assert sum(report["inputs"].values()) == len(inputs) == 1077
    linked = report["inputs"]["flow"] + report["inputs"]["name"]
    assert len(report["cut_off"]) == len(inputs) - linked
    assert all(item["unit"] and item["amount"] == item["amount"] for item in report["cut_off"])
    assert report["largest_loop_radius"] < 0.44
    assert {
        "flow": "Carbon dioxide, in air",
        "compartment": "resource/in air",
        "reason": "resource",
    } in (report["uncounted"])


def test_the_pseudo_product_of_the_refinery_takes_no_part(shipped: Imported) -> None:
    """Its own masses: diesel 0.2188 of 0.9990 kg/kg; the 1 kg added for a format check is left out."""
    (refinery,) = (
        item
        for item in shipped.report["co_products"]
        if item["process"] == "Petroleum refining, at refinery"
    )
    assert "Petroleum refining, at refinery" not in refinery["shares"]
    assert refinery["shares"]["Diesel, at refinery"] == pytest.approx(0.2188, abs=0.0005)
    assert sum(refinery["shares"].values()) == pytest.approx(1)


def test_the_shipped_archive_carries_its_licences() -> None:
    folder = shipped_archive().parent
    assert "uslci-admin" in (folder / "LICENSE-uslci-content-MIT.txt").read_text()
    assert (
        "entire notice appears in all copies"
        in (folder / "NREL-data-use-disclaimer.md").read_text()
    )
    assert all(
        row["licence"] == "MIT (USLCI) with NREL notice" for row in known_archives().values()
    )


# --- the policy, on documents made by hand

MASS, ENERGY = "mass", "energy"
UNITS = {
    MASS: [("kg", 1.0), ("t", 1000.0)],
    ENERGY: [("MJ", 1.0), ("kWh", 3.6), ("btu", 0.00106)],
}


def documents(
    processes: Mapping[str, dict[str, Any]], flows: Mapping[str, tuple[str, str, str]]
) -> Any:
    """Return the documents of processes id → {name, lastChange, exchanges}; flows id → (name, type, property)."""
    return {
        "processes": {key: {"@id": key, "name": key, **item} for key, item in processes.items()},
        "flows": {
            key: {
                "@id": key,
                "name": name,
                "flowType": kind,
                "category": "air",
                "flowProperties": [
                    {
                        "referenceFlowProperty": True,
                        "flowProperty": {"@id": prop},
                        "conversionFactor": 1.0,
                    }
                ],
            }
            for key, (name, kind, prop) in flows.items()
        },
        "flow_properties": {key: {"@id": key, "unitGroup": {"@id": key}} for key in UNITS},
        "unit_groups": {
            key: {
                "@id": key,
                "name": f"Units of {key}",
                "units": [
                    {
                        "@id": name,
                        "name": name,
                        "conversionFactor": factor,
                        "referenceUnit": factor == 1,
                    }
                    for name, factor in units
                ],
            }
            for key, units in UNITS.items()
        },
        "categories": {},
        "locations": {},
    }


def flow(key: str, amount: float, unit: str, **more: Any) -> dict[str, Any]:
    prop = MASS if unit in ("kg", "t") else ENERGY
    return {
        "flow": {"@id": key},
        "amount": amount,
        "unit": {"@id": unit},
        "flowProperty": {"@id": prop},
        "input": False,
        **more,
    }


FLOWS = {
    "flour": ("Flour", "PRODUCT_FLOW", MASS),
    "bran": ("Bran", "PRODUCT_FLOW", MASS),
    "heat": ("Heat", "PRODUCT_FLOW", ENERGY),
    "grain": ("Grain", "PRODUCT_FLOW", MASS),
    "grain again": ("Grain ", "PRODUCT_FLOW", MASS),
    "nowhere": ("CUTOFF Salt", "PRODUCT_FLOW", MASS),
    "co2": ("Carbon dioxide, fossil ", "ELEMENTARY_FLOW", MASS),
}
FARM = [flow("grain", 1, "kg", quantitativeReference=True), flow("co2", 0.5, "kg")]
NEW_FARM = [flow("grain", 1, "kg", quantitativeReference=True), flow("co2", 0.25, "kg")]


def mill(*more: dict[str, Any]) -> dict[str, Any]:
    made = flow("flour", 1, "t", quantitativeReference=True)
    grain = flow("grain again", 2000, "kg", input=True)
    return {"exchanges": [made, grain, flow("nowhere", 3, "kg", input=True), *more]}


def system(*more: dict[str, Any]) -> Any:
    farms = {
        "old farm": {"exchanges": FARM, "lastChange": "2001-01-01"},
        "new farm": {"exchanges": NEW_FARM, "lastChange": "2011-01-01"},
    }
    return documents({"mill": mill(*more), **farms}, FLOWS)


def flour_co2(imported: Imported) -> float:
    return amounts(imported)["Flour"]["co2"]


def test_the_newest_provider_is_taken_by_trimmed_name_and_can_be_set() -> None:
    imported = import_documents(system(), "x", Choices())
    assert flour_co2(imported) == pytest.approx(2 * 0.25)
    assert imported.report["inputs"] == {"name": 1, "no_provider": 1}
    (ambiguous,) = imported.report["ambiguous"]
    assert (ambiguous["taken"], ambiguous["others"]) == ("new farm", ["old farm [old farm]"])
    cut = {
        "process": "mill",
        "flow": "CUTOFF Salt",
        "amount": 3.0,
        "unit": "kg",
        "reason": "no_provider",
    }
    assert imported.report["cut_off"] == [cut]
    chosen = import_documents(system(), "x", Choices(providers={"Grain": "old farm"}))
    assert flour_co2(chosen) == pytest.approx(2 * 0.5)


def test_co_products_share_by_mass_or_the_reference_bears_all() -> None:
    by_mass = import_documents(system(flow("bran", 250, "kg")), "x", Choices())
    assert flour_co2(by_mass) == pytest.approx(0.5 / 1.25)
    assert by_mass.report["co_products"][0]["method"] == "mass"
    heated = import_documents(system(flow("heat", 5, "MJ")), "x", Choices())
    assert flour_co2(heated) == pytest.approx(0.5)
    assert heated.report["co_products"][0]["free"] == ["Heat"]
    with pytest.raises(BadInput, match="LCI_NO_MASS"):
        import_documents(system(flow("heat", 5, "MJ")), "x", Choices(allocation={"mill": "mass"}))


def test_a_burden_free_co_product_is_not_linked_to_its_process() -> None:
    """'Secondary fuel renewable' once raised cold rolling from 5.36 to 7.39 that way."""
    made = system(flow("heat", 5, "MJ"))
    made["processes"]["new farm"]["exchanges"] = [*NEW_FARM, flow("heat", 1, "kWh", input=True)]
    imported = import_documents(made, "x", Choices())
    (cut,) = (item for item in imported.report["cut_off"] if item["flow"] == "Heat")
    assert (cut["amount"], cut["unit"], cut["reason"]) == (pytest.approx(3.6), "MJ", "burden_free")


def test_a_missing_unit_conversion_is_refused_by_the_name_of_its_loop() -> None:
    """kJ taken for kWh: each farm then needs 2 t of flour per kg of grain."""
    made = system()
    made["processes"]["new farm"]["exchanges"] = [*NEW_FARM, flow("flour", 2, "t", input=True)]
    with pytest.raises(BadInput, match="BACKGROUND_NOT_PRODUCTIVE") as refused:
        import_documents(made, "x", Choices())
    assert "mill" in refused.value.params["activities"]
    assert "old farm" not in refused.value.params["activities"]


def test_rounded_units_of_the_source_are_mended() -> None:
    """1 btu = 0.00105505585262 MJ; the source's table has 0.00106."""
    made = system()
    made["processes"]["new farm"]["exchanges"] = [*NEW_FARM, flow("heat", 1000, "btu", input=True)]
    imported = import_documents(made, "x", Choices())
    (cut,) = (item for item in imported.report["cut_off"] if item["flow"] == "Heat")
    assert cut["amount"] == pytest.approx(1.05505585262)
    assert imported.report["mended_units"] == ["btu"]


def test_every_faulty_process_is_named_at_once() -> None:
    made = system()
    made["processes"]["old farm"]["exchanges"] = [flow("co2", 1, "kg")]
    made["processes"]["mill"]["exchanges"] = [flow("flour", 1, "lb", quantitativeReference=True)]
    with pytest.raises(BadInput, match="LCI_FAULTS") as refused:
        import_documents(made, "x", Choices())
    assert refused.value.params["count"] == 2


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"no archive")
    with pytest.raises(BadInput, match="LCI_UNREADABLE"):
        read_uslci(path, "x")
