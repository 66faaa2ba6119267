"""One plant under two site codes is refused by name; two plants of one enterprise are not.

System under test: import and derivation of example plants as CSV and workbook cells, some under a
second site code. Facts: a copy with 30 % less power weighs all its metal alike; product codes and
scaled metal of less than half the flows change nothing of that, nor does a copy scaled as a whole.
A sister mill of about nine tenths of the tonnage, each month by a number of its own, weighs nothing
alike, nor does one of twelve equal months beside another such, nor the recycling plant. Meters: the plate example's own numbers
and readings, under another code beside metal that was scaled. Under another enterprise's number the
same plant is imported, and neither gets a certificate.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from plant_cases import Plant
from power_cases import example_cells, write_ledger_file
from test_instrument_use import RIVAL

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.derive.ledger_guard import require_alone
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.frozen import importing, twins
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.importing import ImportOutcome, import_ledger, ledger_of_site
from factor_db.ledger.meters.sheet import meters_of
from factor_db.store.tables import Actor
from factor_db.store.work import Store, Work

FIRST, SECOND = "CQ-ONE", "CQ-TWO"
YEAR = date(2025, 1, 1), date(2025, 12, 31)
STRANGER, KNOWN = "LEDGER_TWIN_STRANGER", "LEDGER_TWIN_KNOWN"
METAL, METER = "LEDGER_TWIN_METAL", "LEDGER_TWIN_METER"


def imports(work: Work, folder: Path, plant: Plant, *replaces: str) -> ImportOutcome:
    for code in sorted({item.code for item in plant.check(folder).unexplained_warnings}):
        plant.excuse(code)
    code = plant.site["site_code"]
    outcome = import_ledger(work, plant.write(folder / f"{code}.csv"), replaces=replaces)
    work.session.flush()
    return outcome


def blocking(outcome: ImportOutcome) -> list[Finding]:
    assert outcome.sha256 is None
    return [item for item in outcome.check.findings if not item.explained]


def copy(name: str = "extrusion_plant", code: str = SECOND) -> Plant:
    """Return the plant under another code, with 30 % less power."""
    plant = Plant(name, code)
    for row in plant.rows:
        if row["flow"] == "electricity":
            row["amount"] = str(Decimal(row["amount"]) * Decimal("0.7"))
    return plant


def sister(*shares: str, code: str = SECOND, level: bool = False) -> Plant:
    """Return a plant of the same steps with a share of all amounts, month after month another.

    `level` gives every month the amount of the first.
    """
    plant = Plant("extrusion_plant", code)
    firsts: dict[tuple[str, ...], str] = {}
    for row in plant.rows:
        if "." in row["flow"]:
            continue
        share = Decimal(shares[int(row["period"][5:]) % len(shares)])
        names = ("process", "flow", "role", "origin", "counterparty", "scrap_type", "product")
        key = tuple(row[name] for name in names)
        amount = firsts.setdefault(key, row["amount"]) if level else row["amount"]
        row["amount"] = str(Decimal(amount) * share)
    return plant


def test_the_same_plant_under_another_code_is_refused(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        first = imports(work, tmp_path, Plant("extrusion_plant", FIRST)).sha256
        (found,) = blocking(imports(work, tmp_path, copy()))
        assert (found.code, found.severity, found.sheet) == (METAL, "error", "ledger")
        assert found.params["alike"] == found.params["compared"]
        for lang in LANGUAGES:
            told = found.message(lang) + found.remedy(lang)
            said = (FIRST, f"{FIRST}.csv", str(first)[:12], found.cell, "ledger!F", "--replaces")
            assert all(word in told for word in said)


def test_other_product_codes_and_some_other_metal_hide_nothing(
    store: Store, tmp_path: Path
) -> None:
    named = copy()
    for row in named.rows:
        if row["process"] == "profile_packing" and row["flow"] == "extrusion":
            row["product"] = "6063-T66"
    named.scale("charging", "scrap_pre_consumer", "1.003")
    with store.work("exporter") as work:
        assert imports(work, tmp_path, Plant("extrusion_plant", FIRST)).sha256
        assert [item.code for item in blocking(imports(work, tmp_path, named))] == [METAL]


@pytest.mark.parametrize("share", ["1.002", "0.5"])
def test_a_copy_scaled_as_a_whole_is_a_copy(store: Store, tmp_path: Path, share: str) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, Plant("extrusion_plant", FIRST)).sha256
        (found,) = blocking(imports(work, tmp_path, sister(share)))
        assert found.code == METAL
        assert Decimal(str(found.params["ratio"])) == Decimal(share)


def test_two_plants_of_one_enterprise_are_two(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, Plant("extrusion_plant", FIRST)).sha256
        assert imports(work, tmp_path, sister("0.9", "0.91", "0.88", "0.93", "0.87")).sha256
        assert imports(work, tmp_path, Plant("recycling_plant", "CQ-THREE")).sha256
        assert derive_site(work, SECOND)


def test_books_of_equal_months_are_no_copies(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, sister("1", code=FIRST, level=True)).sha256
        assert imports(work, tmp_path, sister("0.9", level=True)).sha256


def test_the_way_out_is_to_replace_the_other_by_its_hash(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        first = imports(work, tmp_path, Plant("extrusion_plant", FIRST)).sha256
        assert first is not None
        second = imports(work, tmp_path, copy(), first[:12]).sha256
        assert ledger_of_site(work.session, SECOND).sha256 == second
        with pytest.raises(BadInput, match="LEDGER_NONE"):
            ledger_of_site(work.session, FIRST)
        assert derive_site(work, SECOND)


def test_copies_frozen_before_give_no_factors(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.work("exporter") as work:
        first = imports(work, tmp_path, Plant("extrusion_plant", FIRST)).sha256
        with monkeypatch.context() as earlier:
            earlier.setattr(importing, "twins", lambda *_: ())
            assert imports(work, tmp_path, copy()).sha256
        for site in (FIRST, SECOND):
            with pytest.raises(BadInput, match=METAL):
                derive_site(work, site)
        # The file is there: importing it once more only replaces the other.
        assert first is not None
        assert imports(work, tmp_path, copy(), first[:12]).sha256
        assert derive_site(work, SECOND)


def test_a_meter_of_a_step_belongs_to_one_site(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "_same_metal", lambda *_: None)  # as if all metal were another
    with store.work("exporter") as work:
        assert import_ledger(work, write_ledger_file(tmp_path / "a.csv", "plate_mill", ())).sha256
        again = write_ledger_file(tmp_path / "b.csv", "plate_mill", (), site=SECOND)
        (found,) = blocking(import_ledger(work, again))
        text = again.read_text(encoding="utf-8").splitlines()
        assert (found.code, found.sheet) == (METER, "meters")
        at = int(found.cell[1:])
        assert str(found.params["reading"]) in text[at - 1]
    for lang in LANGUAGES:
        told = found.message(lang) + found.remedy(lang)
        assert all(word in told for word in ("CQ-PLATE", "a.csv", f"meters!{found.cell}"))


def stranger(folder: Path, name: str = "extrusion_plant") -> Path:
    """Write the copy with 30 % less power under another enterprise's number."""
    plant = copy(name)
    for code in sorted({item.code for item in plant.check(folder).unexplained_warnings}):
        plant.excuse(code)
    plant.site["uscc"] = RIVAL
    return plant.write(folder / "theirs.csv")


def alone(store: Store, site: str, user: str) -> BadInput | None:
    with store.read(user) as session:
        try:
            require_alone(session, ledger_of_site(session, site))
        except BadInput as error:
            return error
    return None


def test_the_same_plant_under_another_enterprise_gives_neither_a_certificate(
    store: Store, tmp_path: Path
) -> None:
    with store.founding() as work:
        rival = Actor(name="rival", role="exporter", organisation=RIVAL)
        work.store(rival, "create", "user", "rival")
    with store.work("exporter") as work:
        assert imports(work, tmp_path, Plant("extrusion_plant", FIRST)).sha256
        assert imports(work, tmp_path, Plant("recycling_plant", "CQ-THREE")).sha256
    assert alone(store, FIRST, "exporter") is None
    with store.work("rival") as work:
        assert import_ledger(work, stranger(tmp_path)).sha256
    theirs, ours = alone(store, SECOND, "rival"), alone(store, FIRST, "exporter")
    assert theirs is not None
    assert ours is not None
    assert (theirs.code, ours.code) == (STRANGER, KNOWN)
    assert alone(store, "CQ-THREE", "exporter") is None
    for lang in LANGUAGES:  # whoever may not see the other's data learns nothing of them
        told = error_text(theirs, lang)
        assert ("another enterprise" if lang == "en" else "另一企业") in told
        assert not {FIRST, f"{FIRST}.csv", "ledger!"} & set(told.replace("(", " ").split())
        assert not any(sign.isdigit() for sign in told.replace("PCF-SITE-001", ""))
        assert SECOND in error_text(ours, lang)


def test_meters_renamed_under_another_enterprise_are_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "_same_metal", lambda *_: None)  # as if all metal were another
    with store.work("exporter") as work:
        assert import_ledger(work, write_ledger_file(tmp_path / "a.csv", "plate_mill", ())).sha256
        theirs = write_ledger_file(tmp_path / "b.csv", "plate_mill", (), site=SECOND, uscc=RIVAL)
        head, meters = theirs.read_text(encoding="utf-8").split("# sheet: meters")
        codes = {item.code for item in meters_of(example_cells("plate_mill").optional)}
        for code in codes:
            meters = meters.replace(f"{code},", f"{code}-NEU,")
        theirs.write_text(f"{head}# sheet: meters{meters}", encoding="utf-8")
        assert import_ledger(work, theirs).sha256
        assert import_ledger(
            work, write_ledger_file(tmp_path / "c.csv", "recycling_plant", ())
        ).sha256
    for site, code in ((SECOND, KNOWN), ("CQ-PLATE", KNOWN), ("CQ-RECYCLED", None)):
        error = alone(store, site, "exporter")
        assert (error.code if error else None) == code


def test_main_and_shared_meters_may_serve_two_sites() -> None:
    sheets = example_cells("plate_mill").optional
    whole = meters_of(sheets)
    own = twins._of_steps(FrozenLedger(example_cells("plate_mill"), *YEAR))
    assert {item.process for item in whole} - {item.process for item in own} == {"site"}
    assert len(own) == sum(item.process != "site" for item in whole)
