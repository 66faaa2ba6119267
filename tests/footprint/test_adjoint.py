"""Scores of every product by one adjoint solve, and their cache on disk.

System under test: power (a) needs 0.1 coal per kWh and emits 0.5; coal (b) needs 0.2 kWh and emits
0.1. s_a = 0.5 + 0.1 s_b, s_b = 0.1 + 0.2 s_a: s_a = 0.51 / 0.98, s_b = 0.2 / 0.98. Larger systems
are drawn: inputs per unit of output sum to less than one in money, units spread over many decades.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import spsolve

from factor_db.foundation.errors import BadInput
from factor_db.foundation.files import UNFINISHED
from footprint.engine.backgrounds.adjoint import AdjointScores, adjoint_scores
from footprint.engine.backgrounds.score_cache import (
    CachedScores,
    cached_scores,
    read_or_compute,
    wanted,
)
from lca_models.background.matrices import Background, Flow, Product, assemble, entries
from lca_models.background.storage import Origin, write_background


def pair(first: float = 0.1, second: float = 0.2) -> sparse.csc_array:
    return sparse.csc_array(np.array([[1.0, -second], [-first, 1.0]]))


LOADS = np.array([[0.5], [0.1]])


def drawn(size: int, seed: int) -> tuple[sparse.csc_array, np.ndarray]:
    """Draw a productive system in physical units, and loads of two indicators."""
    random = np.random.default_rng(seed)
    shares = sparse.random_array((size, size), density=0.2, rng=random).toarray()
    np.fill_diagonal(shares, 0)
    shares *= 0.9 / np.maximum(shares.sum(axis=0), 0.1)
    prices = 10 ** random.uniform(-5, 5, size)
    made = 10 ** random.uniform(-2, 3, size)  # non-unit production
    matrix = (np.eye(size) - shares) * prices[None, :] / prices[:, None] * made
    loads = random.lognormal(size=(size, 2)) * prices[:, None] * made[:, None]
    return sparse.csc_array(matrix), loads


def test_two_products_by_hand() -> None:
    found = adjoint_scores(pair(), LOADS)
    assert found.scores[:, 0] == pytest.approx([0.51 / 0.98, 0.2 / 0.98], rel=1e-14)
    assert (found.solver, found.refinements) == ("superlu", 2)
    assert (found.change < 1e-12).all()


@settings(max_examples=25, deadline=None)
@given(size=st.integers(2, 30), seed=st.integers(0, 10**6), refinements=st.integers(1, 4))
def test_the_adjoint_equals_a_forward_solve_and_further_refinement_changes_nothing(
    size: int, seed: int, refinements: int
) -> None:
    matrix, loads = drawn(size, seed)
    found = adjoint_scores(matrix, loads, refinements=refinements)
    for product in (0, size - 1):
        demand = np.zeros(size)
        demand[product] = 1
        supply = spsolve(matrix, demand)
        assert found.scores[product] == pytest.approx(supply @ loads, rel=1e-9)
    further = adjoint_scores(matrix, loads, refinements=refinements + 1)
    assert abs(further.scores / found.scores - 1).max() < 1e-12
    assert (further.change < 1e-12).all()


@settings(max_examples=25, deadline=None)
@given(size=st.integers(2, 30), seed=st.integers(0, 10**6))
def test_the_order_of_processes_changes_nothing(size: int, seed: int) -> None:
    matrix, loads = drawn(size, seed)
    order = np.random.default_rng(seed).permutation(size)
    other = adjoint_scores(sparse.csc_array(matrix[order][:, order]), loads[order])
    assert abs(other.scores / adjoint_scores(matrix, loads).scores[order] - 1).max() < 1e-12


def test_a_product_that_has_no_part_scores_exactly_zero() -> None:
    matrix = sparse.csc_array(np.array([[1.0, -0.3, 0], [-0.2, 1.0, 0], [0, 0, 2.0]]))
    found = adjoint_scores(matrix, np.array([[0.0], [0.0], [4.0]]))
    assert found.scores[:, 0].tolist() == [0, 0, 2]
    assert found.change.tolist() == [0]


def test_a_loop_is_refused_by_its_names() -> None:
    """Rank tells nothing: 2 x 0.9 = 1.8 units of itself per unit, determinant -0.8, full rank."""
    with pytest.raises(BadInput, match="BACKGROUND_NOT_PRODUCTIVE") as refused:
        adjoint_scores(pair(2.0, 0.9), LOADS, names=["power", "coal"])
    assert refused.value.params["activities"] == "power; coal"
    with pytest.raises(BadInput, match="BACKGROUND_NOT_PRODUCTIVE"):
        adjoint_scores(pair(2.0, 0.5), LOADS)  # exactly singular


def test_what_cannot_be_solved_is_refused() -> None:
    with pytest.raises(BadInput, match="REFINEMENTS_TOO_FEW"):
        adjoint_scores(pair(), LOADS, refinements=0)
    with pytest.raises(BadInput, match="SOLVER_UNKNOWN"):
        adjoint_scores(pair(), LOADS, solver="abacus")
    with pytest.raises(BadInput, match="BACKGROUND_SHAPE"):
        adjoint_scores(pair(), LOADS[:1])


@pytest.mark.parametrize(
    ("solver", "module"), [("umfpack", "scikits.umfpack"), ("pardiso", "pypardiso")]
)
def test_another_solver_gives_the_same_or_says_that_it_is_not_installed(
    solver: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix, loads = drawn(20, 1)
    if is_installed(module):
        found = adjoint_scores(matrix, loads, solver=solver)
        assert abs(found.scores / adjoint_scores(matrix, loads).scores - 1).max() < 1e-12
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not there
    with pytest.raises(BadInput, match="SOLVER_NOT_INSTALLED"):
        adjoint_scores(matrix, loads, solver=solver)


def is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its parent package is not there
        return False


def test_importing_the_engine_pulls_no_database_and_no_table_library() -> None:
    program = (
        "import sys, footprint.engine.backgrounds.score_cache\n"
        "heavy = {'sqlmodel', 'pandas', 'bw2data', 'pyarrow', 'scipy.stats', 'pydantic', 'numba'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- the cache


def background(emission: float = 0.5) -> Background:
    return assemble(
        "pair",
        [Product("a", "power", "", "kWh"), Product("b", "coal", "", "kg")],
        [Flow("f", "CO2", "air", "kg", "co2", 1.0)],
        entries([0, 1, 1, 0], [0, 0, 1, 1], [1, -0.1, 1, -0.2]),
        entries([0, 0], [0, 1], [emission, 0.1]),
    )


def filled(folder: Path) -> CachedScores:
    assert cached_scores(folder, background()).found == "new"
    return cached_scores(folder, background())


def test_scores_are_read_back_read_only(tmp_path: Path) -> None:
    read = filled(tmp_path)
    assert read.found == "read"
    assert read.scores[:, 0] == pytest.approx([0.51 / 0.98, 0.2 / 0.98], rel=1e-14)
    with pytest.raises(ValueError, match="read-only"):
        read.scores[0, 0] = 1


def test_the_bytes_that_were_hashed_are_those_that_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process exchanges the array between the hash and whatever comes after it."""
    filled(tmp_path)
    (array,) = tmp_path.glob("*.npy")
    real, whole = hashlib.sha256, array.read_bytes()

    def exchanging(content: Any = b"") -> Any:
        found = real(content)
        if content == whole:
            np.save(array, np.array([[7.0], [7.0]]))
        return found

    monkeypatch.setattr(hashlib, "sha256", exchanging)
    read = cached_scores(tmp_path, background())
    monkeypatch.undo()
    assert np.load(array)[0, 0] == 7
    assert (read.found, read.scores[0, 0]) == ("read", pytest.approx(0.51 / 0.98, rel=1e-14))


def test_an_infinite_change_is_read_back(tmp_path: Path) -> None:
    """A score that came to 0 in the last refinement changed infinitely (`largest_change`)."""
    asked = wanted(background(), "superlu", 2)

    def solved() -> AdjointScores:
        return AdjointScores(np.zeros((2, 1)), np.array([np.inf]), "superlu", 2)

    assert read_or_compute(tmp_path, asked, 2, solved).found == "new"
    again = read_or_compute(tmp_path, asked, 2, solved)
    assert (again.found, again.change) == ("read", (np.inf,))


def test_scores_of_another_background_solver_setting_or_version_are_not_used(
    tmp_path: Path,
) -> None:
    filled(tmp_path)
    assert cached_scores(tmp_path, background(0.6)).found == "new"
    assert cached_scores(tmp_path, background(), refinements=1).found == "new"
    (record,) = [
        path
        for path in tmp_path.glob("*.json")
        if json.loads(path.read_text())["background"] == background().sha256
        and json.loads(path.read_text())["refinements"] == 2
    ]
    content = json.loads(record.read_text())
    record.write_text(json.dumps({**content, "scipy": "0.1"}))
    assert cached_scores(tmp_path, background()).found == "other"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("array", "altered"),
        ("cut", "altered"),
        ("gone", "missing"),
        ("record", "torn"),
        ("change", "torn"),
        ("elsewhere", "missing"),
    ],
)
def test_a_damaged_cache_is_computed_anew_and_said(tmp_path: Path, damage: str, found: str) -> None:
    filled(tmp_path)
    (array,), (record,) = tmp_path.glob("*.npy"), tmp_path.glob("*.json")
    content = array.read_bytes()
    if damage == "array":
        array.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "cut":
        array.write_bytes(content[: len(content) // 2])
    elif damage == "gone":
        array.unlink()
    elif damage == "record":
        record.write_text(record.read_text()[:40])
    elif damage == "change":
        record.write_text(json.dumps({**json.loads(record.read_text()), "change": ["small"]}))
    else:
        elsewhere = {**json.loads(record.read_text()), "array_sha256": "../../x"}
        record.write_text(json.dumps(elsewhere))
    again = cached_scores(tmp_path, background())
    assert again.found == found
    assert again.scores[0, 0] == pytest.approx(0.51 / 0.98, rel=1e-14)
    assert cached_scores(tmp_path, background()).found == "read"


def test_what_a_killed_writer_left_is_never_read(tmp_path: Path) -> None:
    filled(tmp_path)
    (array,), (record,) = tmp_path.glob("*.npy"), tmp_path.glob("*.json")
    for path in (array, record):
        path.rename(path.with_name(f"{path.name}.1{UNFINISHED}"))
    assert cached_scores(tmp_path, background()).found == "new"


WRITER = """
import sys
from pathlib import Path
from footprint.engine.backgrounds.score_cache import cached_scores
from lca_models.background.storage import read_background
background = read_background(Path(sys.argv[1]))
print(*{cached_scores(Path(sys.argv[2]) / str(turn), background).found for turn in range(10)})
"""


def test_two_writers_at_once_leave_whole_scores(tmp_path: Path) -> None:
    stored = write_background(tmp_path, background(), Origin("", "", "", "", "", "owner"), {})
    scores = tmp_path / "scores"
    command = [sys.executable, "-c", WRITER, str(stored), str(scores)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    found = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert all(set(text.split()) <= {"new", "read"} for text in found)
    for turn in range(10):
        assert cached_scores(scores / str(turn), background()).found == "read"
    assert not list(scores.rglob(f"*{UNFINISHED}"))
