"""Backgrounds as matrices: canonical order, hash, gases, loops, and what is refused.

System under test: power needs 0.1 coal per kWh and emits 0.5 kg CO2; coal needs 0.2 kWh per kg and
emits 0.1 kg CH4 of the ground. Per kWh: x = 1 / (1 - 0.02); CO2 = 0.5 x, CH4 = 0.01 x.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from factor_db.foundation.errors import BadInput
from factor_db.foundation.reference_files import reference_rows
from lca_models.background.flows import elementary_flow
from lca_models.background.gases import recognise
from lca_models.background.matrices import Background, Flow, Product, assemble, entries
from lca_models.background.productive import largest_loop, non_productive_loops
from lca_models.background.storage import Origin, read_background, write_background

POWER, COAL = Product("b", "power", "CN", "kWh"), Product("a", "coal", "CN", "kg")
CO2 = Flow("f1", "Carbon dioxide, fossil", "air", "kg", "co2", 1.0)
CH4 = Flow("f0", "Methane, fossil", "air", "g", "ch4_fossil", 0.001)


def two(coal_per_kwh: float = 0.1, kwh_per_coal: float = 0.2) -> Background:
    return assemble(
        "two",
        [POWER, COAL],
        [CO2, CH4],
        entries([0, 1, 1, 0], [0, 0, 1, 1], [1, -coal_per_kwh, 1, -kwh_per_coal]),
        entries([0, 1], [0, 1], [0.5, 100]),
    )


def test_order_of_rows_columns_and_exchanges_changes_neither_matrix_nor_hash() -> None:
    other = assemble(
        "another name",
        [COAL, POWER],
        [CH4, CO2],
        entries([1, 0, 0, 0, 1], [0, 1, 1, 0, 1], [-0.2, -0.06, -0.04, 1, 1]),
        entries([0, 1], [0, 1], [100, 0.5]),
    )
    assert other.sha256 == two().sha256
    assert (other.technosphere.toarray() == two().technosphere.toarray()).all()
    assert two().loads() == pytest.approx(np.array([[0.1, 0], [0, 0.5]]))  # coal, power
    assert two(0.1000001).sha256 != two().sha256


@pytest.mark.parametrize(
    ("net", "gross", "code"),
    [(-4e-10, 1.0, "BACKGROUND_NO_NET_PRODUCTION"), (np.nan, 1.0, "BACKGROUND_NOT_FINITE")],
)
def test_no_net_production_and_no_number_are_refused(net: float, gross: float, code: str) -> None:
    """FY21's coated sheet consumes itself down to -4e-10 kg and would score -3.1e9 per kg."""
    with pytest.raises(BadInput) as refused:
        assemble("x", [COAL], [], entries([0, 0], [0, 0], [gross, net - gross]), entries([], [], []))
    assert refused.value.code == code


def test_a_loop_that_needs_more_than_it_makes_is_found_and_only_it() -> None:
    assert non_productive_loops(two().technosphere) == []
    assert largest_loop(two().technosphere) == pytest.approx(0.02**0.5)
    (loop,) = non_productive_loops(two(2.0, 0.9).technosphere)
    assert (loop.members.tolist(), loop.radius) == ([0, 1], pytest.approx(1.8**0.5))


def test_substitution_beyond_minus_one_is_no_fault() -> None:
    """Eigenvalues of [[0, -2], [0.9, 0]] are imaginary: the system is regular all the way."""
    assert non_productive_loops(two(-2.0, 0.9).technosphere) == []


@pytest.mark.parametrize(
    ("name", "cas", "place", "is_output", "gas", "reason"),
    [
        ("Carbon dioxide, fossil ", "", "air/unspecified", True, "co2", ""),
        ("Anything", "000811-97-2", "air", True, "hfc-134a", ""),
        ("Methane, non-fossil", "", "air/urban air close to ground", True, "ch4", ""),
        ("Methane", "74-82-8", "resource/in ground", False, "", "resource"),
        ("Carbon dioxide, in air", "124-38-9", "natural resource/in air", False, "", "resource"),
        ("Carbon dioxide, land transformation", "", "air", True, "", "no_code"),
        ("Carbon dioxide, to soil or biomass stock", "124-38-9", "soil", True, "", "not_air"),
        ("Dinitrogen monoxide", "74-82-8", "air", True, "", "contradiction"),
        ("Methane, trifluoro-, HFC-23", "", "air", True, "", "no_code"),
        ("Hydrocarbons (other than methane)", "", "air", True, "", ""),
        ("Fluoranthene", "", "air", True, "", ""),
        ("Hydrogen fluoride", "", "air", True, "", ""),
    ],
)
def test_a_gas_is_what_is_named_so_and_goes_into_air(
    name: str, cas: str, place: str, is_output: bool, gas: str, reason: str
) -> None:
    found = recognise(name, cas, place, is_output=is_output)
    assert (found.gas, found.reason) == (gas, reason)


def test_a_gas_counts_in_kilograms_and_in_no_other_dimension() -> None:
    def made(unit: str) -> tuple[str, float, str]:
        flow, reason = elementary_flow("k", "Methane", "", "air", unit, is_output=True)
        return flow.gas, flow.kg_per_unit, reason

    assert made("kilogram") == ("ch4_fossil", 1.0, "")
    assert made("g") == ("ch4_fossil", 0.001, "")
    assert made("m3") == ("", 0.0, "unit")


def test_every_gas_of_the_list_has_a_source_and_one_name_means_one_gas() -> None:
    rows = reference_rows("background_gases.csv")
    assert all(row["citation"] and row["licence"] and row["confidence"] for row in rows)
    assert len({row["name"] for row in rows}) == len(rows)


def test_a_stored_background_comes_back_and_an_altered_one_does_not(tmp_path: Path) -> None:
    origin = Origin("two.zip", "", "two", "1", "own", "owner")
    folder = write_background(tmp_path, two(), origin, {})
    write_background(tmp_path, two(), origin, {})
    back = read_background(folder)
    assert (back.sha256, back.products) == (two().sha256, two().products)
    assert [path.name for path in tmp_path.iterdir()] == [two().sha256]
    record = json.loads((folder / "background.json").read_text())
    record["flows"][0]["kg_per_unit"] = 0.002
    (folder / "background.json").write_text(json.dumps(record))
    with pytest.raises(BadInput, match="BACKGROUND_DAMAGED"):
        read_background(folder)
