"""The sheets `meters` and `shared`: every fault at its cell, and rows that lose nothing.

System under test: a site with the period January to March 2025. Main meter M1 (kWh, no process)
10 000 a month; sub-meters A (melting) 6 000 and B (refining) 3 000; rest 1 000, divided by running
hours 3 : 1 between melting and refining, so 750 and 250 a month. Columns of `meters`: A meter,
B process, C flow, D read_on, E reading, F multiplier, G digits, H unit, I event, J parent,
K accuracy_class, L evidence, M note. Of `shared`: A meter, B period, C process, D basis, E value,
F unit, G note. Rows of a meter: end of 2024, January, February, March, from line 2 on.
"""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import example, find, site_lines

from factor_db.ledger import check
from factor_db.ledger.checks.whole import read_frozen
from factor_db.ledger.form.cells import Cell, RawLedger, RawRow, Table
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.sheets import LEDGER, METERS, SHARED, SheetForm
from factor_db.ledger.form.vocabulary import Terms
from factor_db.ledger.meters.rows import left_out, meter_readings
from factor_db.ledger.meters.sheet import meters_of
from factor_db.ledger.reading.row_checks import RowReading
from factor_db.ledger.reading.row_reader import MAX_SEARCHES

D = Decimal
MONTHS = ("2025-01", "2025-02", "2025-03")
ENDS = ("2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31")
Line = dict[str, object]
Lines = list[Line]


def table(sheet: str, form: SheetForm, lines: Sequence[Line]) -> Table:
    letters = {name: "ABCDEFGHIJKLMNO"[at] for at, name in enumerate(form.columns)}
    rows = [
        RawRow(
            number,
            {name: Cell(f"{letter}{number}", line.get(name)) for name, letter in letters.items()},  # type: ignore[arg-type]
        )
        for number, line in enumerate(lines, start=2)
    ]
    return Table(sheet, letters, tuple(rows))


def meter(
    name: str, process: str, *values: object, ends: Sequence[str] = ENDS, **more: object
) -> Lines:
    same = {"meter": name, "process": process, "flow": "electricity", "unit": "kWh", **more}
    return [
        {**same, "read_on": on, "reading": value} for on, value in zip(ends, values, strict=True)
    ]


def plant() -> Lines:
    return [
        *meter("M1", "", 0, 10000, 20000, 30000, accuracy_class="0.5S"),
        *meter("A", "melting", 0, 6000, 12000, 18000, parent="M1"),
        *meter("B", "refining", 0, 3000, 6000, 9000, parent="M1"),
    ]


def nearly_whole() -> Lines:
    """Return the plant with 4.9 % of its main meter in no process: 490 of 10 000 kWh a month."""
    return [
        *plant()[:8],
        *meter("B", "refining", 0, 3510, 7020, 10530, parent="M1"),
    ]


def hours(*months: str, name: str = "M1", **more: object) -> Lines:
    return [
        {"meter": name, "period": month, "process": process, "basis": "运行小时", "value": value,
         "unit": "h", **more}
        for month in months or MONTHS
        for process, value in (("melting", 300), ("refining", 100))
    ]  # fmt: skip


def typed(*amounts: object, process: str = "melting") -> tuple[RowReading, ...]:
    """Return typed rows of electricity in kWh, January to March, rows 2 to 4 of the ledger sheet."""
    rows = example("plate_mill")[1]
    row = rows[find(rows, "melting", "electricity")]
    cells = {name: f"{'ABCDEFGHIJKLMNO'[at]}" for at, name in enumerate(LEDGER.columns)}
    return tuple(
        RowReading(number, process, "electricity", month, replace(
            row, process=process, period=month, row_number=number, sheet="ledger",
            amount=D(str(amount)), amount_canonical=D(str(amount)), unit="kWh",
            cells={name: f"{letter}{number}" for name, letter in cells.items()},
        ))
        for number, (month, amount) in enumerate(zip(MONTHS, amounts, strict=True), start=2)
    )  # fmt: skip


def run(
    meters: Lines, shared: Lines | None = None, by_hand: tuple[RowReading, ...] = ()
) -> tuple[tuple[RowReading, ...], tuple[Finding, ...]]:
    optional = {"meters": table("meters", METERS, meters)}
    if shared is not None:
        optional["shared"] = table("shared", SHARED, shared)
    findings = Findings()
    found = meter_readings(RawLedger("site", (), None, optional), by_hand, MONTHS, findings)
    return found, findings.collected()


def rows_of(readings: Sequence[RowReading]) -> list[LedgerRow]:
    return [reading.row for reading in readings if reading.row is not None]


def amounts(rows: Sequence[LedgerRow]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        key = (row.process, row.period)
        found[key] = found.get(key, D(0)) + row.amount_canonical
    return found


def test_a_clean_plant_gives_rows_and_no_finding() -> None:
    readings, findings = run(plant(), hours())
    assert findings == ()
    rows = rows_of(readings)
    assert len(rows) == len(readings) == 12
    for month in MONTHS:
        found = amounts(rows)
        assert (found["melting", month], found["refining", month]) == (D(6750), D(3250))
    assert [row.row_number for row in rows] == list(range(1, 13))
    assert {(row.role, row.method, row.flow, row.unit_canonical) for row in rows} == {
        ("input", "metered", "electricity", "kWh")
    }


def test_a_row_names_the_cells_it_comes_from() -> None:
    lines = plant()
    lines[5] |= {"evidence": "抄表单 1", "note": "a"}
    rows = rows_of(run(lines, hours())[0])
    own = next(row for row in rows if row.period == "2025-01" and row.amount == 6000)
    assert (own.sheet, own.evidence, own.note) == ("meters", "抄表单 1", "a")
    assert own.cells["amount"] == "E7"
    assert (own.cells["period"], own.cells["process"], own.cells["flow"]) == ("D7", "B6", "C6")
    share = next(row for row in rows if row.period == "2025-02" and row.amount == 250)
    assert (share.cells["amount"], share.cells["value"]) == ("E4", "shared!E5")


def test_rows_are_numbered_after_the_typed_ones() -> None:
    rows = rows_of(run(plant(), hours(), typed(10, 10, 10, process="hot_rolling"))[0])
    assert rows[0].row_number == 5


def test_units_and_full_width_digits_and_chinese_words_are_read() -> None:
    lines = meter("A", "熔炼", "０", "１２０", "１３０", "１５０", multiplier="４０", digits="05", unit="万kWh",
                  flow="外购电力", ends=("2024年12月31日", *ENDS[1:]))  # fmt: skip
    lines[2]["event"] = "估读"
    rows = rows_of(run(lines)[0])
    assert [row.amount for row in rows] == [D(4800), D(400), D(800)]
    assert [row.amount_canonical for row in rows] == [D(48_000_000), D(4_000_000), D(8_000_000)]
    assert [row.method for row in rows] == ["metered", "estimated", "estimated"]


def test_what_is_the_same_for_a_meter_may_stand_in_its_first_row() -> None:
    lines = meter("A", "melting", 0, 1, 2, 3, multiplier=40)
    for line in lines[1:]:
        for column in ("process", "flow", "unit", "multiplier"):
            line[column] = None
    readings, findings = run(lines)
    assert findings == ()
    assert [row.amount for row in rows_of(readings)] == [D(40)] * 3


def test_two_meters_of_one_process_and_a_meter_that_takes_over_add_up() -> None:
    taken_over = "2025-02-10"
    lines = [
        *meter("A", "melting", 0, 31, 41, ends=(*ENDS[:2], taken_over)),
        *meter("B", "melting", 5, 23, 54, ends=(taken_over, *ENDS[2:])),
        *meter("C", "melting", 0, 1, 2, 3),
    ]
    lines[2]["event"], lines[3]["event"] = "拆表", "装表"
    readings, findings = run(lines)
    assert findings == ()
    assert amounts(rows_of(readings)) == {
        ("melting", "2025-01"): D(32), ("melting", "2025-02"): D(29), ("melting", "2025-03"): D(32)
    }  # fmt: skip


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_sub_meters_and_divided_rest_are_the_main_meter_exactly(data: st.DataObject) -> None:
    number = st.decimals(0, 10**6, places=3, allow_nan=False)
    days = ("2024-12-28", "2025-01-20", "2025-02-28", "2025-04-02")
    ends = data.draw(st.sampled_from((ENDS, days)))
    child = [data.draw(number) for _ in ends[1:]]
    rest = [data.draw(number) for _ in ends[1:]]
    main = [one + other for one, other in zip(child, rest, strict=True)]

    def register(steps: list[Decimal]) -> list[str]:
        return [str(sum(steps[:at], D(0))) for at in range(len(ends))]

    lines = [
        *meter("M1", "", *register(main), ends=ends, note="x"),
        *meter("A", "melting", *register(child), ends=ends, parent="M1"),
    ]
    keys = hours()
    for key in keys:
        key["value"] = data.draw(st.integers(1, 999))
    readings, findings = run(lines, keys)
    assert not [f for f in findings if f.severity == "error"]
    alone = rows_of(run(meter("M1", "melting", *register(main), ends=ends))[0])
    rows = rows_of(readings)
    if ends is ENDS:
        found = amounts(rows)
        for row in alone:
            month = row.period
            assert found["melting", month] + found["refining", month] == row.amount_canonical
    else:
        # The split of January and February is spread: only the sum of a run is measured.
        part = [(sum((r.amount for r in source), D(0))) for source in (rows, alone)]
        assert abs(part[0] - part[1]) <= D("1e-8")


def test_a_shared_meter_is_divided_whole() -> None:
    lines = meter("空压站", "公用", 0, 100, 200, 200)
    readings, findings = run(lines, hours("2025-01", "2025-02", name="空压站"))
    assert findings == ()
    found = amounts(rows_of(readings))
    assert found["melting", "2025-01"] == D(75)
    assert found["refining", "2025-02"] == D(25)
    # Nothing was used in March: no keys are needed, and 0 is said.
    assert found["melting", "2025-03"] == found["refining", "2025-03"] == 0


def test_the_order_of_the_keys_changes_no_amount() -> None:
    lines = meter("K", "shared", 0, 100, 200, 300)
    keys = hours(name="K")
    for key in keys:
        key["value"] = 1 if key["process"] == "melting" else 2
    turned = run(lines, keys[::-1])[0]
    assert amounts(rows_of(turned)) == amounts(rows_of(run(lines, keys)[0]))


def test_typed_rows_stand_where_the_meters_confirm_them() -> None:
    lines = meter("A", "melting", 0, 100, 200, 300)
    assert run(lines, by_hand=typed(102, 98, 100)) == ((), ())


def test_typed_rows_that_differ_are_named_with_both_numbers() -> None:
    lines = meter("A", "melting", 0, 100, 200, 300)
    readings, (finding,) = run(lines, by_hand=typed(100, "102.1", 100))
    assert (finding.code, finding.sheet, finding.cell) == (
        "LEDGER_METER_TYPED_DIFFERS",
        "ledger",
        "F3",
    )
    assert "102.1 kWh" in finding.message("zh")
    assert "100 kWh" in finding.message("en")
    assert readings == ()


def test_months_that_were_not_read_at_their_ends_are_compared_together() -> None:
    # Read on 15 January only: 10 a day before, 90 a day after; January alone is not measured.
    ends = ("2024-12-31", "2025-01-15", "2025-02-28", "2025-03-31")
    lines = meter("A", "melting", 0, 150, 150 + 44 * 90, 150 + 44 * 90 + 100, ends=ends)
    assert run(lines, by_hand=typed(200, 3910, 100))[1] == ()
    (finding,) = run(lines, by_hand=typed(200, 4910, 100))[1]
    assert finding.cell == "F2"


def test_a_main_meter_whose_rest_is_typed_is_not_lost() -> None:
    lines = [
        *meter("M1", "", 0, 100, 200, 300),
        *meter("A", "melting", 0, 60, 120, 180, parent="M1"),
    ]
    assert run(lines, by_hand=typed(40, 40, 40, process="refining"))[1] == ()


def lines_with(at: int, **changes: object) -> Lines:
    lines = plant()
    lines[at] |= changes
    return lines


def one(
    process: str = "melting",
    values: Sequence[object] = (0, 10, 20, 30),
    at: int = 0,
    **changes: object,
) -> Lines:
    lines = meter("A", process, *values)
    lines[at] |= changes
    return lines


def with_key(at: int, **changes: object) -> Lines:
    keys = hours()
    keys[at] |= changes
    return keys


CASES: list[tuple[str, str, Lines, Lines | None]] = [
    ("LEDGER_CELL_EMPTY", "meters!A3", one(at=1, meter=None), None),
    ("LEDGER_CELL_EMPTY", "meters!E3", one(at=1, reading=""), None),
    ("LEDGER_CELL_EMPTY", "meters!D3", one(at=1, read_on=None), None),
    ("LEDGER_CELL_EMPTY", "meters!H2", meter("A", "melting", 0, 1, 2, 3, unit=""), None),
    ("LEDGER_TEXT_TOO_LONG", "meters!M3", one(at=1, note="长" * 2001), None),
    ("LEDGER_PROCESS_UNKNOWN", "meters!B2", meter("A", "meltng", 0, 1, 2, 3), None),
    ("LEDGER_FLOW_UNKNOWN", "meters!C2", meter("A", "melting", 0, 1, 2, 3, flow="electrcity"), None),
    ("LEDGER_UNIT_UNKNOWN", "meters!H2", meter("A", "melting", 0, 1, 2, 3, unit="kwhh"), None),
    ("LEDGER_UNIT_DIMENSION", "meters!H2", meter("A", "melting", 0, 1, 2, 3, unit="t"), None),
    ("LEDGER_DATE_UNREADABLE", "meters!D3", one(at=1, read_on="月底"), None),
    ("LEDGER_METER_DATE_FAR", "meters!D3", one(at=1, read_on="2052-01-31"), None),
    ("LEDGER_METER_READING", "meters!E3", one(at=1, reading="1,5"), None),
    ("LEDGER_METER_READING", "meters!E3", one(at=1, reading=-1), None),
    ("LEDGER_METER_READING", "meters!E3", one(at=1, reading="0.1234567891"), None),
    ("LEDGER_METER_MULTIPLIER", "meters!F3", one(at=1, multiplier="200/5"), None),
    ("LEDGER_METER_MULTIPLIER", "meters!F3", one(at=1, multiplier=0), None),
    ("LEDGER_METER_DIGITS", "meters!G3", one(at=1, digits="5.5"), None),
    ("LEDGER_METER_EVENT", "meters!I4", one(at=2, reading=0, event="换"), None),
    ("LEDGER_METER_CHANGED", "meters!B4", [*one()[:2], one("refining")[2], one()[3]], None),
    ("LEDGER_METER_CHANGED", "meters!H4", one(at=2, unit="MWh"), None),
    ("LEDGER_METER_FLOW_PROPERTY", "meters!C2",
     meter("A", "melting", 0, 1, 2, 3, flow="natural_gas.net_calorific_value", unit="m3"), None),
    ("LEDGER_METER_CLASS_UNKNOWN", "meters!K2", one(accuracy_class="很准"), None),
    ("LEDGER_METER_NEGATIVE", "meters!E4", one(values=(0, 10, 5, 15)), None),
    ("LEDGER_METER_ROLLOVER", "meters!E4", meter("A", "melting", 0, 10, 5, 15, digits=5), None),
    ("LEDGER_METER_BEYOND_DIGITS", "meters!E4", meter("A", "melting", 0, 10, 1000, 15, digits=3), None),
    ("LEDGER_METER_DUPLICATE", "meters!D4", [*one()[:2], *one()[1:]], None),
    ("LEDGER_METER_DUPLICATE_DIFFERS", "meters!E4", [*one()[:2], {**one()[1], "reading": 11}, *one()[2:]], None),
    ("LEDGER_METER_RESET_OPEN", "meters!I4", one(at=2, reading=0, event="清零"), None),
    ("LEDGER_METER_NOT_REMOVED", "meters!I4", one(at=2, reading=0, event="装表"), None),
    ("LEDGER_METER_NOT_INSTALLED", "meters!E4", one(at=1, event="removed"), None),
    ("LEDGER_METER_UNMEASURED", "meters!D4", [
        *one(at=1, event="removed")[:2], {**one()[0], "read_on": "2025-03-20", "event": "installed"},
        one()[3]], None),
    ("LEDGER_METER_MULTIPLIER_CHANGED", "meters!F4",
     [*one(multiplier=40)[:2], *({**line, "multiplier": 60} for line in one()[2:])], None),
    ("LEDGER_METER_MULTIPLIER_MISSING", "meters!F3", one(at=1, event="ratio"), None),
    ("LEDGER_METER_DIGITS_CHANGED", "meters!G5", [*meter("A", "melting", 0, 1, 2, 3, digits=5)[:3], one(at=3, digits=6)[3]], None),
    ("LEDGER_METER_GAP", "meters!D3", [one()[0], *one()[2:]], None),
    ("LEDGER_METER_START_UNCOVERED", "meters!D2", one()[1:], None),
    ("LEDGER_METER_START_UNCOVERED", "meters!D2", one(read_on="2025-01-01"), None),
    ("LEDGER_METER_END_UNCOVERED", "meters!D4", one()[:3], None),
    ("LEDGER_METER_END_UNCOVERED", "meters!D5", one(at=3, read_on="2025-03-30"), None),
    ("LEDGER_METER_PART_OF_PERIOD", "meters!D2", one(at=1, event="installed")[1:], None),
    ("LEDGER_METER_PART_OF_PERIOD", "meters!D4", one(at=2, event="removed")[:3], None),
    ("LEDGER_METER_NO_ROLE", "meters!B2",
     meter("A", "scalping", 0, 1, 2, 3, flow="coal", unit="t"), None),
    ("LEDGER_METER_NO_ROLE", "shared!C2", meter("M1", "公用", 0, 1, 2, 3, flow="coal", unit="t"),
     [{**key, "process": "scalping"} for key in hours()[::2]]),
    ("LEDGER_METER_PARENT_UNKNOWN", "meters!J6", [
        *plant()[:4], *meter("A", "melting", 0, 6000, 12000, 18000, parent="M9"), *plant()[8:]], hours()),
    ("LEDGER_METER_PARENT_FLOW", "meters!J6", [
        *plant()[:4], *meter("A", "melting", 0, 1, 2, 3, flow="natural_gas", unit="m3", parent="M1"),
        *plant()[8:]], hours()),
    ("LEDGER_METER_PARENT_PROCESS", "meters!J6", [
        *one(), *meter("B", "refining", 0, 1, 2, 3, parent="A")], None),
    ("LEDGER_METER_PARENT_CYCLE", "meters!J2", [
        *meter("M1", "", 0, 1, 2, 3, parent="M2"), *meter("M2", "", 0, 1, 2, 3, parent="M1")], None),
    ("LEDGER_METER_CHILDREN_ABOVE", "meters!E4", [
        *plant()[:4], *meter("A", "melting", 0, 6000, 15201, 21201, parent="M1"), *plant()[8:]], hours()),
    ("LEDGER_METER_REST_LARGE", "meters!A2", [
        *plant()[:4], *meter("A", "melting", 0, 5999, 11999, 17999, parent="M1"), *plant()[8:]], hours()),
    ("LEDGER_METER_REST_NOWHERE", "meters!A2", nearly_whole(), None),
    ("LEDGER_METER_REST_LOST", "meters!A2", plant(), None),
    ("LEDGER_METER_REST_LOST", "meters!A2", meter("M1", "全厂", 0, 1, 2, 3), None),
    ("LEDGER_CELL_EMPTY", "shared!D3", plant(), with_key(1, basis="")),
    ("LEDGER_PERIOD_UNREADABLE", "shared!B3", plant(), with_key(1, period="一月")),
    ("LEDGER_PERIOD_OUTSIDE", "shared!B3", plant(), with_key(1, period="2026-01")),
    ("LEDGER_PROCESS_UNKNOWN", "shared!C3", plant(), with_key(1, process="refinng")),
    ("LEDGER_SHARED_VALUE", "shared!E3", plant(), with_key(1, value="-5")),
    ("LEDGER_SHARED_METER_UNKNOWN", "shared!A8", plant(), [*hours(), *hours("2025-01", name="M9")]),
    ("LEDGER_SHARED_METER_UNKNOWN", "shared!A2", meter("K", "shared", 0, 1, 2, 3), hours(name="KK")),
    ("LEDGER_CELL_EMPTY", "shared!A3", plant(), with_key(1, meter="")),
    ("LEDGER_SHARED_METER_OWN", "shared!A8", plant(), [*hours(), *hours("2025-01", name="A")]),
    ("LEDGER_SHARED_TWICE", "shared!C8", plant(), [*hours(), hours()[0]]),
    ("LEDGER_SHARED_BASIS", "shared!D3", plant(), with_key(1, basis="面积")),
    ("LEDGER_SHARED_UNIT", "shared!F3", plant(), with_key(1, unit="min")),
    ("LEDGER_SHARED_ZERO", "shared!E4", plant(), [{**key, "value": 0} if key["period"] == "2025-02" else key for key in hours()]),
    ("LEDGER_SHARED_MONTH", "shared!B2", plant(), hours("2025-01", "2025-03")),
    ("LEDGER_SHARED_MONTH", "meters!B2", meter("K", "shared", 0, 1, 2, 3), None),
]  # fmt: skip
WARNINGS = {
    "LEDGER_METER_CLASS_UNKNOWN", "LEDGER_METER_DUPLICATE", "LEDGER_METER_UNMEASURED", "LEDGER_METER_GAP",
    "LEDGER_METER_PART_OF_PERIOD", "LEDGER_METER_REST_LARGE", "LEDGER_METER_REST_NOWHERE",
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "place", "meters", "shared"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
def test_each_fault_is_one_finding_at_its_cell_in_both_languages(
    code: str, place: str, meters: Lines, shared: Lines | None
) -> None:
    readings, findings = run(meters, shared)
    assert [(f.code, f"{f.sheet}!{f.cell}") for f in findings] == [(code, place)]
    (finding,) = findings
    assert finding.severity == ("warning" if code in WARNINGS else "error")
    for text in (
        finding.message("zh"),
        finding.remedy("zh"),
        finding.message("en"),
        finding.remedy("en"),
    ):
        assert text
        assert "{" not in text
    if finding.severity == "warning":
        noted = [{**line, "note": "原因"} for line in meters]
        (explained,) = run(noted, shared)[1]
        assert explained.explained
        assert not finding.explained
        assert all(reading.row for reading in readings)


@pytest.mark.parametrize(
    ("meters", "process", "flow"),
    [
        (one(values=(0, 10, 5, 15)), "melting", "electricity"),
        (meter("A", "melting", 0, 1, 2, 3, unit="t"), "melting", "electricity"),
        (meter("A", "meltng", 0, 1, 2, 3), "melting", "electricity"),
    ],
)
def test_a_faulty_meter_leaves_no_hole_to_complain_of(
    meters: Lines, process: str, flow: str
) -> None:
    readings, _ = run(meters)
    assert [(r.process, r.flow, r.month, r.row) for r in readings] == [
        (process, flow, month, None) for month in MONTHS
    ]


def test_a_sub_meter_below_a_process_is_told_the_way_that_counts_once() -> None:
    """A reads 30 a month, 10 of them through B: without the parent it would be 40.

    As told, A's own use (30 - 10) and B stand under the main meter: 20 + 10 = 30.
    """
    nested = [
        *meter("A", "melting", 0, 30, 60, 90),
        *meter("B", "refining", 0, 10, 20, 30, parent="A"),
    ]
    (finding,) = run(nested)[1]
    assert "Don't delete the parent" in finding.remedy("en")
    assert "不要删除上级表" in finding.remedy("zh")
    told = [
        *meter("A", "", 0, 30, 60, 90),
        *meter("A-own", "melting", 0, 20, 40, 60, parent="A"),
        *meter("B", "refining", 0, 10, 20, 30, parent="A"),
    ]
    readings, findings = run(told)
    assert findings == ()
    amounts = [reading.row.amount for reading in readings if reading.row]
    assert sum(amounts) == 90


JUNK = st.sampled_from(
    (None, "", "x", "M1", "A", "melting", "公用", "site", "electricity", "天然气", "kWh", "m3", "0", 5, 7.5, -1, 1e30,
     "1e18", "999999999999.999999999", "9999-12-31", "0001-01-01", "2025-01-31", "2025-02-10", "2025-02",
     "拆表", "装表", "清零", "ratio", "estimated", True, "１２", 12, "h")
)  # fmt: skip


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_nothing_a_clerk_writes_breaks_the_check(data: st.DataObject) -> None:
    lines, keys = plant(), hours()
    for line, form in [*((line, METERS) for line in lines), *((key, SHARED) for key in keys)]:
        if data.draw(st.integers(0, 3)) == 0:
            line[data.draw(st.sampled_from(tuple(form.columns)))] = data.draw(JUNK)
    readings, findings = run(lines, keys, data.draw(st.sampled_from(((), typed(6000, 0, 7)))))
    for finding in findings:
        assert finding.as_dict()["message_zh"]
    for row in rows_of(readings):
        assert row.amount >= 0
        assert row.period in MONTHS


def test_many_nonsense_words_cost_few_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(Terms, "suggestion", lambda terms, text: searched.append(text))
    lines: Lines = []
    for number in range(500):
        lines += meter(f"T{number}", f"工序{number}", 0, 1, 2, 3)
    run(lines)
    assert len(searched) == MAX_SEARCHES


def test_one_faulty_meter_of_two_leaves_no_half_amounts() -> None:
    lines = [*meter("A", "melting", 0, 1, 2, 3), *meter("B", "melting", 0, 9, 3, 4)]
    assert rows_of(run(lines)[0]) == []


def test_an_untrusted_sub_meter_keeps_the_rest_from_being_divided() -> None:
    readings, findings = run(lines_with(6, reading="x"), hours())
    assert [f.code for f in findings] == ["LEDGER_METER_READING"]
    held = {(r.process, r.month) for r in readings if r.row is None}
    assert held == {(process, month) for process in ("melting", "refining") for month in MONTHS}


def test_meters_can_be_looked_up_with_their_classes() -> None:
    (main, *others) = meters_of({"meters": table("meters", METERS, plant())})
    assert (main.code, main.process, main.flow, main.accuracy_class) == (
        "M1",
        "site",
        "electricity",
        "0.5S",
    )
    assert len(main.readings) == 4
    assert [other.parent for other in others] == ["m1", "m1"]
    assert meters_of({}) == ()


def test_every_code_of_the_catalogue_has_a_case_here() -> None:
    path = files("factor_db.foundation") / "messages" / "meters.toml"
    codes = set(tomllib.loads(path.read_text(encoding="utf-8")))
    assert codes - {code for code, *_ in CASES} == {"LEDGER_METER_TYPED_DIFFERS"}


def _write(path: Path, edit: Callable[[list[LedgerRow]], list[LedgerRow]], meters: Lines) -> Path:
    header, rows = example("plate_mill")
    site = [line[2:].split(": ", 1) for line in site_lines(header)]
    written = [
        [str(getattr(row, name) or "") for name in LEDGER.columns] for row in edit(list(rows))
    ]
    for line, row in zip(written, edit(list(rows)), strict=True):
        line[list(LEDGER.columns).index("amount")] = str(row.amount)
    sheets = {
        "site": site,
        "ledger": [list(LEDGER.columns), *written],
        "表计": [
            list(METERS.columns),
            *([line.get(name) for name in METERS.columns] for line in meters),
        ],
    }
    with xlsxwriter.Workbook(str(path)) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(lines):
                sheet.write_row(number, 0, cells)
    return path


def test_a_workbook_with_meters_in_place_of_typed_rows_is_the_same_ledger(tmp_path: Path) -> None:
    key = ("melting", "electricity")
    typed_rows = [row for row in example("plate_mill")[1] if (row.process, row.flow) == key]
    register, lines = D(0), meter("T1", "melting", 0, ends=("2024-12-31",), unit=typed_rows[0].unit)
    for row in typed_rows:
        register += row.amount
        month = int(row.period[5:])
        day = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        lines += meter("T1", "melting", str(register), ends=(f"{row.period}-{day}",), unit=row.unit)
    path = _write(
        tmp_path / "a.xlsx", lambda rows: [r for r in rows if (r.process, r.flow) != key], lines
    )
    result = check(path)
    assert result.findings == ()
    assert result.ledger is not None
    metered = [row for row in result.ledger.rows if row.sheet == "表计"]
    assert [(r.period, r.amount_canonical) for r in metered] == [
        (r.period, r.amount_canonical) for r in typed_rows
    ]
    assert read_frozen(path.read_bytes()) == result.ledger.rows
    numbers = [row.row_number for row in result.ledger.rows]
    assert len(set(numbers)) == len(numbers)


def test_a_faulty_meter_in_a_workbook_sets_off_nothing_else(tmp_path: Path) -> None:
    key = ("melting", "electricity")
    lines = meter("T1", "melting", 0, 9, 3, 30)
    path = _write(
        tmp_path / "a.xlsx", lambda rows: [r for r in rows if (r.process, r.flow) != key], lines
    )
    codes = [finding.code for finding in check(path).findings]
    assert codes == ["LEDGER_METER_NEGATIVE", "LEDGER_METER_END_UNCOVERED"]


def test_what_the_processes_leave_of_the_main_meter_can_be_named() -> None:
    # 490 of 10 000 kWh a month are in no process: 1 470 kWh, 4.9 %; with the rest shared, nothing.
    (rest,) = left_out(raw_of(nearly_whole()), (), MONTHS)
    assert (rest.flow, rest.amount, rest.unit, rest.share) == (
        "electricity",
        1470,
        "kWh",
        D("0.049"),
    )
    assert left_out(raw_of(nearly_whole(), hours()), (), MONTHS) == ()
    assert left_out(raw_of(one()), (), MONTHS) == ()


def test_months_that_no_main_meter_measures_hide_no_rest_of_the_others() -> None:
    # M1 is installed at the end of January: 490 of 10 000 kWh in February and March are 980, 4.9 %.
    # The 9 510 kWh of January's processes are under no main meter and are set against nothing.
    main = meter("M1", "", 0, 10000, 20000, ends=ENDS[1:])
    main[0] |= {"event": "installed", "note": "new"}
    (rest,) = left_out(raw_of([*main, *nearly_whole()[4:]]), (), MONTHS)
    assert (rest.amount, rest.share) == (980, D("0.049"))
    assert [(month.period, month.amount) for month in rest.months] == [
        ("2025-02", 490),
        ("2025-03", 490),
    ]
    assert rest.cells == ("meters!E3", "meters!E4")


def raw_of(meters: Lines, shared: Lines | None = None) -> RawLedger:
    optional = {"meters": table("meters", METERS, meters)}
    if shared is not None:
        optional["shared"] = table("shared", SHARED, shared)
    return RawLedger("site", (), None, optional)
