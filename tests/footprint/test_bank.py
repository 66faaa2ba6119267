"""Sampled backgrounds: sweeps, the order of a sweep, what is no economy, and the bank.

The loop. Product 0 takes a of product 1, product 1 takes b of product 0; activities emit 3 and 5 kg
of gas "x". Score of product 0: (3 + 5 a) / (1 - a b).
a = 0.5, b = 0.4:     5.5 / 0.8     = 6.875     loop gain 0.2
a = 0.5, b = 1.9998:  5.5 / 0.0001  = 55 000    near-singular: sweeps do not get there in time
a = 0.5, b = 2.5:     5.5 / -0.25   = -22       loop gain 1.25: no production meets the demand
a = 0.5, b = 2:       singular
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bank_matrices import Matrices, Product
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from factor_db.foundation.errors import BadInput
from footprint.backgrounds.uncertainty import read_uncertainty
from footprint.engine.backgrounds.bank import (
    RECORD,
    SCORES,
    bank_draws,
    bank_multipliers,
    open_bank,
)
from footprint.engine.backgrounds.bank_build import PARTIAL, BankOrder, build_bank
from footprint.engine.backgrounds.draws import BackgroundDraws, BackgroundUncertainty
from footprint.engine.backgrounds.sweep_order import backward_share, sweep_order
from footprint.engine.backgrounds.sweep_plan import plan_sweeps
from footprint.engine.backgrounds.sweeps import KRYLOV, SWEEPS, solve_samples
from lca_models.background.matrices import Flow, assemble, entries
from lca_models.background.matrices import Product as Named

METHODS = [SWEEPS, KRYLOV]
SIZE, FLOWS = 60, 12
CH4, CO2 = "ch4", "co2"
GWP = {CH4: 29.8, CO2: 1.0}


def background(size: int = SIZE, seed: int = 1) -> tuple[Matrices, BackgroundUncertainty]:
    """A random economy with loops and one avoided burden; not every flow carries a gas."""
    chance = np.random.default_rng(seed)
    inputs = sparse.random_array((size, size), density=0.08, rng=chance).tolil()
    inputs.setdiag(0)
    inputs = inputs.tocsc()
    inputs.data *= 0.1
    inputs.data[0] *= -1
    made = sparse.diags_array(chance.uniform(0.5, 2.0, size))
    technosphere = sparse.csc_array(made - inputs)
    technosphere.sort_indices()
    emitted = sparse.random_array((FLOWS, size), density=0.4, rng=chance)
    biosphere = sparse.csc_array(emitted)
    rows = {CO2: np.zeros(FLOWS), CH4: np.zeros(FLOWS)}
    rows[CO2][:4], rows[CH4][3:6] = 1.0, 0.01
    columns = np.repeat(np.arange(size), np.diff(technosphere.indptr))
    own = technosphere.indices == columns
    sigmas = BackgroundUncertainty(
        np.where(own, 0.0, chance.uniform(0.05, 0.35, technosphere.nnz)),
        chance.uniform(0.05, 0.5, biosphere.nnz),
    )
    products = tuple(Product(f"p{row:03}") for row in range(size))
    return Matrices("b", "0" * 64, products, technosphere, biosphere, rows), sigmas


def directly(matrices: Matrices, values: Any, loads: Any) -> Any:
    """Dense scores of all products for the data of a drawn technosphere."""
    drawn = matrices.technosphere.copy()
    drawn.data = values
    return np.linalg.solve(drawn.toarray().T, loads)


def loop(b: float) -> Any:
    return sparse.csc_array(np.array([[1.0, -b], [-0.5, 1.0]]))


EMITTED = np.array([[3.0], [5.0]])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("gases", [(CH4, CO2), (CO2,)])
def test_samples_equal_direct_solves_of_the_same_draws(method: str, gases: tuple[str, ...]) -> None:
    matrices, sigmas = background()
    matrices = Matrices(
        **{**vars(matrices), "gas_rows": {gas: matrices.gas_rows[gas] for gas in gases}}
    )
    draws = BackgroundDraws(matrices, sigmas, seed=7)
    nominal = np.stack([matrices.biosphere.T @ matrices.gas_rows[gas] for gas in gases], axis=1)
    asked = [3, 11, 42]
    values, loads = draws.samples(0, 11)
    plan = plan_sweeps(matrices.technosphere, nominal, asked)
    found = solve_samples(plan, values, loads, method=method)
    assert found.productive.all()
    assert not found.direct.any()
    expected = [directly(matrices, v, load)[asked] for v, load in zip(values, loads, strict=True)]
    np.testing.assert_allclose(found.scores, expected, rtol=1e-9)
    exact = directly(matrices, matrices.technosphere.data, nominal)[asked]
    np.testing.assert_allclose(plan.nominal, exact, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_sample_that_is_no_economy_is_masked_and_its_neighbours_are_not_touched(
    method: str,
) -> None:
    plan = plan_sweeps(loop(0.4), EMITTED, [0])
    drawn = np.stack([loop(b).data for b in (0.4, 1.9998, 2.5, 2.0)])
    found = solve_samples(plan, drawn, np.stack([EMITTED] * 4), method=method)
    assert found.productive.tolist() == [True, True, False, False]
    assert found.scores[0, 0, 0] == pytest.approx(6.875, rel=1e-9)
    assert found.scores[1, 0, 0] == pytest.approx(55_000, rel=1e-9)
    assert np.isnan(found.scores[2:]).all()
    alone = solve_samples(plan, drawn[:1], EMITTED[None], method=method)
    assert alone.scores[0, 0, 0] == found.scores[0, 0, 0]


@pytest.mark.parametrize("method", METHODS)
def test_product_that_no_load_reaches_scores_zero_and_stops_nothing(method: str) -> None:
    """The loop beside its twin, of which no activity emits gas 1: 0 there, 6.875 kg of gas 0."""
    technosphere = sparse.csc_array(sparse.block_diag([loop(0.4), loop(0.4)]))
    loads = np.array([[3.0, 3.0], [5.0, 5.0], [3.0, 0.0], [5.0, 0.0]])
    plan = plan_sweeps(technosphere, loads, [0, 2])
    found = solve_samples(plan, technosphere.data[None], loads[None], method=method)
    assert found.productive.all()
    assert not found.direct.any()
    np.testing.assert_allclose(found.scores[0], [[6.875, 6.875], [6.875, 0.0]], rtol=1e-9)


def test_near_singular_sample_is_answered_by_the_direct_solver() -> None:
    plan = plan_sweeps(loop(0.4), EMITTED, [0])
    found = solve_samples(plan, loop(1.9998).data[None], EMITTED[None], method=SWEEPS)
    assert found.direct.tolist() == [True]
    assert found.iterations.tolist() == [0]


@given(st.permutations(range(8)), st.lists(st.booleans(), min_size=28, max_size=28))
def test_order_puts_suppliers_before_users_where_there_is_no_loop(
    names: list[int], linked: list[bool]
) -> None:
    pairs = [(i, j) for j in range(8) for i in range(j)]
    matrix = np.eye(8)
    for (maker, user), there in zip(pairs, linked, strict=True):
        matrix[names[maker], names[user]] = -0.1 * there
    technosphere = sparse.csc_array(matrix)
    order = sweep_order(technosphere, np.abs(technosphere.data))
    assert sorted(order) == list(range(8))
    place = {int(index): at for at, index in enumerate(order)}
    for (maker, user), there in zip(pairs, linked, strict=True):
        assert not there or place[names[maker]] < place[names[user]]


def test_order_breaks_a_loop_at_its_weakest_flow() -> None:
    # 2 → 0 → 1 → 2 with flows 9, 8, 1: only the 1 may point back.
    matrix = np.eye(3)
    matrix[2, 0], matrix[0, 1], matrix[1, 2] = -9, -8, -1
    technosphere = sparse.csc_array(matrix)
    flows = np.abs(technosphere.data)
    order = sweep_order(technosphere, flows)
    assert order.tolist() == [2, 0, 1]
    assert backward_share(technosphere, flows, order) == pytest.approx(1 / 18)


def test_draws_are_log_normal_around_the_amount_and_keep_its_sign() -> None:
    matrices, sigmas = background()
    draws = BackgroundDraws(matrices, sigmas, seed=3)
    values = np.stack([draws.technosphere(sample) for sample in range(2000)])
    ratio = values / matrices.technosphere.data
    drawn = sigmas.technosphere_sigma > 0
    assert (ratio[:, ~drawn] == 1).all()
    assert (ratio > 0).all()
    logs = np.log(ratio[:, drawn]) / sigmas.technosphere_sigma[drawn]
    # 2,000 x some 280 standard normals: mean and deviation within 5 standard errors of 0 and 1.
    assert abs(logs.mean()) < 5 / math.sqrt(logs.size)
    assert abs(logs.std() - 1) < 5 / math.sqrt(2 * logs.size)


def test_uncertainty_that_does_not_fit_the_matrices_is_refused() -> None:
    matrices, sigmas = background()
    with pytest.raises(BadInput, match="BANK_SIGMA"):
        BackgroundUncertainty(sigmas.technosphere_sigma[1:], sigmas.biosphere_sigma).checked(
            matrices
        )
    with pytest.raises(BadInput, match="BANK_SIGMA_VALUE"):
        BackgroundUncertainty(-sigmas.technosphere_sigma, sigmas.biosphere_sigma).checked(matrices)


def test_table_of_deviations_is_read_by_key_and_names_every_line_at_fault(tmp_path: Path) -> None:
    """Two products; a buys 2 b; both emit flow f. Only the purchase is uncertain: ln 1.5."""
    held = assemble(
        "two",
        [Named("b", "b", "", "kg"), Named("a", "a", "", "kg")],  # put in order: a, b
        [Flow("f", "carbon dioxide", "air", "kg", CO2, 1.0)],
        entries([0, 1, 0], [0, 1, 1], [1.0, 1.0, -2.0]),
        entries([0, 0], [0, 1], [3.0, 5.0]),
    )
    table = tmp_path / "table.csv"
    head = "matrix,row,column,gsd\n"
    table.write_text(head + "technosphere,b,a,1.5\n", encoding="utf-8")
    sigmas = read_uncertainty(table, held)
    place = int(np.flatnonzero(held.technosphere.data == -2.0)[0])
    assert sigmas.technosphere_sigma[place] == pytest.approx(math.log(1.5))
    assert np.count_nonzero(sigmas.technosphere_sigma) == 1
    assert not sigmas.biosphere_sigma.any()
    lines = [
        "technosphere,b,a,1.5",
        "technosphere,b,a,1.5",
        "technosphere,a,b,1.5",
        "biosphere,f,a,0.9",
        "air,f,a,2",
        "biosphere,f,b,x",
    ]
    table.write_text(head + "\n".join(lines), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        read_uncertainty(table, held)
    assert error.value.params["lines"] == "3, 4, 5, 6, 7"


FILES = (SCORES, RECORD)
ORDER = BankOrder(keys=["p042", "p003", "p011"], samples=20, seed=7)


class Killed(BaseException):
    """Ends a build as a kill does: nothing of it may be caught."""


def killed(_done: int, _samples: int) -> None:
    raise Killed


def same_bytes(folder: Path, other: Path) -> bool:
    return all((folder / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def built(folder: Path, order: BankOrder = ORDER, **options: Callable[..., Any]) -> Any:
    return build_bank(folder, *background(), order, **options)


def test_bank_holds_sample_for_sample_what_a_direct_solve_finds(tmp_path: Path) -> None:
    matrices, sigmas = background()
    bank = built(tmp_path / "bank")
    draws = BackgroundDraws(matrices, sigmas, seed=7)
    for sample in (0, 8, 19):
        exact = directly(matrices, draws.technosphere(sample), draws.loads(sample))
        for row in (3, 11, 42):  # both products of one sample come from one drawn database
            got = bank_draws(bank, f"p{row:03}")
            assert got[CH4][sample] == pytest.approx(exact[row, 0], rel=1e-9)
            assert got[CO2][sample] == pytest.approx(exact[row, 1], rel=1e-9)
    nominal = directly(
        matrices,
        matrices.technosphere.data,
        np.stack([matrices.biosphere.T @ matrices.gas_rows[gas] for gas in (CH4, CO2)], axis=1),
    )
    weights = np.array([GWP[CH4], GWP[CO2]])
    multipliers = bank_multipliers(bank, "p011", GWP)
    expected = weights @ np.stack([bank_draws(bank, "p011")[gas] for gas in (CH4, CO2)])
    np.testing.assert_allclose(multipliers, expected / (weights @ nominal[11]), rtol=1e-9)


def test_bank_stopped_and_taken_up_again_has_the_same_bytes(tmp_path: Path) -> None:
    whole = built(tmp_path / "whole")
    seen: list[int] = []
    assert (
        built(
            tmp_path / "cut",
            stopped=lambda: len(seen) == 1,
            progress=lambda done, _: seen.append(done),
        )
        is None
    )
    assert seen == [8]
    with pytest.raises(BadInput, match="BANK_MISSING"):
        open_bank(tmp_path / "cut")

    with pytest.raises(Killed):  # after the block is on disk, before it is noted
        built(tmp_path / "cut", progress=killed)
    again = built(tmp_path / "cut", progress=lambda done, _: seen.append(done))
    assert seen == [8, 16, 20]
    assert sorted(os.listdir(tmp_path / "cut")) == [RECORD, SCORES]
    assert same_bytes(tmp_path / "cut", tmp_path / "whole")
    assert again.record == whole.record


def test_ctrl_c_loses_no_block_that_was_solved(tmp_path: Path) -> None:
    built(tmp_path / "whole")
    seen: list[int] = []

    def interrupted(done: int, _: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built(tmp_path / "cut", progress=interrupted)
    built(tmp_path / "cut", progress=lambda done, _: seen.append(done))
    assert seen == [16, 20]
    assert same_bytes(tmp_path / "cut", tmp_path / "whole")


def test_second_build_in_a_folder_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    built(tmp_path / "whole")
    refused: list[str] = []

    def second(_done: int, _samples: int) -> None:
        with pytest.raises(BadInput) as error:
            built(tmp_path / "bank")
        refused.append(error.value.code)

    built(tmp_path / "bank", progress=second)
    assert refused == ["FILE_BUSY"] * 3
    assert same_bytes(tmp_path / "bank", tmp_path / "whole")


def test_build_killed_between_array_and_record_is_finished_without_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path / "whole")
    real = os.replace

    def killing(source: Path, target: Path) -> None:
        real(source, target)
        if target.name == SCORES:
            raise Killed

    monkeypatch.setattr(os, "replace", killing)
    with pytest.raises(Killed):
        built(tmp_path / "cut")
    monkeypatch.undo()
    assert not (tmp_path / "cut" / RECORD).exists()
    with pytest.raises(BadInput, match="BANK_OTHER"):
        built(tmp_path / "cut", BankOrder(keys=ORDER.keys, samples=20, seed=8))
    built(tmp_path / "cut", progress=killed)  # which would end the first block drawn
    assert sorted(os.listdir(tmp_path / "cut")) == [RECORD, SCORES]
    assert same_bytes(tmp_path / "cut", tmp_path / "whole")


def test_notes_of_scores_that_are_gone_are_not_believed(tmp_path: Path) -> None:
    built(tmp_path / "whole")
    seen: list[int] = []
    cut = {"stopped": lambda: bool(seen), "progress": lambda done, _: seen.append(done)}
    assert built(tmp_path / "cut", **cut) is None
    (tmp_path / "cut" / PARTIAL).unlink()

    def stopped() -> bool:  # killed when an empty array stands beside the notes
        raise Killed

    with pytest.raises(Killed):
        built(tmp_path / "cut", stopped=stopped)
    built(tmp_path / "cut")
    assert same_bytes(tmp_path / "cut", tmp_path / "whole")


def test_sample_does_not_depend_on_the_number_of_samples_nor_the_products_beside(
    tmp_path: Path,
) -> None:
    more = built(tmp_path / "more")
    fewer = built(tmp_path / "fewer", BankOrder(keys=["p011"], samples=9, seed=7))
    for gas, kg in bank_draws(fewer, "p011").items():
        np.testing.assert_allclose(kg, bank_draws(more, "p011")[gas][:9], rtol=1e-9)


def test_bank_that_was_altered_or_is_another_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    bank = built(folder)
    assert built(folder).record == bank.record
    with pytest.raises(BadInput, match="BANK_OTHER"):
        built(folder, BankOrder(keys=ORDER.keys, samples=20, seed=8))
    with pytest.raises(BadInput, match="BANK_OTHER_BACKGROUND"):
        open_bank(folder, background_sha256="1" * 64)
    with pytest.raises(BadInput, match="BANK_PRODUCT"):
        bank_draws(bank, "p004")
    content = bytearray((folder / SCORES).read_bytes())
    content[-1] ^= 1  # the last sample of the last product, p042
    (folder / SCORES).write_bytes(content)
    assert bank_draws(open_bank(folder), "p011")
    with pytest.raises(BadInput, match="BANK_BROKEN"):
        bank_draws(open_bank(folder), "p042")
    text = (folder / RECORD).read_text(encoding="utf-8").replace('"seed": 7', '"seed": 9')
    (folder / RECORD).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="BANK_BROKEN"):
        open_bank(folder)


def test_bank_counts_what_is_no_economy(tmp_path: Path) -> None:
    """The loop with sigma 2 on b = 0.4: the gain passes 1 where z > ln(5) / 2 = 0.805, 21 %."""
    technosphere = loop(0.4)
    rows = {"x": np.array([1.0])}
    products = (Product("a"), Product("b"))
    matrices = Matrices("loop", "2" * 64, products, technosphere, sparse.csc_array(EMITTED.T), rows)
    b = np.flatnonzero(technosphere.data == -0.4)
    sigma = np.zeros(technosphere.nnz)
    sigma[b] = 2.0
    sigmas = BackgroundUncertainty(sigma, np.zeros(2))
    bank = build_bank(tmp_path / "bank", matrices, sigmas, BankOrder(["a"], samples=64, seed=1))
    assert bank is not None
    draws = BackgroundDraws(matrices, sigmas, seed=1)
    gains = np.array([-0.5 * draws.technosphere(sample)[b[0]] for sample in range(64)])
    assert bank.productive.tolist() == (gains < 1).tolist()
    assert 0 < (gains >= 1).sum() < 32
    assert np.isnan(bank_draws(bank, "a")["x"][gains >= 1]).all()
    np.testing.assert_allclose(
        bank_draws(bank, "a")["x"][gains < 1], (5.5 / (1 - gains))[gains < 1], rtol=1e-9
    )
