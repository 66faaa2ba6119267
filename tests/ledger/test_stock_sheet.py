"""The stock sheet: identity by material and month, and the sheet against the ledger.

Hand calculation of one month: opening 100 + receipts 500 + tolling in 20 - consumption 480 -
tolling out 10 - adjustment 5 (found short) = closing 125 t; the next month opens with 125 t. With
closing 152 written, computed 125: 27 t open, two digits swapped. The tolerance is 0.05 % of the
smallest figure, so a leak of 0.5 % of any figure stands ten times outside it.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import example, run_checks, scaled

from factor_db.ledger.form.cells import Cell, RawRow, Table
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.form.sheets import STOCK
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.reading.row_checks import RowReading
from factor_db.ledger.stock.checks import check_stock
from factor_db.ledger.stock.movements import Stock, read_stock
from tools.example_book import MONTHS

Line = dict[str, object]
COLUMNS = {name: chr(ord("A") + at) for at, name in enumerate(STOCK.columns)}


def table(lines: Iterable[Mapping[str, object]]) -> Table:
    """Return lines as the sheet from row 2 on."""
    rows = tuple(
        RawRow(
            number,
            {
                name: Cell(f"{letter}{number}", None if line.get(name) is None else str(line[name]))
                for name, letter in COLUMNS.items()
            },
        )
        for number, line in enumerate(lines, start=2)
    )
    return Table("stock", COLUMNS, rows)


def read(
    lines: Iterable[Mapping[str, object]], months: tuple[str, ...]
) -> tuple[Stock, tuple[Finding, ...]]:
    findings = Findings()
    stock = read_stock(table(lines), months, findings)
    return stock, tuple(f for f in findings.collected() if not f.explained)


def series(
    material: str, opening: Decimal, flows: Iterable[tuple[Decimal, Decimal]], unit: str = "t"
) -> list[Line]:
    """Return consistent months from receipts and the share of what is there that is used."""
    lines: list[Line] = []
    for month, (receipts, share) in zip(MONTHS, flows, strict=False):
        consumption = ((opening + receipts) * share).quantize(Decimal("0.01"))
        closing = opening + receipts - consumption
        lines.append(
            {"material": material, "period": month, "opening": opening, "receipts": receipts,
             "consumption": consumption, "closing": closing, "unit": unit}
        )  # fmt: skip
        opening = closing
    return lines


JANUARY: Line = {
    "material": "原铝锭", "period": "2025-01", "opening": 100, "receipts": 500,
    "consumption": 480, "tolling_in": 20, "tolling_out": 10, "adjustment": -5, "closing": 125,
    "unit": "t", "note": "盘亏单 7",
}  # fmt: skip
FEBRUARY: Line = {
    "material": "Primary aluminium ingot", "period": "2025-02", "opening": 125, "receipts": 1,
    "consumption": 100, "closing": 26, "unit": "t",
}  # fmt: skip
TWO = MONTHS[:2]


def test_a_month_by_hand_closes_with_every_column() -> None:
    stock, findings = read([JANUARY, FEBRUARY], TWO)
    assert findings == ()
    # Change 25 + sent out 10 - taken in 20 = 15; then 26 - 125 = -99.
    assert stock.kept_back("primary_ingot") == {"2025-01": 15, "2025-02": -99}
    assert stock.trusts("primary_ingot")


def test_an_adjustment_wants_a_note() -> None:
    _, (finding,) = read([{**JANUARY, "note": ""}, FEBRUARY], TWO)
    assert (finding.code, finding.cell, finding.severity) == (
        "LEDGER_STOCK_ADJUSTMENT", f"{COLUMNS['adjustment']}2", "warning",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"closing": 152}, "LEDGER_STOCK_IDENTITY", "closing"),
        ({"receipts": 50}, "LEDGER_STOCK_IDENTITY", "receipts"),
        ({"consumption": "4800"}, "LEDGER_STOCK_IDENTITY", "consumption"),
        ({"opening": -100}, "LEDGER_STOCK_NEGATIVE", "opening"),
        ({"receipts": -500}, "LEDGER_AMOUNT_NEGATIVE", "receipts"),
        ({"consumption": "4 80"}, "LEDGER_AMOUNT_UNREADABLE", "consumption"),
        ({"consumption": "nan"}, "LEDGER_AMOUNT_NOT_FINITE", "consumption"),
        ({"closing": None}, "LEDGER_CELL_EMPTY", "closing"),
        ({"period": "May"}, "LEDGER_PERIOD_UNREADABLE", "period"),
        ({"period": "2024-01"}, "LEDGER_PERIOD_OUTSIDE", "period"),
        ({"unit": "kWh"}, "LEDGER_UNIT_DIMENSION", "unit"),
        ({"unit": "ton"}, "LEDGER_UNIT_UNKNOWN", "unit"),
        ({"material": "primary ingott"}, "LEDGER_FLOW_UNKNOWN", "material"),
        ({"material": "slab.aluminium_content"}, "LEDGER_FLOW_UNKNOWN", "material"),
        ({"note": "长" * 2001}, "LEDGER_TEXT_TOO_LONG", "note"),
    ],
)
def test_one_fault_is_one_finding_at_its_cell(changes: Line, code: str, column: str) -> None:
    stock, findings = read([{**JANUARY, **changes}, FEBRUARY], TWO)
    assert [(f.code, f.cell) for f in findings] == [(code, f"{COLUMNS[column]}2")]
    assert not stock.trusts("primary_ingot") or stock.unknown


def test_a_wrong_opening_is_one_finding_that_names_the_month_before() -> None:
    _, (finding,) = read([JANUARY, {**FEBRUARY, "opening": 152}], TWO)
    assert (finding.code, finding.cell) == ("LEDGER_STOCK_CARRY", f"{COLUMNS['opening']}3")
    text = finding.message("en")
    assert all(part in text for part in ("152 t", "125 t", "2025-01", "swapped", "27 t"))


def test_two_rows_of_one_month_and_missing_months_are_named() -> None:
    _, (twice,) = read([JANUARY, FEBRUARY, FEBRUARY], TWO)
    assert (twice.code, twice.cell, twice.params["first"]) == ("LEDGER_STOCK_DUPLICATE", "A4", 3)
    _, (missing,) = read([JANUARY, FEBRUARY], MONTHS[:4])
    assert (missing.code, missing.value) == ("LEDGER_STOCK_MONTH_MISSING", "2025-03 2025-04")


def test_a_file_without_the_sheet_has_no_stock() -> None:
    findings = Findings()
    stock = read_stock(None, MONTHS, findings)
    assert stock.kept_back("slab") == {}
    assert stock.trusts("slab")
    assert findings.collected() == ()


amounts = st.decimals("10", "9999", places=2)
shares = st.decimals("0.2", "0.8", places=2)
months_of_flows = st.lists(st.tuples(amounts, shares), min_size=12, max_size=12)


@settings(max_examples=60, deadline=None)
@given(opening=amounts, flows=months_of_flows, unit=st.sampled_from(("t", "kt")))
def test_consistent_books_have_no_finding_whatever_their_size(
    opening: Decimal, flows: list[tuple[Decimal, Decimal]], unit: str
) -> None:
    lines = series("slab", opening, flows, unit)
    assert read(lines, MONTHS)[1] == ()
    assert read(reversed(lines), MONTHS)[1] == ()


@settings(max_examples=100, deadline=None)
@given(
    opening=amounts,
    flows=months_of_flows,
    at=st.integers(0, 11),
    column=st.sampled_from(("receipts", "consumption", "closing")),
    size=st.sampled_from((Decimal(1), Decimal(1000))),
)
def test_a_leak_of_half_a_percent_names_exactly_its_month_and_material(
    opening: Decimal,
    flows: list[tuple[Decimal, Decimal]],
    at: int,
    column: str,
    size: Decimal,
) -> None:
    lines = series("slab", opening * size, [(a * size, share) for a, share in flows])
    other = series("billet", opening, flows)
    lines[at][column] = Decimal(str(lines[at][column])) * Decimal("0.995")
    findings = read([*other, *lines], MONTHS)[1]
    assert [f.code for f in findings] == ["LEDGER_STOCK_IDENTITY"]
    assert findings[0].params["month"] == MONTHS[at]
    assert "slab" in str(findings[0].params["material"])
    assert findings[0].cell[1:] == str(2 + 12 + at)


# --- against the ledger ---------------------------------------------------------------------------


def plate_stock(flow: str, maker: str, user: str, factor: str = "1") -> list[Line]:
    """Return a stock sheet that agrees with the plate ledger; `factor` changes May's figures."""
    rows = example("plate_mill")[1]
    amounts = {(r.process, r.flow, r.period): r.amount for r in rows}
    opening, lines = Decimal(1000), []
    for month in MONTHS:
        scale = Decimal(factor) if month == "2025-05" else 1
        made, used = amounts[maker, flow, month] * scale, amounts[user, flow, month] * scale
        lines.append(
            {"material": flow, "period": month, "opening": opening, "receipts": made,
             "consumption": used, "closing": opening + made - used, "unit": "t"}
        )  # fmt: skip
        opening += made - used
    return lines


def against_ledger(lines: Iterable[Mapping[str, object]]) -> tuple[Finding, ...]:
    findings = Findings()
    stock = read_stock(table(lines), MONTHS, findings)
    readings = tuple(
        RowReading(row.row_number, row.process, row.flow, row.period, row)
        for row in example("plate_mill")[1]
    )
    check_stock(stock, MonthIndex(readings, MONTHS), findings)
    return findings.collected()


def test_what_the_ledger_says_agrees_with_the_stock_sheet() -> None:
    assert against_ledger(plate_stock("slab", "slab_casting", "scalping")) == ()


def test_a_month_typed_ten_times_is_named_with_both_numbers() -> None:
    findings = against_ledger(plate_stock("slab", "slab_casting", "scalping", "10"))
    assert [(f.code, f.cell) for f in findings] == [
        ("LEDGER_STOCK_CONSUMPTION", f"{COLUMNS['consumption']}6"),
        ("LEDGER_STOCK_RECEIPTS", f"{COLUMNS['receipts']}6"),
    ]
    text = findings[0].message("en")
    assert "2025-05" in text
    assert "67500 t as inputs" in text
    assert "ten times too high" in text


def test_a_lot_booked_in_the_next_month_is_a_warning_that_a_note_explains() -> None:
    lines = plate_stock("slab", "slab_casting", "scalping")
    for at, moved in ((4, -300), (5, 300)):
        lines[at]["consumption"] = Decimal(str(lines[at]["consumption"])) + moved
    lines[4]["closing"] = Decimal(str(lines[4]["closing"])) + 300
    lines[5]["opening"] = lines[4]["closing"]
    findings = against_ledger(lines)
    assert [f.code for f in findings] == ["LEDGER_STOCK_MONTH_CONSUMPTION"] * 2
    assert {f.severity for f in findings} == {"warning"}
    lines[4]["note"] = lines[5]["note"] = "月末一批"
    assert all(f.explained for f in against_ledger(lines))


def test_a_faulty_book_is_not_compared_with_the_ledger() -> None:
    lines = plate_stock("slab", "slab_casting", "scalping", "10")
    lines[0]["closing"] = "12,5"
    assert [f.code for f in against_ledger(lines)] == ["LEDGER_AMOUNT_UNREADABLE"]


def test_scrap_laid_by_closes_the_loop_and_nothing_else_does() -> None:
    # 2 % of 17 500 t, 350 t, are not charged; the charge is smaller by as much and so is the cast.
    rows = list(example("plate_mill")[1])
    rows = list(scaled("charging", "internal_scrap", Decimal("0.98"))(rows))
    charge = (Decimal("68782.5") - 350) / Decimal("68782.5")
    rows = list(scaled("charging", "charge_metal", charge)(rows))
    assert "LEDGER_LOOP_BALANCE" in {f.code for f in run_checks(rows)}
    for laid_by, closes in ((30, True), (2, False), (-30, False)):
        lines = [
            {"material": "internal_scrap", "period": month, "opening": 1000 + laid_by * at,
             "receipts": 100 + laid_by, "consumption": 100,
             "closing": 1000 + laid_by * (at + 1), "unit": "t"}
            for at, month in enumerate(MONTHS)
        ]  # fmt: skip
        stock, findings = read(lines, MONTHS)
        assert findings == ()
        codes = {f.code for f in run_checks(rows, stock=stock)}
        assert ("LEDGER_LOOP_BALANCE" not in codes) is closes, laid_by


@pytest.mark.parametrize("column", ["tolling_in", "tolling_out"])
def test_metal_worked_for_others_comes_and_goes(column: str) -> None:
    # Slab made but rolled elsewhere: 5 % of 67 500 t, 3375 t, leave between casting and scalping.
    steps = ["scalping", "slab_homogenising", "hot_rolling", "solution_treatment",
             "plate_stretching", "plate_ageing", "plate_sawing", "plate_packing"]  # fmt: skip
    rows = list(example("plate_mill")[1])
    for key in {(r.process, r.flow) for r in rows if r.process in steps and not r.is_property}:
        rows = list(scaled(*key, Decimal("0.95"))(rows))
    links = [f for f in run_checks(rows) if f.code == "LEDGER_LINK_BALANCE"]
    assert [f.params["open"] for f in links] == ["3375"]
    sign = 1 if column == "tolling_out" else -1
    lines = [
        {"material": "slab", "period": month, "opening": 500, "receipts": 3000, "closing": 500,
         "consumption": Decimal(3000) - sign * Decimal("281.25"), column: Decimal("281.25"),
         "unit": "t"}
        for month in MONTHS
    ]  # fmt: skip
    stock, findings = read(lines, MONTHS)
    assert findings == ()
    codes = {f.code for f in run_checks(rows, stock=stock)}
    assert ("LEDGER_LINK_BALANCE" not in codes) is (column == "tolling_out")
