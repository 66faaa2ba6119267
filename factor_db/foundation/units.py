"""The closed unit table: codes, dimensions and exact factors to the base unit of each dimension.

Closed on purpose: a free unit parser reads `ton` as 907 kg and `mt` as a milli-tonne.
Every writing of a unit stands here, after full-width forms are folded; none is guessed by its
letters. Gas volumes are at 0 °C and 101.325 kPa (`m3`); `m3_20c` is the same gas measured at 20 °C.
A volume at operating conditions is no unit at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its code, its dimension, and how many base units of that dimension one of it is."""

    code: str
    dimension: str
    factor: Decimal
    aliases: tuple[str, ...] = ()


def _unit(code: str, dimension: str, factor: str, *aliases: str) -> Unit:
    return Unit(code, dimension, Decimal(factor), aliases)


# 273.15 K / 293.15 K: one cubic metre at 20 °C holds this many at 0 °C, at the same pressure
# (rule FUEL-GAS-002).
_CUBIC_METRE_AT_20C = EXACT.divide(Decimal("273.15"), Decimal("293.15"))
_10K_CUBIC_METRES_AT_20C = EXACT.multiply(10000, _CUBIC_METRE_AT_20C)
# However the letters are raised or the dot is set, only one reading is possible.
_KWH = ("kwh", "Kwh", "KWh", "KWH", "kW·h", "kW.h")
_10MWH = tuple(f"万{name}" for name in ("kWh", *_KWH))
_AT_0C = (
    *("Nm3", "NM3", "m3(0°C)", "m3(标况)", "标况m3", "标m3", "标准立方米", "标况立方米"),
    *("标立方米", "立方米(0°C)", "立方米(标况)", "标方"),
)
_AT_20C = ("m3(20°C)", "立方米(20°C)")
_10K_AT_0C = tuple(f"万{name}" for name in _AT_0C)
_10K_AT_20C = tuple(f"万{name}" for name in _AT_20C)
_ACTUAL_VOLUMES = ("工况", "实际立方米", "实际m3")
_ACTUAL_CODES = {"am3", "acm", "m3(actual)"}

UNITS: tuple[Unit, ...] = (
    _unit("kg", "mass", "1", "KG", "Kg", "公斤", "千克"),
    _unit("g", "mass", "0.001", "克"),
    _unit("t", "mass", "1000", "吨", "公吨"),
    _unit("kt", "mass", "1000000", "千吨"),
    _unit("10kt", "mass", "10000000", "万吨", "万t"),
    _unit("MJ", "energy", "1", "兆焦"),
    _unit("GJ", "energy", "1000", "吉焦"),
    _unit("TJ", "energy", "1000000"),
    _unit("kWh", "energy", "3.6", *_KWH, "千瓦时", "千瓦·时", "千瓦小时", "度"),
    _unit("MWh", "energy", "3600", "MWH", "MW·h", "兆瓦时"),
    _unit("GWh", "energy", "3600000", "GWH", "GW·h", "吉瓦时"),
    _unit("10MWh", "energy", "36000", *_10MWH, "万千瓦时", "万度"),
    _unit("m3", "gas volume", "1", *_AT_0C),
    _unit("m3_20c", "gas volume", str(_CUBIC_METRE_AT_20C), *_AT_20C),
    _unit("10km3", "gas volume", "10000", "万m3", "万立方米", *_10K_AT_0C),
    _unit("10km3_20c", "gas volume", str(_10K_CUBIC_METRES_AT_20C), *_10K_AT_20C),
    _unit("m3_water", "liquid volume", "1", "立方米水"),
    _unit("l", "liquid volume", "0.001", "L", "升"),
    _unit("tkm", "transport", "1", "t·km", "吨公里"),
    _unit("10ktkm", "transport", "10000", "万吨公里"),
    _unit("km", "length", "1000", "公里"),
    _unit("m2", "area", "1", "平方米"),
    _unit("um", "length", "0.000001", "µm", "μm", "微米"),
    _unit("m2um", "layer", "1", "m2·um", "平方米微米"),
    _unit("h", "time", "3600", "小时"),
    _unit("min", "time", "60", "分钟"),
    _unit("d", "time", "86400", "天"),
    _unit("mV", "voltage", "1", "毫伏"),
    _unit("CNY", "money", "1", "元"),
    _unit("1", "ratio", "1", "-"),
    _unit("%", "ratio", "0.01", "百分比"),
)

_BY_NAME = {name: unit for unit in UNITS for name in (unit.code, *unit.aliases)}


def unit(name: str) -> Unit:
    """Return the unit of a code or alias; raises BadInput (UNIT_UNKNOWN) for any other text."""
    try:
        return _BY_NAME[name.strip()]
    except KeyError:
        known = ", ".join(item.code for item in UNITS)
        raise BadInput("UNIT_UNKNOWN", unit=name, known=known) from None


def is_actual_volume(name: str) -> bool:
    """Tell whether a text is a gas volume at operating conditions, which no factor can convert."""
    return name.casefold() in _ACTUAL_CODES or any(word in name for word in _ACTUAL_VOLUMES)


def same_dimension(first: str, second: str) -> bool:
    """Tell whether two known simple units measure the same thing."""
    return unit(first).dimension == unit(second).dimension


@lru_cache(maxsize=1024)
def conversion(source: str, target: str) -> Decimal:
    """Return how many `target` one `source` is; both simple (`kWh`) or both ratios (`kWh/t`).

    Raises BadInput (UNIT_UNKNOWN, UNIT_DIMENSION).
    """
    source_parts, target_parts = source.split("/"), target.split("/")
    if len(source_parts) != len(target_parts) or len(source_parts) > 2:
        raise BadInput(
            "UNIT_DIMENSION",
            unit=source,
            dimension="/".join(unit(part).dimension for part in source_parts),
            wanted=target,
            wanted_dimension="/".join(unit(part).dimension for part in target_parts),
        )
    factor = _simple_conversion(source_parts[0], target_parts[0])
    if len(source_parts) == 2:
        factor = EXACT.divide(factor, _simple_conversion(source_parts[1], target_parts[1]))
    return factor


def convert(amount: Decimal, source: str, target: str) -> Decimal:
    """Convert an amount between units of one dimension; raises BadInput as `conversion` does."""
    return EXACT.multiply(amount, conversion(source, target))


def _simple_conversion(source: str, target: str) -> Decimal:
    one, other = unit(source), unit(target)
    if one.dimension != other.dimension:
        raise BadInput(
            "UNIT_DIMENSION",
            unit=source,
            dimension=one.dimension,
            wanted=target,
            wanted_dimension=other.dimension,
        )
    return EXACT.divide(one.factor, other.factor)
