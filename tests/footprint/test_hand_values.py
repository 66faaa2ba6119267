"""A value set by hand has a unit, and one that is far from all that is known is asked about.

System: the demo plate, 12.5381 kg CO2e/kg, of it 0.717955 kg/kg of bought ingot at 15.947 kg/kg; its
slot counts in kg/t. At 5 kg/kg: 12.5381 - 0.717955 x (15.947 - 5) = 4.6786. A bare 5 meant 5 kg/t and
gave 1.0924, exit 0. Known for the slot: 15 947 (CN) and 15 100 kg/t (GLO); the nearest decides, so that
doubt begins below 15 100 / 10 and above 15 947 x 10.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from factor_db.foundation.canonical import plain
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import error_text
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.cli.main import main
from footprint.study.definition import Study, default_study, read_study
from footprint.study.hand_values import Known, doubt_of, read_value
from footprint.study.slot_units import slots
from lca_models.system.formula import Slot

INGOT = "primary_ingot/cradle_to_gate"
EMISSION = Slot("", "primary_ingot", "cradle_to_gate", "kg/t")
CARBON = Slot("electrolysis", "anode_carbon", "inventory", "kg/t")
SHARE = Slot("", "anode_carbon.ash_content", "property", "1")


@pytest.mark.parametrize(
    ("slot", "typed", "value"),
    [
        (EMISSION, "5 kg/kg", "5000"),
        (EMISSION, "5000 kg/t", "5000"),
        (EMISSION, "5000kg/t", "5000"),
        (EMISSION, "5 t/t", "5000"),
        (EMISSION, "5 kg CO2e/kg", "5000"),
        (EMISSION, "5 kgCO₂e/kg", "5000"),
        (EMISSION, "５ kg／kg", "5000"),
        (EMISSION, "5e3 kg/t", "5000"),
        (EMISSION, "0", "0"),
        (CARBON, "0.463 t/t", "463"),
        (SHARE, "0.02", "0.02"),
        (SHARE, "2 %", "0.02"),
    ],
)
def test_a_value_is_turned_into_the_unit_of_its_slot(slot: Slot, typed: str, value: str) -> None:
    assert read_value(slot, typed) == Decimal(value)


@pytest.mark.parametrize(
    ("slot", "typed", "code"),
    [
        (EMISSION, "5", "SET_UNIT_MISSING"),
        (CARBON, "0.463", "SET_UNIT_MISSING"),
        (EMISSION, "5 kWh/t", "UNIT_DIMENSION"),
        (EMISSION, "5 lumps/t", "UNIT_UNKNOWN"),
        (EMISSION, "-5 kg/t", "SET_NEGATIVE"),
        (EMISSION, "five kg/t", "NUMBER_UNREADABLE"),
        (EMISSION, "1,000 kg/t", "NUMBER_UNREADABLE"),
        (CARBON, "463 kg CO2e/t", "UNIT_UNKNOWN"),
    ],
)
def test_what_cannot_be_read_is_refused(slot: Slot, typed: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_value(slot, typed)
    assert caught.value.code == code


def test_a_bare_number_is_told_the_unit_of_the_slot_and_what_is_known_in_it() -> None:
    with pytest.raises(BadInput) as caught:
        read_value(EMISSION, "5")
    for lang in ("zh", "en"):
        assert "15950 kg/t (CN)" in error_text(caught.value, lang)
        assert "5 kg/t" in error_text(caught.value, lang)


@pytest.mark.parametrize(
    ("value", "doubtful"),
    [("1510", False), ("1509", True), ("159470", False), ("159471", True), ("0", False)],
)
def test_a_value_is_doubtful_ten_times_beyond_every_known_one(value: str, doubtful: bool) -> None:
    known = [Known(Decimal(15947), "a@1", "CN"), Known(Decimal(15100), "b@1", "GLO")]
    found = doubt_of(EMISSION, Decimal(value), known)
    assert bool(found) is doubtful
    assert ("15950 kg/t (CN)" in found) is doubtful
    assert doubt_of(EMISSION, Decimal(value), []) == ""


def total(store: Store, study: Study) -> str:
    with store.read() as session:
        return f"{calculate_study(session, study).nominal.total:.4f}"


def written(folder: Path, *lines: str) -> Study:
    """The shipped study with keys before it, and its `[set]` table after it."""
    path = folder / "study.toml"
    shipped = (files("footprint") / "studies" / "plate.toml").read_text(encoding="utf-8")
    start = lines.index("[set]") if "[set]" in lines else len(lines)
    path.write_text("\n".join((*lines[:start], shipped, *lines[start:])), encoding="utf-8")
    return read_study(path)


def test_a_study_file_states_units_too(demo_store: Store, tmp_path: Path) -> None:
    study = written(tmp_path, "[set]", f'"{INGOT}" = "5 kg/kg"')
    assert study.overrides == {INGOT: Decimal(5000)}
    assert total(demo_store, study) == "4.6786"
    for bare in ("5", '"5"', "5.0"):
        with pytest.raises(BadInput, match="SET_UNIT_MISSING"):
            written(tmp_path, "[set]", f'"{INGOT}" = {bare}')
    with pytest.raises(BadInput, match="SLOT_UNKNOWN"):
        written(tmp_path, "[set]", '"primary_ignot/cradle_to_gate" = "5 kg/kg"')


def test_a_far_value_is_refused_until_the_study_accepts_it(
    demo_store: Store, tmp_path: Path
) -> None:
    far = "[set]", f'"{INGOT}" = "5 kg/t"'
    with pytest.raises(BadInput, match=r"SET_DOUBTFUL.*5 kg/t; 15950 kg/t"):
        total(demo_store, written(tmp_path, *far))
    accepted = written(tmp_path, "accept_doubts = true", *far)
    assert total(demo_store, accepted) == "1.0924"
    assert accepted.record()["accept_doubts"] is True
    assert Study.from_record(plain(accepted.record())) == accepted
    assert "accept_doubts" not in default_study("plate").record()
    with pytest.raises(BadInput, match="STUDY_KEYS"):
        written(tmp_path, 'accept_doubts = "yes"')


def test_every_far_value_is_named_at_once(demo_store: Store) -> None:
    wrong = {INGOT: Decimal(5), "electricity/life_cycle": Decimal(600)}
    with pytest.raises(BadInput, match="SET_DOUBTFUL") as caught:
        total(demo_store, replace(default_study("plate"), overrides=wrong))
    assert INGOT in str(caught.value)
    assert "electricity/life_cycle" in str(caught.value)


def typed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", *words])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def test_the_command_line_asks_for_the_unit_and_shows_the_sites_own_value(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("calculate", "plate", "--site", "CQ-PLATE", "--set")
    gas = "melting/natural_gas/inventory"
    code, out, err = typed(demo_home, monkeypatch, capsys, *ask, f"{gas}=5")
    assert (code, out) == (2, "")
    assert "the slot counts in m3/t" in err
    assert "m3/t (CN-CQ)" in err
    code, out, err = typed(demo_home, monkeypatch, capsys, *ask, f"{INGOT}=5 kg/kg")
    assert (code, "4.6786" in out) == (0, True)
    code, _, err = typed(demo_home, monkeypatch, capsys, *ask, f"{INGOT}=5 kg/t")
    assert (code, "--accept-doubts" in err) == (2, True)
    code, out, _ = typed(demo_home, monkeypatch, capsys, *ask, f"{INGOT}=5 kg/t", "--accept-doubts")
    assert (code, "1.0924" in out) == (0, True)


def test_a_factor_is_shown_with_the_unit_of_its_slot(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ref = "result.primary.china.peng2022@2"
    _, out, _ = typed(demo_home, monkeypatch, capsys, "factor", "show", ref)
    assert json.loads(out)["unit"] == "kg/kg"
    assert json.loads(out)["slot"] == {"key": INGOT, "unit": "kg/t", "value": "15947"}
    _, out, _ = typed(demo_home, monkeypatch, capsys, "factor", "search", "primary ingot")
    assert "slot unit" in out.splitlines()[0]
    assert slots()["electrolysis/anode_carbon/inventory"].unit == "kg/t"


def test_a_portfolio_in_the_wrong_unit_is_refused_before_anything_is_calculated(
    demo_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, out = tmp_path / "s.csv", tmp_path / "o.parquet"
    lines = "a,plate,CQ-PLATE,5\nb,plate,CQ-PLATE,16\nc,plate,CQ-PLATE,\n"
    file.write_text(f"study,product,site,set:{INGOT} [kg/t]\n{lines}", encoding="utf-8")
    ask = ("portfolio", str(file), "--out", str(out), "--workers", "1")
    code, _, err = typed(demo_home, monkeypatch, capsys, *ask)
    assert (code, out.exists()) == (2, False)
    assert "2 studies" in err
    assert "first 'a'" in err
    code, _, _ = typed(demo_home, monkeypatch, capsys, *ask, "--accept-doubts")
    assert (code, out.exists()) == (0, True)
    file.write_text(f"study,product,site,set:{INGOT} [kg/kg]\n{lines}", encoding="utf-8")
    code, _, _ = typed(demo_home, monkeypatch, capsys, *ask)
    assert code == 0
