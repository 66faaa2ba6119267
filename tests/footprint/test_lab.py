"""The lab of methodological choices on the example ledgers.

System under test: `run_lab`, its effects, its document and table.
By hand, plate: 0.17565692 kg of pre-consumer scrap per kg at the 15.947 kg CO2e/kg of published
primary ingot are 2.80120090… kg CO2e/kg between `cut-off` and `pre-consumer-mass`.
By hand, recycled ingot with a co-product at its last step, as much of it as of ingot (T is the
total without it): by mass T × 1/2; at 300 and 100 CNY/t by value T × 300/400 = T × 3/4; no row
carries a product code, so that no causal key is there.
By hand, effects of three choices: see `TOTALS`.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from co_product_cases import share_out
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.store.tables import (
    FactorVersion,
    LedgerEntry,
    LedgerFile,
    StateEntry,
)
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.choices.alternatives import alternatives_of
from footprint.cli.context import text_width
from footprint.cli.main import main
from footprint.lab import allocation as lab_allocation
from footprint.lab.combinations import Axis, Lab, Row, run_lab
from footprint.lab.document import lab_csv, lab_document
from footprint.lab.effects import Effect, effects_of
from footprint.solving.preparation import prepare
from footprint.study.definition import CutOff, default_study
from footprint.study.offered_choices import METHODOLOGICAL

TINY = Decimal("1E-20")


@pytest.fixture(scope="module")
def lab(demo_store: Store) -> Lab:
    with demo_store.read() as session:
        return run_lab(session, default_study("plate"))


@pytest.fixture(scope="module")
def document(lab: Lab) -> dict[str, Any]:
    return lab_document(lab).record()


def total_under(lab: Lab, **choices: str) -> Decimal:
    wanted = {**lab.study_row.choices, **choices}
    (row,) = [row for row in lab.rows if row.choices == wanted]
    assert row.total is not None
    return row.total


@pytest.mark.parametrize("scrap_rule", ["cut-off", "pre-consumer-mass"])
@pytest.mark.parametrize("primary_source", ["published", "modelled"])
def test_a_row_is_what_calculate_says_with_those_choices(
    lab: Lab, demo_store: Store, scrap_rule: str, primary_source: str
) -> None:
    study = default_study("plate").changed("scrap_rule", scrap_rule)
    study = study.changed("primary_source", primary_source).changed("gwp_set", "AR5")
    with demo_store.read() as session:
        expected = calculate_study(session, study).nominal.total
    chosen = {"scrap_rule": scrap_rule, "primary_source": primary_source, "gwp_set": "AR5"}
    assert total_under(lab, **chosen) == expected


def test_the_scrap_rule_is_worth_the_hand_calculation(lab: Lab) -> None:
    by_hand = Decimal("0.17565692") * Decimal("15.947")
    (effect,) = [item for item in effects_of(lab) if item.choice == "scrap_rule"]
    assert effect.range_at_study is not None
    assert abs(effect.range_at_study - by_hand) < TINY
    assert effects_of(lab)[0].choice == "scrap_rule"


def test_every_combination_stands_in_the_lab_exactly_once(lab: Lab) -> None:
    combinations = [tuple(row.choices.values()) for row in lab.rows]
    expected = set(product(*(axis.values for axis in lab.axes)))
    assert len(combinations) == len(set(combinations)) == len(expected)
    assert set(combinations) == expected
    assert [axis.choice for axis in lab.axes] == list(METHODOLOGICAL)


def test_what_cannot_be_calculated_is_listed_with_its_empty_slots(lab: Lab) -> None:
    wanted = {"electricity_rule": "residual", "scrap_rule": "cut-off"}
    residual = [row for row in lab.rows if wanted.items() <= row.choices.items()]
    assert residual
    assert {row.status for row in residual} == {"incomplete"}
    assert {row.missing for row in residual} == {("electricity/residual_life_cycle",)}
    assert all(row.total is None and lab.difference(row) is None for row in residual)


def test_a_credit_stands_beside_the_total_and_never_in_it(lab: Lab, demo_store: Store) -> None:
    (row,) = [
        r for r in lab.rows if r.choices == {**lab.study_row.choices, "scrap_rule": "substitution"}
    ]
    with demo_store.read() as session:
        study = default_study("plate").changed("scrap_rule", "substitution")
        document = calculate_study(session, study).document
    assert row.outside == Decimal(document["outside_headline"]["substitution"]) != 0
    assert row.total == lab.study_row.total
    assert lab.study_row.outside == 0


def test_a_refused_combination_names_its_code(demo_store: Store) -> None:
    """Power cannot be cut off: where the residual mix is asked for, the cut-off is refused."""
    power = CutOff("electricity/residual_life_cycle", Decimal(1), "kg/kWh", "bound", "reason")
    study = default_study("plate")
    study = replace(study, cut_offs=(*study.cut_offs, power))
    with demo_store.read() as session:
        document = lab_document(run_lab(session, study, ("electricity_rule",))).record()
    codes = {row["choices"]["electricity_rule"]: row["code"] for row in document["rows"]}
    assert codes["location"] == ""
    assert codes["residual"].startswith("CUT_OFF_")
    assert all(row["status"] == "refused" for row in document["rows"] if row["code"])
    assert "CUT_OFF" not in document["rows"][-1]["message_en"]


def test_a_misspelt_slot_of_the_study_is_found(demo_store: Store) -> None:
    """A slot that only the modelled chain asks for is none."""
    chain = replace(
        default_study("plate"), overrides={"electrolysis/electricity/inventory": Decimal(13500)}
    )
    wrong = replace(default_study("plate"), overrides={"melting/electricty/inventory": Decimal(1)})
    with demo_store.read() as session:
        run_lab(session, chain, ("primary_source",))
        with pytest.raises(BadInput, match="melting/electricty/inventory"):
            run_lab(session, wrong, ("primary_source",))


def test_a_study_without_any_result_still_has_its_table(demo_store: Store) -> None:
    with demo_store.read() as session:
        found = run_lab(session, replace(default_study("plate"), cut_offs=()))
    assert {row.status for row in found.rows} == {"incomplete"}
    assert "ceramic_filter/upstream" in found.study_row.missing
    assert lab_document(found).lowest is None


def test_a_study_that_no_plant_could_have_has_no_lab(demo_store: Store) -> None:
    """Melting without gas lacks heat under every rule for scrap (PCF-POSSIBLE-001)."""
    study = replace(default_study("plate"), overrides={"melting/natural_gas/inventory": Decimal(0)})
    with demo_store.read() as session, pytest.raises(Incomplete, match="BLOCKED_IMPOSSIBLE"):
        run_lab(session, study, ("scrap_rule",))


def test_differences_are_exact_and_percent_of_the_study(lab: Lab, document: dict[str, Any]) -> None:
    base = Decimal(document["study"]["total"])
    for row in document["rows"]:
        if row["status"] == "complete":
            assert Decimal(row["total"]) - base == Decimal(row["difference"])
            percent = Decimal(row["difference_percent"])
            assert abs(percent * base / 100 - Decimal(row["difference"])) < TINY
    assert document["study"]["difference"] == "0"
    assert [row["of_study"] for row in document["rows"]].count(True) == 1


def test_rows_rise_and_what_has_no_total_stands_last(document: dict[str, Any]) -> None:
    statuses = [row["status"] for row in document["rows"]]
    totals = [Decimal(row["total"]) for row in document["rows"] if row["total"]]
    assert totals == sorted(totals)
    assert statuses == sorted(statuses)
    assert document["lowest"]["total"] == document["rows"][0]["total"]
    assert Decimal(document["highest"]["total"]) == totals[-1]


def test_without_co_products_allocation_is_one_value_with_a_note(document: dict[str, Any]) -> None:
    (axis,) = [item for item in document["choices"] if item["choice"] == "allocation"]
    assert axis["values"] == ["subdivision"]
    assert axis["note_en"] == "no co-product, allocation has no effect"


def test_the_lab_holds_the_alternatives_of_every_result(lab: Lab) -> None:
    prepared = lab.prepared
    lines, _ = alternatives_of(prepared.study, prepared.where, prepared.resolver.pin)
    assert {line.choice for line in lines} == {*METHODOLOGICAL} - {"allocation"}
    for line in lines:
        if line.total is not None:
            assert total_under(lab, **{line.choice: line.value}) == line.total


def test_the_same_store_gives_the_same_bytes(lab: Lab, demo_store: Store) -> None:
    with demo_store.read() as session:
        again = run_lab(session, default_study("plate"), METHODOLOGICAL[::-1])
    assert canonical_json(lab_document(again).record()) == canonical_json(
        lab_document(lab).record()
    )
    assert lab_csv(again) == lab_csv(lab)


def test_a_choice_that_does_not_vary_stays_as_the_study_has_it(demo_store: Store) -> None:
    with demo_store.read() as session:
        found = run_lab(session, default_study("plate"), ("scrap_rule", "primary_source"))
        with pytest.raises(BadInput, match="LAB_CHOICE_UNKNOWN"):
            run_lab(session, default_study("plate"), ("temper",))
    assert {(row.choices["gwp_set"], row.choices["electricity_rule"]) for row in found.rows} == {
        ("AR6", "location")
    }
    assert len(found.rows) == len(found.axes[0].values) * 2


def test_the_table_has_units_in_its_headings_and_every_row(lab: Lab) -> None:
    table = list(csv.DictReader(io.StringIO(lab_csv(lab).decode("utf-8-sig"))))
    assert len(table) == len(lab.rows)
    assert {"total_kg_co2e_per_kg", "difference_kg_co2e_per_kg", "difference_percent"} <= set(
        table[0]
    )
    assert Decimal(table[0]["total_kg_co2e_per_kg"]) == lab.rows[0].total
    assert table[-1]["total_kg_co2e_per_kg"] == ""
    assert "electricity/residual_life_cycle" in table[-1]["missing_slots"]


# Allocation ------------------------------------------------------------------------------------


@pytest.fixture
def shared(demo_store: Store, store: Store) -> tuple[Store, LedgerFile, Decimal]:
    """A store with the recycler's ledger plus a co-product, its total without the co-product."""
    with demo_store.read() as session:
        alone = calculate_study(session, default_study("recycled_ingot")).nominal.total
    file = share_out(store, demo_store, "mass")
    return store, file, alone


def test_each_allocation_derives_the_own_factors_anew(
    shared: tuple[Store, LedgerFile, Decimal],
) -> None:
    store, _, alone = shared
    with store.read() as session:
        before = session.exec(select(func.count()).select_from(FactorVersion)).one()
        found = run_lab(
            session, replace(default_study("recycled_ingot"), site="S"), ("allocation",)
        )
        after = session.exec(select(func.count()).select_from(FactorVersion)).one()
        states = session.exec(select(func.count()).select_from(StateEntry)).one()
    assert before == after
    assert states
    assert found.study_row.choices["allocation"] == "mass"
    # Half of the same metal is called a co-product: a tonne of either takes what a tonne took.
    assert abs(total_under(found, allocation="mass") - alone) < TINY
    refused = {
        row.choices["allocation"]: row.error for row in found.rows if row.status == "refused"
    }
    assert {name: error.code for name, error in refused.items() if error} == {
        "causal": "DERIVE_CAUSAL_KEY",
        "economic": "DERIVE_SAME_METAL",
        "subdivision": "DERIVE_COPRODUCT",
    }
    document = lab_document(found).record()
    assert "DERIVE_CAUSAL_KEY" in {row["code"] for row in document["rows"]}
    assert all("note_en" not in axis for axis in document["choices"])


def test_published_factors_that_the_ledger_no_longer_gives_are_pointed_out(
    shared: tuple[Store, LedgerFile, Decimal],
) -> None:
    store, _, _ = shared
    with store.work("park") as work:
        row = work.session.exec(
            select(LedgerEntry).where(
                LedgerEntry.process == "ingot_packing", LedgerEntry.flow == "electricity"
            )
        ).first()
        assert row is not None
        row.amount += 1
        work.session.add(row)
        work.session.flush()
        prepared = prepare(work.session, replace(default_study("recycled_ingot"), site="S"))
        axis = lab_allocation.allocation_axis(work.session, prepared)
    assert axis.note == lab_allocation.CORRECTED_SINCE


# Effects, by hand ------------------------------------------------------------------------------

AXES = (Axis("scrap", ("a", "b"), "a"), Axis("power", ("x", "y", "z"), "x"))
# Study: a, x. Scrap alone: 7 - 4 = 3; over x and y (3 + 1) / 2 = 2; under z only one total.
# Power alone: 6 - 4 = 2 (z is there); over a: 6 - 4 = 2, over b: 7 - 6 = 1, mean 1.5.
TOTALS = {("a", "x"): "4", ("b", "x"): "7", ("a", "y"): "5", ("b", "y"): "6", ("a", "z"): "6"}


def rows_by_hand() -> list[Row]:
    return [
        Row(
            choices={"scrap": scrap, "power": power},
            status="complete" if (scrap, power) in TOTALS else "incomplete",
            total=Decimal(TOTALS[scrap, power]) if (scrap, power) in TOTALS else None,
            outside=Decimal(0),
            not_rebased=Decimal(0), missing=(), error=None, estimate=False, illustrative=False,
            of_study=(scrap, power) == ("a", "x"),
        )
        for scrap, power in product(AXES[0].values, AXES[1].values)
    ]  # fmt: skip


def effects_by_hand(rows: list[Row], axes: tuple[Axis, ...] = AXES) -> list[Effect]:
    return effects_of(cast(Lab, SimpleNamespace(rows=rows, axes=axes)))


def test_effects_are_the_hand_calculation() -> None:
    scrap, power = effects_by_hand(rows_by_hand())
    assert (scrap.choice, scrap.range_at_study, scrap.mean_range, scrap.combinations) == (
        "scrap",
        3,
        2,
        2,
    )
    assert (power.choice, power.range_at_study, power.mean_range, power.combinations) == (
        "power", 2, Decimal("1.5"), 2,
    )  # fmt: skip
    assert [(v.value, v.difference, v.mean_difference, v.pairs) for v in power.values] == [
        ("x", 0, 0, 2),
        ("y", 1, 0, 2),  # (5 - 4 + 6 - 7) / 2
        ("z", 2, 2, 1),
    ]


@settings(max_examples=25)
@given(st.permutations(rows_by_hand()))
def test_effects_do_not_depend_on_the_order_of_rows(rows: list[Row]) -> None:
    assert effects_by_hand(rows) == effects_by_hand(rows_by_hand())


# The command ------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_fits_a_hundred_columns(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    code, out, _ = run(capsys, "lab", "plate", "--lang", lang)
    assert code == 0
    assert max(text_width(line) for line in out.splitlines()) <= 100
    assert "12.5381" in out
    assert "[1]" in out
    assert "electricity/residual_life_cycle" in out


def test_json_stands_alone_and_the_table_is_written(
    demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    file = tmp_path / "lab.csv"
    code, out, _ = run(capsys, "lab", "plate", "--vary", "scrap_rule", "--json", "--csv", str(file))
    assert code == 0
    assert json.loads(out)["rows"][0]["choices"]["scrap_rule"] == "cut-off"
    assert file.read_bytes().startswith(b"\xef\xbb\xbfscrap_rule,")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["lab", "cheese"], 2),
        (["lab", "plate", "--site", "NOWHERE"], 2),
        (["lab", "plate", "--vary", "temper"], 2),
    ],
)
def test_wrong_questions_are_bad_input(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], code: int,
) -> None:  # fmt: skip
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    assert run(capsys, *arguments)[0] == code
