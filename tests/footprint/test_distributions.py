"""Distributions by number, and the streams that draw them.

System: one distribution against the package stats_arrays: its quantiles where it has them
(static to Bernoulli, beta), else the quantiles of its own random numbers; cut-off ones against the
law of redrawing. By hand: a triangle 0, 1, 4 has the median 4 - sqrt(0.5 x 4 x 3) = 1.5505; a
log-normal of mu 0.2, sigma 0.4 the mean exp(0.2 + 0.08) = 1.32313.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import stats_arrays
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from factor_db.foundation.errors import BadInput
from footprint.engine.statistics.distributions import (
    KINDS,
    STATIC,
    Distribution,
    distribution_of,
    require_distributions,
)
from footprint.engine.statistics.streams import QUASI, normals, standard_normals, strata

SHARES = np.array([0.001, 0.025, 0.31, 0.5, 0.77, 0.975, 0.999])
QUANTILES = [
    Distribution(2, 0.2, 0.4),
    Distribution(2, 0.2, 0.4, negative=True),
    Distribution(3, -1.0, 0.5),
    Distribution(4, minimum=2, maximum=5),
    Distribution(5, 1, minimum=0, maximum=4),
    Distribution(6, 0.3),
    Distribution(10, 2.0, shape=3.0),
    Distribution(10, 2.0, shape=3.0, minimum=1, maximum=4),
]
RANDOM_ONLY = [
    Distribution(7, minimum=2, maximum=6),
    Distribution(8, 1.0, 2.0, 1.5),
    Distribution(8, 1.0, 2.0, 1.5, negative=True),
    Distribution(9, 0.5, 2.0, 3.0),
    Distribution(11, 1.0, 0.5, 0.0),
    Distribution(12, 2.0, 0.5, 4.0),
]
CUT = [
    Distribution(2, 0.2, 0.4, minimum=1.0, maximum=1.8),
    Distribution(2, 0.2, 0.4, minimum=-1.8, maximum=-1.0, negative=True),
    Distribution(3, 1.0, 0.5, minimum=0.8),
    Distribution(8, 0.0, 2.0, 1.5, maximum=2.5),
    Distribution(9, 0.0, 2.0, 3.0, minimum=3.0, maximum=9.0),
    Distribution(11, 1.0, 0.5, 0.0, maximum=2.0),
    Distribution(12, 2.0, 0.5, 4.0, minimum=1.5, maximum=2.5),
]


def theirs(item: Distribution) -> np.ndarray:
    fields = ("loc", "scale", "shape", "minimum", "maximum", "negative")
    stated = {name: getattr(item, name) for name in fields}
    return stats_arrays.UncertaintyBase.from_dicts({**stated, "uncertainty_type": item.kind})


@pytest.mark.parametrize("item", QUANTILES, ids=str)
def test_quantiles_are_those_of_stats_arrays(item: Distribution) -> None:
    known = stats_arrays.uncertainty_choices[item.kind].ppf(theirs(item), SHARES.reshape(1, -1))
    assert item.checked().from_uniform(SHARES) == pytest.approx(known.ravel(), rel=1e-9)


@pytest.mark.parametrize("item", [*RANDOM_ONLY, *CUT], ids=str)
def test_random_numbers_have_the_law_of_stats_arrays(item: Distribution) -> None:
    size = 40_000
    choice = stats_arrays.uncertainty_choices[item.kind]
    state = np.random.RandomState(1)
    draw = choice.random_variables if item in RANDOM_ONLY else choice.bounded_random_variables
    known = np.sort(draw(theirs(item), size, state).ravel())
    ours = item.checked()
    drawn = np.sort(ours.from_uniform(strata(1, "law", size)))
    if item.kind == 7:
        known_counts, counts = (np.unique(values, return_counts=True) for values in (known, drawn))
        assert counts[0].tolist() == known_counts[0].tolist() == [2, 3, 4, 5]
        assert counts[1] == pytest.approx(known_counts[1], rel=0.05)
        return
    # Kolmogorov and Smirnov: 1.95 / sqrt(n) is exceeded once in a thousand times.
    below = np.searchsorted(known, drawn) / size
    assert np.max(np.abs(below - (np.arange(size) + 0.5) / size)) < 1.95 / math.sqrt(size)
    assert ours.mean() == pytest.approx(drawn.mean(), abs=4e-3)
    assert drawn.min() >= np.nan_to_num(item.minimum, nan=-math.inf)
    assert drawn.max() <= np.nan_to_num(item.maximum, nan=math.inf)


@pytest.mark.parametrize("item", [*QUANTILES, *RANDOM_ONLY, *CUT], ids=str)
def test_normals_and_uniforms_take_one_path(item: Distribution) -> None:
    drawn = np.linspace(-3, 3, 13)
    ours = item.checked()
    assert ours.from_normal(drawn) == pytest.approx(ours.from_uniform(ndtr(drawn)), rel=1e-9)


def test_by_hand() -> None:
    triangle = Distribution(5, 1, minimum=0, maximum=4).checked()
    assert triangle.from_uniform(0.5) == pytest.approx(4 - math.sqrt(6), rel=1e-12)
    assert triangle.mean() == pytest.approx(5 / 3)
    assert Distribution(2, 0.2, 0.4).mean() == pytest.approx(1.32313, rel=1e-5)
    assert Distribution(2, 0.2, 0.4, negative=True).mean() < 0


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (Distribution(0, 3.5), 3.5),
        (Distribution(2, math.log(2), 0.0, negative=True), -2.0),
        (Distribution(3, 4.0, 0.0), 4.0),
        (Distribution(4, minimum=2, maximum=2), 2.0),
        (Distribution(5, 2, minimum=2, maximum=2), 2.0),
        (Distribution(7, minimum=3, maximum=4), 3.0),
        (Distribution(3, 4.0, 1.0, minimum=4.0, maximum=4.0), 4.0),
    ],
    ids=str,
)
def test_what_has_no_width_is_static(item: Distribution, value: float) -> None:
    checked = item.checked()
    assert checked.kind == STATIC
    assert checked.from_normal(np.zeros(2)) == pytest.approx([value, value])


@pytest.mark.parametrize(
    ("item", "faults"),
    [
        (Distribution(2), ["loc = ?", "scale = ?"]),
        (Distribution(2, 0.0, -1.0), ["scale = -1 < 0"]),
        (Distribution(3, math.inf, 1.0), ["loc = inf"]),
        (Distribution(4, minimum=3, maximum=2), ["minimum = 3 > maximum = 2"]),
        (Distribution(5, 9, minimum=1, maximum=2), ["loc: 9"]),
        (Distribution(5, 9, minimum=2, maximum=1), ["minimum = 2 > maximum = 1", "loc: 9"]),
        (Distribution(6, 1.2), ["loc = 1.2"]),
        (Distribution(7, minimum=0.5, maximum=3), ["not whole"]),
        (Distribution(8, scale=-2.0, shape=0.0), ["scale = -2 < 0", "shape = 0 <= 0"]),
        (Distribution(10, -1.0, shape=2.0), ["loc = -1 <= 0"]),
        (Distribution(11, 0.0, 1.0, 0.3), ["shape = 0.3 != 0"]),
        (Distribution(3, 5.0, 1.0, minimum=6.0), ["loc: 5"]),
        (Distribution(13, 0.0), ["kind = 13"]),
    ],
    ids=str,
)
def test_every_fault_is_named(item: Distribution, faults: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        item.checked("melting/natural_gas/inventory")
    for fault in faults:
        assert fault in caught.value.params["faults"]
    assert caught.value.params["name"] == "melting/natural_gas/inventory"


def test_a_study_states_its_fields_by_name() -> None:
    stated = {"kind": "triangular", "minimum": "1", "loc": "2", "maximum": "4"}
    assert distribution_of(stated, "x") == Distribution(5, 2.0, minimum=1.0, maximum=4.0)
    wrong = {"kind": "bell", "minimum": "nan", "scale": "wide", "sigma": 1, "negative": "yes"}
    with pytest.raises(BadInput) as caught:
        distribution_of(wrong, "x")
    for fault in ("kind = bell", "minimum = nan", "scale = wide", "sigma = ?", "negative = yes"):
        assert fault in caught.value.params["faults"]
    assert set(KINDS.values()) == set(range(1, 13))


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ({"kind": ["normal"], "loc": "1"}, "kind = ['normal']"),
        ({"kind": {"normal": 1}}, "kind = {'normal': 1}"),
        ({"kind": "static", "loc": 10**400}, "loc = 1000"),
        ({"kind": "static", "loc": [1]}, "loc = [1]"),
    ],
    ids=str,
)
def test_a_study_with_another_type_is_refused_by_field(stated: object, fault: str) -> None:
    with pytest.raises(BadInput) as caught:
        distribution_of(stated, "x")
    assert fault in caught.value.params["faults"]


def test_a_stream_is_its_seed_and_key_alone() -> None:
    """The first numbers stay whatever follows; no two keys or seeds share them."""
    first = normals(1, "a", 5)
    out = np.empty(9)
    assert normals(1, "a", 9, out=out) is out
    assert first.tolist() == out[:5].tolist()
    assert not set(first) & (set(normals(1, "b", 5)) | set(normals(2, "a", 5)))


@given(st.integers(1, 300), st.text(max_size=8))
def test_one_draw_lies_in_each_stratum(samples: int, key: str) -> None:
    drawn = strata(3, key, samples)
    assert np.all((drawn > 0) & (drawn < 1))
    assert sorted(np.ceil(drawn * samples).astype(int)) == list(range(1, samples + 1))


def test_strata_of_two_keys_are_not_related() -> None:
    one, other = (standard_normals(1, key, 4096, QUASI) for key in "ab")
    # Four standard errors of a correlation of 4096 pairs.
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / 64


def test_every_bad_distribution_of_a_study_is_listed_at_once() -> None:
    """Two of three entries are wrong, one in two fields: all of it is said in one answer."""
    stated = {
        "a/b": {"kind": "normal", "loc": "1"},
        "c/d": {"kind": "weibull", "scale": "-1", "shape": "0"},
        "e/f": {"kind": "uniform", "minimum": "1", "maximum": "2"},
    }
    with pytest.raises(BadInput) as caught:
        require_distributions(stated)
    assert caught.value.code == "DISTRIBUTIONS"
    told = str(caught.value.params["faults"])
    for fault in ("a/b: scale = ?", "c/d: scale = -1 < 0", "shape = 0 <= 0"):
        assert fault in told
    assert "e/f" not in told


@pytest.mark.parametrize(
    "stated",
    [
        {"kind": "weibull", "scale": "1", "shape": "1e-9"},  # mean: the factorial of 1e9
        {"kind": "lognormal", "loc": "800", "scale": "1"},  # exp(800) > 1.8e308
    ],
)
def test_a_mean_no_double_holds_is_refused(stated: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="inf"):
        distribution_of(stated, "a/b")
