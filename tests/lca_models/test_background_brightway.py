"""A Brightway project read without Brightway, against bw2calc on the same project.

System under test: two databases and a biosphere. `base`: power (makes 10 kWh, uses 1 kWh itself,
0.5 kg coal, emits 5 kg fossil CO2), coal mine with a separate product node (makes 4 kg, uses 2 kWh,
emits 0.2 kg methane), waste treatment (takes in 2 kg: production -2; emits 3 kg CO2). `main`: a
smelter makes 1000 kg, uses 15000 kWh, gives 30 kg waste to the treatment, takes CO2 from the air.
By hand, fossil CO2 per kWh p and kg coal c: 9 p = 5 + 0.5 c, 4 c = 2 p: p = 5 / 8.75; treatment
3 / 2 per kg; metal (15000 p + 30 x 1.5) / 1000. Brightway stores single precision and solves in
double; the comparison reads the same stored arrays. Its adjoint class refuses SuperLU, which its
`LCA` does not, so `LCA` is compared product by product.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from factor_db.foundation.errors import BadInput
from footprint.engine.backgrounds.adjoint import adjoint_scores
from lca_models.background.brightway import Imported, read_database, read_packages
from lca_models.background.datapackage import read_package
from lca_models.background.nodes import read_node_table

WRITE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import bw2data as bd, bw2calc as bc
bd.projects.set_current("reference")
air, resource = ("air",), ("natural resource", "in air")
def flow(name, place, kind, unit="kilogram", cas=""):
    return {"name": name, "categories": place, "type": kind, "unit": unit, "CAS number": cas}
bio = {
    ("biosphere3", "co2"): flow("Carbon dioxide, fossil", air, "emission", cas="000124-38-9"),
    ("biosphere3", "ch4"): flow("Methane, fossil", ("air", "non-urban air or from high stacks"), "emission"),
    ("biosphere3", "uptake"): flow("Carbon dioxide, in air", resource, "natural resource", cas="000124-38-9"),
    ("biosphere3", "hfc"): flow("Methane, trifluoro-, HFC-23", air, "emission"),
}
bd.Database("biosphere3").write(bio)
def ex(key, amount, kind): return {"input": key, "amount": amount, "type": kind}
P, C, M, W, S = ("base", "power"), ("base", "coal"), ("base", "mine"), ("base", "waste"), ("main", "smelter")
def act(name, unit, *exchanges, kind="processwithreferenceproduct"):
    return {"name": name, "reference product": name + " product", "unit": unit, "location": "CN", "type": kind, "exchanges": list(exchanges)}
base = {
    P: act("power", "kilowatt hour", ex(P, 10, "production"), ex(P, 1, "technosphere"), ex(C, 0.5, "technosphere"), ex(("biosphere3", "co2"), 5, "biosphere")),
    C: {"name": "coal", "unit": "kilogram", "type": "product", "exchanges": []},
    M: act("mine", "kilogram", ex(C, 4, "production"), ex(P, 2, "technosphere"), ex(("biosphere3", "ch4"), 0.2, "biosphere"), kind="process"),
    W: act("waste", "kilogram", ex(W, -2, "production"), ex(("biosphere3", "co2"), 3, "biosphere"), ex(("biosphere3", "hfc"), 1, "biosphere")),
}
bd.Database("base").write(base)
main = {S: act("smelter", "kilogram", ex(S, 1000, "production"), ex(P, 15000, "technosphere"), ex(W, -30, "technosphere"), ex(("biosphere3", "uptake"), 7, "biosphere"))}
bd.Database("main").write(main)
scores = {}
for gas, flow_key in (("co2", "co2"), ("ch4_fossil", "ch4")):
    method = bd.Method((gas,)); method.register(); method.write([(("biosphere3", flow_key), 1)])
    for key in (P, C, W, S):
        amount = -1 if key == W else 1
        lca = bc.LCA({bd.get_node(database=key[0], code=key[1]): amount}, (gas,))
        lca.lci(); lca.lcia()
        scores.setdefault("|".join(key), {})[gas] = lca.score
ids = {"|".join(key): bd.get_node(database=key[0], code=key[1]).id for key in (*base, *main, *bio)}
with open(sys.argv[1], "w") as file:
    json.dump({"scores": scores, "ids": ids, "folder": str(bd.projects.dir)}, file)
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A project written by Brightway in a process of its own, with its own scores."""
    folder = tmp_path_factory.mktemp("brightway")
    environment = os.environ | {"BRIGHTWAY2_DIR": str(folder / "projects")}
    (folder / "projects").mkdir()
    subprocess.run(
        [sys.executable, "-c", WRITE, str(folder / "answer.json")],
        env=environment,
        check=True,
        capture_output=True,
    )
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text())
    return {**answer, "home": folder / "projects"}


@pytest.fixture(scope="module")
def imported(written: dict[str, Any]) -> Imported:
    return read_database(written["home"], "main")


def scores(imported: Imported) -> dict[str, dict[str, float]]:
    background = imported.background
    solved = adjoint_scores(background.technosphere, background.loads())
    return {
        item.key: dict(zip(background.gases, row, strict=True))
        for item, row in zip(background.products, solved.scores.tolist(), strict=True)
    }


def test_every_product_scores_as_in_bw2calc_and_by_hand(
    written: dict[str, Any], imported: Imported
) -> None:
    found = scores(imported)
    for key, gases in written["scores"].items():
        for gas, kilograms in gases.items():
            assert found[key][gas] == pytest.approx(kilograms, rel=1e-9, abs=1e-15), (key, gas)
    power = 5 / 8.75
    assert found["base|power"]["co2"] == pytest.approx(power, rel=1e-6)
    assert found["base|coal"]["co2"] == pytest.approx(power / 2, rel=1e-6)
    assert found["base|waste"]["co2"] == pytest.approx(1.5, rel=1e-6)
    assert found["main|smelter"]["co2"] == pytest.approx(15 * power + 0.045, rel=1e-6)


def test_the_report_tells_what_was_turned_round_and_what_was_not_counted(
    imported: Imported,
) -> None:
    report = imported.report
    assert (report["activities"], report["waste_treatments"]) == (4, 1)
    assert report["databases"] == ["base", "biosphere3", "main"]
    reasons = {item["flow"]: item["reason"] for item in report["uncounted"]}
    assert reasons == {
        "Carbon dioxide, in air": "resource",
        "Methane, trifluoro-, HFC-23": "no_code",
    }
    waste = next(item for item in imported.background.products if item.key == "base|waste")
    assert (waste.treatment, waste.unit, waste.location) == (True, "kilogram", "CN")


def test_the_project_is_left_as_it_was(written: dict[str, Any]) -> None:
    def state() -> dict[str, bytes]:
        folder = written["home"]
        return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    before = state()
    read_database(Path(written["folder"]), "base")
    assert state() == before


def test_a_data_package_with_a_table_of_nodes_gives_the_same(
    written: dict[str, Any], tmp_path: Path
) -> None:
    whole = read_database(written["home"], "base")
    rows = ["id,database,code,name,product,location,unit,compartment,cas,kind"]
    for key, number in written["ids"].items():
        database, code = key.split("|")
        gas = {"co2": '"Carbon dioxide, fossil"', "ch4": '"Methane, fossil"'}.get(code, code)
        unit = "kilowatt hour" if code == "power" else "kilogram"
        rows.append(f"{number},{database},{code},{gas},,CN,{unit},air,,")
    table = tmp_path / "nodes.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    (package,) = Path(written["folder"]).glob("processed/base.*.zip")
    nodes = read_node_table(table)
    given = read_packages("base", read_package(package), nodes)
    assert scores(given) == scores(whole)


def copied(written: dict[str, Any], tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(written["folder"], folder)
    return folder


def test_unknown_and_changed_databases_are_refused(written: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="BRIGHTWAY_DATABASE_UNKNOWN") as refused:
        read_database(written["home"], "ecoinvent")
    assert refused.value.params["known"] == "base; biosphere3; main"
    with pytest.raises(BadInput, match="BRIGHTWAY_FOLDER_NONE"):
        read_database(tmp_path, "main")
    folder = copied(written, tmp_path)
    metadata = json.loads((folder / "databases.json").read_text())
    metadata["base"]["dirty"] = True
    (folder / "databases.json").write_text(json.dumps(metadata))
    with pytest.raises(BadInput, match="BRIGHTWAY_NOT_PROCESSED"):
        read_database(folder, "main")


def test_a_pickle_that_would_run_something_is_refused(
    written: dict[str, Any], tmp_path: Path
) -> None:
    folder = copied(written, tmp_path)
    hostile = b"cos\nsystem\n(S'true'\ntR."
    with sqlite3.connect(folder / "lci" / "databases.db") as store:
        store.execute("update activitydataset set data = ? where code = 'power'", (hostile,))
    store.close()
    with pytest.raises(BadInput, match="BRIGHTWAY_STORE_UNREADABLE"):
        read_database(folder, "main")


def test_a_broken_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("datapackage.json", '{"resources": [{"matrix": "technosphere_matrix"}]}')
    with pytest.raises(BadInput, match="DATAPACKAGE_UNREADABLE"):
        read_package(path)
