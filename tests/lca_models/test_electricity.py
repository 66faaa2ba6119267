"""Electricity by its rule: from which source each kWh comes, and what is emitted for it.

System under test: `plate` with 1000 kWh per tonne at the hot mill and nothing else. Per kWh: grid
0.5777 and delivery 0.0327, photovoltaics 0.052, hydropower 0.0141; a residual mix of 0.7 that is a
number of this test alone. With 20 % own photovoltaics and instruments for 50 % hydropower, kg CO2e
per tonne: location 1000 x 0.6104 = 610.4; own 200 x 0.052 + 800 x 0.6104 = 498.72; market 10.4 +
500 x (0.0141 + 0.0327) + 300 x (0.7 + 0.0327) = 253.61. With 80 % instruments nothing is left for
the residual mix: 10.4 + 800 x 0.0468 = 47.84.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from lca_models.catalogue import product_system
from lca_models.system.compile import DECIMAL_ARITHMETIC, Burden, compile_system
from lca_models.system.electricity import electricity_inputs, require_whole, share_slot
from lca_models.system.formula import ONE, arithmetic_of
from lca_models.system.unit_process import Choices

USED = {"hot_rolling/electricity/inventory": "1000", "charging/primary_ingot/inventory": "1"}
PV, HYDRO = "electricity.own_pv_share/property", "electricity.instrument_hydro_share/property"
FACTORS = {
    "primary_ingot/cradle_to_gate": {"co2e": Decimal(0)},
    "electricity/life_cycle": {"co2e": Decimal("0.5777")},
    "electricity/delivery": {"co2e": Decimal("0.0327")},
    "electricity_pv/life_cycle": {"co2e": Decimal("0.052")},
    "electricity_hydro/life_cycle": {"co2e": Decimal("0.0141")},
}
RESIDUAL = {"electricity/residual_life_cycle": {"co2e": Decimal("0.7")}}


def burdens(
    kit: SimpleNamespace,
    rule: str,
    shares: Mapping[str, str],
    factors: Mapping[str, Mapping[str, Decimal]] = FACTORS,
) -> list[Burden]:
    system = product_system("plate", Choices(electricity_rule=rule))
    asked = {slot.key for slot in system.amount_slots()}
    given_here = {**USED, **{key: value for key, value in shares.items() if key in asked}}
    values = kit.filled(system, given_here)
    compiled = compile_system(system, values, factors, DECIMAL_ARITHMETIC)
    return [item for item in compiled.burdens if item.flow.startswith("electricity")]


def total(rows: list[Burden]) -> Decimal:
    return sum((kg for row in rows for kg in row.gases.values()), Decimal(0))


@pytest.mark.parametrize(
    ("rule", "shares", "expected"),
    [
        ("location", {PV: "0.2", HYDRO: "0.5"}, "610.4"),
        ("own", {PV: "0.2", HYDRO: "0.5"}, "498.72"),
        ("own", {}, "610.4"),
        ("market", {PV: "0.2", HYDRO: "0.5"}, "253.61"),
        ("residual", {PV: "0.2", HYDRO: "0.5"}, "732.7"),
    ],
)
def test_each_rule_is_the_hand_calculation(
    rule: str, shares: dict[str, str], expected: str, kit: SimpleNamespace
) -> None:
    assert total(burdens(kit, rule, shares, {**FACTORS, **RESIDUAL})) == Decimal(expected)


def test_a_rest_without_a_residual_mix_is_incomplete(kit: SimpleNamespace) -> None:
    with pytest.raises(Incomplete) as caught:
        burdens(kit, "market", {PV: "0.2", HYDRO: "0.799999999999999999999999"})
    assert caught.value.params["slots"] == "electricity/residual_life_cycle"


def test_with_every_kwh_covered_no_residual_mix_is_asked_for(kit: SimpleNamespace) -> None:
    rows = burdens(kit, "market", {PV: "0.2", HYDRO: "0.8"})
    assert total(rows) == Decimal("47.84")
    scopes = {(row.flow, row.slot, row.scope) for row in rows if row.gases}
    assert scopes == {
        ("electricity_pv", "electricity_pv/life_cycle", "3"),
        ("electricity_hydro", "electricity_hydro/life_cycle", "2"),
        ("electricity_hydro", "electricity/delivery", "3"),
    }


def test_power_of_others_stays_at_the_location_mix() -> None:
    market = Choices(electricity_rule="market")
    assert electricity_inputs(ONE, market, own=False) == electricity_inputs(
        ONE, Choices(), own=False
    )


def test_more_than_all_power_is_refused() -> None:
    require_whole({PV: Decimal("0.2"), HYDRO: Decimal("0.8")})
    with pytest.raises(BadInput) as caught:
        require_whole({PV: Decimal("0.2"), HYDRO: Decimal("0.8000001")})
    assert caught.value.code == "ELECTRICITY_SHARES"


@given(st.lists(st.floats(0, 2), min_size=len(SHARE_FLOWS), max_size=len(SHARE_FLOWS)))
def test_no_sample_makes_or_loses_a_kwh(shares: list[float]) -> None:
    values = {
        share_slot(flow).key: np.array([value, value / 2])
        for flow, value in zip(SHARE_FLOWS, shares, strict=True)
    }
    arrays = arithmetic_of(float, np.minimum, np.maximum)
    for rule in ("own", "market"):
        parts = electricity_inputs(ONE, Choices(electricity_rule=rule))
        amounts = [part.amount.evaluate(values, arrays) for part in parts]
        assert np.allclose(sum(amounts), 1.0)
        assert all((amount >= 0).all() for amount in amounts)
