"""Parameters and formulas of an export, its package and its workbooks.

System under test: a pool of scrap that feeds a product. Per tonne of product: 1.25 t from the pool,
0.25 t given back, 50 m3 of gas at 36 MJ/m3 and 0.06 kg CO2 plus 0.001 kg CH4 a MJ, and 2 kg of CO2
straight from the process. The pool takes 100 kWh/t at 0.5 kg CO2e. AR6 GWP of fossil CH4 is 29.8.
By hand: 50 x 36 = 1800 MJ give 108 kg CO2 and 1.8 kg CH4 = 53.64 kg CO2e; a net tonne of the pool
gives 50 kg; 108 + 53.64 + 2 + (1.25 - 0.25) x 50 = 213.64 kg CO2e. At 200 kWh/t and 30 MJ/m3 it is
90 + 44.7 + 2 + 100 = 236.7.
"""

from __future__ import annotations

import ast
import json
import math
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factor_db.foundation.errors import BadInput
from lca_models.brightway.building import inventory_of
from lca_models.brightway.formulas import formula_text, parameter_names
from lca_models.brightway.inventory import Inventory, Note
from lca_models.brightway.nodes import activity_nodes, gas_nodes, lognormal, method_rows
from lca_models.brightway.package import package_bytes, package_objects, packed, unpacked
from lca_models.brightway.project import score_project, write_project
from lca_models.brightway.workbooks import write_workbooks
from lca_models.system.formula import ONE, ZERO, Formula, Operation, Slot, arithmetic_of
from lca_models.system.unit_process import Emission, Input, Link, Part, ProductSystem, UnitProcess

POWER = Slot("pool", "electricity", "inventory", "kWh/t")
TAKEN = Slot("final", "metal", "inventory", "t/t")
BACK = Slot("final", "internal_scrap", "inventory", "t/t")
GAS = Slot("final", "natural_gas", "inventory", "m3/t")
HEAT = Slot("", "natural_gas.net_calorific_value", "property", "MJ/m3")
FUME = Slot("final", "co2", "inventory", "kg/t")
OIL = Slot("final", "oil", "inventory", "kg/t")
BURNT = Part("combustion", Slot("", "natural_gas", "combustion", "kg/MJ"), "1")
SUPPLY = Part("upstream", Slot("", "electricity", "life_cycle", "kg/kWh"), "2")
OIL_PART = Part("upstream", Slot("", "oil", "upstream", "kg/kg"), "3")
SYSTEM = ProductSystem(
    "thing",
    "thing-1",
    "final",
    (
        UnitProcess("pool", "casthouse", "metal", (Input("electricity", "kWh", POWER, (SUPPLY,)),)),
        UnitProcess(
            "final",
            "rolling",
            "thing",
            (
                Link("pool", TAKEN),
                Input("natural_gas", "MJ", GAS * HEAT, (BURNT,)),
                Emission("co2", "co2", FUME),
                Link("pool", -BACK),
                Input("oil", "kg", OIL, (OIL_PART,)),
            ),
        ),
    ),
)
VALUES = {POWER.key: 100.0, TAKEN.key: 1.25, BACK.key: 0.25, GAS.key: 50.0, HEAT.key: 36.0}
FACTORS = {BURNT.slot.key: {"co2": 0.06, "ch4_fossil": 0.001}, SUPPLY.slot.key: {"co2e": 0.5}}
GWP = {"co2": 1.0, "ch4_fossil": 29.8}
NOTES = {FUME.key: Note("own | fume@1", 0.1), GAS.key: Note("own", 0.2), TAKEN.key: Note("own")}


def _inventory(**changes: float) -> Inventory:
    values = VALUES | {FUME.key: 2.0} | changes
    return inventory_of(SYSTEM, values, FACTORS, gwp_set="AR6", gwp=GWP, notes=NOTES)


def test_the_score_is_the_hand_calculation_and_follows_changed_parameters(tmp_path: Path) -> None:
    write_project(tmp_path / "project", "small", _inventory())
    before = score_project(tmp_path / "project", "small")
    assert before.double == pytest.approx(213.64, rel=1e-12)
    assert before.bw2calc == pytest.approx(213.64, rel=1e-6)
    changes = {
        "pool__electricity__inventory": 200.0,
        "natural_gas_net_calorific_value__property": 30.0,
    }
    after = score_project(tmp_path / "project", "small", changes)
    assert after.double == pytest.approx(236.7, rel=1e-12)
    assert after.bw2calc == pytest.approx(236.7, rel=1e-6)
    with pytest.raises(BadInput, match="pool__power"):
        score_project(tmp_path / "project", "small", {"pool__power": 1.0})


def test_every_exchange_but_the_production_has_a_formula_of_parameters() -> None:
    inventory = _inventory()
    known = {parameter.name for parameter in inventory.parameters}
    for node in activity_nodes(inventory).values():
        for exchange in node["exchanges"]:
            if exchange["type"] == "production":
                continue
            tree = ast.parse(exchange["formula"])
            names = {item.id for item in ast.walk(tree) if isinstance(item, ast.Name)}
            assert names
            assert names <= known


def test_the_parameters_of_one_activity_are_its_own_and_shared_ones_the_databases() -> None:
    inventory = _inventory()
    assert {p.name for p in inventory.parameters_of("pool")} == {"pool__electricity__inventory"}
    assert {p.name for p in inventory.parameters_of("")} == {
        "electricity__life_cycle__co2e",
        "natural_gas__combustion__ch4_fossil",
        "natural_gas__combustion__co2",
    }
    # A process whose numbers all belong to others still needs a group for its formulas.
    shared = ProductSystem(
        "thing",
        "1",
        "b",
        (
            UnitProcess("a", "s", "x", (Emission("co2", "co2", FUME),)),
            UnitProcess("b", "s", "y", (Emission("co2", "co2", FUME),)),
        ),
    )
    found = inventory_of(shared, {FUME.key: 2.0}, {}, gwp_set="AR6", gwp=GWP)
    assert [p.name for p in found.parameters_of("a")] == ["a__reference_output"]


def test_only_a_number_that_is_one_factor_carries_a_spread() -> None:
    rows = _inventory().activities[1].rows
    spread = {row.formula: row.sigma for row in rows if row.sigma}
    assert spread == {"final__co2__inventory": 0.1}
    assert lognormal(2.0, 0.1) == {"uncertainty type": 2, "loc": math.log(2), "scale": 0.1}
    assert lognormal(-2.0, 0.1)["negative"] is True
    assert lognormal(0.0, 0.1) == lognormal(2.0, 0.0) == {}
    parameters = {p.name: p.sigma for p in _inventory().parameters}
    assert parameters["final__natural_gas__inventory"] == 0.2
    assert parameters["final__metal__inventory"] == 0


def test_what_is_not_stated_counts_nothing_and_says_so() -> None:
    inventory = _inventory()
    oil = next(p for p in inventory.parameters if p.name == "final__oil__inventory")
    assert oil.amount == 0
    assert "not stated" in oil.comment
    assert "no emission factor" in oil.comment
    assert "oil/upstream" in inventory.activities[1].comment
    assert not [row for row in inventory.activities[1].rows if row.flow == "oil"]


def test_a_gas_without_a_weight_is_an_error() -> None:
    with pytest.raises(KeyError, match="ch4_fossil"):
        inventory_of(SYSTEM, VALUES, FACTORS, gwp_set="AR6", gwp={"co2": 1.0})


def test_gases_and_method_have_the_form_the_activity_browser_reads() -> None:
    nodes = gas_nodes(_inventory())
    for (database, code), node in nodes.items():
        assert database == "aluminium gases"
        assert (node["type"], node["unit"], node["categories"]) == (
            "emission",
            "kilogram",
            ("air",),
        )
        assert (database, code) in dict(method_rows(_inventory()))
    for node in activity_nodes(_inventory()).values():
        assert {"name", "location", "reference product", "unit", "type", "comment"} <= set(node)


def test_a_package_names_classes_and_keys_that_both_lines_know() -> None:
    objects = package_objects(_inventory())
    assert [item["class"]["module"] for item in objects] == [
        "bw2data.backends.peewee.database",
        "bw2data.backends.peewee.database",
        "bw2data.method",
    ]
    assert all(isinstance(key, tuple) for key, _ in objects[-1]["data"])
    assert unpacked(json.loads(json.dumps(packed(objects)))) == objects


def test_the_same_inventory_gives_the_same_bytes(tmp_path: Path) -> None:
    assert package_bytes(_inventory()) == package_bytes(_inventory())
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_workbooks(tmp_path / name, _inventory())
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()
        with zipfile.ZipFile(path) as book:
            assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_two_keys_never_share_a_name() -> None:
    names = parameter_names(["a.b/c", "a-b/c", "A_b/c", "a.b/c"])
    assert names == {"a.b/c": "a_b__c", "a-b/c": "a_b__c_2", "A_b/c": "A_b__c_3"}


SLOTS = st.sampled_from([POWER, TAKEN, HEAT, FUME])
FORMULAS: st.SearchStrategy[Formula] = st.recursive(
    SLOTS | st.sampled_from([ZERO, ONE]),
    lambda inner: st.builds(
        Operation, st.sampled_from(["+", "-", "*", "/", "min", "max"]), inner, inner
    ),
    max_leaves=12,
)


@settings(deadline=None)  # the first call imports bw2parameters
@given(FORMULAS, st.lists(st.floats(1e-6, 1e6), min_size=4, max_size=4))
def test_bw2parameters_computes_the_same_bits(formula: Formula, numbers: list[float]) -> None:
    from bw2parameters import Interpreter

    slots = (POWER, TAKEN, HEAT, FUME)
    names = parameter_names(slot.key for slot in slots)
    values = {slot.key: number for slot, number in zip(slots, numbers, strict=True)}
    try:
        ours = formula.evaluate(values, arithmetic_of(float))
    except ZeroDivisionError:
        return
    interpreter = Interpreter()
    interpreter.add_symbols({names[key]: value for key, value in values.items()})
    theirs = float(interpreter(formula_text(formula, names)))
    assert theirs == ours or (math.isnan(theirs) and math.isnan(ours))
