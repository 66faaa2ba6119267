"""Units as plants write them, and 30 that have two readings or none and so yield no number.

By hand: 1 公斤 = 1 kg; 1 万kWh = 10 000 kWh; 1 m3 of gas at 20 °C holds 273.15 / 293.15 = 0.931776
m3 at 0 °C; 1 万m3(20°C) = 9317.755... m3. A short ton is 907 kg, a `mt` may be a milli-tonne or a
metric ton, 1 斤 is half a kilogram but in Hong Kong 605 g: none of them is in the table. A volume at
operating conditions says no quantity of gas.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from ledger_cases import changed, check_edited, example, find

from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion, unit
from factor_db.ledger.reading.row_reader import plain_unit

GAS = ("melting", "natural_gas")
WRONG = (
    "斤", "市斤", "两", "担", "mt", "MT", "ton", "tons", "short ton", "lb", "lbs", "磅", "oz", "T",
    "mwh", "kW", "cal", "kcal", "Btu", "mj", "方", "立方", "Sm3", "scm", "cbm", "m3(15°C)", "Mg",
    "工况立方米", "m3(工况)", "Am3", "barrel", "桶",
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "code", "factor"),
    [("万吨", "t", "10000"), ("公斤", "kg", "1"), ("KG", "t", "0.001"), ("万kWh", "kWh", "10000"),
     ("万KWH", "kWh", "10000"), ("kwh", "kWh", "1"), ("kW·h", "kWh", "1"), ("度", "MJ", "3.6"),
     ("万m³", "m3", "10000"), ("㎥", "m3", "1"), ("Nm³", "m3", "1"), ("m3（0℃）", "m3", "1"),
     ("标况m³", "m3", "1"), ("m3(20°C)", "m3", "0.9317755415316390926147023707999318"),
     ("万m³(20℃)", "m3", "9317.755415316390926147023707999318"), ("ｋｇ", "kg", "1")],
)  # fmt: skip
def test_usual_writings_convert(written: str, code: str, factor: str) -> None:
    assert conversion(plain_unit(written), code) == Decimal(factor)


def test_there_are_thirty_wrong_units() -> None:
    assert len(set(WRONG)) >= 30


@pytest.mark.parametrize("written", WRONG)
def test_no_wrong_unit_yields_a_number(written: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        unit(plain_unit(written))
    result = check_edited(tmp_path, "plate_mill", changed(*GAS, unit=written))
    assert result.ledger is None
    line = 13 + find(example("plate_mill")[1], *GAS)
    faults = [(finding.code, finding.cell) for finding in result.errors]
    actual = "工况" in written or written == "Am3"
    code = "LEDGER_UNIT_ACTUAL_VOLUME" if actual else "LEDGER_UNIT_UNKNOWN"
    assert faults == [(code, f"G{line}")]


@pytest.mark.parametrize("written", ["12.5 t", "1,250kWh", "3 万m3", "12.5吨", "97%", "5 ton"])
def test_a_unit_inside_the_amount_is_told_where_to_go(written: str, tmp_path: Path) -> None:
    result = check_edited(tmp_path, "plate_mill", changed(*GAS, amount=written))
    line = 13 + find(example("plate_mill")[1], *GAS)
    (finding,) = result.errors
    assert (finding.code, finding.cell) == ("LEDGER_AMOUNT_WITH_UNIT", f"F{line}")
    assert f"G{line}" in finding.remedy("zh")
    assert f"G{line}" in finding.remedy("en")


@pytest.mark.parametrize("written", ["1.2.3 t", "1,5 t", "t 12", "12-13 t"])
def test_a_number_that_has_no_reading_stays_one_with_its_unit(written: str, tmp_path: Path) -> None:
    result = check_edited(tmp_path, "plate_mill", changed(*GAS, amount=written))
    assert [finding.code for finding in result.errors] == ["LEDGER_AMOUNT_UNREADABLE"]
