"""The uncertainty of a calculated product: what is drawn, what it says, what it leaves alone.

System: the example plants. By hand: where one factor is all that is drawn, here the magnesium of
the plate mill with GSD g, the total is T - m + m g^z, so its quantiles are exact: T + m (g^1.96 - 1).
Its gradient is m ln g per deviation and its elasticity m / T. The ingot, of an unknown smelter, is a
mixture whose mean is its nominal value and whose median is not (test_unknown_smelter.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.factors.record.factor import Factor
from factor_db.foundation.errors import BadInput
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.certificate.printed.pdf import _interval_method
from footprint.cli.main import main
from footprint.comparison.document import MismatchRecord
from footprint.engine.statistics.intervals import summarise
from footprint.engine.statistics.streams import stream
from footprint.figures.recompute import recompute
from footprint.publish.uncertainty_document import OTHERS, Against, Sampling, uncertainty_document
from footprint.publish.uncertainty_record import UncertaintyDocument
from footprint.result.document import read_result
from footprint.sampling.parameters import Plan, plan_of
from footprint.sampling.uncertainty import (
    METHODS,
    compared,
    indices_of,
    interval_figures,
    parameter_gradients,
    sample_totals,
    sampled_interval,
)
from footprint.solving.evaluate import Nominal, evaluate
from footprint.solving.preparation import evaluated
from footprint.study.definition import Study, default_study, read_study

INGOT = "primary_ingot/cradle_to_gate"
MAGNESIUM = "magnesium/upstream"
GAS = "melting/natural_gas/inventory"
WIDE = {"kind": "triangular", "minimum": "50", "loc": "80", "maximum": "160"}


@pytest.fixture(scope="module")
def nominals(demo_store: Store) -> Mapping[str, Nominal]:
    with demo_store.read() as session:
        found = {
            name: evaluated(session, default_study(name))[1] for name in ("plate", "extrusion")
        }
        again = replace(default_study("plate"), gwp_set="AR5")
        return {**found, "AR5": evaluated(session, again)[1]}


@pytest.fixture(scope="module")
def plate(nominals: Mapping[str, Nominal]) -> Nominal:
    return nominals["plate"]


def alone(nominal: Nominal, slot: str) -> Plan:
    plan = plan_of(nominal)
    return replace(plan, parameters=tuple(p for p in plan.parameters if p.slots == (slot,)))


def test_one_drawn_factor_gives_the_quantiles_of_its_own_law(plate: Nominal) -> None:
    plan = alone(plate, MAGNESIUM)
    (pin,) = [pin for pin in plate.pins if pin.slot.key == MAGNESIUM]
    of_metal = float(sum(r.kg_co2e for r in plate.contributions if r.factor == pin.factor.ref))
    g, whole = float(pin.factor.gsd), float(plate.total)
    found = plan.sampled(20_000, 1, "quasi")
    assert np.all(found.productive)
    for share, z in ((0.025, -1.959964), (0.5, 0.0), (0.975, 1.959964)):
        expected = whole + of_metal * (g**z - 1)
        assert np.quantile(found.totals, share) == pytest.approx(expected, rel=2e-4)
    (gradient,) = parameter_gradients(plate, plan)
    assert gradient.per_deviation == pytest.approx(of_metal * math.log(g), rel=1e-5)
    assert gradient.elasticity == pytest.approx(of_metal / whole, rel=1e-5)


@given(st.floats(min_value=-1e9, max_value=1e9), st.floats(min_value=0, max_value=1))
def test_an_interval_as_text_holds_what_the_sample_holds(value: float, width: float) -> None:
    """Its ends lie outward, by no more than two units of the twelfth digit (1e-11 of the value)."""
    found = summarise([value, value + width], [True, True])
    record = interval_figures(found, value)
    low, high = record.low, record.high
    assert low <= Decimal(found.low.value) <= Decimal(found.high.value) <= high
    for end, exact in ((low, found.low.value), (high, found.high.value)):
        assert abs(end - Decimal(exact)) <= abs(Decimal(exact)) * Decimal("2e-11")


def test_an_interval_of_nothing_drawn_holds_the_exact_total(
    nominals: Mapping[str, Nominal],
) -> None:
    for nominal in nominals.values():
        found = replace(plan_of(nominal), parameters=()).sampled(10, 1, "random")
        record = interval_figures(summarise(found.totals, found.productive), float(nominal.total))
        assert record.low < nominal.total < record.high
        assert abs(float(nominal.total) / found.totals[0] - 1) < 3e-15


def test_gradients_are_those_of_an_exact_recalculation(plate: Nominal) -> None:
    """One per mille more gas, calculated in decimals: the total moves by elasticity x 0.001."""
    found = {item.parameter.name: item for item in parameter_gradients(plate)}
    pins = {pin.slot.key: pin for pin in plate.pins}
    factor = pins[GAS].factor
    more = {"value": factor.amounts["value"] * Decimal("1.001")}
    pins[GAS] = replace(pins[GAS], factor=factor.model_copy(update={"amounts": more}))
    moved = evaluate(plate.study, plate.where, lambda slot: pins.get(slot.key))
    ratio = float((moved.total - plate.total) / plate.total) / 0.001
    assert found[GAS].elasticity == pytest.approx(ratio, rel=1e-3)
    assert next(iter(found)) == INGOT


@pytest.mark.parametrize("sampling", ["random", "quasi"])
def test_an_interval_knows_its_own_errors(plate: Nominal, sampling: str) -> None:
    """Fifty times the draws stay within the error that the few state of themselves."""
    few = sampled_interval(plate, samples=2000, seed=1, sampling=sampling)
    many = sampled_interval(plate, samples=100_000, seed=2)
    for name in ("low", "high", "mean", "median"):
        difference = abs(getattr(few, name) - getattr(many, name))
        assert difference <= 2 * getattr(few, f"{name}_error")
    assert (few.method, few.non_productive) == (METHODS[sampling], 0)
    # The metal of the unknown smelter has its nominal value as its mean: coal is above, hydropower
    # far below, so the median lies elsewhere and is said to.
    assert many.drift == ("median",)


def test_draws_depend_on_the_key_alone(nominals: Mapping[str, Nominal]) -> None:
    plate = nominals["plate"]
    totals = sample_totals(plate, samples=300, seed=5)
    shuffled = replace(plate, pins=tuple(reversed(plate.pins)))
    assert sample_totals(shuffled, samples=300, seed=5) == pytest.approx(totals, rel=1e-12)
    # More samples begin with the same ones, over the edge of a block too.
    more = sample_totals(plate, samples=9000, seed=5)
    assert more[:300] == pytest.approx(totals, rel=1e-12)
    assert more[8192:] == pytest.approx(
        sample_totals(plate, samples=8192 + 808, seed=5)[8192:], rel=0
    )
    assert sample_totals(plate, samples=300, seed=6)[0] != totals[0]


def test_a_factor_in_many_slots_is_one_parameter(plate: Nominal) -> None:
    names = [slot for item in plan_of(plate).parameters for slot in item.slots]
    assert len(names) == len(set(names))
    pins = {pin.slot.key: pin for pin in plate.pins}
    first, second = GAS, "hot_rolling/natural_gas/inventory"
    shared = tuple(
        replace(pin, factor=pins[first].factor) if pin.slot.key == second else pin
        for pin in plate.pins
    )
    plan = plan_of(replace(plate, pins=shared))
    (one,) = [item for item in plan.parameters if first in item.slots]
    assert set(one.slots) == {first, second}
    values, _ = plan.values({one.key: np.array([1.0])})
    assert values[first] == pytest.approx(values[second])


def test_pairs_share_what_they_share(nominals: Mapping[str, Nominal]) -> None:
    plate = nominals["plate"]
    itself = compared(plate, plate, samples=200, seed=1)
    assert (itself.difference.low.value, itself.difference.high.value, itself.equal) == (0, 0, 200)
    found = compared(plate, nominals["extrusion"], samples=2000, seed=1)
    single = [sampled_interval(nominals[n], samples=2000, seed=1) for n in ("plate", "extrusion")]
    width = found.difference.high.value - found.difference.low.value
    # Most of both is the same ingot, so their difference is better known than either.
    assert width < min(float(i.high - i.low) for i in single)
    assert found.correlation > 0.8
    assert found.a_below_b.value == 0


def test_indices_add_up_on_a_nearly_linear_model(plate: Nominal) -> None:
    plan = plan_of(plate)
    keys = tuple(p.key for p in plan.parameters if p.name != INGOT)
    (ingot,) = [p.key for p in plan.parameters if p.name == INGOT]
    groups = {INGOT: (ingot,), OTHERS: keys}
    found = indices_of(plan, groups, rows=4096, seed=1, sampling="quasi").items
    assert sum(item.first for item in found) == pytest.approx(1, abs=0.03)
    # The law of one log-normal gives the variance of the ingot; the sample that of the whole.
    assert found[0].first > 0.9
    assert all(item.converged for item in found)


def test_a_stated_distribution_moves_the_interval_and_no_hash(
    demo_store: Store, tmp_path: Path, plate: Nominal
) -> None:
    file = tmp_path / "study.toml"
    shipped = (Path(__file__).parents[2] / "footprint/studies/plate.toml").read_text("utf-8")
    fields = ", ".join(f"{k} = {v!r}" for k, v in WIDE.items())
    file.write_text(f'{shipped}\n[distributions]\n"{GAS}" = {{{fields}}}\n', "utf-8")
    study = read_study(file)
    with demo_store.read() as session:
        result = calculate_study(session, study, samples=500)
    document = json.loads(json.dumps(result.document))
    assert document["result_hash"] == plate.result_hash()
    assert document["inputs"]["study"]["distributions"] == {GAS: WIDE}
    assert "distributions" not in plate.study.record()
    assert recompute(read_result(document)).result_hash == document["result_hash"]
    assert Study.from_record(document["inputs"]["study"]).distributions == {GAS: WIDE}
    plan = plan_of(result.nominal)
    (mine,) = (item for item in plan.parameters if item.slots == (GAS,))
    values, _ = plan.values({mine.key: np.array([-9.0, 9.0])})
    assert values[GAS] == pytest.approx([50, 160], abs=1e-3)
    assert document["total"]["interval"] != sampled_interval(plate, samples=500, seed=1)


@pytest.mark.parametrize(
    ("slot", "stated", "code"),
    [
        (GAS, {**WIDE, "loc": "200"}, "DISTRIBUTION"),
        ("melting/charge_metal/inventory", WIDE, "DISTRIBUTION_TIED"),
        ("charging/zinc/inventory", WIDE, "DISTRIBUTION_UNUSED"),
        ("melting/peat/inventory", WIDE, "DISTRIBUTION_SLOT_UNKNOWN"),
    ],
)
def test_a_distribution_that_cannot_hold_is_refused(
    demo_store: Store, slot: str, stated: dict[str, Any], code: str
) -> None:
    def asked() -> None:
        study = replace(default_study("plate"), distributions={slot: stated})
        with demo_store.read() as session:
            calculate_study(session, study, samples=150)

    with pytest.raises(BadInput) as caught:
        asked()
    assert caught.value.code == code


def test_a_negative_flow_is_counted_and_left_out(demo_store: Store) -> None:
    """A normal of 0.04 and deviation 0.04 is below zero in 15.9 % of its draws."""
    scrap = "plate_stretching/internal_scrap/inventory"
    stated = {scrap: {"kind": "normal", "loc": "0.04", "scale": "0.04"}}
    with demo_store.read() as session:
        nominal = evaluated(session, replace(default_study("plate"), distributions=stated))[1]
    found = sampled_interval(nominal, samples=4000, seed=1)
    assert found.non_productive == pytest.approx(4000 * 0.1587, rel=0.08)
    assert np.isnan(sample_totals(nominal, samples=4000, seed=1)).sum() == found.non_productive


def test_the_document_names_what_differs_between_two_studies(
    nominals: Mapping[str, Nominal],
) -> None:
    texts = {"a": "AR6", "b": "AR5", "message_zh": "不同", "message_en": "differ"}
    found = MismatchRecord(attribute="gwp_set", kind="differs", only_a=(), only_b=(), **texts)
    document = uncertainty_document(
        nominals["plate"], Sampling(200, 1, "random"), against=Against(nominals["AR5"], (found,))
    )
    assert document.against is not None
    assert document.against.mismatches == (found,)
    assert document.illustrative
    assert document.sobol is None
    assert UncertaintyDocument.model_validate(json.loads(json.dumps(document.record()))) == document


def leave_with(arguments: list[str]) -> object:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return left.value.code


def test_the_command_prints_tables_and_json(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    asked = ["uncertainty", "plate", "--against", "extrusion", "--sobol", "--samples", "150"]
    assert leave_with([*asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert not document["sobol"]["converged"]
    assert document["sobol"]["indices"][-1]["slots"] == [OTHERS]
    for lang, words in (("en", "not converged"), ("zh", "未收敛")):
        assert leave_with(["--lang", lang, *asked]) == 0
        assert words in capsys.readouterr().out
    assert leave_with(["uncertainty", "plate", "--sampling", "sobol"]) == 2


def test_a_certificate_prints_the_method_that_was_signed() -> None:
    """The words of this version stand for their own method only; another is printed as signed."""
    for sampling, method in METHODS.items():
        signed = {"method": method, "sampling": sampling, "samples": 10, "seed": 1}
        shown = _interval_method({"result": {"total": {"interval": signed}}})
        assert shown is not None
        assert shown["en"] == f"{method}; 10 samples, seed 1"
        assert shown["zh"] != shown["en"]
        signed["method"] = "another"
        shown = _interval_method({"result": {"total": {"interval": signed}}})
        assert shown is not None
        assert shown["en"] == "another; 10 samples, seed 1"


def test_a_stated_normal_that_reaches_below_nothing_is_counted_and_left_out(
    plate: Nominal,
) -> None:
    """normal(v, v/2) is negative where z < -2: 2.3 % of the draws, which would burn gas backwards.

    The draws with some gas, too little to melt, are impossible (test_possible_draws.py).
    """
    value = str(plate.amounts()[GAS])
    stated = {GAS: {"kind": "normal", "loc": value, "scale": str(Decimal(value) / 2)}}
    spread = replace(plate, study=replace(plate.study, distributions=stated))
    plan = plan_of(spread)
    (mine,) = (item for item in plan.parameters if item.slots == (GAS,))
    found = plan.sampled(4000, 1, "random")
    backwards = mine.multipliers(stream(1, mine.key).standard_normal(4000)) < 0
    assert 0 < backwards.sum() < 160
    assert (found.productive | found.impossible == ~backwards).all()
    assert found.impossible.any()


def test_one_slot_of_two_plants_has_two_parameters_and_of_one_plant_one(
    nominals: Mapping[str, Nominal],
) -> None:
    """Another plant's meter has a stream of its own. One plant's has one, whatever two studies set.

    By hand: gas set to 80 in one and to 90 in the other, each with sigma 0.1 of its logarithm: the
    values are 80 e^(0.1 z) and 90 e^(0.1 z) with one z, so their ratio is 9/8 in every draw and the
    totals correlate fully.
    """
    plate, fifth = nominals["plate"], nominals["AR5"]
    stated = {GAS: {"kind": "normal", "loc": "80", "scale": "8"}}
    study = replace(plate.study, distributions=stated)
    one = replace(plate, study=study)
    other = replace(plate, study=study, where=replace(plate.where, site="ANOTHER"))
    same = replace(fifth, study=replace(fifth.study, distributions=stated))

    def key(nominal: Nominal) -> str:
        return next(item.key for item in plan_of(nominal).parameters if item.slots == (GAS,))

    assert key(one) == key(same)
    assert key(one) != key(other)
    drawn = []
    for value in (80, 90):
        spread = {GAS: {"kind": "lognormal", "loc": str(math.log(value)), "scale": "0.1"}}
        pins = {pin.slot.key: pin for pin in plate.pins}
        amount = {"value": Decimal(value)}
        held = pins[GAS].factor.model_copy(update={"amounts": amount})
        pins[GAS] = replace(pins[GAS], factor=Factor.model_validate(held.record()))
        study = replace(plate.study, distributions=spread)
        nominal = replace(plate, study=study, pins=tuple(pins.values()))
        plan = alone(nominal, GAS)
        normals = stream(4, plan.parameters[0].key).standard_normal(500)
        drawn.append(plan.values({plan.parameters[0].key: normals})[0][GAS])
    assert drawn[1] / drawn[0] == pytest.approx(9 / 8, rel=1e-12)
    assert np.corrcoef(*drawn)[0, 1] == pytest.approx(1, abs=1e-12)
