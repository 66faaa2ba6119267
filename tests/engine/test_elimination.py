"""Recording, eliminating and replaying.

System under test, by hand: B takes 1.25 t of A and returns 0.25 t to the pool P, A takes 1 t of P;
loads P 2, A 3, B 5 kg/t. Scores: s_P = 2, s_A = 3 + 2 = 5, s_B = 5 + 1.25 × 5 − 0.25 × 2 = 10.75.
A loop by hand: X takes 0.5 of Y, Y takes 0.4 of X, loads 1 and 2: s_X = (1 + 0.5 × 2) / (1 − 0.2) = 2.5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footprint.engine.programs.elimination import eliminate
from footprint.engine.programs.gradients import value_and_gradients
from footprint.engine.programs.program import compile_tape
from footprint.engine.programs.tape import Number, Tape, Value, lower, upper

P, A, B = range(3)
RETURNING = {(B, A): 1.25, (B, P): -0.25, (A, P): 1.0}


def traced(matrix: np.ndarray, loads: np.ndarray) -> tuple[Tape, dict, list, dict]:
    """Record a system (samples, processes, processes) with every entry left open."""
    tape = Tape()
    size = matrix.shape[1]
    entries = [(i, k) for i in range(size) for k in range(size) if matrix[:, i, k].any()]
    links = {entry: tape.input(entry) for entry in entries}
    values = {entry: matrix[:, entry[0], entry[1]] for entry in entries}
    values |= {i: loads[:, i] for i in range(size)}
    return tape, links, [tape.input(i) for i in range(size)], values


def scores(matrix: np.ndarray, loads: np.ndarray, final: int, **options: int) -> np.ndarray:
    tape, links, own, values = traced(matrix, loads)
    program = compile_tape(tape, [eliminate(links, own, final).score])
    return program.run(values, len(matrix), **options)[0]


def productive(seed: int, size: int = 12, samples: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Return links whose rows add up to less than 1, many of them round loops, and loads."""
    draw = np.random.default_rng(seed)
    matrix = draw.random((samples, size, size)) * (draw.random((size, size)) < 0.3)
    matrix *= 0.9 / np.maximum(matrix.sum(axis=2, keepdims=True), 0.9)
    return matrix, draw.lognormal(size=(samples, size))


def test_returned_metal_and_loops_by_hand() -> None:
    assert eliminate(RETURNING, [2.0, 3.0, 5.0], B).score == 10.75
    assert eliminate(RETURNING, [2.0, 3.0, 5.0], B).activities(3) == [1.0, 1.25, 1.0]
    loop = eliminate({(0, 1): 0.5, (1, 0): 0.4}, [1.0, 2.0], 0)
    assert loop.score == pytest.approx(2.5, rel=1e-15)
    assert loop.pivots == (0.8,)


def test_what_the_product_does_not_need_is_left_out() -> None:
    apart = eliminate({**RETURNING, (3, B): 1.0, (3, 3): 1.0}, [2.0, 3.0, 5.0, 9.0], B)
    assert apart.score == 10.75
    assert apart.activities(4)[3] == 0.0


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_elimination_equals_the_dense_solve(seed: int) -> None:
    """Law: the score is that of LAPACK to 1e-12, whatever the loops."""
    matrix, loads = productive(seed)
    dense = np.linalg.solve(np.eye(12) - matrix, loads[..., None])[:, 5, 0]
    assert scores(matrix, loads, 5) == pytest.approx(dense, rel=1e-12)


@given(st.integers(0, 10_000), st.permutations(range(12)))
@settings(max_examples=25, deadline=None)
def test_the_order_of_processes_changes_nothing(seed: int, order: list[int]) -> None:
    """Law: permuting processes changes no score beyond 1e-12."""
    matrix, loads = productive(seed)
    mixed = matrix[:, order][:, :, order]
    found = scores(mixed, loads[:, order], order.index(5))
    assert found == pytest.approx(scores(matrix, loads, 5), rel=1e-12)


def test_blocks_of_samples_change_no_digit() -> None:
    matrix, loads = productive(1, samples=50)
    whole = scores(matrix, loads, 5)
    assert (scores(matrix, loads, 5, block=7) == whole).all()
    assert (scores(matrix[20:30], loads[20:30], 5) == whole[20:30]).all()


def test_activities_meet_the_demand_and_weigh_up_to_the_score() -> None:
    """Laws: supply less use is one unit of the product; activities times loads are the score."""
    matrix, loads = productive(3)
    tape, links, own, values = traced(matrix, loads)
    solved = eliminate(links, own, 5)
    activity = compile_tape(tape, solved.activities(12)).run(values, 7).T
    demand = activity - np.einsum("si,sik->sk", activity, matrix)
    assert np.abs(demand - np.eye(12)[5]).max() < 1e-13
    assert (activity * loads).sum(1) == pytest.approx(scores(matrix, loads, 5), rel=1e-13)


def test_a_scale_drives_all_of_a_process() -> None:
    """Law: scaling a process is scaling each of its links and its load."""
    matrix, loads = productive(4, samples=1)
    scales = np.random.default_rng(4).uniform(0.5, 1.0, 12)
    links = {
        (i, k): float(matrix[0, i, k]) for i in range(12) for k in range(12) if i != 5 or k != 5
    }
    every = {(i, k): float(scales[i]) * amount for (i, k), amount in links.items()}
    apart = eliminate(links, loads[0].tolist(), 5, dict(enumerate(scales.tolist())))
    whole = eliminate(every, (scales * loads[0]).tolist(), 5)
    assert apart.score == pytest.approx(whole.score, rel=1e-13)
    assert apart.activities(12) == pytest.approx(whole.activities(12), rel=1e-13)


def test_a_loop_that_feeds_itself_shows_by_its_pivot() -> None:
    """X takes 1.1 of Y and Y 1.0 of X: 1 − 1.1 < 0, and the score is no footprint."""
    tape = Tape()
    solved = eliminate({(0, 1): tape.input("x"), (1, 0): 1.0}, [1.0, 1.0], 0)
    program = compile_tape(tape, [solved.score, *solved.pivots])
    score, pivot = program.run({"x": np.array([0.5, 1.0, 1.1])}, 3)
    assert score[0] == 3.0
    assert not np.isfinite(score[1])
    assert score[2] < 0
    assert (pivot > 0).tolist() == [True, False, False]


def test_what_does_not_vary_is_not_recorded() -> None:
    """One open link of sixty: what the others come to is worked out while recording."""
    tape = Tape()
    chain: dict[tuple[int, int], Value] = {(i, i - 1): 0.5 for i in range(1, 60)}
    chain[30, 29] = tape.input("x")
    program = compile_tape(tape, [eliminate(chain, [1.0] * 60, 59).score])
    assert len(program.instructions) <= 4
    # Below the open link every process scores 2 − 2^-i, above it halves 30 times.
    below, above = 2 - 2.0**-29, sum(0.5**i for i in range(30))
    expected = above + 0.5**29 * np.array([0.25, 0.5]) * below
    assert program.run({"x": np.array([0.25, 0.5])}, 2)[0] == pytest.approx(expected, rel=1e-15)


def test_numbers_keep_the_laws_of_zero_and_one() -> None:
    tape = Tape()
    x = tape.input("x")
    assert [x * 0.0, 0.0 * x, 0.0 / x, x - x] == [0.0] * 4
    assert all(same is x for same in (x + 0.0, 0.0 + x, x * 1.0, 1.0 * x, x / 1.0, x - 0.0))
    assert x + 2.0 is 2.0 + x
    assert x - 2.0 is not 2.0 - x


def run(output: Value, tape: Tape, **values: Sequence[float]) -> list[float]:
    arrays = {name: np.array(found, dtype=float) for name, found in values.items()}
    return compile_tape(tape, [output]).run(arrays, len(next(iter(arrays.values()))))[0].tolist()


def test_every_operation_is_replayed_as_it_was_written() -> None:
    tape = Tape()
    x, y = tape.input("x"), tape.input("y")
    for output, expected in (
        (x + y, [7.0]), (x - y, [3.0]), (2.0 - x, [-3.0]), (x * y, [10.0]), (x / y, [2.5]),
        (2.0 / x, [0.4]), (-x, [-5.0]), (lower(x, y), [2.0]), (upper(x, 6.0), [6.0]),
        (lower(x, 3.0), [3.0]),
    ):  # fmt: skip
        assert run(output, tape, x=[5.0], y=[2.0]) == expected
    assert run(4.0, tape, x=[5.0]) == [4.0]
    assert lower(1.0, 2.0) == 1.0


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_gradients_are_those_of_central_differences(seed: int) -> None:
    """Law: one pass back gives every derivative of the score, by links and by loads, to 1e-6.

    Held against the change per relative change of the input, slope × value: a difference quotient
    of relative step h carries the rounding of the score, about 1e-16 of it over h = 1e-5, however
    small the input is.
    """
    matrix, loads = productive(seed, size=6, samples=1)
    tape, links, own, values = traced(matrix, loads)
    score = eliminate(links, own, 5).score
    found, gradients = value_and_gradients(tape, score, {k: float(v[0]) for k, v in values.items()})
    assert found == pytest.approx(scores(matrix, loads, 5)[0], rel=1e-12)
    program = compile_tape(tape, [score])
    for name, value in values.items():
        relative = 1e-5
        step = relative * value[0]
        moved = {**{k: np.repeat(v, 2) for k, v in values.items()}}
        moved[name] = value[0] + np.array([step, -step])
        up, down = program.run(moved, 2)[0]
        change = gradients.get(name, 0.0) * value[0]
        quotient = (up - down) / (2 * relative)
        assert change == pytest.approx(quotient, rel=1e-6, abs=1e-9 * abs(found))


def test_a_gradient_follows_the_branch_of_a_bound() -> None:
    tape = Tape()
    x, y = tape.input("x"), tape.input("y")
    value, slopes = value_and_gradients(
        tape, lower(x * 2.0, y) + upper(x, y) / y, {"x": np.array([1.0, 9.0]), "y": 4.0}
    )
    # x = 1: 2 + 4/4; x = 9: 4 + 9/4.
    assert np.asarray(value).tolist() == [3.0, 6.25]
    assert np.asarray(slopes["x"]).tolist() == [2.0, 0.25]
    assert np.asarray(slopes["y"]).tolist() == [0.0, 1 - 9 / 16]


def test_only_numbers_are_told_apart_by_identity() -> None:
    tape = Tape()
    assert tape.input("x") is tape.input("x")
    assert isinstance(tape.input("y"), Number)
    assert tape.input("x") != tape.input("y")
