"""Melting a cold charge takes at least about 1.1 GJ per tonne, fuel and electric heat together.

System: the plate mill's ledger (cold charge of 1.019 t per t slab, gas and power at melting). By hand:
with gas x f the heat is f x gas MJ + 3.6 x kWh; f is chosen so that it is 1.11 and 1.09 GJ per tonne.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from ledger_cases import example, run_checks, scaled

from tools.example_book import GAS_MJ_PER_M3

ROWS = example("plate_mill")[1]


def total(flow: str) -> Decimal:
    rows = [row for row in ROWS if (row.process, row.flow) == ("melting", flow)]
    return sum((row.amount_canonical for row in rows), Decimal(0))


def severities(gj_per_t: str) -> list[str]:
    wanted_mj = Decimal(gj_per_t) * 1000 * total("charge_metal")
    gas_mj = total("natural_gas") * GAS_MJ_PER_M3
    factor = (wanted_mj - total("electricity") * Decimal("3.6")) / gas_mj
    found = run_checks(scaled("melting", "natural_gas", factor)(list(ROWS)))
    return [item.severity for item in found if item.code == "LEDGER_MELTING_ENERGY"]


@pytest.mark.parametrize("gj_per_t", ["1.101", "1.11", "3"])
def test_heat_above_the_floor_is_possible(gj_per_t: str) -> None:
    assert severities(gj_per_t) == []


@pytest.mark.parametrize("gj_per_t", ["1.099", "1.09", "0.6"])
def test_heat_below_the_floor_is_an_error(gj_per_t: str) -> None:
    assert severities(gj_per_t) == ["error"]
