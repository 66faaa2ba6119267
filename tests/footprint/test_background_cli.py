"""`footprint background` as users type it: import, list, score, and a factor under review.

The shipped closure: primary ingot 9.00 kg CO2e/kg under AR6 (known from bw2calc on the same file),
sodium chloride made into a factor, which then fills the slot it was made for like any other.
"""

from __future__ import annotations

import json
import shlex
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.store.work import Store
from footprint.cli.main import main

SALT = "Sodium chloride, at plant"
OF_PARK = ("--year", "2010", "--owner", "park")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


@pytest.fixture(scope="module")
def uslci_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded home into which the shipped database was taken once."""
    from footprint.backgrounds.home import Wish, import_background
    from lca_models.external.archives import shipped_archive

    home = tmp_path_factory.mktemp("uslci") / "home"
    shutil.copytree(founded_home, home)
    import_background(home, shipped_archive(), Wish(name="uslci"))
    return home


@pytest.fixture
def own_home(uslci_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    shutil.copytree(uslci_home, home)
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    return home


def test_what_was_taken_in_is_listed_and_scored_from_the_cache(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "background", "list", "--json")
    (listed,) = json.loads(out)
    assert (code, listed["name"], listed["products"]) == (0, "uslci", 191)
    assert listed["origin"]["licence"] == "MIT (USLCI) with NREL notice"
    code, out, err = run(capsys, "background", "score", "uslci", "primary ingot", "--json")
    found = json.loads(out)
    assert (code, err, found["cache"]) == (0, "", "read")
    assert max(found["change"].values()) < 1e-12
    values = {item["name"]: item["co2e_kg"] for item in found["products"]}
    assert values["Aluminum, primary, ingot, at plant"] == pytest.approx(9.00, abs=0.005)
    code, out, _ = run(capsys, "background", "score", listed["sha256"][:8], "--gwp", "AR5")
    assert (code, out.count("\n")) == (0, 192)


def test_an_altered_cache_is_said_and_not_used(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (array,) = own_home.glob("backgrounds/*/scores/*.npy")
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    code, _, err = run(capsys, "--lang", "en", "background", "score", "uslci", "primary")
    assert (code, "not usable (altered)" in err) == (0, True)


def test_a_product_becomes_a_draft_factor_with_its_whole_source(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "background", "score", "uslci", SALT, "--json")
    (product,) = json.loads(out)["products"]
    asked = (
        *("background", "factor", "uslci", product["key"], "--flow", "flux_salt", "--year", "2008"),
        *("--purpose", "alternative", "--owner", "park", "--pedigree", "3;3;5;4;2"),
        *("--reasons", "database|unknown|old|USA|same process", "--explanation", "another source"),
    )
    code, out, err = run(capsys, *asked, "--json")
    assert code == 0, err
    made = json.loads(out)
    store = Store.at(own_home)
    with store.read() as session:
        factor = load_factor(find_version(session, made["factor"]))
    store.close()
    assert (factor.kind, factor.unit, factor.quantity) == ("emission", "kg/kg", "upstream")
    assert float(factor.amounts["co2"]) == pytest.approx(product["gases_kg"]["co2"], rel=1e-11)
    assert factor.licence == "MIT (USLCI) with NREL notice"
    assert product["key"] in factor.source.locator
    (folder,) = (own_home / "backgrounds").iterdir()
    assert folder.name in factor.source.locator
    assert factor.source.citation.endswith("FY17.Q4.02")
    assert factor.gsd > Decimal(1)
    assert run(capsys, "factor", "submit", made["factor"])[0] == 0
    assert run(capsys, "--as", "auditor", "factor", "review", made["factor"])[0] == 0
    assert run(capsys, *asked)[0] == 0  # the same content is stored once


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import"], "--shipped"),
        (["import", "absent.zip"], "absent.zip"),
        (["import", "{home}/keys.txt"], "JSON-LD"),
        (["import", "{home}"], "--database"),
        (["import", "{home}", "--database", "x"], "Brightway 2.5"),
        (["import", "--shipped", "--solver", "abacus"], "abacus"),
        (["import", "--shipped", "--choices", "{home}/keys.txt"], "keys.txt"),
        (["score", "ecoinvent"], "uslci"),
        (["score", "uslci", "--gwp", "AR9"], "AR9"),
        (["score", "uslci", "--refinements", "0"], "0"),
        (["factor", "uslci", "nothing", "--flow", "lime", *OF_PARK], "nothing"),
        (["factor", "uslci", "9", "--flow", "cheese", *OF_PARK], "cheese"),
    ],
)
def test_bad_input_is_one_clear_line(
    own_home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (own_home / "keys.txt").write_text("neither")
    given = [item.format(home=own_home) for item in arguments]
    code, out, err = run(capsys, "--lang", "en", "background", *given)
    assert code == 2
    assert words in out + err
    assert "Traceback" not in err


def test_nothing_is_stored_of_a_database_that_cannot_produce(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A product that needs 2 of itself through another: refused by name, and no folder is left."""
    import zipfile

    import numpy as np

    package, table = tmp_path / "loop.zip", tmp_path / "nodes.csv"
    table.write_text(
        'id,name,unit,compartment\n1,power,kWh,\n2,coal,kg,\n9,"Carbon dioxide, fossil",kg,air\n'
    )
    indices = np.array([(1, 1), (2, 1), (1, 2), (2, 2)], dtype=[("row", "i8"), ("col", "i8")])
    parts = {
        "technosphere_matrix": {
            "indices": indices,
            "data": np.array([1, 2, 1, 1.0]),
            "flip": np.array([False, True, True, False]),
        },
        "biosphere_matrix": {
            "indices": np.array([(9, 1)], dtype=indices.dtype),
            "data": np.ones(1),
        },
    }
    resources = []
    with zipfile.ZipFile(package, "w") as archive:
        for matrix, arrays in parts.items():
            for kind, array in arrays.items():
                path = f"{matrix}.{kind}.npy"
                with archive.open(path, "w") as file:
                    np.save(file, array)
                names = {"group": matrix, "matrix": matrix, "kind": kind, "path": path}
                resources.append({**names, "format": "npy", "category": "vector"})
        archive.writestr("datapackage.json", json.dumps({"resources": resources}))
    asked = ("--lang", "en", "background", "import", str(package), "--nodes", str(table))
    code, _, err = run(capsys, *asked)
    assert (code, "power [" in err and "coal [" in err) == (2, True)
    assert not (home / "backgrounds").exists()


def test_the_example_of_the_docs_works_as_typed(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parents[2] / "docs" / "background.md"
    typed = [
        shlex.split(line, comments=True)[1:]
        for line in page.read_text().splitlines()
        if line.startswith("footprint ") and ("score" in line or "factor" in line)
    ]
    assert len(typed) == 3
    for arguments in typed:
        assert run(capsys, *arguments)[0] == 0, arguments


def test_a_factor_without_an_owner_names_the_option(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("factor", "uslci", "5dacfb93", "--flow", "flux_salt", "--year", "2008")
    code, _, err = run(capsys, "--lang", "en", "background", *asked)
    assert (code, "--owner" in err) == (2, True)


def test_a_score_says_how_much_it_leaves_out(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """383 inputs without a usable provider and 28 flows: the lists of the import's own report."""
    (report,) = own_home.glob("backgrounds/*/report.json")
    held = json.loads(report.read_text())
    gaps = (len(held["cut_off"]), len(held["uncounted"]))
    found = json.loads(run(capsys, "background", "score", "uslci", SALT, "--json")[1])
    assert gaps == (found["inputs_cut_off"], found["flows_uncounted"]) == (383, 28)
    code, out, err = run(capsys, "--lang", "zh", "background", "score", "uslci", SALT)
    assert (code, out.split()[0]) == (0, "产品")
    assert "截断的输入：383" in err
    code, out, err = run(capsys, "--lang", "en", "background", "score", "uslci", "zzzz")
    assert (code, out, err) == (0, "", "nothing in 'uslci' matches 'zzzz'.\n")


def test_the_report_of_an_import_is_in_words() -> None:
    from footprint.cli.context import configure
    from footprint.cli.database.background import _report_lines

    configure("en", "")
    lines = _report_lines({"cut_off": [1], "inputs": {"burden_free": 3}, "gases": {"co2": 2}})
    assert lines == [
        "inputs cut off: 1",
        "product inputs: provider bears no burden 3",
        "flows of gases: co2 2",
    ]
