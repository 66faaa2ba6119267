"""Figures of a view: formula, inputs and value belong together, whatever the view.

System: factor_db/foundation/written_formula.py and figure.py. Hand calculation: (3 - 1) * 2 / 8 = 0.5;
a row of 2.5E-24 cut at 1E-24 is 2E-24 (half to even); 1/3 has 34 digits, 33 threes would differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from pathlib import Path
from runpy import run_path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rules
from factor_db.foundation.written_formula import evaluate_named, names_in
from footprint.views.figure import Figures

RULE = "PCF-BOUNDARY-001"


def test_formula_is_evaluated_in_34_digits() -> None:
    three, one, two, eight = (Decimal(number) for number in (3, 1, 2, 8))
    found = evaluate_named("(a - b) * c / d", {"a": three, "b": one, "c": two, "d": eight})
    assert found == Decimal("0.5")
    assert evaluate_named("1 / a", {"a": three}) == Decimal("0." + "3" * 34)
    quantum = {"x": Decimal("2.5E-24"), "q": Decimal("1E-24")}
    assert evaluate_named("cut(x, q)", quantum) == Decimal("2E-24")
    assert evaluate_named("max(min(a, b), -b, sum())", {"a": three, "b": one}) == one


@pytest.mark.parametrize("formula", ["a ** a", "2 * a", "a.real", "abs(a)", "a if a else a", "a +", "True * a", "sum(*a)", "a[t]", "10 * a", "min(a", "min(a,)", "a a", ""])  # fmt: skip
def test_anything_else_is_no_formula(formula: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        evaluate_named(formula, {"a": Decimal(1)})


VALUES = {"a": Decimal("1.5"), "b": Decimal(-2), "c": Decimal(1) / 3, "d_1": Decimal("7E-20")}


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(inner, st.sampled_from(["+", " - ", "*", " / "]), inner).map("".join)
    calls = st.tuples(st.sampled_from(["min", "max", "sum"]), st.lists(inner, min_size=1))
    called = calls.map(lambda call: f"{call[0]}({', '.join(call[1])})")
    return st.one_of(joined, called, inner.map("({})".format), inner.map("-{}".format))


@given(st.recursive(st.sampled_from([*VALUES, "0", "1"]), _grown, max_leaves=20))
def test_a_formula_means_what_the_strangers_replay_makes_of_it(formula: str) -> None:
    replay = run_path(str(Path(__file__).parents[2] / "docs" / "replay.py"))["calculate"]
    try:
        with localcontext(EXACT):
            expected = replay(formula, VALUES)
    except ArithmeticError:
        with pytest.raises(ArithmeticError):
            evaluate_named(formula, VALUES)
    else:
        assert repr(evaluate_named(formula, VALUES)) == repr(expected)


def test_a_figure_stands_on_numbers_and_earlier_figures() -> None:
    figures = Figures()
    figures.total("all", {"x": Decimal("0.25"), "y": Decimal("0.5")}, unit="kg", rule=RULE)
    share = figures.add("share", "part / whole", {"part": Decimal("0.25"), "whole": "all"}, unit="1", rule=RULE)  # fmt: skip
    assert [found.name for found in figures] == ["all", "share"]
    assert share == figures["share"] == Decimal("0." + "3" * 34)


def test_a_figure_without_rule_or_with_other_inputs_is_refused() -> None:
    figures = Figures()
    with pytest.raises(BadInput):
        figures.add("x", "a", {"a": Decimal(1)}, unit="kg", rule="PCF-NOTHING-001")
    with pytest.raises(ValueError, match="does not stand on"):
        figures.add("x", "a", {"a": Decimal(1), "b": Decimal(1)}, unit="kg", rule=RULE)
    with pytest.raises(KeyError):
        figures.add("x", "a", {"a": "later"}, unit="kg", rule=RULE)
    figures.add("x", "a", {"a": Decimal(1)}, unit="kg", rule=RULE)
    with pytest.raises(ValueError, match="already"):
        figures.add("x", "a", {"a": Decimal(1)}, unit="kg", rule=RULE)


EXAMPLES = [(found.id, example) for found in rules().values() for example in found.examples]


@pytest.mark.parametrize(
    ("rule_id", "example"), EXAMPLES, ids=lambda item: item if isinstance(item, str) else ""
)
def test_an_example_of_a_rule_comes_out_as_written(
    rule_id: str, example: Mapping[str, str]
) -> None:
    pairs = (item.split("=") for item in example["inputs"].split(","))
    values = {name: Decimal(number) for name, number in pairs}
    assert names_in(example["formula"]) == set(values), rule_id
    stated = Decimal(example["value"])
    assert EXACT.quantize(evaluate_named(example["formula"], values), stated) == stated


def test_the_register_has_examples() -> None:
    assert len(EXAMPLES) >= 14
