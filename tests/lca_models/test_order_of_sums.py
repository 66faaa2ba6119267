"""Sums on the way into a background's hash: the same for every order of input and every Python.

Systems under test: a process of ten products of 0.1 kg each, and matrices in which one place is stated
several times. By hand: ten tenths are 1 to the nearest double, though adding 0.1 ten times to a double
gives 0.9999999999999999 (what the built-in `sum` says on Python 3.11; since 3.12 it says 1); and
10^16 + 1 − 10^16 is 1, where adding from the left in doubles gives 0. The exact sums are those of
`fractions.Fraction`, rounded once.
"""

from __future__ import annotations

import ast
import random
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lca_models.background import matrices
from lca_models.background.matrices import Background, Flow, Product, assemble, entries
from lca_models.external import co_products
from lca_models.external.co_products import shares_of
from lca_models.external.exchanges import PRODUCT, Exchange

AMOUNTS = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False)
SIGNED = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)


def _product(flow: str, amount: float, *, mass: float | None = None) -> Exchange:
    return Exchange(
        flow=flow,
        name=flow,
        flow_type=PRODUCT,
        amount=amount,
        unit="kg",
        is_input=False,
        is_reference=flow == "p0",
        is_avoided=False,
        stated_mass=mass,
        is_pseudo=False,
        provider="",
    )


def _shares(exchanges: list[Exchange]) -> dict[str, float]:
    return {item.product.flow: item.share for item in shares_of("made", exchanges).bearing}


def test_ten_products_of_a_tenth_bear_a_tenth_each() -> None:
    shares = _shares([_product(f"p{place}", 0.1) for place in range(10)])
    assert set(shares.values()) == {0.1}


def test_one_product_stated_three_times_has_its_exact_amount_and_mass() -> None:
    """In doubles 1e16 + 1 is 1e16; exactly, 1e16 + 1 + 1 is the next double, 1e16 + 2."""
    stated = [_product("p0", amount, mass=amount) for amount in (1e16, 1.0, 1.0)]
    (share,) = shares_of("made", stated).bearing
    assert share.product.amount == 1e16 + 2
    assert share.product.stated_mass == 1e16 + 2


@settings(deadline=None)
@given(st.lists(AMOUNTS, min_size=2, max_size=12), st.randoms())
def test_shares_are_those_of_the_exact_sum_in_every_order(
    amounts: list[float], chance: random.Random
) -> None:
    exchanges = [_product(f"p{place}", amount) for place, amount in enumerate(amounts)]
    exact = float(sum(map(Fraction, amounts), Fraction(0)))
    expected = {f"p{place}": amount / exact for place, amount in enumerate(amounts)}
    assert _shares(exchanges) == expected
    chance.shuffle(exchanges)
    assert _shares(exchanges) == expected


def _background(stated: list[tuple[int, int, float]]) -> Background:
    """Two products, made 1 each, one flow; `stated` are entries of the biosphere."""
    return assemble(
        "two",
        [Product(key, key, "", "kg") for key in ("a", "b")],
        [Flow("co2", "carbon dioxide", "air", "kg", "co2", 1.0)],
        entries([0, 1], [0, 1], [1.0, 1.0]),
        entries(*([item[place] for item in stated] for place in range(3))),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("amounts", [(1e16, 1.0, -1e16), (1.0, 1e16, -1e16), (-1e16, 1e16, 1.0)])
def test_a_place_stated_three_times_holds_the_exact_sum(amounts: tuple[float, ...]) -> None:
    background = _background([(0, 0, amount) for amount in amounts])
    assert background.biosphere.toarray().tolist() == [[1.0, 0.0]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.just(0), st.integers(0, 1), SIGNED), max_size=20), st.randoms())
def test_matrices_hold_exact_sums_and_their_hash_knows_no_order(
    stated: list[tuple[int, int, float]], chance: random.Random
) -> None:
    background = _background(stated)
    exact = [
        float(sum((Fraction(amount) for _, at, amount in stated if at == column), Fraction(0)))
        for column in (0, 1)
    ]
    assert background.biosphere.toarray().tolist() == [exact]
    chance.shuffle(stated)
    assert _background(stated).sha256 == background.sha256


COUNTS = {
    "sum(sizes)",
    "sum((item.is_avoided for item in used))",
    "sum((item.flow_type == WASTE for item in process.exchanges))",
    "sum((len(item.shares.bearing) for item in processes))",
    "sum((int((~np.isfinite(values)).sum()) for values in arrays))",
}


def test_only_whole_numbers_are_added_with_the_built_in_sum() -> None:
    """On the way into a background's hash; a new one must be a count too, or `fsum`."""
    folders = (Path(matrices.__file__).parent, Path(co_products.__file__).parent)
    sums = {
        ast.unparse(node)
        for folder in folders
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum"
    }
    assert sums == COUNTS
