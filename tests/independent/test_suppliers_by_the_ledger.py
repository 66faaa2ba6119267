"""Who supplies, and how much of it, is what the ledger's receipts say: else no certificate.

System under test: `calculate` and `certify` on the case plant, whose ledger books 8000 t of bought
billet: 5000 t of one seller (0.625) and 3000 t of another (0.375).

By hand: with the first seller's 6.9 t CO2e/t for all of it the stranger finds 11.5583 kg CO2e/kg.
At 14 t CO2e/t for the second seller's 3000 t, 3000 x (14 - 6.9) = 21 300 t CO2e more go into 18 000
t of profiles: 1.183333 kg/kg more, 12.7416.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from case_plant import ENTERPRISE, HERE, Case

from factor_db.factors.review.lifecycle import take_step
from factor_db.ledger.form.firm_names import bare_name
from factor_db.store.work import Store
from footprint.cli.main import main
from footprint.exchange.importing import import_supplier, read_supplier_file
from footprint.supply.sellers import is_named

STEPS = (("exporter", "submit"), ("auditor", "review"), ("park", "publish"))
FIRST, SECOND, STRANGER = "云南某铝业有限公司", "贵州某铝业", "河南某铝业有限公司"
ALONE = Decimal("11.5583052640699")


@pytest.fixture(scope="module")
def sellers(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, str, str]:
    """The case plant with the footprint of its second seller, and of a firm that sold it nothing."""
    folder = tmp_path_factory.mktemp("sellers")
    home = folder / "home"
    shutil.copytree(case.home, home)
    typed = (HERE / "data" / "bought_billet_supplier.toml").read_text(encoding="utf-8")
    store = Store.at(home)
    refs = []
    for name, english, value, place in (
        (SECOND, "Guizhou Example Aluminium", "14000", "CN-GZ"),
        (STRANGER, "Henan Example Aluminium", "6900", "CN-HA"),
    ):
        file = folder / f"{value}.toml"
        text = typed.replace(FIRST, name).replace("Yunnan Example Aluminium", english)
        text = text.replace("CN-YN", place)
        file.write_text(text.replace('"6900"', f'"{value}"'), encoding="utf-8")
        with store.work("exporter") as work:
            read = read_supplier_file(file, date(2026, 11, 30))
            refs.append(import_supplier(work, read, owner=ENTERPRISE))
        for user, action in STEPS:
            with store.work(user) as work:
                take_step(work, refs[-1], action)
    store.close()
    return Case(home, case.supplier), refs[0], refs[1]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", *arguments])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def calculated(
    case: Case, capsys: pytest.CaptureFixture[str], *suppliers: tuple[str, str]
) -> dict[str, Any]:
    named = [word for ref, share in suppliers for word in _named(ref, share)]
    asked = ("calculate", "extrusion", "--site", case.site, *named, "--json")
    status, out, err = run(capsys, *asked)
    assert status == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def _named(ref: str, share: str) -> tuple[str, str]:
    return "--supplier", f"purchased_billet={ref}:{share}"


def certified(
    document: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    status, _, err = run(capsys, "certify", document["calculation"], "--out", str(folder / "out"))
    return status, err


@pytest.fixture
def plant(sellers: tuple[Case, str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[Case, str, str]:
    monkeypatch.setenv("FOOTPRINT_HOME", str(sellers[0].home))
    return sellers


def test_both_sellers_at_the_shares_of_the_ledger_are_certified(
    plant: tuple[Case, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, second, _ = plant
    document = calculated(case, capsys, (case.supplier, "0.625"), (second, "0.375"))
    expected = ALONE + Decimal(3000) * (Decimal(14) - Decimal("6.9")) / 18000
    assert abs(Decimal(document["total"]["value"]) - expected) < Decimal("1E-12")
    assert document["supply"]["violations"] == []
    (flow,) = document["supply"]["flows"]
    assert [row["ledger_share"] for row in flow["suppliers"]] == ["0.625", "0.375"]
    assert certified(document, tmp_path, capsys)[0] == 0
    status, out, _ = run(capsys, "verify", str(tmp_path / "out" / "certificate.json"))
    assert status == 0, out


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (
            "0.95",
            "0.05",
            ("ledger_share 0.625; rule PCF-SUPPLY-001; study_share 0.95", "study_share 0.05"),
        ),
        ("0.6301", "0.3699", ("ledger_share 0.625; rule PCF-SUPPLY-001; study_share 0.6301",)),
        (
            "1",
            "",
            ("ledger_share 0.625; rule PCF-SUPPLY-001; study_share 1;", "ledger_share 0.375"),
        ),
    ],
    ids=["more of the lower", "just beyond the tolerance", "one for all"],
)
def test_other_shares_are_shown_and_never_certified(
    plant: tuple[Case, str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    first: str,
    second: str,
    named: tuple[str, ...],
) -> None:
    case, other, _ = plant
    suppliers = [(case.supplier, first), *([(other, second)] if second else ())]
    document = calculated(case, capsys, *suppliers)
    if not second:
        assert abs(Decimal(document["total"]["value"]) - ALONE) < Decimal("1E-12")
    status, err = certified(document, tmp_path, capsys)
    assert status == 3
    for word in (*named, "PCF-SUPPLY-001", "billet", "云南某铝业", "ledger!F"):
        assert word in err, err
    assert not list(tmp_path.rglob("certificate.*"))


def test_within_the_rounding_of_a_share_it_is_certified(
    plant: tuple[Case, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole per cent: 0.63 and 0.37 are half a per cent off, no more."""
    case, second, _ = plant
    document = calculated(case, capsys, (case.supplier, "0.63"), (second, "0.37"))
    assert certified(document, tmp_path, capsys)[0] == 0


def test_who_sold_nothing_by_the_ledger_is_no_evidence(
    plant: tuple[Case, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, second, stranger = plant
    document = calculated(case, capsys, (stranger, "0.625"), (second, "0.375"))
    status, err = certified(document, tmp_path, capsys)
    assert status == 3
    for word in (STRANGER, "without evidence in the ledger", "study_share 0.625", "ledger!F"):
        assert word in err, err


def test_a_firm_is_known_by_its_name_and_not_by_a_part_of_it() -> None:
    assert bare_name("云南某铝业(集团)有限责任公司") == "云南某铝业"
    assert bare_name("Example Aluminium Co., Ltd.") == "examplealuminium"
    assert is_named("云南某铝业", ["云南某铝业有限公司"])
    assert not is_named("云南某铝业", ["云南某铝业再生有限公司"])
    assert not is_named("", [""])
