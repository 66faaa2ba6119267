"""Published results against our models: the split, one case by hand, the tables, the page.

System: factor_db/reference/validation and the shipped factors under AR6. Hand calculations:
- two gases, AR4 published: 10 kg CO2 + 0.001 kg CF4 = 10 + 7.39 = 17.39; AR6 10 + 7.38, so the GWP
  step is -0.01 and the rest of a published 17.4 is -0.01;
- a walk: published 10, GWP + 0.5, as published 12: rest 1.5; power to 13, data to 11: + 1 and - 2;
- IAI world chain 2015, electrolysis per t: power 14 210 kWh x (0.5777 + 0.0327) = 8673.784; PFC
  0.0741 x 7380 + 0.00425 x 12 400 = 599.558; anode 463 x 0.976 x 3.666666667 = 1656.922667; AlF3
  16.7 x 1.068942295 + cathode 6 x 0.9528978047 + steel 5.4 x 2.05 = 34.638723; sum 10 964.903390;
- its power step: 14 210 x (0.6104 - (0.368742 x 0.0141 + 0.521923 x 0.924 + 0.000563 x 0.924
  + 0.025731 x 0.0065 + 0.083042 x 0.4503)) = 14 210 x (0.6104 - 0.5255373903) = 1205.897684;
- North America, transport: 1.93 x (210.7752020 + 0.2640742 x 29.8 + 0.0046489 x 273) = 424.43;
- plate, 100 % instead of 70 % primary: 0.2855 x 1.02565 x 15.947 = 4.669 (alloying stays).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.reference_files import reference_rows
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.study.definition import default_study
from footprint.validation import report as reports
from footprint.validation.ledgers import LedgerPart, ledger_part, with_primary_share
from footprint.validation.page import page
from footprint.validation.report import Report, figures_of, shown, split, validate
from footprint.validation.runs import mix_factor, ours, walk
from footprint.validation.split import STEPS, split_gases, split_runs
from footprint.validation.tables import Case, cases, inventory, merged, published_results
from lca_models.catalogue import product_system
from lca_models.system.unit_process import Choices

TOP = Path(__file__).parents[2]
PAGE = TOP / "docs" / "validation.md"
BY_RESULT = {case.result: case for case in cases()}
WORLD = BY_RESULT["result.primary.world.ea.2015"]
TABLES = ("results", "inventories", "smelter_power", "gases")
AMOUNTS = st.decimals(min_value=-100, max_value=100, places=24)


@pytest.fixture(scope="module")
def ledgers(demo_store: Store) -> LedgerPart:
    return ledger_part(demo_store)


@pytest.fixture(scope="module")
def report(ledgers: LedgerPart, demo_store: Store) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reports, "ledger_part", lambda _: ledgers)
        return validate(demo_store)


def test_two_gases_are_recharacterised() -> None:
    gases = {"co2": Decimal(10), "cf4": Decimal("0.001")}
    found = split_gases(Decimal("17.4"), gases, "AR4")
    assert (found.gwp, found.rest, found.ours) == (
        Decimal("-0.010"),
        Decimal("-0.010"),
        Decimal("17.380"),
    )
    assert found.as_published is None
    assert split_gases(Decimal("17.4"), gases, "").gwp is None


def test_a_step_not_stated_stays_in_the_rest() -> None:
    after = {"power": Decimal(13), "data": Decimal(11)}
    found = split_runs(Decimal(10), Decimal("0.5"), Decimal(12), after)
    assert found.rest == Decimal("1.5")
    assert found.steps == {"power": Decimal(1), "boundary": None, "data": Decimal(-2)}
    assert (found.ours, found.difference) == (Decimal(11), Decimal(1))


@given(AMOUNTS, st.none() | AMOUNTS, AMOUNTS, st.dictionaries(st.sampled_from(STEPS), AMOUNTS))
def test_the_parts_add_up_exactly(
    published: Decimal, gwp: Decimal | None, first: Decimal, after: dict[str, Decimal]
) -> None:
    found = split_runs(published, gwp, first, after)
    parts = (found.gwp, found.rest, *found.steps.values())
    assert published + sum(part for part in parts if part is not None) == found.ours


def test_the_iai_world_chain_by_hand() -> None:
    electrolysis = ours(WORLD).sums_by("process")["electrolysis"]
    assert float(electrolysis) == pytest.approx(10.964903390, abs=1e-8)


def test_the_power_step_of_the_world_by_hand() -> None:
    assert mix_factor("world.2015") == Decimal("0.5255373903")
    found = split(WORLD)
    assert float(found.steps["power"] or 0) == pytest.approx(1.205897684, abs=1e-8)
    assert found.steps["boundary"] is None
    assert found.gwp is None


def test_boundary_steps_by_hand() -> None:
    north_america = split(BY_RESULT["result.primary.na.aa2010.ar4"])
    assert float(north_america.steps["boundary"] or 0) == pytest.approx(-0.42443, abs=1e-5)
    smelter = BY_RESULT["result.primary.world.cru.2023.s12"]
    whole = ours(smelter)
    scopes = whole.sums_by("scope")
    first, after = walk(smelter)
    assert first == scopes["1"] + scopes["2"]
    assert after == {"boundary": whole.total}


def test_what_a_publication_states_of_power_holds_over_its_inventory() -> None:
    """The smelter's mix reaches electrolysis alone, without delivery; the rest keeps the grid."""
    case = replace(WORLD, data=("uslci.1997",), power_from=("power.us.smelters",), mix="")
    first, after = walk(case)
    kwh = Decimal(15410)
    mix = Decimal("0.3656234812") + Decimal("29.8") * Decimal("0.0006888586")
    mix += Decimal(273) * Decimal("0.0000087725")
    grid = Decimal("0.7439658383") + Decimal("29.8") * Decimal("0.0016188985")
    grid += Decimal(273) * Decimal("0.0000167925")
    other = Decimal("1.93") * (Decimal("109.13") + Decimal("2.64") * Decimal("0.39683"))
    # Baked anode by its carbon: 424.7 kg net; 1136 kg of coke less 0.388 kg CO2 per kg burnt in baking.
    burnt = Decimal(388) * 12 / 44 / Decimal("0.976")
    anode = Decimal(1520) / (Decimal("0.976") * 44 / 12) / (1136 - burnt)
    other += anode * Decimal("266.76") + Decimal("211.2")
    by_hand = kwh * (Decimal("0.6104") - mix) + other * (Decimal("0.5777") - grid)
    assert float(after["power"] - first) == pytest.approx(float(by_hand) / 1000, abs=1e-8)


def test_every_result_is_reached_once_or_says_why_not() -> None:
    reached = Counter(case.result for case in cases() if case.result)
    for key, row in published_results().items():
        assert reached[key] == (0 if row["reach"] == "no" else 1), key
        assert bool(row["reason_zh"] and row["reason_en"]) == (row["reach"] == "no"), key
        if row["reach"] == "gases":
            assert not BY_RESULT[key].product
    assert set(reached) <= set(published_results())


@pytest.mark.parametrize("table", TABLES)
def test_rows_name_source_licence_and_right(table: str) -> None:
    listed = (TOP / "factor_db/reference/LICENCES.md").read_text(encoding="utf-8")
    for row in reference_rows(f"validation/{table}.csv"):
        assert row["citation"], row
        assert row["confidence"] in {"A", "B"}, row
        assert f"| {row['licence']} |" in listed
        if re.search(r"IPCC, cited|single cited", row["licence"]):
            assert row["redistribution"] == "single_value", row
        if re.search(r"IAI|European Aluminium", row["citation"]):
            assert row["redistribution"] == "single_value", row


def test_formulas_give_their_amounts() -> None:
    rows = [row for row in reference_rows("validation/inventories.csv") if row["formula"]]
    assert len(rows) > 50
    for row in rows:
        expression = row["formula"].removeprefix("value=")
        assert re.fullmatch(r"[0-9.+\-*/() ]+", expression)
        decimals = re.sub(r"\d+(\.\d+)?", lambda found: f"Decimal('{found.group()}')", expression)
        with localcontext(EXACT):
            value = eval(decimals)  # digits and operators only, checked above
        stated = Decimal(row["amounts"].removeprefix("value="))
        assert abs(value - stated) <= Decimal("1E-10"), row["slot"]


def test_a_fuel_counted_in_another_unit_brings_its_factor() -> None:
    """An amount counted in m3, l or kg fits only the factor that is counted the same way."""
    for case in cases():
        rows = merged((*case.ours, *(case.data or ()), *(case.boundary_from or ())))
        for slot, row in rows.items():
            if row["counted"] and slot.endswith("/inventory"):
                flow = slot.split("/")[1]
                factors = (f"{flow}/combustion", f"{flow}.net_calorific_value/property")
                counted = {rows[name]["counted"] for name in factors if name in rows}
                assert row["counted"] in counted, (case.result, slot)


def test_a_factor_counted_in_another_unit_leaves_no_megajoule_of_its_fuel() -> None:
    """USLCI's oil is per litre: every oil slot of the chain must then be counted in litres."""
    stated = inventory("uslci.1997")
    system = product_system("primary_aluminium", Choices())
    for slot in system.amount_slots():
        factor = stated.get(f"{slot.flow}/combustion")
        if factor and slot.quantity == "inventory":
            assert stated[slot.key]["counted"] == factor["counted"], slot.key


def test_rejected_rows_are_absent() -> None:
    """The verifier's list: no casting of 369 or 411 kWh, no CF4 of 0.357 or 0.29, no CPCD result."""
    rows = reference_rows("validation/inventories.csv")
    stated = {(row["slot"], row["amounts"]) for row in rows}
    assert not {amount for slot, amount in stated if "casting/electricity" in slot} & {
        "value=369",
        "value=411",
    }
    assert not {amount for slot, amount in stated if "cf4" in slot} & {"value=0.357", "value=0.29"}
    text = (TOP / "factor_db/reference/validation/inventories.csv").read_text(encoding="utf-8")
    assert not re.search(r"luthin|He .*2020|recycled_ingot_cn_peng2019", text)
    assert not any(key.startswith("result.cpcd") for key in published_results())
    assert published_results()["result.recycled.china.peng2022"]["reach"] == "no"


def test_the_page_is_the_one_the_command_writes(report: Report) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(report)


def test_the_record_adds_up_and_every_finding_is_filled(report: Report) -> None:
    record = report.record()
    assert len(record["results"]) + len(record["not_reached"]) == len(published_results())
    for item in record["results"]:
        parts = [item["gwp"], item["rest"], *item["steps"].values()]
        with localcontext(EXACT):
            total = sum((Decimal(part) for part in parts if part), Decimal(item["published"]))
        assert total == Decimal(item["ours"]), item["id"]
        assert "{" not in item["finding_zh"] + item["finding_en"]
        assert len(item["finding_zh"]) > 10


def test_findings_hold_only_figures_that_are_stated(report: Report) -> None:
    """A finding that names a step the publication does not state would print an empty figure."""
    for case, found in report.splits:
        named = set(re.findall(r"\{(\w+)\}", case.zh + case.en))
        figures = figures_of(case, found)
        assert all(figures[name] for name in named), case.result


def test_ledgers_lie_within_what_is_expected(ledgers: LedgerPart) -> None:
    for row in ledgers.rows:
        low, _, high = row.expected.partition("–")
        margin = 0 if high else 0.3
        shown_ours = float(round(row.ours, row.digits))
        assert float(low) - margin <= shown_ours <= float(high or low) + margin, row


def test_only_the_charge_of_a_ledger_varies(demo_store: Store, ledgers: LedgerPart) -> None:
    ours_by_percent = {row.primary_percent: row.ours for row in ledgers.rows[:4]}
    difference = float(ours_by_percent["100"] - ours_by_percent["70"])
    assert difference == pytest.approx(4.6687, abs=1e-3)
    with demo_store.read() as session:
        example = calculate_study(session, default_study("plate")).nominal
    assert shown(example.total, 9) == shown(ours_by_percent["70"], 9)
    assert min(with_primary_share(example, Decimal(100)).overrides.values()) == 0


@pytest.mark.parametrize("power", ["grid", "coal", "hydro"])
def test_the_modelled_chain_inside_a_product(
    demo_store: Store, ledgers: LedgerPart, power: str
) -> None:
    """The chain of the page is the one a plate carries, per kg of its 0.71795 kg of primary."""
    study = default_study("plate").changed("primary_source", "modelled")
    with demo_store.read() as session:
        plate = calculate_study(session, study.changed("smelter_power", power)).nominal
    kg_primary = next(
        row.amount * 1000
        for row in plate.flows
        if row.flow == "primary_ingot" and row.process == "charging"
    )
    chain = sum(
        (row.kg_co2e for row in plate.contributions if row.stage == "primary_chain"), Decimal(0)
    )
    alone = ours(Case("", "primary_aluminium", "CN", power)).total
    assert float(chain / kg_primary) == pytest.approx(float(alone), abs=1e-9)
    assert alone in {row.ours for row in ledgers.chain}


def test_the_command_prints_the_record_or_writes_the_page(
    ledgers: LedgerPart,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from footprint.cli.main import main

    monkeypatch.setattr(reports, "ledger_part", lambda _: ledgers)
    monkeypatch.chdir(tmp_path)
    main_exit(main, ["validate", "--json"])
    assert json.loads(capsys.readouterr().out)["unit"] == "kg CO2e/kg"
    assert not list(tmp_path.iterdir())
    main_exit(main, ["validate"])
    assert capsys.readouterr().out == ""
    assert (tmp_path / "docs" / "validation.md").read_bytes() == PAGE.read_bytes()


def main_exit(main: object, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)  # type: ignore[operator]
    assert left.value.code == 0
