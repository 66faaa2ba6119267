"""An unknown smelter is a mixture of published classes (rule DQ-MIXTURE-001).

System: factor_db/reference/mixtures.csv, `engine.statistics.mixtures`, the plate example.
By hand, China: prior shares of power 0.16, 0.18, 0.66 and class means 4.91, 15.3718, 21.8 give
0.16 x 4.91 + 0.18 x 15.3718 + 0.66 x 21.8 = 17.940524, not the published national 15.947. Shares
nearest the prior (least relative entropy) with that mean have ln(weight / prior) on a straight line
of the value: ln(0.272939/0.16) = 0.534067, ln(0.193376/0.18) = 0.071691, ln(0.533685/0.66) =
-0.212424; slopes -0.044197 and -0.044199. World, IAI's shares of 2021: 0.3328 x 4.91 + 0.0970 x
15.587 + 0.5702 x 21.8 = 15.576, against 15.8 that IAI publishes of that year.
By hand, grid class: 4.91 + 16.89 x (0.5777 - 0.0141) / (0.9240 - 0.0141) = 15.3718.
By hand, spread of China: mean of squares 0.272939 x 4.91^2 x exp(0.0118) + 0.193376 x 15.3718^2 x
exp(0.0132) + 0.533685 x 21.8^2 x exp(0.0118) = 309.6; / 15.947^2 = 1.2173; exp(sqrt(ln 1.2173)) is
1.558. Variances 0.0118 and 0.0132: basic 0.0006 and the five scores of each row.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import lognorm
from sqlmodel import select

from factor_db.factors.keep.versions import find_version, history
from factor_db.factors.record import reference
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import mixtures, reference_factors, versions
from factor_db.factors.release import releases
from factor_db.factors.release.releases import load_release, release_names
from factor_db.foundation.reference_files import reference_rows
from factor_db.store.tables import LineageEdge
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.engine.statistics.mixtures import Component, Mixture, mixture_of
from footprint.figures.recompute import nominal_of
from footprint.result.document import read_result
from footprint.sampling.parameters import plan_of
from footprint.sampling.uncertainty import indices_of, parameter_gradients, redrawn_interval
from footprint.solving.evaluate import Nominal
from footprint.solving.preparation import evaluated
from footprint.study.definition import default_study

CHINA, WORLD = "result.primary.china.peng2022", "result.primary.world.iai.2022"
INGOT = "primary_ingot/cradle_to_gate"
ROWS = reference_rows("mixtures.csv")
BY_ID = {factor.id: factor for factor in reference_factors()}


def rows_of(factor: str) -> list[dict[str, str]]:
    return [row for row in ROWS if row["factor"] == factor]


@pytest.fixture(scope="module")
def nominals(demo_store: Store) -> dict[str, Nominal]:
    with demo_store.read() as session:
        return {name: evaluated(session, default_study(name))[1] for name in ("plate", "extrusion")}


@pytest.mark.parametrize("factor", [CHINA, WORLD])
def test_the_shares_give_way_to_the_published_mean_and_the_values_do_not(factor: str) -> None:
    rows = rows_of(factor)
    weights = [Fraction(row["weight"]) for row in rows]
    values = [Fraction(row["value"]) for row in rows]
    assert sum(weights) == 1
    assert sum(Fraction(row["prior_share"]) for row in rows) == 1
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True))
    assert abs(mean - Fraction(str(BY_ID[factor].amounts["co2e"]))) < Fraction(1, 500_000)
    lifted = [
        math.log(weight / Fraction(row["prior_share"]))
        for weight, row in zip(weights, rows, strict=True)
    ]
    slopes = [float((lifted[n + 1] - lifted[n]) / float(values[n + 1] - values[n])) for n in (0, 1)]
    assert slopes[0] == pytest.approx(slopes[1], abs=5e-6)
    assert slopes[0] < 0, "the prior mean lies above the published one"


def test_class_values_are_published_ones_or_follow_from_them() -> None:
    china = {row["class"]: row["value"] for row in rows_of(CHINA)}
    assert china["hydropower"] == str(BY_ID["result.primary.china.yang2019.hydro"].amounts["co2e"])
    coal = BY_ID["result.primary.china.yang2019.thermal"].amounts["co2e"]
    assert china["captive_coal"] == str(coal)
    power = {
        name: Fraction(str(BY_ID[f"elec.cn.footprint.{name}.2024"].amounts["co2e"]))
        for name in ("national", "coal", "hydro")
    }
    part = (power["national"] - power["hydro"]) / (power["coal"] - power["hydro"])
    grid = Fraction("4.91") + Fraction("16.89") * part
    assert float(grid) == pytest.approx(float(china["grid"]), abs=5e-5)
    assert all(row["share_citation"] and row["value_citation"] for row in ROWS)
    assert {row["redistribution"] for row in ROWS} == {"single_value"}


def test_every_default_of_an_unknown_smelter_is_a_mixture() -> None:
    slots = [f for f in reference_factors() if f.slot_key == INGOT and f.purpose == "default"]
    assert {factor.id for factor in slots} == set(mixtures()) == {CHINA, WORLD}


def test_the_one_number_of_its_spread_is_that_of_its_mean_and_variance() -> None:
    assert float(BY_ID[CHINA].gsd) == pytest.approx(1.558, abs=5e-4)


def by_hand(factor: str) -> list[tuple[float, Any]]:
    """The classes as scipy has them: weight and a log-normal of that mean."""
    found = []
    for item in BY_ID[factor].mixture:
        sigma = math.log(float(item.gsd))
        median = float(item.value) * math.exp(-(sigma**2) / 2)
        found.append((float(item.weight), lognorm(sigma, scale=median)))
    return found


def test_mean_and_percentiles_are_those_of_numeric_integration() -> None:
    classes = by_hand(CHINA)
    mixed = mixture_of([(i.weight, i.value, i.gsd) for i in BY_ID[CHINA].mixture])

    def density(x: float) -> float:
        return float(sum(weight * law.pdf(x) for weight, law in classes))

    mean = quad(lambda x: x * density(x), 0, 80, points=[5, 15, 21], limit=200)[0]
    assert mixed.mean() == pytest.approx(mean, rel=1e-8)
    assert mixed.mean() == pytest.approx(15.947, rel=1e-6)
    for share in (0.001, 0.025, 0.2729, 0.3, 0.5, 0.9, 0.975, 0.999):
        exact = brentq(
            lambda x, s=share: sum(w * law.cdf(x) for w, law in classes) - s, 0.1, 90, xtol=1e-13
        )
        assert mixed.from_uniform(share) == pytest.approx(exact, rel=1e-9)
    points = (np.arange(200_000) + 0.5) / 200_000
    assert mixed.from_uniform(points).mean() == pytest.approx(mean, rel=1e-4)


component = st.builds(
    Component,
    weight=st.floats(0.05, 1),
    mean=st.floats(0.1, 100),
    sigma=st.floats(0.01, 1),
)


@given(st.lists(component, min_size=1, max_size=4), st.lists(st.floats(1e-9, 1 - 1e-9), min_size=2))
def test_a_quantile_has_its_share_below_it(items: list[Component], shares: list[float]) -> None:
    whole = math.fsum(item.weight for item in items)
    mixed = Mixture(tuple(Component(i.weight / whole, i.mean, i.sigma) for i in items))
    drawn = mixed.from_uniform(np.array(sorted(shares)))
    assert np.all(np.diff(drawn) >= 0)
    assert mixed.share_below(drawn) == pytest.approx(sorted(shares), abs=1e-8)


def test_one_class_is_the_log_normal_that_it_is() -> None:
    alone = mixture_of([(1, 10, "1.2")])
    normals = np.linspace(-4, 4, 81)
    sigma = math.log(1.2)
    plain = np.exp(math.log(10) - sigma**2 / 2 + sigma * normals)
    assert alone.from_normal(normals) == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("sampling", ["random", "quasi"])
def test_draws_do_not_depend_on_what_else_is_drawn(
    nominals: dict[str, Nominal], sampling: str
) -> None:
    """Plate and extrusion buy of one unknown smelter: on one seed it is the same smelter."""
    from footprint.sampling.parameters import normal_blocks

    drawn = []
    for nominal in nominals.values():
        plan = plan_of(nominal)
        (mine,) = [item for item in plan.parameters if INGOT in item.slots]
        whole = {k: v for block, _ in normal_blocks(plan.parameters, 500, 7, sampling)
                 for k, v in block.items()}  # fmt: skip
        ((alone, _),) = normal_blocks((mine,), 500, 7, sampling)
        assert np.array_equal(whole[mine.key], alone[mine.key])
        drawn.append(mine.multipliers(alone[mine.key]))
    assert np.array_equal(drawn[0], drawn[1])
    assert drawn[0].mean() == pytest.approx(1, abs=0.07)
    low = (drawn[0] < 8 / 15.947).mean()
    assert low == pytest.approx(0.273, abs=0.06), "more than a quarter is hydropower"


def test_verify_draws_the_same_interval_from_the_document(demo_store: Store) -> None:
    with demo_store.read() as session:
        document = calculate_study(
            session, default_study("plate"), samples=500, seed=3, sampling="quasi"
        ).document
    again = nominal_of(read_result(json.loads(json.dumps(document))))
    stated = document["total"]["interval"]
    assert redrawn_interval(again, 500, 3, "quasi").record() == stated
    # 12.538 less 11.449 of metal leaves 1.089: hydropower metal 0.718 x 4.91 = 3.5, coal 15.7.
    assert Decimal(stated["low"]) < Decimal(5) < Decimal(18) < Decimal(stated["high"])


def test_the_ranking_and_sobol_see_the_whole_spread(nominals: dict[str, Nominal]) -> None:
    plate = nominals["plate"]
    leading = parameter_gradients(plate)[0]
    assert leading.parameter.slots == (INGOT,)
    (pin,) = [pin for pin in plate.pins if pin.slot.key == INGOT]
    metal = float(sum(r.kg_co2e for r in plate.contributions if r.factor == pin.factor.ref))
    classes = by_hand(CHINA)
    ends = [
        brentq(lambda x, s=share: sum(w * law.cdf(x) for w, law in classes) - s, 0.1, 90)
        for share in (0.15865525393, 0.84134474607)
    ]
    assert leading.per_deviation == pytest.approx(
        metal * (ends[1] - ends[0]) / 2 / 15.947, rel=1e-6
    )
    plan = plan_of(plate)
    keys = {"metal": (leading.parameter.key,)}
    (index,) = indices_of(plan, keys, rows=1024, seed=1, sampling="quasi").items
    assert index.first > 0.9
    assert index.total > 0.9


@pytest.mark.parametrize(
    "change",
    [
        {"weight": "0.28"},
        {"value": "5.91"},
    ],
)
def test_weights_are_one_and_the_mean_is_the_amount(change: dict[str, str]) -> None:
    record = BY_ID[CHINA].record()
    record["mixture"][0] |= change
    with pytest.raises(ValidationError, match="mean"):
        Factor.model_validate(record)
    with pytest.raises(ValidationError, match="one amount"):
        Factor.model_validate({**BY_ID[CHINA].record(), "amounts": {"co2": "1", "ch4": "1"}})


def old_factors() -> tuple[Factor, ...]:
    """The shipped factors as release 2026.11.2 had those that are new versions now."""
    found = []
    for factor in reference_factors():
        record = factor.record()
        if factor.id in versions():
            record |= {"version": 1, "notes": "as it was", "gsd": "1.05"}
            record.pop("mixture", None)
        found.append(Factor.model_validate(record))
    return tuple(found)


def test_an_old_store_keeps_its_release_and_gets_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(releases, "reference_factors", old_factors)
        before.setattr(releases, "REFERENCE_RELEASE", "2026.11.2")
        store = Store.at(tmp_path)
        releases.found(store)
        with store.read() as session:
            first = load_release(session, "2026.11.2")
    releases.found(store)
    with store.read() as session:
        assert release_names(session) == ["2026.11.2", releases.REFERENCE_RELEASE]
        assert load_release(session, "2026.11.2") == first
        new = {f.id: f for f in load_release(session, releases.REFERENCE_RELEASE).factors}
        # The same hash as in a store founded by this version.
        assert new == {factor.id: factor for factor in reference.reference_factors()}
        old, now = (find_version(session, f"{CHINA}@{version}") for version in (1, 2))
        assert [entry.state for entry in history(session, old.sha256)] == [
            "published",
            "superseded",
        ]
        parents = session.exec(select(LineageEdge).where(LineageEdge.child == now.sha256)).all()
        assert [edge.parent for edge in parents] == [old.sha256]
    store.close()


def test_every_new_version_is_of_this_release_and_says_why() -> None:
    for row in versions().values():
        assert row["factor"] in BY_ID
        assert int(row["version"]) == 2
        assert row["release"] == releases.REFERENCE_RELEASE
        assert row["why_zh"]
        assert row["why_en"]
