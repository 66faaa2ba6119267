"""What the benchmarks compare is the same thing: our side and bw2calc agree on their cases.

System: 60 made-up processes over a background of 500 activities (`benchmarks/synth.py`), both sides
fed from the same arrays. The reference is bw2calc or a direct solve of foreground and background
in one matrix; nothing is timed here.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from benchmarks import brightway_cases, gradients, harness, ours, page, variants
from benchmarks.cases import SEED, Case, case, parameters
from benchmarks.harness import AT_MOST, Record, largest_difference
from benchmarks.page_texts import GROUP_TITLES

AGREEMENT = 1e-9


@pytest.fixture(scope="module")
def here() -> Case:
    return case(500)


@pytest.fixture(scope="module")
def costs(here: Case) -> object:
    return ours.unit_costs(here)


def whole_score(here: Case, amounts: object) -> float:
    """Return the score from one direct solve of foreground and background together."""
    technosphere, biosphere = here.whole(amounts)
    demand = np.zeros(technosphere.shape[0])
    demand[here.final] = 1
    return float(here.factors @ (biosphere @ spsolve(sparse.csc_matrix(technosphere), demand)))


def test_bw2calc_draws_and_finds_what_our_side_finds_on_its_draws(here, costs):
    lca = brightway_cases.calculation().LCA(
        {brightway_cases.FOREGROUND + here.final: 1},
        data_objs=[
            brightway_cases.foreground_package(here),
            brightway_cases.background_package(here),
            brightway_cases.method_package(here),
        ],
        use_distributions=True,
        seed_override=SEED,
    )
    lca.lci()
    lca.lcia()
    foreground = ours.by_exchanges(here, costs)
    for _ in range(2):
        next(lca)
        amounts = brightway_cases.drawn_amounts(here, lca)
        # 760 exchanges, every one of them drawn.
        assert len(amounts) == 760
        assert np.all(amounts != here.amounts)
        found = foreground.scores((amounts / here.amounts)[:, None])[0]
        assert found == pytest.approx(lca.score, rel=AGREEMENT)


def test_parameters_scale_every_exchange_of_their_process(here, costs):
    values = parameters(3, here.processes)
    expected = [whole_score(here, here.amounts_by_parameters(sample)) for sample in values.T]
    assert largest_difference(ours.by_parameters(here, costs).scores(values), expected) < AGREEMENT
    loads = ours.process_loads(here, costs)
    assert (
        largest_difference(ours.by_parameters(here).scores_with(loads, values), expected)
        < AGREEMENT
    )


def test_our_draws_are_those_of_each_exchange_alone(here, costs):
    foreground = ours.by_exchanges(here, costs)
    samples = 3 * foreground.program.block // 2  # a whole block and a part of one
    drawn = foreground.drawn(samples, seed=3)
    last = [
        np.exp(sigma * ours.stream(3, key).standard_normal(samples)[-1])
        for key, sigma in zip(foreground.keys, foreground.sigmas, strict=True)
    ]
    assert drawn[-1] == pytest.approx(whole_score(here, here.amounts * last), rel=AGREEMENT)


def test_the_redo_loop_and_the_cache_give_the_same_scores(here, monkeypatch, tmp_path):
    monkeypatch.setattr(variants, "VARIANTS", 4)
    monkeypatch.setattr(variants, "REDONE", 2)
    values = parameters(4, here.processes)
    demands = variants.demands_of(here, values)
    _loop, expected = variants.redo_loop(here, demands, "superlu")
    assert (
        largest_difference(variants.Cold(here, values, "superlu").scores()[:2], expected)
        < AGREEMENT
    )
    cached = variants.Cached(here, values, tmp_path, "superlu")
    assert largest_difference(cached.scores()[:2], expected) < AGREEMENT


def test_gradients_by_parameters_are_central_differences(here):
    found = gradients.System(here).by_parameters()
    assert gradients.difference(found, gradients.central_differences(here)) < 1e-6


def records() -> list[Record]:
    """2 s against 1 s is 2x, and 0.5 of it the other way round."""
    times = {"our_seconds": [1.0, 1.0, 2.0], "peer_seconds": [2.0, 3.0, 2.0], "unit": "sample"}
    group = next(iter(GROUP_TITLES))
    return [
        Record(group, "quick enough", goal=2.0, **times),
        Record(group, "too slow", goal=2.5, **times),
        Record(group, "within", direction=AT_MOST, goal=0.5, **times),
        Record(group, "off", agreement=1e-3, agreement_goal=1e-9, **times),
        Record(group, "absent", not_run="no wheel"),
    ]


def test_a_goal_is_judged_by_the_median_of_the_rounds():
    assert [record.faults() for record in records()] == [[], ["ratio"], [], ["agreement"], []]


def test_the_page_says_what_is_not_met_and_what_was_not_run(tmp_path: Path):
    harness.write_lines(records(), tmp_path / "results.jsonl")
    kept = harness.read_lines(tmp_path / "results.jsonl")
    assert [json.dumps(asdict(record)) for record in kept] == [
        json.dumps(asdict(record)) for record in records()
    ]
    text = page.page(kept, {})
    assert text == page.page(records(), {})
    assert "4 rows have a goal; 2 are met." in text
    assert "- too slow: ratio" in text
    assert "- off: agreement" in text
    assert "- absent: no wheel" in text
