"""Percentiles with their errors, paired comparison, Sobol indices: on samples whose truth is known.

By hand: of 200 standard normals the 2.5 % quantile is enclosed by ranks 1 and 11, since
P(B <= 0) = 0.0063 and P(B >= 11) = 0.0126 are below 0.025, P(B <= 1) and P(B >= 10) above. Ishigami, a = 7, b = 0.1:
variance 13.8446; S1 0.3139, 0.4424, 0; ST 0.5576, 0.4424, 0.2437 (Saltelli et al. 2008).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from factor_db.foundation.errors import BadInput
from footprint.engine.statistics.intervals import (
    mean,
    proportion,
    quantile,
    quantile_ranks,
    summarise,
)
from footprint.engine.statistics.paired import compare
from footprint.engine.statistics.sobol import Indices, sobol_indices
from footprint.engine.statistics.streams import QUASI, normals, standard_normals, stream


@pytest.mark.parametrize(("size", "share"), [(200, 0.025), (999, 0.5), (5000, 0.975)])
def test_ranks_enclose_a_quantile_by_the_binomial_law(size: int, share: float) -> None:
    low, high = quantile_ranks(size, share) or (0, 0)
    below = stats.binom(size, share)
    assert below.cdf(low - 1) <= 0.025 < below.cdf(low)
    assert below.sf(high - 1) <= 0.025 < below.sf(high - 2)
    assert quantile_ranks(200, 0.025) == (1, 11)
    assert quantile_ranks(100, 0.025) is None  # 0.975^100 = 0.08: no draw need lie below


def test_errors_hold_the_truth_as_often_as_they_say() -> None:
    """Of 400 samples about 95 % hold the truth: 380, and 360 is five standard deviations off."""
    held = {"low": 0, "median": 0, "mean": 0}
    truth = {"low": stats.norm.ppf(0.025), "median": 0.0, "mean": 0.0}
    for seed in range(400):
        found = summarise(normals(seed, "x", 1000), np.ones(1000, dtype=bool))
        for name, value in truth.items():
            held[name] += not getattr(found, name).differs_from(value)
    assert all(360 <= count <= 400 for count in held.values()), held


def test_strata_are_never_worse_known_than_their_error_says() -> None:
    """On a sum of three normals a hypercube leaves next to nothing of the variance of the mean."""
    means = [
        sum(standard_normals(seed, key, 500, QUASI) for key in "abc").mean() for seed in range(50)
    ]
    plain = mean(sum(standard_normals(1, key, 500) for key in "abc")).error
    assert plain is not None
    assert 1.96 * np.std(means) < plain / 20


def test_a_summary_leaves_out_what_is_not_productive() -> None:
    totals = np.array([1.0, 2.0, np.nan, 3.0])
    found = summarise(totals, np.array([True, True, False, True]))
    assert (found.mean.value, found.median.value) == (2.0, 2.0)
    assert (found.samples, found.non_productive) == (4, 1)
    assert found.low.error is None  # three draws know nothing of a 2.5 % quantile
    assert found.drift(5.0) == ("mean",)
    with pytest.raises(ValueError, match="productive"):
        summarise(totals, np.zeros(4, dtype=bool))


def test_a_quantile_and_a_share_by_hand() -> None:
    found = quantile(np.arange(1.0, 1001), 0.5)
    # Ranks 469 and 532 around 500.5.
    assert (found.value, found.error) == (500.5, 31.5)
    # Wilson, 0 of 100: upper end z^2 / (n + z^2) = 3.8415 / 103.8415.
    assert proportion(0, 100).error == pytest.approx(0.036994, rel=1e-4)


def test_shared_draws_cancel_and_a_against_itself_is_zero() -> None:
    shared, own = normals(1, "shared", 4000), normals(1, "own", 4000)
    productive = np.ones(4000, dtype=bool)
    itself = compare(shared, shared.copy(), productive)
    assert (itself.difference.low.value, itself.difference.high.value) == (0.0, 0.0)
    assert (itself.a_below_b.value, itself.equal) == (0.0, 4000)
    found = compare(shared, shared + 0.1 * own + 0.1, productive)
    # P(0.1 z > -0.1) = 0.8413; the interval is that of 0.1 z + 0.1, not of two unrelated values.
    assert not found.a_below_b.differs_from(stats.norm.cdf(1))
    assert found.difference.high.value - found.difference.low.value == pytest.approx(0.392, rel=0.1)
    half = productive.copy()
    half[::2] = False
    assert compare(shared, shared, half).difference.non_productive == 2000


def ishigami(normal: Mapping[str, Any]) -> tuple[Any, Any]:
    one, two, three = (np.pi * (2 * ndtr(normal[key]) - 1) for key in ("x1", "x2", "x3"))
    value = np.sin(one) + 7 * np.sin(two) ** 2 + 0.1 * three**4 * np.sin(one)
    return value, np.isfinite(value)


def indices(groups: Mapping[str, tuple[str, ...]], rows: int, sampling: str = QUASI) -> Indices:
    keys = ("x1", "x2", "x3")
    return sobol_indices(ishigami, keys, groups, rows=rows, seed=1, sampling=sampling)


def test_ishigami_within_three_hundredths() -> None:
    alone = {key: (key,) for key in ("x1", "x2", "x3")}
    found = {item.name: item for item in indices(alone, 1 << 14).items}
    first = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}
    total = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}
    for key, item in found.items():
        assert item.first == pytest.approx(first[key], abs=0.03)
        assert item.total == pytest.approx(total[key], abs=0.03)
        assert item.converged
    # A group holds its interactions: x1 and x3 together are all that x2 is not.
    (pair,) = indices({"pair": ("x1", "x3")}, 1 << 14).items
    assert pair.first == pytest.approx(1 - 0.4424, abs=0.03)
    # Whatever else is asked for, the index of x1 is the same number.
    (again,) = indices({"x1": ("x1",)}, 1 << 14).items
    assert (again.first, again.total) == (found["x1"].first, found["x1"].total)


def test_scipy_finds_the_same_indices() -> None:
    def theirs(x: Any) -> Any:
        return ishigami({f"x{place + 1}": row for place, row in enumerate(x)})[0]

    known = stats.sobol_indices(
        func=theirs, n=1 << 13, dists=[stats.norm()] * 3, rng=stream(1, "scipy")
    )
    found = indices({key: (key,) for key in ("x1", "x2", "x3")}, 1 << 14).items
    assert [item.first for item in found] == pytest.approx(list(known.first_order), abs=0.03)
    assert [item.total for item in found] == pytest.approx(list(known.total_order), abs=0.03)


def test_few_rows_have_not_converged() -> None:
    """146 are the fewest that a 95 % interval takes; 2 rows once called themselves converged."""
    found = indices({"x1": ("x1",)}, 146, "random")
    assert not found.converged
    assert found.evaluations == 146 * 3
    with pytest.raises(BadInput, match="SAMPLES_TOO_FEW"):
        indices({"x1": ("x1",)}, 145, "random")


def test_rows_that_are_not_productive_are_left_out_and_counted() -> None:
    def model(normal: Mapping[str, Any]) -> tuple[Any, Any]:
        value = normal["a"] + normal["b"]
        return np.where(normal["a"] > 1.5, 1e95, value), normal["a"] <= 1.5

    groups = {"a": ("a",), "b": ("b",)}
    found = sobol_indices(model, ("a", "b"), groups, rows=4096, seed=1)
    # 1 - (1 - 0.0668)^2 of the rows have an a above 1.5 in one of the two samples.
    assert found.non_productive == pytest.approx(4096 * 0.1292, rel=0.1)
    assert all(0 < item.first < 1 for item in found.items)
