"""The closed unit table.

System under test: factor_db.foundation.units, checked against pint for every code pint knows.
By hand: 1 kWh = 3.6 MJ; 2 kg/kg = 2000 kg/t; 1 m3 at 20 °C holds 273.15/293.15 = 0.93178 m3 at 0 °C.
"""

from __future__ import annotations

from decimal import Decimal

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import UNITS, conversion, convert, is_actual_volume, unit

_PINT_NAMES = {
    "kg": "kilogram", "g": "gram", "t": "metric_ton", "kt": "kilometric_ton", "MJ": "megajoule",
    "GJ": "gigajoule", "TJ": "terajoule", "kWh": "kilowatt_hour", "MWh": "megawatt_hour",
    "GWh": "gigawatt_hour", "l": "liter", "m3": "meter**3", "km": "kilometer", "m2": "meter**2",
    "h": "hour", "um": "micrometer", "min": "minute", "d": "day", "mV": "millivolt",
}  # fmt: skip
_PINT_BASE = {
    "mass": "kilogram", "energy": "megajoule", "gas volume": "meter**3", "liquid volume": "meter**3",
    "length": "meter", "area": "meter**2", "time": "second", "voltage": "millivolt",
}  # fmt: skip
_OWN = {
    "10kt",
    "10MWh",
    "m3_20c",
    "10km3",
    "10km3_20c",
    "m3_water",
    "tkm",
    "10ktkm",
    "m2um",
    "CNY",
    "1",
    "%",
}


def test_every_unit_is_checked_or_named_as_our_own() -> None:
    assert {item.code for item in UNITS} == set(_PINT_NAMES) | _OWN


@pytest.mark.parametrize("code", sorted(_PINT_NAMES))
def test_factors_are_those_of_pint(code: str) -> None:
    registry: pint.UnitRegistry[Decimal] = pint.UnitRegistry(non_int_type=Decimal)
    theirs = registry.Quantity(Decimal(1), _PINT_NAMES[code]).to(_PINT_BASE[unit(code).dimension])
    assert theirs.magnitude == unit(code).factor


@pytest.mark.parametrize(
    ("amount", "source", "target", "expected"),
    [
        ("1", "kWh", "MJ", "3.6"),
        ("3.6", "GJ", "MWh", "1"),
        ("1", "万kWh", "kWh", "10000"),
        ("2", "kg/kg", "kg/t", "2000"),
        ("5", "kg/t", "kg/kg", "0.005"),
        ("3", "万吨", "t", "30000"),
        ("50", "%", "1", "0.5"),
    ],
)
def test_conversions_by_hand(amount: str, source: str, target: str, expected: str) -> None:
    assert convert(Decimal(amount), source, target) == Decimal(expected)


def test_gas_at_20_degrees_is_less_gas() -> None:
    assert round(conversion("m3_20c", "m3"), 5) == Decimal("0.93178")


def test_ten_thousand_cubic_metres_at_20_degrees_by_hand() -> None:
    # 10 000 m3 x 273.15 / 293.15 = 9317.755415… m3 at 0 °C.
    assert round(conversion("万m3(20°C)", "m3"), 6) == Decimal("9317.755415")
    assert conversion("万m3", "m3") == 10_000


@pytest.mark.parametrize(
    ("name", "actual"),
    [
        ("AM3", True),
        ("acm", True),
        ("工况m3", True),
        ("实际立方米", True),
        ("m3", False),
        ("Nm3", False),
    ],
)
def test_a_volume_as_it_flows_is_told_by_its_code_or_by_a_word(name: str, actual: bool) -> None:
    assert is_actual_volume(name) is actual


@pytest.mark.parametrize("name", ["ton", "mt", "mwh", "", "T", "吨煤", "kgce"])
def test_an_unknown_unit_yields_no_number(name: str) -> None:
    with pytest.raises(BadInput, match="UNIT_UNKNOWN"):
        unit(name)


@given(st.sampled_from(UNITS), st.sampled_from(UNITS))
def test_there_and_back_is_one_and_dimensions_never_mix(first, second) -> None:  # type: ignore[no-untyped-def]
    if first.dimension != second.dimension:
        with pytest.raises(BadInput, match="UNIT_DIMENSION"):
            conversion(first.code, second.code)
    else:
        product = conversion(first.code, second.code) * conversion(second.code, first.code)
        assert abs(product - 1) < Decimal("1E-30")
