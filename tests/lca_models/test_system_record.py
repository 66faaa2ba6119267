"""Product systems as data: read back they are the same systems, and strange records are refused.

System: every product of the catalogue under every value of every choice, one at a time; and one
system by hand: a step P that takes 2 t/t of a bought metal M and emits the gas of its slot. By
hand its record has one slot for the amount, one for the factor, and a limit M ≤ x of a rule.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from lca_models.catalogue import PRODUCTS, available_choices, product_system
from lca_models.system import record as system_record
from lca_models.system.constraints import Constraint, RuleNumber
from lca_models.system.formula import ONE, Slot
from lca_models.system.record import record_and_places, record_of, system_hash, systems_of
from lca_models.system.unit_process import Choices, Input, Link, Part, ProductSystem, UnitProcess

AMOUNT = Slot("p", "m", "inventory", "t/t", optional=True)
FACTOR = Slot("", "m", "cradle_to_gate", "kg/t")


def by_hand() -> ProductSystem:
    taken = Input("m", "t", AMOUNT + AMOUNT, (Part("upstream", FACTOR, "3"),))
    limit = Constraint("X", AMOUNT, None, RuleNumber("PCF-GAP-001", "most_filled_share"), "R-1")
    step = UnitProcess("p", "casthouse", "metal", (taken, Link("p", ONE - AMOUNT, "internal")))
    return ProductSystem("plate", "plate-0", "p", (step,), ("R-1",), (limit,))


def test_the_record_by_hand() -> None:
    most = str(rule("PCF-GAP-001").parameters["most_filled_share"])
    assert record_of([by_hand()]) == {
        "schema": "product-system/1",
        "slots": [
            {
                "process": "p",
                "flow": "m",
                "quantity": "inventory",
                "unit": "t/t",
                "optional": True,
            },
            {"process": "", "flow": "m", "quantity": "cradle_to_gate", "unit": "kg/t"},
        ],
        "formulas": [
            ["slot", 0],
            ["+", 0, 0],
            ["literal", 1],
            ["-", 2, 0],
            ["rule", "PCF-GAP-001", "most_filled_share", most],
        ],
        "exchanges": [
            {
                "kind": "input",
                "flow": "m",
                "unit": "t",
                "amount": 1,
                "parts": [{"name": "upstream", "slot": 1, "scope": "3"}],
                "role": "input",
                "link": "upstream",
                "origin": "fossil",
                "rule": "",
            },
            {"kind": "link", "process": "p", "amount": 3, "role": "internal"},
        ],
        "processes": [
            {
                "code": "p",
                "stage": "casthouse",
                "product": "metal",
                "own": True,
                "exchanges": [0, 1],
            }
        ],
        "limits": [
            {"code": "X", "formula": 0, "low": None, "high": 4, "rule": "R-1", "tolerance": "0"}
        ],
        "systems": [
            {
                "product": "plate",
                "version": "plate-0",
                "final": "p",
                "processes": [0],
                "scrap": [],
                "rules": ["R-1"],
                "limits": [0],
            }
        ],
    }


@pytest.fixture(autouse=True)
def _rule_without_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit by hand cites R-1, which the register need not know."""
    plain = Constraint.give

    def give(self: Constraint) -> Decimal:
        return Decimal(0) if self.rule == "R-1" and self.tolerance is None else plain(self)

    monkeypatch.setattr(Constraint, "give", give)


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_system_comes_back_as_it_went(product: str) -> None:
    seen = 0
    for choice, values in available_choices(product).items():
        for value in values:
            try:
                system = product_system(product, replace(Choices(), **{choice: value}))
            except BadInput:
                continue
            record = strict_json(canonical_json(record_of([system])))
            (again,) = systems_of(record)
            assert again == system
            # Equality of slots leaves out whether they are optional, the record does not.
            assert record_of([again]) == record
            seen += 1
    assert seen > len(fields(Choices))


def test_a_system_has_its_hash_in_whatever_company() -> None:
    first, second = by_hand(), product_system("plate", Choices())
    both = systems_of(record_of([second, first]))
    assert [system_hash(item) for item in both] == [system_hash(second), system_hash(first)]
    assert system_hash(first) != system_hash(replace(first, version="plate-1"))


def test_equal_systems_stand_once_and_unlike_ones_apart() -> None:
    """One system made twice has one place; a slot that is optional no more makes another."""
    first, again, second = by_hand(), by_hand(), product_system("plate", Choices())
    needed = replace(AMOUNT, optional=False)
    (step,) = first.processes
    taken = replace(step.exchanges[0], amount=needed + needed)
    unlike = replace(first, processes=(replace(step, exchanges=(taken, step.exchanges[1])),))
    assert unlike == first  # equality of slots leaves out whether they are optional
    record, places = record_and_places([first, second, again, unlike, second])
    assert places == [0, 1, 0, 2, 1]
    assert record == record_of([first, second, unlike])


def test_a_rules_number_is_what_the_record_states() -> None:
    record = record_of([by_hand()])
    record["formulas"][4][3] = "0.125"
    (system,) = systems_of(record)
    (limit,) = system.constraints
    assert limit.high is not None
    assert limit.high.evaluate({}, {"literal": Decimal}) == Decimal("0.125")


def _set(path: str, value: Any) -> Any:
    def change(record: Any) -> None:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            record = record[step]
        record[last] = value

    return change


FAULTS = {
    "schema": ("schema", "product-system/9"),
    "slots": ("slots", {}),
    "slots.0": ("slots.0", {"process": "p"}),
    "slots.0 ": ("slots.0.optional", False),
    "slots.0.unit": ("slots.0.unit", 1),
    "formulas.1": ("formulas.1", ["+", 0, 1]),
    "formulas.1 ": ("formulas.1", ["+", 0, -1]),
    "formulas.1  ": ("formulas.1", ["**", 0, 0]),
    "formulas.2": ("formulas.2", ["literal", 2]),
    "formulas.2 ": ("formulas.2", ["literal", True]),
    "formulas.0": ("formulas.0", ["slot", 7]),
    "exchanges.0": ("exchanges.0.kind", "gift"),
    "exchanges.0 ": ("exchanges.0.more", "x"),
    "exchanges.0.amount": ("exchanges.0.amount", "1"),
    "exchanges.1.role": ("exchanges.1.role", None),
    "processes.0": ("processes.0.exchanges", [2]),
    "processes.0 ": ("processes.0.own", 1),
    "limits.0": ("limits.0.formula", 9),
    "systems.0.processes": ("systems.0.final", "q"),
    "systems.0.processes ": ("exchanges.1.process", "q"),
    "systems.0.limits": ("systems.0.limits", [1]),
    "systems": ("systems", []),
}


@pytest.mark.parametrize("field", FAULTS)
def test_a_strange_record_is_refused_by_name(field: str) -> None:
    record = deepcopy(record_of([by_hand()]))
    _set(*FAULTS[field])(record)
    with pytest.raises(BadInput, match="MODEL_RECORD") as caught:
        systems_of(record)
    assert str(caught.value.params["field"]).startswith(field.strip())


@pytest.mark.parametrize("record", [None, [], {}, {"schema": "product-system/1"}, 7])
def test_what_is_no_record_is_refused(record: Any) -> None:
    with pytest.raises(BadInput, match="MODEL_RECORD"):
        systems_of(record)


def test_a_formula_that_doubles_itself_is_refused_before_it_is_evaluated() -> None:
    """Sixty lines of x + x would be 2^60 additions."""
    record = record_of([by_hand()])
    for place in range(4, 64):
        record["formulas"].append(["+", place, place])
    with pytest.raises(BadInput, match="MODEL_RECORD"):
        systems_of(record)


def test_a_deep_formula_is_refused_before_python_gives_up() -> None:
    record = record_of([by_hand()])
    for _ in range(system_record.MOST_DEPTH):
        record["formulas"].append(["+", len(record["formulas"]) - 1, 0])
    with pytest.raises(BadInput, match="MODEL_RECORD"):
        systems_of(record)


def test_many_uses_of_one_exchange_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    record = record_of([by_hand()])
    monkeypatch.setattr(system_record, "MOST_NODES", 20)
    assert systems_of(record)
    record["processes"][0]["exchanges"] = [0] * 10
    with pytest.raises(BadInput, match="field=size"):
        systems_of(record)


def test_the_models_of_today_stay_far_below_the_bounds() -> None:
    systems = [product_system(product, Choices(primary_source="modelled")) for product in PRODUCTS]
    record = record_of(systems)
    assert sum(map(len, (record[name] for name in ("formulas", "exchanges")))) < 10_000
    assert len(systems_of(record)) == len(PRODUCTS)
