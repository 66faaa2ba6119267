"""An open balance names the month and the row that keep it open, and the slip it looks like.

System under test: the plate example, whose steps close in every month. One number of one month is
mistyped; wherever the year's balance then is open, the one finding stands at that row, whatever
other flows of the step could close it as well: a changed input would tear it from the step before.

By hand: a step takes 5735 t in a month and gives 5275 t of product and 460 t of scrap. With 5275
typed as 2575 the month is 2700 t open; the other months close, so 5275 t is expected, and swapping
the first two digits of 2575 gives it.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_cases import changed, check_edited, example, find, run_checks

from factor_db.foundation.canonical import decimal_text
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.months.balance_terms import mass_t
from factor_db.ledger.months.likely_slips import (
    LikelySlip,
    Relation,
    Term,
    find_likely_slip,
    significant,
    slip_label,
    slip_of,
)
from tools.example_book import MONTHS

PLATE = "plate_mill"
BALANCES = {
    "LEDGER_MASS_BALANCE",
    "LEDGER_LOOP_BALANCE",
    "LEDGER_LINK_BALANCE",
    "LEDGER_METAL_BALANCE",
    "LEDGER_SITE_BALANCE",
    "LEDGER_MONTH_BALANCE",
}
METALS = sorted(
    {
        (row.process, row.flow)
        for row in example(PLATE)[1]
        if row.amount
        and not row.is_property
        and (mass_t(row.flow, Decimal(0)) is not None or row.flow == "dross")
    }
)
# Alloying is under 1 % of the charge and dross under 2.5 %: one month of it twice is inside every
# tolerance of the year; ten times as much is not, but for copper and chromium.
SMALL = {"magnesium", "silicon", "copper", "chromium", "dross"}


def slips(amount: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Yield the usual slips of a number."""
    digits = decimal_text(amount)
    yield "TIMES_TEN", amount * 10
    yield "TENTH", amount / 10
    yield "TWICE", amount * 2
    yield "SWAPPED", Decimal(digits[1] + digits[0] + digits[2:])
    yield "DIGIT_LOST", Decimal(digits[0] + digits[2:])


def found(process: str, flow: str, month: str, typed: Decimal) -> list[Finding]:
    """Return the open balances after one number is mistyped; a cell is named by its row number."""
    rows = list(example(PLATE)[1])
    at = find(rows, process, flow, month)
    rows[at] = replace(rows[at], amount=typed, amount_canonical=typed)
    return [finding for finding in run_checks(rows) if finding.code in BALANCES]


def names(finding: Finding, process: str, flow: str, month: str) -> bool:
    suspect = str(finding.params["suspect"])
    return all(f"({code})" in suspect for code in (process, flow)) and month in suspect


@pytest.mark.parametrize(("process", "flow"), METALS)
def test_a_slip_in_one_month_is_one_finding_at_its_row(process: str, flow: str) -> None:
    month = "2025-05"
    rows = example(PLATE)[1]
    amount = rows[find(rows, process, flow, month)].amount
    told = 0
    for kind, typed in slips(amount):
        findings = found(process, flow, month, typed)
        assert len(findings) <= 1, (kind, [finding.code for finding in findings])
        for finding in findings:
            told += 1
            assert names(finding, process, flow, month), (kind, finding.message("en"))
    assert told >= (0 if flow in SMALL else 2)


def test_the_message_tells_a_clerk_what_to_do(tmp_path: Path) -> None:
    rows = example(PLATE)[1]
    at = find(rows, "hot_rolling", "hot_rolled_plate")
    right = rows[at].amount
    digits = decimal_text(right)
    typed = Decimal(digits[1] + digits[0] + digits[2:])
    edit = changed("hot_rolling", "hot_rolled_plate", "2025-05", amount=typed)
    (finding,) = check_edited(tmp_path, PLATE, edit).findings
    # 11 site lines and the headings stand above; the amount is column F.
    assert (finding.code, finding.cell) == ("LEDGER_MASS_BALANCE", f"F{13 + at}")
    english, chinese = finding.message("en"), finding.message("zh")
    for part in (finding.cell, "2025-05", decimal_text(typed), decimal_text(significant(right))):
        assert part in english
        assert part in chinese
    assert "two neighbouring digits are swapped" in english
    assert "相邻数字颠倒" in chinese
    assert "weighbridge tickets" in finding.remedy("en")
    assert "磅单" in finding.remedy("zh")


def test_a_year_that_is_open_in_every_month_names_no_month() -> None:
    rows = [
        replace(row, amount=row.amount * 2, amount_canonical=row.amount_canonical * 2)
        if (row.process, row.flow) == ("plate_sawing", "aged_plate")
        else row
        for row in example(PLATE)[1]
    ]
    (finding,) = [f for f in run_checks(rows) if f.code in BALANCES]
    assert finding.params["suspect"] == ("", "")


def test_a_slip_inside_the_tolerance_of_the_year_is_a_warning_at_its_row() -> None:
    # 3 % of a month are 0.26 % of the year: the balance closes, the month does not.
    place = ("hot_rolling", "hot_rolled_plate", "2025-05")
    rows = example(PLATE)[1]
    amount = rows[find(rows, *place)].amount
    (finding,) = found(*place, amount * Decimal("1.03"))
    assert (finding.code, finding.severity) == ("LEDGER_MONTH_BALANCE", "warning")
    assert names(finding, *place)
    assert found(*place, amount * Decimal("1.005")) == []


def test_work_in_progress_carried_over_a_month_end_is_no_slip() -> None:
    # 3 % of May's plate is still on the line at its end and comes out in June.
    rows = list(example(PLATE)[1])
    shift = rows[find(rows, "hot_rolling", "hot_rolled_plate")].amount * Decimal("0.03")
    for process in ("hot_rolling", "solution_treatment"):
        for month, change in (("2025-05", -shift), ("2025-06", shift)):
            at = find(rows, process, "hot_rolled_plate", month)
            amount = rows[at].amount + change
            rows[at] = replace(rows[at], amount=amount, amount_canonical=amount)
    assert [f for f in run_checks(rows) if f.code in BALANCES] == []


def test_two_mistyped_months_are_two_faults_of_two_steps() -> None:
    rows = list(example(PLATE)[1])
    places = (("scalping", "slab", "2025-03"), ("plate_sawing", "sawn_plate", "2025-09"))
    for place in places:
        at = find(rows, *place)
        rows[at] = replace(
            rows[at], amount=rows[at].amount * 2, amount_canonical=rows[at].amount * 2
        )
    findings = [f for f in run_checks(rows) if f.code in BALANCES]
    assert len(findings) == 2
    assert all(names(f, *place) for f, place in zip(findings, places, strict=True))


@pytest.mark.parametrize(
    ("typed", "expected", "slip"),
    [
        ("5310", "5130", "SWAPPED"),
        ("1530.25", "5130.25", "SWAPPED"),
        ("51300", "5130", "TIMES_TEN"),
        ("513", "5130", "TENTH"),
        ("5130000", "5130", "KILOGRAM"),
        ("5.13", "5130", "THOUSANDTH"),
        ("513000", "5130", "TIMES_HUNDRED"),
        ("51.3", "5130", "HUNDREDTH"),
        ("10260", "5130", "TWICE"),
        ("530", "5130", "DIGIT_LOST"),
        ("53130", "5130", "DIGIT_ADDED"),
        ("5150", "5130", None),
        ("4000", "5130", None),
        ("0", "5130", None),
        ("5130", "-5", None),
    ],
)
def test_slips_by_hand(typed: str, expected: str, slip: str | None) -> None:
    assert slip_of(Decimal(typed), Decimal(expected)) == slip
    assert bool(slip_label(slip).zh) is bool(slip_label(slip).en) is (slip is not None)


@given(
    st.decimals("1000", "9999", places=2),
    st.sampled_from((10, 100, 1000, Decimal("0.1"), Decimal("0.01"), Decimal("0.001"), 2)),
)
def test_a_power_of_ten_or_a_double_is_always_seen(amount: Decimal, factor: Decimal) -> None:
    assert slip_of(amount * factor, amount) is not None
    assert slip_of(amount, amount) is None


def relation(odd: int, factor: str, months: int = 12) -> Relation:
    """Return a step of 100 t a month with one input multiplied in one month."""
    row = next(r for r in example(PLATE)[1] if (r.process, r.flow) == ("scalping", "slab"))
    rows = tuple(
        replace(
            row,
            period=month,
            amount=Decimal(100) * (Decimal(factor) if at == odd else 1),
            amount_canonical=Decimal(100) * (Decimal(factor) if at == odd else 1),
            cells={"amount": f"F{at + 2}"},
        )
        for at, month in enumerate(MONTHS[:months])
    )
    into = Term(("scalping", "slab"), 1, {r.period: r.amount for r in rows}, rows)
    out = Term(("stock", "slab"), -1, dict.fromkeys(MONTHS[:months], Decimal(98)))
    return Relation((into, out), Decimal("0.025"), Decimal("0.025"))


@given(st.integers(0, 11), st.sampled_from(("0.1", "0.5", "2", "10")))
def test_the_usual_ratio_of_the_site_sets_what_is_expected(odd: int, factor: str) -> None:
    suspect = find_likely_slip(relation(odd, factor), ())
    assert isinstance(suspect, LikelySlip)
    assert suspect.row.period == MONTHS[odd]
    assert suspect.expected == 100


def test_three_months_give_no_usual_ratio() -> None:
    assert find_likely_slip(relation(1, "10", months=3), ()) is None
