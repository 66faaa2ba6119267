"""Shares of a result by kind of data.

By hand: weights 1, 1, 1 are 33.333333 % each, one millionth is left over and goes to the first by
name; weights 0.5 and 99.5 are themselves; what weighs nothing gets nothing.
"""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.rules import rule
from footprint.figures.data_shares import SHARE_QUANTUM, whole_shares

WEIGHTS = st.dictionaries(
    st.sampled_from(rule("DQ-KINDS-001").items("kinds")),
    st.decimals(min_value=0, max_value=10**6, places=20),
    min_size=1,
)


def test_thirds_add_up() -> None:
    found = whole_shares({"c": Decimal(1), "a": Decimal(1), "b": Decimal(1), "zero": Decimal(0)})
    third = Decimal("33.333333")
    assert found == {"c": third, "a": third + SHARE_QUANTUM, "b": third, "zero": 0}


def test_even_shares_stay_themselves() -> None:
    weights = {"a": Decimal("0.5"), "b": Decimal("99.5")}
    assert whole_shares(weights) == weights


def test_nothing_has_no_shares() -> None:
    assert whole_shares({"a": Decimal(0)}) == {}


@given(WEIGHTS)
def test_shares_are_exactly_a_hundred_and_near_what_they_are(weights: dict[str, Decimal]) -> None:
    found, total = whole_shares(weights), sum(weights.values())
    if not total:
        assert found == {}
        return
    assert sum(found.values()) == 100
    for name, weight in weights.items():
        assert abs(found[name] - weight * 100 / total) <= SHARE_QUANTUM
        assert weight or not found[name]
    assert whole_shares(dict(reversed(weights.items()))) == found
