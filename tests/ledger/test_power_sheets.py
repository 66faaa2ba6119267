"""The sheets `power` and `instruments`: one fault gives one code at one cell, all at once.

Base: the example plate mill with a row of own photovoltaics for each month (120 000 kWh generated,
100 000 used on site, 20 000 fed in, 5 000 sold with their certificates) and two hydropower
certificates of 400 MWh in May and June; bought is all that the processes used less the own power.
It has no finding. The mill uses over 2 GWh a month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import example
from power_cases import (
    Line,
    bought_lines,
    example_cells,
    instrument_lines,
    own_lines,
    table,
    with_power,
)

from factor_db.factors.derive.power_shares import claims_of
from factor_db.ledger import CheckResult
from factor_db.ledger.checks.whole import check_cells
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.power_sources import OWN_SOURCES, own_share
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.power.checks import check_power
from factor_db.ledger.power.rows import read_power
from factor_db.ledger.reading.row_checks import RowReading
from tools.example_book import MONTHS

Edit = Callable[[list[Line], list[Line]], None]
RAW = example_cells("plate_mill")


def checked(*edits: Edit) -> CheckResult:
    own, instruments = own_lines(), instrument_lines("05", "06")
    for edit in edits:
        edit(own, instruments)
    return check_cells(with_power(RAW, own, instruments), "f" * 64, "plate_mill.xlsx")


def own(number: int, **texts: str) -> Edit:
    """Change row `number` of the sheet `power`."""
    return lambda power, _: power[number - 2].update(texts)


def instrument(number: int, **texts: str) -> Edit:
    """Change row `number` of the sheet `instruments`."""
    return lambda _, instruments: instruments[number - 2].update(texts)


def test_the_base_has_no_finding() -> None:
    assert checked().findings == ()


CASES = [
    (own(2, source="蓄电池"), "LEDGER_POWER_SOURCE_UNKNOWN", "power", "B2"),
    (own(2, source="csp"), "LEDGER_POWER_SOURCE_UNKNOWN", "power", "B2"),
    (own(2, unit="t"), "LEDGER_UNIT_DIMENSION", "power", "G2"),
    (own(2, unit="度电"), "LEDGER_UNIT_UNKNOWN", "power", "G2"),
    (own(2, generated="130"), "LEDGER_POWER_SPLIT", "power", "C2"),
    (own(2, certificates_sold="100.1"), "LEDGER_POWER_SOLD", "power", "F2"),
    (own(3, period="2025-01"), "LEDGER_POWER_DUPLICATE", "power", "B3"),
    (own(3, period="2024-02"), "LEDGER_PERIOD_OUTSIDE", "power", "A3"),
    (own(3, used=""), "LEDGER_CELL_EMPTY", "power", "D3"),
    (own(3, used="-1"), "LEDGER_AMOUNT_NEGATIVE", "power", "D3"),
    (own(3, method="猜"), "LEDGER_METHOD_UNKNOWN", "power", "H3"),
    (lambda power, _: power.pop(), "LEDGER_POWER_MONTH_MISSING", "power", "B2"),
    (own(5, generated="9000", used="9000", fed_in="0"), "LEDGER_POWER_OVER_USE", "power", "D5"),
    (instrument(3, serial="ｇｅｃ-2025- 05"), "LEDGER_INSTRUMENT_TWICE", "instruments", "A3"),
    (instrument(3, period="2024-12"), "LEDGER_INSTRUMENT_PERIOD", "instruments", "C3"),
    (instrument(3, amount="0"), "LEDGER_INSTRUMENT_NOTHING", "instruments", "D3"),
    (instrument(3, unit="m3"), "LEDGER_UNIT_DIMENSION", "instruments", "E3"),
    (instrument(3, region="CN-XX"), "LEDGER_REGION_UNKNOWN", "instruments", "F3"),
    (instrument(3, cancelled_on="2025-05-31"), "LEDGER_INSTRUMENT_CANCELLED", "instruments", "G3"),
    (instrument(3, cancelled_on=""), "LEDGER_CELL_EMPTY", "instruments", "G3"),
    (instrument(3, serial="GEC2025-05"), "LEDGER_INSTRUMENT_TWICE", "instruments", "A3"),
    (instrument(3, serial="---"), "LEDGER_CELL_EMPTY", "instruments", "A3"),
    (instrument(3, serial="GEC-0001~GEC-0100"), "LEDGER_INSTRUMENT_SEVERAL", "instruments", "A3"),
    (instrument(3, serial="GEC-1 - GEC-9"), "LEDGER_INSTRUMENT_SEVERAL", "instruments", "A3"),
    (instrument(3, serial="GEC-1;GEC-9"), "LEDGER_INSTRUMENT_SEVERAL", "instruments", "A3"),
    (own(2, installation=""), "LEDGER_POWER_INSTALLATION", "power", "K2"),
    (own(2, installation="PV 1"), "LEDGER_POWER_INSTALLATION", "power", "K2"),
    (own(2, share="1.1"), "LEDGER_POWER_SHARE", "power", "L2"),
    (instrument(3, serial="9" * 101), "LEDGER_TEXT_TOO_LONG", "instruments", "A3"),
    (instrument(3, source="coal"), "LEDGER_POWER_SOURCE_UNKNOWN", "instruments", "B3"),
    (instrument(3, amount="40000"), "LEDGER_INSTRUMENT_OVER_USE", "instruments", "D3"),
    (instrument(3, amount="9000"), "LEDGER_INSTRUMENT_MONTH_SURPLUS", "instruments", "D3"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "code", "sheet", "cell"), CASES, ids=[case[1] for case in CASES])
def test_a_fault_is_named_at_its_cell_and_alone(
    edit: Edit, code: str, sheet: str, cell: str
) -> None:
    found = [(item.code, item.sheet, item.cell) for item in checked(edit).findings]
    assert found == [(code, sheet, cell)]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        # Fed in 20 MWh and sold 5: 25 MWh may come back; 0.5 % of 120 MWh is reading.
        ({"amount": "25.6"}, []),
        ({"amount": "25.7"}, ["LEDGER_INSTRUMENT_OWN_TWICE"]),
        ({"amount": "100"}, ["LEDGER_INSTRUMENT_OWN_TWICE"]),
        ({"amount": "100", "note": "綦江另一电站"}, ["LEDGER_INSTRUMENT_LIKE_OWN"]),
        ({"amount": "100", "region": "CN-SC"}, []),
        ({"amount": "100", "source": "wind"}, []),
    ],
)
def test_own_power_is_not_claimed_by_its_certificate_again(
    changed: dict[str, str], codes: list[str]
) -> None:
    """By hand: own use without its certificates sold is 100 - 5 = 95 MWh a month."""
    texts = {"source": "pv", "region": "CN-CQ", "unit": "MWh", **changed}
    findings = checked(instrument(3, **texts)).findings
    assert [item.code for item in findings] == codes
    for item in findings:
        assert (item.sheet, item.cell) == ("instruments", "A3")
        for word in ("95000 kWh", "25000 kWh", "power!D7", "PCF-ELEC-008"):
            assert word in item.message("en")
            assert word in item.message("zh")


def test_two_certificates_of_own_power_count_together() -> None:
    half = {"source": "pv", "region": "CN-CQ", "unit": "MWh", "amount": "20", "period": "2025-06"}
    found = [item.code for item in checked(instrument(2, **half), instrument(3, **half)).findings]
    assert found == ["LEDGER_INSTRUMENT_OWN_TWICE"]
    assert not checked(instrument(2, **half)).findings


def with_bought(bought: list[Line]) -> CheckResult:
    raw = with_power(RAW, own_lines(), instrument_lines("05", "06"), bought)
    return check_cells(raw, "f" * 64, "plate_mill.xlsx")


def test_own_power_is_stated_beside_what_was_bought_every_month() -> None:
    result = with_bought(bought_lines(RAW)[:11])
    assert [(item.code, item.cell) for item in result.findings] == [
        ("LEDGER_POWER_PURCHASED_MISSING", "B2")
    ]
    assert "2025-12" in result.findings[0].message("en")


def test_own_power_without_what_was_bought_is_no_fault_and_claimed_by_no_rule() -> None:
    """Nobody can tell whether it is among the power of the processes: all of it counts as bought."""
    assert with_bought([]).findings == ()
    raw = with_power(RAW, own_lines(), instrument_lines("05", "06"), [])
    power = read_power(raw.optional, MONTHS, Findings())
    assert not {own_share(item) for item in OWN_SOURCES} & set(claims_of(power))


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        # All that the processes used was bought: own power of 1.2 GWh, about 4 %, is in none.
        (100_000, ["LEDGER_POWER_SOURCES_DIFFER"]),
        (-100_000, ["LEDGER_POWER_SOURCES_DIFFER"]),
        (20_000, []),
        (-20_000, []),
    ],
)
def test_the_processes_use_what_was_bought_and_own_power(more: int, codes: list[str]) -> None:
    bought = [{**line, "used": str(Decimal(line["used"]) + more)} for line in bought_lines(RAW)]
    result = with_bought(bought)
    assert [item.code for item in result.findings] == codes
    for item in result.findings:
        assert "every source" in item.remedy("en")


def of_fuel(name: str, kwh: int) -> list[Line]:
    """Return the power of an engine, used whole, in each month."""
    return [
        {"period": month, "source": name, "generated": str(kwh), "used": str(kwh), "fed_in": "0",
         "unit": "kWh", "method": "计量表"}
        for month in MONTHS
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["fuel", "gas engine", "燃气内燃机"])
@pytest.mark.parametrize(
    ("bought_less", "codes"),
    [
        (100_000, ["LEDGER_POWER_FUEL_TWICE"]),  # the processes' meters read the engine's power too
        (0, []),  # they do not: its kWh stand in no process, its fuel in one
        (200_000, ["LEDGER_POWER_SOURCES_DIFFER"]),  # 100 MWh of nowhere
    ],
)
def test_power_of_fuel_in_the_processes_is_named(
    name: str, bought_less: int, codes: list[str]
) -> None:
    """An engine of 100 MWh a month, about 4 % of all: in the processes' power it counts twice."""
    bought = [
        {**line, "used": str(Decimal(line["used"]) - bought_less)} for line in bought_lines(RAW)
    ]
    raw = with_power(
        RAW, own_lines(), instrument_lines("05", "06"), [*bought, *of_fuel(name, 100_000)]
    )
    findings = check_cells(raw, "f" * 64, "plate_mill.xlsx").findings
    assert [item.code for item in findings] == codes
    for item in findings:
        assert not item.explained
        if item.code == "LEDGER_POWER_FUEL_TWICE":
            assert "1200000 kWh" in item.message("en")


def test_power_of_fuel_is_claimed_by_no_rule() -> None:
    raw = with_power(RAW, own_lines(), [], [*bought_lines(RAW), *of_fuel("fuel", 100_000)])
    power = read_power(raw.optional, MONTHS, Findings())
    assert len(power.of_fuel) == len(MONTHS)
    with_it = claims_of(power)
    without = read_power(
        with_power(RAW, own_lines(), [], bought_lines(RAW)).optional, MONTHS, Findings()
    )
    assert with_it == claims_of(without)


def test_all_faults_come_at_once() -> None:
    result = checked(own(2, unit="t"), own(4, source="x"), instrument(2, region="x"))
    assert len(result.findings) == 3


def test_a_surplus_passes_with_a_note() -> None:
    assert checked(instrument(3, amount="9000", note="年度采购，六月用电少")).valid


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("GEC-2025-05；gec-2025-06", []),
        ("GEC-2025-07", ["LEDGER_INSTRUMENT_UNLISTED"]),
    ],
)
def test_a_serial_in_a_row_of_power_has_to_be_on_the_sheet(written: str, codes: list[str]) -> None:
    _, rows = example("extrusion_plant")
    places = {name: f"L{name}" for name in ("amount", "instrument")}
    readings = tuple(
        RowReading(
            row.row_number, row.process, row.flow, row.period,
            replace(row, instrument=written if row.flow == "electricity" and not at else "", cells=places),
        )
        for at, row in enumerate(row for row in rows if row.flow == "electricity")
    )  # fmt: skip
    findings = Findings()
    sheet = {"instruments": table("instruments", instrument_lines("05", "06"))}
    power = read_power(sheet, MONTHS, findings)
    check_power(power, True, MonthIndex(readings, MONTHS), findings)
    assert [item.code for item in findings.collected()] == codes
