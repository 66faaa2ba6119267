"""The whole calculation on the three example ledgers.

System under test: example ledgers → factors → models → the two tables.
By hand, plate with 70 % primary metal: external charge 67 500 × 1.019 − 17 500 = 51 282.5 t for
50 000 t, that is 1.02565 t/t. Its energy is 6131.55 MJ × (0.055539 + 0.015617) kg/MJ = 0.436 kg and
(0.15 × 1350 + 307) = 509.5 kWh × 0.6104 = 0.311 kg, per kg plate. The electricity rows must be exactly the latter.
The expected ranges are those of a verifier for this charge; they are not fitted.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.review.lifecycle import take_step
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.store.work import Store
from footprint.brightway.engine import brightway_document
from footprint.calculation.calculate import CalculationResult, calculate_study
from footprint.figures.recompute import recompute
from footprint.result.document import read_result
from footprint.study.definition import CutOff, default_study

PRODUCTS = ("plate", "extrusion", "recycled_ingot")
GOLDEN = json.loads((Path(__file__).parent / "golden_hashes.json").read_text(encoding="utf-8"))
CONTRACT_KEYS = {
    "calculation", "product", "site", "period", "declared_unit", "gwp_set", "total", "by_stage",
    "by_gas", "by_scope", "contributions", "flows", "coverage", "quality", "choices", "release",
    "factors", "rules", "model_version", "illustrative", "result_hash",
}  # fmt: skip


@pytest.fixture(scope="module")
def results(demo_store: Store) -> dict[str, CalculationResult]:
    with demo_store.read() as session:
        return {
            product: calculate_study(session, default_study(product), samples=200)
            for product in PRODUCTS
        }


@pytest.fixture(params=PRODUCTS)
def result(
    request: pytest.FixtureRequest, results: dict[str, CalculationResult]
) -> CalculationResult:
    return results[request.param]


def _sum(values: Any) -> Decimal:
    return sum((Decimal(value) for value in values), Decimal(0))


def test_the_document_has_the_keys_of_the_contract(result: CalculationResult) -> None:
    assert set(result.document) >= CONTRACT_KEYS


def test_every_breakdown_sums_to_the_total_exactly(result: CalculationResult) -> None:
    document = result.document
    total = Decimal(document["total"]["value"])
    assert _sum(row["kg_co2e"] for row in document["contributions"]) == total
    for breakdown in ("by_stage", "by_gas", "by_scope"):
        assert _sum(document[breakdown].values()) == total, breakdown


@pytest.mark.parametrize(
    ("product", "low", "high"),
    [("plate", "12.1", "12.7"), ("extrusion", "9.3", "9.9"), ("recycled_ingot", "0.3", "0.75")],
)
def test_results_lie_where_a_verifier_expects_them(
    results: dict[str, CalculationResult], product: str, low: str, high: str
) -> None:
    assert Decimal(low) < results[product].nominal.total < Decimal(high)


def test_plate_energy_is_the_hand_calculation(results: dict[str, CalculationResult]) -> None:
    rows = results["plate"].nominal.contributions
    power = _sum(row.kg_co2e for row in rows if row.flow == "electricity")
    gas = _sum(row.kg_co2e for row in rows if row.flow == "natural_gas")
    assert float(power) == pytest.approx(0.5095 * 0.6104, rel=1e-6)
    # CH4 and N2O of combustion add 1e-6 × 27 + 1e-7 × 273 = 5.43e-5 kg per MJ.
    assert float(gas) == pytest.approx(6.13155 * (0.055539 + 0.0156173743 + 0.0000543), rel=1e-6)


def test_plate_metal_is_the_hand_calculation(results: dict[str, CalculationResult]) -> None:
    rows = results["plate"].document["flows"]
    external = [
        r for r in rows if r["process"] == "charging" and r["unit"] == "t" and r["role"] == "input"
    ]
    assert float(_sum(row["amount"] for row in external)) == pytest.approx(1.02565e-3, rel=1e-9)


def test_the_result_hash_is_the_same_on_every_machine(result: CalculationResult) -> None:
    assert result.document["result_hash"] == GOLDEN[result.document["product"]]


def test_the_interval_brackets_the_total_and_does_not_enter_the_hash(
    demo_store: Store, result: CalculationResult
) -> None:
    interval = result.document["total"]["interval"]
    assert Decimal(interval["low"]) < result.nominal.total < Decimal(interval["high"])
    with demo_store.read() as session:
        plain = calculate_study(session, default_study(result.document["product"]))
    assert plain.document["result_hash"] == result.document["result_hash"]
    assert plain.document["total"]["interval"] is None


def test_samples_do_not_depend_on_what_else_is_calculated(demo_store: Store) -> None:
    with demo_store.read() as session:
        alone = calculate_study(session, default_study("plate"), samples=150, seed=7)
        calculate_study(session, default_study("extrusion"), samples=150, seed=7)
        again = calculate_study(session, default_study("plate"), samples=150, seed=7)
    assert alone.document == again.document


def test_a_stranger_recomputes_every_figure_from_the_document(result: CalculationResult) -> None:
    document = json.loads(json.dumps(result.document))
    found = recompute(read_result(document)).record()
    assert found["total"]["value"] == document["total"]["value"]
    for key in set(found) - {"total"}:
        assert found[key] == document[key], key
    assert set(document) - set(found) == {
        "calculation",
        "site",
        "release",
        "inputs",
        *("unused_field_data", "closure", "possible"),
    }


def test_a_changed_input_changes_the_recomputed_hash(results: dict[str, CalculationResult]) -> None:
    document = json.loads(json.dumps(results["plate"].document))
    pin = next(p for p in document["inputs"]["pins"] if p["slot"]["quantity"] == "life_cycle")
    pin["factor"]["amounts"]["co2e"] = "0.4777"
    assert recompute(read_result(document)).result_hash != document["result_hash"]


def test_bw2calc_agrees_to_1e_9(result: CalculationResult) -> None:
    document = brightway_document(result).record()
    assert float(document["total"]["value"]) == pytest.approx(float(result.nominal.total), rel=1e-9)
    assert _sum(row["kg_co2e"] for row in document["contributions"]) == Decimal(
        document["total"]["value"]
    )


def test_the_gwp_set_moves_methane_but_not_what_is_known_only_as_co2e(demo_store: Store) -> None:
    with demo_store.read() as session:
        ar6, ar5 = (
            calculate_study(session, replace(default_study("plate"), gwp_set=g)).nominal
            for g in ("AR6", "AR5")
        )
    kg_ch4 = _sum(row.kg_gas for row in ar6.contributions if row.gas == "ch4")
    assert ar6.sums_by("gas")["ch4"] == kg_ch4 * 27
    assert ar5.sums_by("gas")["ch4"] == kg_ch4 * 28
    assert ar6.sums_by("gas")["co2e"] == ar5.sums_by("gas")["co2e"]


def test_the_illustrative_flag_travels(result: CalculationResult) -> None:
    assert result.document["illustrative"] is True
    assert result.document["estimate"] is False


def test_reported_data_no_model_asks_for_bar_the_result(
    published_home: Path, tmp_path: Path
) -> None:
    """Diesel burnt in hot rolling has no slot in the plate model: it must not vanish silently."""
    copied = tmp_path / "home"
    shutil.copytree(published_home, copied)
    store = Store.at(copied)
    with store.work("admin") as work:
        power = load_factor(find_version(work.session, "cq-plate.2025.hot_rolling.electricity"))
        diesel = power.model_copy(
            update={"id": "cq-plate.2025.hot_rolling.diesel", "flow": "diesel", "unit": "kg/t"}
        )
        add_factor(work, Factor.model_validate(diesel.record()), state="published")
        with pytest.raises(Incomplete) as caught:
            calculate_study(work.session, default_study("plate"))
    store.close()
    assert caught.value.code == "FIELD_DATA_UNUSED"
    assert caught.value.params["factors"] == "cq-plate.2025.hot_rolling.diesel@1"


def test_the_examples_leave_nothing_unused(result: CalculationResult) -> None:
    assert result.document["unused_field_data"] == []


def test_metered_power_times_a_national_factor_is_not_primary(result: CalculationResult) -> None:
    rows = [row for row in result.nominal.contributions if row.flow == "electricity"]
    assert {(row.activity_data, row.factor_data) for row in rows} == {("primary", "secondary")}
    assert result.document["quality"]["pds"] == "0"


def test_a_residual_mix_nobody_publishes_makes_the_result_incomplete(demo_store: Store) -> None:
    study = default_study("plate").changed("electricity_rule", "residual")
    with (
        demo_store.read() as session,
        pytest.raises(Incomplete, match="electricity/residual_life_cycle"),
    ):
        calculate_study(session, study)


def test_without_its_cut_off_the_ceramic_filter_is_missing_not_zero(demo_store: Store) -> None:
    study = replace(default_study("plate"), cut_offs=())
    with demo_store.read() as session, pytest.raises(Incomplete, match="ceramic_filter/upstream"):
        calculate_study(session, study)


def test_a_cut_off_that_matters_is_refused(demo_store: Store) -> None:
    heavy = CutOff("ceramic_filter/upstream", Decimal(500), "kg/kg", "test", "test")
    study = replace(default_study("plate"), cut_offs=(heavy,))
    with demo_store.read() as session, pytest.raises(BadInput, match="CUT_OFF_TOO_LARGE"):
        calculate_study(session, study)


def test_a_value_set_by_hand_makes_an_estimate(demo_store: Store) -> None:
    hydropower = {"electricity/life_cycle": Decimal("0.0141")}
    study = replace(default_study("plate"), overrides=hydropower, accept_doubts=True)
    with demo_store.read() as session:
        document = calculate_study(session, study).document
    assert document["estimate"] is True
    assert document["coverage"]["estimated"] == ["electricity/life_cycle"]


def test_a_misspelt_slot_is_named(demo_store: Store) -> None:
    study = replace(default_study("plate"), overrides={"electricty/life_cycle": Decimal(1)})
    with demo_store.read() as session, pytest.raises(BadInput, match="electricty"):
        calculate_study(session, study)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"site": "NOWHERE"}, "SITE_UNKNOWN"),
        ({"period": "1999"}, "PERIOD_UNKNOWN"),
        ({"release": "1999.01"}, "RELEASE_UNKNOWN"),
    ],
)
def test_what_is_unknown_is_one_clear_error(
    demo_store: Store, change: dict[str, str], code: str
) -> None:
    with demo_store.read() as session, pytest.raises(BadInput, match=code):
        calculate_study(session, replace(default_study("plate"), **change))


def test_tables_are_data_frames_with_the_same_rows(result: CalculationResult) -> None:
    frame = result.contributions
    assert len(frame) == len(result.nominal.contributions)
    assert frame["kg_co2e"].sum() == pytest.approx(float(result.nominal.total), rel=1e-12)


def test_a_value_set_by_hand_marks_an_estimate_even_where_only_an_alternative_uses_it(
    demo_store: Store,
) -> None:
    """Set on a slot the nominal result does not need, it would still move a printed alternative."""
    study = replace(
        default_study("recycled_ingot"),
        overrides={"primary_ingot/cradle_to_gate": Decimal("0.001")},
        accept_doubts=True,
    )
    with demo_store.read() as session:
        assert calculate_study(session, study).document["estimate"] is True


@pytest.mark.parametrize("bound", ["-5", "0", "0.0000001"])
def test_a_bound_below_the_registered_one_is_no_bound(demo_store: Store, bound: str) -> None:
    weak = CutOff("ceramic_filter/upstream", Decimal(bound), "kg/kg", "I say so", "test")
    with demo_store.read() as session, pytest.raises(BadInput, match="CUT_OFF_BOUND"):
        calculate_study(session, replace(default_study("plate"), cut_offs=(weak,)))


def test_a_misspelt_cut_off_is_named(demo_store: Store) -> None:
    study = default_study("plate")
    crooked = replace(study.cut_offs[0], slot="ceramic_filtre/upstream")
    with demo_store.read() as session, pytest.raises(BadInput, match="ceramic_filtre"):
        calculate_study(session, replace(study, cut_offs=(*study.cut_offs, crooked)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda pin: pin["slot"].update(flow="water"), "slot"),
        (lambda pin: pin["factor"].update(site="ELSEWHERE"), "site or period"),
        (lambda pin: pin["factor"].update(period_start="1999-01-01"), "site or period"),
        (lambda pin: pin.update(level="override"), "override"),
        (lambda pin: pin.update(level="GLO"), "geography"),
    ],
)
def test_a_pin_in_a_document_obeys_the_rules_of_the_resolver(
    results: dict[str, CalculationResult], change: Any, reason: str
) -> None:
    document = json.loads(json.dumps(results["plate"].document))
    change(next(pin for pin in document["inputs"]["pins"] if pin["level"] == "own"))
    with pytest.raises(BadInput, match=f"PIN_MISFIT.*{reason}"):
        recompute(read_result(document))


def test_an_own_process_with_a_default_calorific_value_is_an_estimate(
    published_home: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "home"
    shutil.copytree(published_home, copied)
    store = Store.at(copied)
    with store.work("park") as work:
        take_step(work, "cq-plate.2025.natural_gas.net_calorific_value", "withdraw")
        document = calculate_study(work.session, default_study("plate")).document
    store.close()
    assert document["coverage"]["estimated"] == ["natural_gas.net_calorific_value/property"]
