"""Doubts at entry, and the diff of two releases.

System: the shipped factors. Hand facts: 0.5777 kg/kWh = 577.7 kg/MWh (the same factor in another
unit); 0.5777 kg/MWh is a thousand times too small; 0.7 kg/kWh for the same place, year and boundary
is a conflict. Biomass power is known as 0.0404 and 0.0457 kg CO2e/kWh: 570 g of CO2 with methane in
g (570 + 1.2 x 29.8 + 0.01 x 273 = 608.5) is 13 315 times and more beyond, 0.04 kg of CO2 with
0.00001 kg of methane (0.0403) is not, though neither shares a gas with what is known. A release with one factor changed in value, one in licence, one gone and one new has
exactly four changes.
"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from factor_db.factors.keep.entry import add_by_hand, entry_doubts
from factor_db.factors.keep.versions import find_version, history
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import reference_factors
from factor_db.factors.release.differences import release_diff, write_diff
from factor_db.factors.release.releases import REFERENCE_RELEASE, load_release
from factor_db.foundation.canonical import EXACT, canonical_json
from factor_db.foundation.errors import BadInput
from factor_db.store.work import Store
from footprint.cli.main import main


def grid() -> Factor:
    """The shipped grid footprint of China that calculations take."""
    found = next(f for f in reference_factors() if f.id == "elec.cn.footprint.national.2024")
    assert found.amounts == {"co2e": Decimal("0.5777")}
    return found


def changed(factor: Factor, **fields: object) -> Factor:
    return Factor.model_validate({**factor.record(), "owner": "park", **fields})


def kinds(store: Store, factor: Factor) -> dict[str, set[str]]:
    with store.read() as session:
        found: dict[str, set[str]] = {}
        for doubt in entry_doubts(session, factor):
            found.setdefault(doubt.kind, set()).add(doubt.ref)
        return found


def test_the_same_factor_in_other_units_is_a_duplicate(store: Store) -> None:
    shipped = grid()
    unit = shipped.unit.replace("kWh", "MWh")
    same = changed(shipped, id="park.grid", unit=unit, amounts={"co2e": Decimal("577.7")})
    assert shipped.ref in kinds(store, same)["duplicate"]
    assert "magnitude" not in kinds(store, same)


def test_another_value_for_the_same_place_and_year_is_a_conflict(store: Store) -> None:
    shipped = grid()
    other = changed(shipped, id="park.grid", amounts={"co2e": Decimal("0.7")})
    assert shipped.ref in kinds(store, other)["conflict"]
    elsewhere = changed(other, geography="CN-YN")
    assert shipped.ref not in kinds(store, elsewhere).get("conflict", set())


@pytest.mark.parametrize("slip", ["1000", "0.001"])
def test_a_lost_thousand_is_out_of_all_proportion(store: Store, slip: str) -> None:
    shipped = grid()
    wrong = {"co2e": shipped.amounts["co2e"] * Decimal(slip)}
    assert "magnitude" in kinds(store, changed(shipped, id="park.grid", amounts=wrong))


def biomass(**amounts: str) -> Factor:
    """A factor of biomass power by gases, none of which the shipped ones (CO2e only) state."""
    shipped = [f for f in reference_factors() if f.flow == "electricity_biomass"]
    assert {gas for factor in shipped for gas in factor.amounts} == {"co2e"}
    assert {f.amounts["co2e"] for f in shipped} == {Decimal("0.0404"), Decimal("0.0457")}
    gases = {name: Decimal(amount) for name, amount in amounts.items()}
    return changed(shipped[0], id="park.biomass", gwp_set="", geography="CN-CQ", amounts=gases)


def test_sizes_are_compared_as_co2e_across_gases(store: Store) -> None:
    grams = biomass(co2="570", ch4_fossil="1.2", n2o="0.01")
    with store.read() as session:
        (doubt,) = [item for item in entry_doubts(session, grams) if item.kind == "magnitude"]
    # 570 + 35.76 + 2.73 = 608.49, over the nearer of the two.
    assert doubt.ratio == EXACT.divide(Decimal("608.49"), Decimal("0.0457"))
    right = biomass(co2="0.04", ch4_fossil="0.00001")
    assert "magnitude" not in kinds(store, right)
    # A wrong one that was let in does not make the right one odd.
    with store.work("park") as work:
        add_by_hand(work, grams, explanation="kept to see what it does")
    assert "magnitude" not in kinds(store, changed(right, id="park.second"))


@pytest.mark.parametrize("amounts", [{"co2e": "0"}, {"co2": "0", "co2_biogenic": "-1.2"}])
def test_nothing_emitted_is_asked_for(store: Store, amounts: dict[str, str]) -> None:
    nothing = changed(grid(), id="park.none", amounts=amounts)
    assert "magnitude" in kinds(store, nothing)
    # Also where nothing is known to compare it with.
    alone = changed(nothing, flow="sulphuric_acid", quantity="treatment", unit="kg/kg")
    assert kinds(store, alone) == {"magnitude": {"-"}}


def test_a_doubt_needs_an_explanation_that_the_history_keeps(store: Store) -> None:
    other = changed(grid(), id="park.grid", amounts={"co2e": Decimal("0.7")})
    with store.work("park") as work:
        with pytest.raises(BadInput, match="FACTOR_DOUBTS") as refusal:
            add_by_hand(work, other, explanation=" ")
        assert "conflict" in str(refusal.value.params["doubts"])
        row = add_by_hand(work, other, explanation="park grid study 2026, table 3")
        (entry,) = history(work.session, row.sha256)
    assert (entry.state, entry.reason) == ("draft", "park grid study 2026, table 3")


def test_a_next_version_of_a_factor_is_no_doubt(store: Store) -> None:
    shipped = grid()
    with store.read() as session:
        assert find_version(session, shipped.ref).sha256 == shipped.sha256
        next_one = Factor.model_validate({**shipped.record(), "version": 2})
        assert shipped.ref not in {doubt.ref for doubt in entry_doubts(session, next_one)}


def test_a_release_diff_lists_exactly_what_changed(store: Store, tmp_path: Path) -> None:
    with store.read() as session:
        old = load_release(session, REFERENCE_RELEASE)
    value = next(factor for factor in old.factors if all(factor.amounts.values()))
    licence, gone, *others = (factor for factor in old.factors if factor is not value)
    gas = next(iter(value.amounts))
    doubled = {**value.amounts, gas: value.amounts[gas] * 2}
    new = replace(
        old,
        name="2026.12",
        factors=(
            Factor.model_validate({**value.record(), "version": 2, "amounts": doubled}),
            Factor.model_validate({**licence.record(), "version": 2, "licence": "=CC BY 4.0"}),
            *others,
            changed(value, id="zz.new"),
        ),
    )
    changes = {item.factor: item for item in release_diff(old, new)}
    assert {key: item.reasons for key, item in changes.items()} == {
        value.id: "value",
        licence.id: "licence",
        gone.id: "removed",
        "zz.new": "added",
    }
    if len(value.amounts) == 1:
        assert changes[value.id].ratio == "2"
    assert release_diff(old, old) == []
    for name in ("changes.csv", "changes.xlsx"):
        write_diff(list(changes.values()), tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write_diff(list(changes.values()), tmp_path / name)
        assert (tmp_path / name).read_bytes() == first
    rows = CalamineWorkbook.from_path(str(tmp_path / "changes.xlsx")).get_sheet_by_index(0)
    assert len(rows.to_python()) == 5


def test_the_command_asks_for_the_explanation_and_takes_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = changed(grid(), id="park.grid", amounts={"co2e": Decimal("0.7")})
    file = tmp_path / "因子.json"
    file.write_bytes(canonical_json(other.record()))
    arguments = ["factor", "add", str(file), "--as", "park", "--lang", "en"]
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert "--explanation" in capsys.readouterr().err
    with pytest.raises(SystemExit) as taken:
        main([*arguments, "--explanation", "park grid study 2026, table 3"])
    assert taken.value.code == 0
    assert capsys.readouterr().out == "park.grid@1\n"
