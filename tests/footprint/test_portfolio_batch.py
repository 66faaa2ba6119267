"""Portfolios: the arrays against the exact way, study by study.

System under test: `evaluate_block` on the example plants. Reference: what `calculate` does with the
same values set, in decimals. Where the arrays answer, the total and every row agree to 1e-9; what
breaks a limit, empties the charge or lacks a factor is answered as `calculate` answers it, and what
no plant could have has no total and the same reason (PCF-POSSIBLE-001).
Hand calculation: a variant that sets the footprint of primary ingot to 0 comes to the total less
exactly the row of the ingot.
"""

from __future__ import annotations

import io
import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from factor_db.foundation.errors import FootprintError
from factor_db.foundation.messages import error_text
from factor_db.store.work import Store
from footprint import __version__
from footprint.judgement.impossible import impossibility
from footprint.portfolio import block as block_module
from footprint.portfolio.answers import ROW_FIELDS
from footprint.portfolio.block import Task, evaluate_block, pickled_question
from footprint.portfolio.files.reading import Row
from footprint.portfolio.questions import prepare_questions
from footprint.sampling.uncertainty import sampled_interval
from footprint.solving.evaluate import Nominal, evaluate
from footprint.solving.preparation import Prepared, prepare, require_known_slots
from footprint.study.definition import Study, default_study
from lca_models.charge import LOSS_GROUPS
from lca_models.system.resolve import Resolver

Overrides = Mapping[str, Decimal]
INGOT = "primary_ingot/cradle_to_gate"
LOSSES = {f"{group}.melt_loss/property": "1.5" for group in LOSS_GROUPS}
CHARGED = ("primary_ingot", "primary_liquid", "scrap_post_consumer", "scrap_pre_consumer",
           "chromium", "copper", "magnesium", "manganese", "silicon", "zinc")  # fmt: skip


def block(
    store: Store, study: Study, variants: list[Overrides], samples: int = 0
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Evaluate variants of a study in one block; return the rows of both tables."""
    import pyarrow.parquet as parquet

    with store.read("exporter") as session:
        (question,) = prepare_questions(session, [study])
    rows = tuple(
        Row(str(place), 0, tuple(sorted(values.items()))) for place, values in enumerate(variants)
    )
    questions = {0: (study, pickled_question(question))}
    results, contributions = evaluate_block(
        Task(__version__, rows, questions, samples, 1, contributions=True)
    )
    return tuple(
        parquet.read_table(io.BytesIO(data)).to_pylist() for data in (results, contributions)
    )  # type: ignore[return-value]


@cache
def prepared(store: Store, product: str) -> Prepared:
    with store.read("exporter") as session:
        return prepare(session, default_study(product))


def calculated(store: Store, study: Study, values: Overrides) -> Nominal:
    """Do what `calculate_study` does once a study is prepared."""
    ready = prepared(store, study.product)
    choices, gwp_set = study.choices, study.gwp_set
    definite = replace(ready.study, choices=choices, gwp_set=gwp_set, overrides=dict(values))
    resolver = Resolver([*ready.release.factors, *ready.own], ready.where, values)
    nominal = evaluate(definite, ready.where, resolver.pin)
    require_known_slots(definite)
    return nominal


def outcome(store: Store, study: Study, values: Overrides) -> Nominal | FootprintError:
    """Return what `calculate` gives: a result, or the error, also that no plant could have it."""
    try:
        nominal = calculated(store, study, values)
    except FootprintError as error:
        return error
    return impossibility(nominal) or nominal


def drawn(store: Store, study: Study, count: int, seed: int) -> list[Overrides]:
    """Random values around the plant's own, each sixth a zero."""
    nominal = calculated(store, study, {})
    known = {
        **nominal.amounts(),
        **{key: sum(gases.values(), Decimal(0)) for key, gases in nominal.gases().items()},
    }
    draws = random.Random(seed)
    return [
        {
            key: known[key] * Decimal(draws.choice(["0", "0.7", "0.93", "1", "1.11", "1.6"]))
            for key in draws.sample(sorted(known), draws.randrange(1, 6))
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("product", "choices"),
    [
        ("plate", {}),
        ("extrusion", {"scrap_rule": "pre-consumer-mass", "electricity_rule": "own"}),
        ("recycled_ingot", {"scrap_rule": "substitution"}),
        ("plate", {"primary_source": "modelled"}),
    ],
)
def test_arrays_agree_with_calculate_on_random_values(
    demo_store: Store, product: str, choices: dict[str, str]
) -> None:
    study = default_study(product)
    for name, value in choices.items():
        study = study.changed(name, value)
    variants = drawn(demo_store, study, 10, seed=len(product))
    results, contributions = block(demo_store, study, variants)
    in_arrays = 0
    for place, (values, found) in enumerate(zip(variants, results, strict=True)):
        expected = outcome(demo_store, study, values)
        if isinstance(expected, FootprintError):
            assert (found["code"], found["kg_co2e_per_kg"]) == (expected.code, None)
            if expected.code == "BLOCKED_IMPOSSIBLE":
                assert (found["status"], found["reason_en"]) == (
                    "refused",
                    error_text(expected, "en"),
                )
            continue
        in_arrays += found["arithmetic"] == "float64"
        assert found["status"] == "complete"
        assert found["kg_co2e_per_kg"] == pytest.approx(float(expected.total), rel=1e-9)
        outside = float(sum(row.kg_co2e for row in expected.outside))
        assert found["outside_kg_co2e_per_kg"] == pytest.approx(outside, rel=1e-9)
        assert found["illustrative"] == any(pin.factor.illustrative for pin in expected.pins)
        assert found["estimate"] == bool(expected.estimated)
        rows = [row for row in contributions if row["study"] == str(place)]
        assert sum(row["kg_co2e"] for row in rows) == pytest.approx(
            found["kg_co2e_per_kg"], rel=1e-12
        )
        assert [[row[name] for name in ROW_FIELDS[:-2]] for row in rows] == [
            [getattr(row, name) for name in ROW_FIELDS[:-2]] for row in expected.contributions
        ]
        for row, other in zip(rows, expected.contributions, strict=True):
            assert row["kg_co2e"] == pytest.approx(float(other.kg_co2e), rel=1e-9, abs=1e-20)
    assert in_arrays >= 5


def test_a_study_without_values_is_the_exact_total(demo_store: Store) -> None:
    study = default_study("plate")
    results, _ = block(demo_store, study, [{}])
    exact = calculated(demo_store, study, {}).total
    assert results[0]["kg_co2e_per_kg"] == float(exact)
    assert results[0]["arithmetic"] == "decimal"


def test_a_factor_of_zero_leaves_out_exactly_its_row(demo_store: Store) -> None:
    """Total without ingot's burden = total - row, and the row stays with 0 kg: zero is a value."""
    study = default_study("plate")
    results, contributions = block(demo_store, study, [{}, {INGOT: Decimal(0)}])
    ingot = {
        row["study"]: row
        for row in contributions
        if row["flow"] == "primary_ingot" and row["process"] == "charging"
    }
    assert ingot["1"]["kg_co2e"] == 0
    assert ingot["1"]["factor"] == "study.primary_ingot.cradle_to_gate@1"
    left = results[0]["kg_co2e_per_kg"] - ingot["0"]["kg_co2e"]
    assert results[1]["kg_co2e_per_kg"] == pytest.approx(left, rel=1e-9)
    assert results[1]["arithmetic"] == "float64"


def test_an_input_set_to_zero_vanishes(demo_store: Store) -> None:
    key = "hot_rolling/natural_gas/inventory"
    _, contributions = block(demo_store, default_study("plate"), [{key: Decimal(0)}])
    flows = {row["flow"] for row in contributions if row["process"] == "hot_rolling"}
    assert "natural_gas" not in flows
    assert "electricity" in flows


@pytest.mark.parametrize(
    ("choices", "values", "status", "code"),
    [
        ({}, {f"charging/{flow}/inventory": "0" for flow in CHARGED}, "refused", "CHARGE_EMPTY"),
        ({}, {"charging/recycled_ingot/inventory": "0.1"}, "incomplete", "SLOTS_MISSING"),
        ({}, {"no/such/slot": "1"}, "refused", "SLOT_UNKNOWN"),
        ({}, {"hot_rolling/internal_scrap/inventory": "5"}, "refused", "SYSTEM_BACKWARDS"),
        ({"melt_loss": "by_charge"}, LOSSES, "refused", "MELT_LOSS"),
        ({"alloying": "6061"}, {"alloy_6061.magnesium/property": "2"}, "refused", "ALLOY_ADDITIONS"),
        ({"electricity_rule": "residual"}, {}, "incomplete", "SLOTS_MISSING"),
        ({"electricity_rule": "residual"}, {"electricity/residual_life_cycle": "0.6"}, "complete", ""),
        ({}, {"refining/ceramic_filter/inventory": "500"}, "refused", "CUT_OFF_TOO_LARGE"),
    ],
)  # fmt: skip
def test_what_arrays_cannot_settle_is_answered_as_calculate_answers(
    demo_store: Store, choices: dict[str, str], values: dict[str, str], status: str, code: str
) -> None:
    study = default_study("plate")
    for name, value in choices.items():
        study = study.changed(name, value)
    overrides = {key: Decimal(value) for key, value in values.items()}
    results, contributions = block(demo_store, study, [overrides, {INGOT: Decimal(9)}])
    assert (results[0]["status"], results[0]["code"]) == (status, code)
    assert any(row["study"] == "0" for row in contributions) == (status == "complete")
    if status == "complete":
        exact = float(calculated(demo_store, study, overrides).total)
        assert results[0]["kg_co2e_per_kg"] == pytest.approx(exact, rel=1e-9)
        return
    with pytest.raises(FootprintError) as error:
        calculated(demo_store, study, overrides)
    assert error.value.code == code


def test_an_interval_is_that_of_calculate(demo_store: Store) -> None:
    study, values = default_study("recycled_ingot"), {INGOT: Decimal(9)}
    results, _ = block(demo_store, study, [values], samples=150)
    interval = sampled_interval(calculated(demo_store, study, values), samples=150, seed=1)
    found = results[0]["low_kg_co2e_per_kg"], results[0]["high_kg_co2e_per_kg"]
    assert found == (float(interval.low), float(interval.high))


def test_a_study_without_a_sound_sample_is_refused_by_itself(demo_store: Store) -> None:
    """Scrap of stretching is drawn from -2 to -1 kg: a flow below zero in every sample."""
    scrap = "plate_stretching/internal_scrap/inventory"
    stated = {scrap: {"kind": "uniform", "minimum": "-2", "maximum": "-1"}}
    study = replace(default_study("plate"), distributions=stated)
    results, contributions = block(demo_store, study, [{}], samples=20)
    assert (results[0]["status"], results[0]["code"]) == ("refused", "NO_PRODUCTIVE_SAMPLE")
    assert results[0]["kg_co2e_per_kg"] is None
    assert contributions == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"melting/natural_gas/inventory": "0"}, "heat"),
        ({"hot_rolling/homogenised_slab/inventory": "0.9"}, "process hot_rolling; metal_in 0.9"),
        ({INGOT: "-9000"}, "total -"),
    ],
)
def test_an_impossible_row_is_refused_and_named_in_arrays(
    demo_store: Store, values: dict[str, str], named: str
) -> None:
    """It has no total, no contributions and its neighbours do not mind; rule PCF-POSSIBLE-001."""
    overrides = {key: Decimal(value) for key, value in values.items()}
    results, contributions = block(
        demo_store, default_study("plate"), [{INGOT: Decimal(9)}, overrides, {INGOT: Decimal(8)}]
    )
    assert [row["status"] for row in results] == ["complete", "refused", "complete"]
    assert (results[1]["code"], results[1]["kg_co2e_per_kg"]) == ("BLOCKED_IMPOSSIBLE", None)
    assert named in results[1]["reason_en"]
    assert {row["study"] for row in contributions} == {"0", "2"}


def test_anodes_of_no_coke_are_refused_as_calculate_refuses_them(demo_store: Store) -> None:
    """At half the coke and pitch the model sets twice the anodes and carbon closes; at 0 it cannot."""
    study = default_study("plate").changed("primary_source", "modelled")
    amounts = calculated(demo_store, study, {}).amounts()
    keys = ("anode_production/calcined_coke/inventory", "anode_production/pitch/inventory")
    variants: list[Overrides] = [
        {key: amounts[key] * Decimal(part) for key in keys} for part in ("0.5", "0.0001", "0")
    ]
    results, _ = block(demo_store, study, variants)
    for found, values in zip(results, variants, strict=True):
        expected = outcome(demo_store, study, values)
        code = expected.code if isinstance(expected, FootprintError) else ""
        assert found["code"] == code
    assert [row["code"] for row in results] == ["", *["BLOCKED_IMPOSSIBLE"] * 2]
    assert "carbon_out" in results[2]["reason_en"]


def test_impossible_rows_are_answered_in_arrays(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exact way takes tens of milliseconds: it is asked for the question alone."""
    asked = []
    exact = block_module.exact_answer

    def counted(*arguments: Any, **options: Any) -> Any:
        asked.append(arguments)
        return exact(*arguments, **options)

    monkeypatch.setattr(block_module, "exact_answer", counted)
    block_module._compiled.cache_clear()
    key = "melting/natural_gas/inventory"
    variants: list[Overrides] = [{key: Decimal(step) / 100} for step in range(100)]
    results, _ = block(demo_store, default_study("plate"), variants)
    assert {row["code"] for row in results} == {"BLOCKED_IMPOSSIBLE"}
    assert len(asked) == 1


def test_a_variant_of_an_impossible_question_may_be_possible(demo_store: Store) -> None:
    """The study melts with no gas; a row that gives the gas back has the total of the plant."""
    key = "melting/natural_gas/inventory"
    plant = calculated(demo_store, default_study("plate"), {})
    study = replace(default_study("plate"), overrides={key: Decimal(0)})
    results, _ = block(demo_store, study, [{}, {key: plant.amounts()[key]}])
    assert [row["code"] for row in results] == ["BLOCKED_IMPOSSIBLE", ""]
    assert results[1]["kg_co2e_per_kg"] == pytest.approx(float(plant.total), rel=1e-9)


def test_a_row_whose_draws_are_impossible_has_a_total_and_no_interval(demo_store: Store) -> None:
    key = "melting/natural_gas/inventory"
    stated = {key: {"kind": "uniform", "minimum": "0", "maximum": "100"}}
    study = replace(default_study("plate"), distributions=stated)
    (row,), _ = block(demo_store, study, [{}], samples=150)
    assert (row["status"], row["code"]) == ("complete", "INTERVAL_IMPOSSIBLE")
    assert row["kg_co2e_per_kg"] == float(calculated(demo_store, study, {}).total)
    assert row["low_kg_co2e_per_kg"] is None
    assert "no interval" in row["reason_en"]
