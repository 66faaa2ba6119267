"""One row reader for all sheets, driven by their columns.

Systems: 360 pairs of rows of the eight sheets, drawn by a seed from good and odd cells (numbers
with units, infinities, other months, misspelt words, long texts, cells merged over rows) and read
by the six readers there were before; `data/readers.jsonl` holds what each of them said. And any
cell in any column of a row that is sound otherwise.

Laws: what was said then is said now, but for the differences listed here, in each of which the
readers were unlike one another (`UNLIKE`: what one said → what all say). A cell means the same on
every sheet: columns of one kind with the same limits read the same number, month or day from it,
or find the same fault. 1.5 in a column from 0 up is 1.5; -1.5 is below zero; `12 t` is an amount
with its unit inside; a text of 2001 characters is one too long.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_cases import MONTHS, SOUND, said_of, table

from factor_db.ledger.form.columns import Column, Fault, Kind
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import SHEETS
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.form.word_lists import word_list
from factor_db.ledger.months.gaps import GAP_RULES
from factor_db.ledger.reading.row_reader import RowReader, SheetReader
from factor_db.ledger.workbooks.columns_page import PAGE, columns_page

RECORDED = Path(__file__).parent / "data" / "readers.jsonl"
ROOT = Path(__file__).parents[2]
LONG = "x" * 2001
UNLIKE = {
    # A number with its unit was told so on sheet `ledger` alone; `1e25` was told so there, too.
    ("LEDGER_AMOUNT_UNREADABLE", "LEDGER_AMOUNT_WITH_UNIT"),
    ("LEDGER_AMOUNT_WITH_UNIT", "LEDGER_AMOUNT_UNREADABLE"),
    # Gas at operating conditions, and the nearest unit, were named on `ledger` and `meters` alone.
    ("LEDGER_UNIT_UNKNOWN", "LEDGER_UNIT_ACTUAL_VOLUME"),
    ("LEDGER_UNIT_UNKNOWN", "LEDGER_UNIT_UNKNOWN"),
    # A stock below zero was told so only where material and month could be read.
    ("LEDGER_AMOUNT_NEGATIVE", "LEDGER_STOCK_NEGATIVE"),
    # A share below zero was told twice.
    ("LEDGER_AMOUNT_NEGATIVE", ""),
    # Exceptions alone took texts of any length; a word too long to be one was told twice on two.
    ("", "LEDGER_TEXT_TOO_LONG"),
    ("LEDGER_TEXT_TOO_LONG", ""),
    ("LEDGER_EXCEPTION_UNUSED", ""),  # of an exception whose text is too long
    # Full-width letters were folded everywhere but in a region.
    ("LEDGER_REGION_UNKNOWN", ""),
    # A misspelt `site` has a nearest word now, like any other.
    ("LEDGER_PROCESS_UNKNOWN", "LEDGER_PROCESS_UNKNOWN"),
    # A certificate of another period was also held against the day of its cancellation.
    ("LEDGER_INSTRUMENT_CANCELLED", ""),
}  # fmt: skip
# A number merged over rows is told once, where the cells are read; four sheets told more about it.
OF_MERGED = {
    "LEDGER_CELL_EMPTY",
    "LEDGER_AMOUNT_UNREADABLE",
    "LEDGER_AMOUNT_NEGATIVE",
    "LEDGER_AMOUNT_NOT_FINITE",
    "LEDGER_AMOUNT_WITH_UNIT",
    "LEDGER_STOCK_NEGATIVE",
    "LEDGER_METER_READING",
    "LEDGER_METER_MULTIPLIER",
    "LEDGER_METER_DIGITS",
    "LEDGER_SHARED_VALUE",
    "LEDGER_POWER_SHARE",
    "LEDGER_INSTRUMENT_NOTHING",
}
CASES: list[dict[str, Any]] = [
    json.loads(line.replace("{long}", LONG)) for line in RECORDED.read_text("utf-8").splitlines()
]
OF_KIND = {
    Kind.NUMBER: (Fault.NOT_FINITE, Fault.NEGATIVE, Fault.BEYOND, Fault.UNREADABLE),
    Kind.MONTH: (Fault.OUTSIDE, Fault.UNREADABLE),
    Kind.DAY: (Fault.UNREADABLE,),
}
NUMBERS = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.integers(-(10**14), 10**14),
    st.floats(),
    st.sampled_from(("12 t", "-2kWh", "1,5", "1,234.5", "３", "1e25", "1e3", " 7 ", "abc", True)),
)
DATES = st.one_of(
    st.dates(),
    st.dates().map(str),
    st.sampled_from(("2025-01", "2025年2月", 2025.1, 2025.2, "202503", "2025-13", "soon", True)),
)


@pytest.mark.parametrize("sheet", SHEETS)
def test_what_was_said_of_a_row_is_said_of_it(sheet: str) -> None:
    cases = [case for case in CASES if case["sheet"] == sheet]
    assert len(cases) == 45
    for case in cases:
        merged = {(row, column) for row, column in case.get("merged", ())}
        said, stand = said_of(sheet, case["rows"], merged)
        expected = case.get("now", case)
        assert (said, stand) == (expected["said"], expected["stand"]), case["rows"]


def by_cell(said: list[list[str]]) -> dict[str, Counter[tuple[str, str]]]:
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for code, cell, message in said:
        found[cell][code, message] += 1
    return found


def test_every_difference_is_one_of_those_listed() -> None:
    changed = [case for case in CASES if "now" in case]
    assert 0 < len(changed) < len(CASES) / 4
    for case in changed:
        was, now = by_cell(case["said"]), by_cell(case["now"]["said"])
        for cell in was.keys() | now.keys():
            gone = {code for code, _ in was[cell] - now[cell]}
            came = {code for code, _ in now[cell] - was[cell]}
            if case.get("merged") and not came and gone <= OF_MERGED:
                continue
            pairs = {(one, other) for one in gone or {""} for other in came or {""}}
            assert pairs == {("", "")} or pairs & UNLIKE, (case["rows"], cell, gone, came)


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_sound_row_of_a_sheet_is_sound(sheet: str) -> None:
    findings = Findings()
    reader = row_reader(sheet, {}, findings)
    reader.complete()
    assert not findings.collected()


def row_reader(sheet: str, cells: dict[str, Any], findings: Findings) -> RowReader:
    rows = table(sheet, [{**SOUND[sheet], **cells}])
    reader = SheetReader(rows, SHEETS[sheet], MONTHS, findings)
    return next(reader.rows())


def read_of(sheet: str, column: Column, value: object) -> tuple[object, Fault | str | None]:
    """Return what a cell reads as, and its fault: of which kind where the column names it."""
    findings = Findings()
    row = row_reader(sheet, {column.name: value}, findings)
    read: object = None
    if column.kind is Kind.NUMBER:
        read = row.number(column.name, month="2025-01", material="slab")
    elif column.kind is Kind.MONTH:
        read = row.month()
    elif column.kind is Kind.DAY:
        read = row.day(column.name)
    codes = [finding.code for finding in findings.collected()]
    assert len(codes) <= 1
    assert row.faulty == bool(codes)
    if not codes:
        return read, None
    return read, next((f for f in OF_KIND[column.kind] if code_of(column, f) == codes[0]), codes[0])


def code_of(column: Column, fault: Fault) -> str:
    named = fault is not Fault.BEYOND or fault in column.codes
    return column.code(fault) if named else ""


def alike(kind: Kind) -> list[list[tuple[str, Column]]]:
    """Return the columns of a kind that differ in nothing but their names and headings."""
    groups: dict[tuple[Any, ...], list[tuple[str, Column]]] = defaultdict(list)
    for sheet, form in SHEETS.items():
        for column in form.typed:
            if column.kind is kind:
                one = len(set(column.codes.values())) == 1 and len(column.codes) > 1
                groups[column.limits, column.unit == "unit", one].append((sheet, column))
    return [group for group in groups.values() if len(group) > 1]


@settings(max_examples=150, deadline=None)
@given(value=NUMBERS)
def test_a_number_means_the_same_in_every_column_with_its_limits(value: object) -> None:
    groups = alike(Kind.NUMBER)
    assert sum(map(len, groups)) == 13
    for group in groups:
        found = {repr(read_of(sheet, column, value)) for sheet, column in group}
        assert len(found) == 1, (value, found)


@settings(max_examples=150, deadline=None)
@given(value=DATES)
def test_a_month_and_a_day_mean_the_same_on_every_sheet(value: object) -> None:
    for kind in (Kind.MONTH, Kind.DAY):
        (group,) = alike(kind)
        found = {repr(read_of(sheet, column, value)) for sheet, column in group}
        assert len(found) == 1, (value, found)


@pytest.mark.parametrize(
    ("text", "number", "fault"),
    [
        ("1.5", "1.5", None),
        ("-1.5", None, Fault.NEGATIVE),
        ("inf", None, Fault.NOT_FINITE),
        ("1,5", None, Fault.UNREADABLE),
        ("1e25", None, Fault.UNREADABLE),
        ("12 t", None, "LEDGER_AMOUNT_WITH_UNIT"),
    ],
)
@pytest.mark.parametrize(
    ("sheet", "column"), [("ledger", "amount"), ("stock", "opening"), ("power", "used")]
)
def test_amounts_of_three_sheets(
    sheet: str, column: str, text: str, number: str | None, fault: Fault | str | None
) -> None:
    expected = None if number is None else Decimal(number)
    assert read_of(sheet, SHEETS[sheet].by_name[column], text) == (expected, fault)


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_free_text_has_its_limit_and_every_obligatory_cell_is_asked_for(sheet: str) -> None:
    form = SHEETS[sheet]
    for column in form.typed:
        if column.kind is Kind.TEXT:
            findings = Findings()
            row_reader(sheet, {column.name: LONG}, findings).complete()
            assert [item.code for item in findings.collected()] == ["LEDGER_TEXT_TOO_LONG"]
        findings = Findings()
        row_reader(sheet, {column.name: ""}, findings).complete()
        empty = [form.empty or "LEDGER_CELL_EMPTY"] if column.obligatory else []
        assert [item.code for item in findings.collected()] == empty


def test_every_word_column_has_a_list_and_every_gap_rule_a_ratio() -> None:
    for form in SHEETS.values():
        for column in form.typed:
            assert (column.kind is Kind.WORD) == bool(column.words), column
            if column.words:
                words = word_list(column.words)
                assert words.terms.codes
                assert all(words.terms.code(name) == code for code, name in words.shown.items())
    assert set(GAP_RULES) == set(word_list("gap rule").terms.codes)
    properties = {code for code, flow in vocabulary().flows.items() if flow.category == "property"}
    assert properties == {code for code in vocabulary().flows if "." in code}


def test_the_page_of_columns_is_what_the_columns_say() -> None:
    page = columns_page()
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page
    assert page.count("\n| `") == sum(len(form.typed) for form in SHEETS.values())
