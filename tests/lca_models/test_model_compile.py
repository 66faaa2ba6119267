"""Compiling: completeness, zero amounts, and one result on every kind of number.

System under test: each product with synthetic numbers (conftest). Decimals of 34 digits, floats,
recorded numbers and bw2calc must agree to 1e-9.
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from factor_db.foundation.errors import BadInput, Incomplete
from footprint.engine.programs.program import compile_tape
from footprint.engine.programs.tape import Tape, lower, upper
from lca_models.catalogue import PRODUCTS, product_system
from lca_models.system.amounts import Amounts
from lca_models.system.compile import (
    DECIMAL_ARITHMETIC,
    FLOAT_ARITHMETIC,
    compile_system,
    slots_needed,
)
from lca_models.system.formula import arithmetic_of
from lca_models.system.unit_process import Choices

VARIANTS = [
    *((product, Choices()) for product in PRODUCTS),
    ("plate", Choices(primary_source="modelled", scrap_rule="pre-consumer-mass")),
    ("extrusion", Choices(surface="powder_coated", primary_source="modelled")),
]


@pytest.mark.parametrize(("product", "choices"), VARIANTS)
def test_decimals_hold_no_float_and_agree_with_floats(
    product: str, choices: Choices, kit: SimpleNamespace
) -> None:
    system = product_system(product, choices)
    values, factors = kit.synthetic(system)
    exact = compile_system(system, values, factors, DECIMAL_ARITHMETIC)
    amounts = [amount for _, _, amount in exact.links]
    amounts += [burden.amount for burden in exact.burdens]
    amounts += [kg for burden in exact.burdens for kg in burden.gases.values()]
    assert {type(amount) for amount in amounts} == {Decimal}
    rough = compile_system(
        system,
        {key: float(value) for key, value in values.items()},
        {key: {gas: float(kg) for gas, kg in gases.items()} for key, gases in factors.items()},
        FLOAT_ARITHMETIC,
    )
    exact_run, rough_run = kit.exact_activity(exact), kit.float_activity(rough)
    for index, code in enumerate(exact.processes):
        assert float(exact_run[code]) == pytest.approx(rough_run[index], rel=1e-9, abs=1e-12)
    for one, other in zip(exact.burdens, rough.burdens, strict=True):
        assert (one.flow, one.part, one.slot) == (other.flow, other.part, other.slot)
        assert {gas: float(kg) for gas, kg in one.gases.items()} == pytest.approx(
            dict(other.gases), rel=1e-12
        )


def test_a_recorded_system_replays_to_what_each_sample_compiles_to(kit: SimpleNamespace) -> None:
    """Compiled on the numbers of a tape, links and gases are those of floats, sample by sample."""
    system = product_system("recycled_ingot", Choices())
    values, factors = kit.synthetic(system)
    scale = np.array([1.0, 1.1, 0.9])
    arrays = {key: float(value) * scale for key, value in values.items()}
    gases = {key: {gas: float(kg) for gas, kg in row.items()} for key, row in factors.items()}
    tape = Tape()
    numbers = {key: tape.input(key) for key in values}
    recorded = compile_system(system, numbers, gases, arithmetic_of(float, lower, upper))
    kilograms = [kg for burden in recorded.burdens for _, kg in sorted(burden.gases.items())]
    outputs = [*(amount for _, _, amount in recorded.links), *kilograms]
    found = compile_tape(tape, outputs).run(arrays, 3)
    for sample in range(3):
        alone = compile_system(
            system, {key: row[sample] for key, row in arrays.items()}, gases, FLOAT_ARITHMETIC
        )
        expected = [amount for _, _, amount in alone.links]
        expected += [kg for burden in alone.burdens for _, kg in sorted(burden.gases.items())]
        assert found[:, sample] == pytest.approx(expected, rel=1e-13, abs=1e-15)


def test_every_missing_slot_is_named_at_once(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices())
    values, factors = kit.synthetic(system)
    del values["scalping/electricity/inventory"]
    del factors["argon/upstream"]
    with pytest.raises(Incomplete) as caught:
        compile_system(system, values, factors, DECIMAL_ARITHMETIC)
    assert caught.value.code == "SLOTS_MISSING"
    assert caught.value.params["slots"] == "scalping/electricity/inventory, argon/upstream"


def test_an_explicit_zero_needs_no_factor_and_keeps_its_row(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices())
    values, factors = kit.synthetic(system)
    values["charging/zinc/inventory"] = Decimal(0)
    del factors["zinc/upstream"]
    assert "zinc/upstream" not in {
        slot.key for slot in slots_needed(Amounts(system, values, DECIMAL_ARITHMETIC))
    }
    compiled = compile_system(system, values, factors, DECIMAL_ARITHMETIC)
    (zinc,) = [burden for burden in compiled.burdens if burden.flow == "zinc"]
    assert (zinc.amount, zinc.gases) == (0, {})


def test_an_unknown_amount_still_asks_for_its_emission_factor(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices())
    values, _ = kit.synthetic(system)
    del values["charging/zinc/inventory"]
    assert "zinc/upstream" in {
        slot.key for slot in slots_needed(Amounts(system, values, DECIMAL_ARITHMETIC))
    }


@pytest.mark.parametrize("zero", [Decimal(0), 0.0])
def test_an_empty_charge_is_refused(zero: object, kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices())
    numbers, factors = kit.synthetic(system)
    convert = (lambda value: value) if isinstance(zero, Decimal) else float
    values = {key: convert(value) for key, value in numbers.items()}
    for key in values:
        if key.startswith("charging/") and "transport" not in key:
            values[key] = zero
    arithmetic = DECIMAL_ARITHMETIC if isinstance(zero, Decimal) else FLOAT_ARITHMETIC
    with pytest.raises(BadInput) as caught:
        compile_system(system, values, factors, arithmetic)
    assert (caught.value.code, caught.value.params) == ("CHARGE_EMPTY", {"process": "charging"})


def test_a_biogenic_gas_is_biogenic_whatever_carries_it(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices())
    values, factors = kit.synthetic(system)
    factors["wood_packaging/upstream"] = {"co2": Decimal(1), "co2_biogenic": Decimal(2)}
    compiled = compile_system(system, values, factors, DECIMAL_ARITHMETIC)
    (wood,) = [burden for burden in compiled.burdens if burden.slot == "wood_packaging/upstream"]
    assert {gas: wood.origin_of(gas) for gas in wood.gases} == {
        "co2": "fossil",
        "co2_biogenic": "biogenic",
    }
