"""Amounts of exchanges: each formula worked out once, each product system built and cut once.

System under test: a step that burns 3 t/t x 4 MJ/t = 12 MJ per tonne of its product, 0.5 kg CO2
per MJ = 6 kg, and takes nothing of a slot that nobody stated.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from decimal import Decimal

import pytest

import lca_models.catalogue as models
from factor_db.foundation.errors import BadInput
from lca_models.catalogue import product_system
from lca_models.system.amounts import Amounts
from lca_models.system.compile import DECIMAL_ARITHMETIC, compile_system
from lca_models.system.formula import Slot
from lca_models.system.unit_process import Choices, Input, Part, ProductSystem, UnitProcess

CHARGE = Slot("melting", "charge", "inventory", "t/t")
HEAT = Slot("", "charge.heat", "property", "MJ/t")
FLUX = Slot("melting", "flux", "inventory", "kg/t", optional=True)
GAS = Part("combustion", Slot("", "natural_gas", "combustion", "kg/MJ"), "1")
SALT = Part("upstream", Slot("", "flux", "upstream", "kg/kg"), "3")
BURNS = Input("natural_gas", "MJ", CHARGE * HEAT, (GAS,))
SYSTEM = ProductSystem(
    "metal",
    "metal-1",
    "melting",
    (UnitProcess("melting", "melting", "metal", (BURNS, Input("flux", "kg", FLUX, (SALT,)))),),
)
VALUES = {CHARGE.key: Decimal(3), HEAT.key: Decimal(4)}
FACTORS = {GAS.slot.key: {"co2": Decimal("0.5")}}


def test_compiling_works_out_each_formula_once() -> None:
    asked = []

    def product(left: Decimal, right: Decimal) -> Decimal:
        asked.append((left, right))
        return operator.mul(left, right)

    found = compile_system(SYSTEM, VALUES, FACTORS, {**DECIMAL_ARITHMETIC, "*": product})
    assert asked == [(Decimal(3), Decimal(4))]
    assert [dict(burden.gases) for burden in found.burdens] == [{"co2": Decimal(6)}]


def test_an_unstated_slot_is_absent_and_a_missing_one_may_be_used() -> None:
    (melting,) = SYSTEM.processes
    burns, flux = melting.exchanges
    amounts = Amounts(SYSTEM, VALUES, DECIMAL_ARITHMETIC)
    assert amounts.is_used(melting, burns)
    assert not amounts.is_used(melting, flux)
    assert amounts.is_absent(melting, flux)
    stated = Amounts(SYSTEM, {**VALUES, FLUX.key: Decimal(0)}, DECIMAL_ARITHMETIC)
    assert not stated.is_absent(melting, flux)
    unknown = Amounts(SYSTEM, {CHARGE.key: Decimal(0)}, DECIMAL_ARITHMETIC)
    assert list(unknown.missing) == [HEAT.key]
    assert unknown.is_used(melting, burns)


def test_a_charge_of_nothing_names_its_process_each_time_it_is_asked() -> None:
    (melting,) = SYSTEM.processes
    empty = replace(BURNS, amount=HEAT / CHARGE)
    system = replace(SYSTEM, processes=(replace(melting, exchanges=(empty,)),))
    amounts = Amounts(system, {CHARGE.key: Decimal(0), HEAT.key: Decimal(4)}, DECIMAL_ARITHMETIC)
    for _ in range(2):
        with pytest.raises(BadInput) as error:
            amounts.of(melting, empty)
        assert (error.value.code, error.value.params) == ("CHARGE_EMPTY", {"process": "melting"})


def test_a_formula_names_each_of_its_slots_once() -> None:
    formula = (CHARGE + HEAT) * CHARGE
    assert formula.keys == (CHARGE.key, HEAT.key)
    assert [slot.key for slot in formula.slots()] == [CHARGE.key, HEAT.key, CHARGE.key]


def test_a_system_is_built_once_until_its_model_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = product_system("plate", Choices())
    assert product_system("plate", Choices()) is before
    monkeypatch.setitem(models._MODELS, "plate", replace(models._MODELS["plate"], version="other"))
    assert product_system("plate", Choices()).version == "other"
    monkeypatch.undo()
    assert product_system("plate", Choices()) is before


def test_the_part_of_a_system_is_cut_once_and_keeps_no_link_to_what_it_leaves_out() -> None:
    full = product_system("plate", Choices())
    codes = frozenset(process.code for process in full.processes) - {"plate_ageing"}
    part = full.limited_to(codes)
    assert full.limited_to(codes) is part
    assert {process.code for process in part.processes} == codes
    assert "plate_ageing" in {link.process for p in full.processes for link in p.links}
    assert "plate_ageing" not in {link.process for p in part.processes for link in p.links}
    assert full.limited_to(codes | {"plate_ageing"}) is full
