"""Exceptions explain warnings within their scope, until their end, and nothing else.

System under test: the plate mill's ledger with argon of refining 6 times too high in May (one
LEDGER_MONTH_OUTLIER at (refining, argon, 2025-05), factor about 6 above OUTLIER_FACTOR 3) and the
sheet `exceptions` in the same CSV file. Today is 2026-03-01; 400 days later is 2027-04-05.
"""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_cases import csv_text, example, scaled, site_lines

import factor_db.ledger
from factor_db.ledger import CheckResult, check
from factor_db.ledger.form.cells import Cell
from factor_db.ledger.form.faults import Scope
from factor_db.ledger.form.sheets import EXCEPTIONS
from factor_db.ledger.form.warning_codes import WARNING_CODES
from factor_db.ledger.reading.exceptions import (
    LEAST_LETTERS,
    MAX_DAYS,
    LedgerException,
    says_something,
)

TODAY = date(2026, 3, 1)
OUTLIER = "LEDGER_MONTH_OUTLIER"
GOOD = {
    "code": OUTLIER,
    "process": "refining",
    "flow": "argon",
    "period": "2025-05",
    "explanation": "氩气管路检漏，5 月多用",
    "author": "王工",
    "expires_on": "2026-12-31",
}


def check_with(folder: Path, *exceptions: dict[str, str], factor: int = 6) -> CheckResult:
    header, rows = example("plate_mill")
    edited = scaled("refining", "argon", factor, ["2025-05"])(list(rows))
    path = csv_text(edited, folder / "ledger.csv", site_lines(header))
    lines = ["# sheet: exceptions", ",".join(EXCEPTIONS.columns)]
    lines += [",".join(row[column] for column in EXCEPTIONS.columns) for row in exceptions]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    return check(path, today=TODAY)


def line_of_exception() -> int:
    return len(site_lines(example("plate_mill")[0])) + 1 + len(example("plate_mill")[1]) + 3


@pytest.mark.parametrize(
    "change",
    [{}, {"process": ""}, {"flow": "氩气"}, {"period": "2025/5"}, {"flow": "", "period": ""},
     {"code": OUTLIER.lower()}, {"expires_on": "2026-03-01"}],
)  # fmt: skip
def test_an_exception_explains_the_warning_in_its_scope(
    change: dict[str, str], tmp_path: Path
) -> None:
    result = check_with(tmp_path, {**GOOD, **change})
    (finding,) = result.findings
    assert (finding.code, finding.explained) == (OUTLIER, True)
    assert finding.exception.startswith(f"exceptions!A{line_of_exception()}: 氩气管路检漏")
    assert "王工" in finding.exception
    assert result.valid
    assert result.ledger
    assert finding.as_dict()["explained"] is True
    assert finding.as_dict()["exception"] == finding.exception


@pytest.mark.parametrize(
    "change",
    [{"process": "melting"}, {"flow": "electricity"}, {"period": "2025-06"},
     {"code": "LEDGER_MONTH_ZERO"}],
)  # fmt: skip
def test_outside_its_scope_it_explains_nothing_and_is_a_warning_itself(
    change: dict[str, str], tmp_path: Path
) -> None:
    result = check_with(tmp_path, {**GOOD, **change})
    assert [f.code for f in result.findings] == [OUTLIER, "LEDGER_EXCEPTION_UNUSED"]
    assert len(result.unexplained_warnings) == 2
    assert result.findings[1].cell == f"A{line_of_exception()}"


FAULTY = [
    ({"explanation": ""}, "LEDGER_EXCEPTION_EMPTY", "E"),
    ({"author": ""}, "LEDGER_EXCEPTION_EMPTY", "F"),
    ({"expires_on": ""}, "LEDGER_EXCEPTION_EMPTY", "G"),
    ({"code": ""}, "LEDGER_EXCEPTION_EMPTY", "A"),
    ({"explanation": "-"}, "LEDGER_EXCEPTION_EXPLANATION", "E"),
    ({"explanation": "无"}, "LEDGER_EXCEPTION_EXPLANATION", "E"),
    ({"explanation": "-----"}, "LEDGER_EXCEPTION_EXPLANATION", "E"),
    ({"explanation": "暂无说明"}, "LEDGER_EXCEPTION_EXPLANATION", "E"),
    ({"code": "LEDGER_MASS_BALANCE"}, "LEDGER_EXCEPTION_CODE", "A"),
    ({"code": "LEDGER_EXCEPTION_EXPIRED"}, "LEDGER_EXCEPTION_CODE", "A"),
    ({"code": "LEDGER_MONTH_OUTLIR"}, "LEDGER_EXCEPTION_CODE", "A"),
    ({"expires_on": "never"}, "LEDGER_DATE_UNREADABLE", "G"),
    ({"expires_on": "2027-04-06"}, "LEDGER_EXCEPTION_TOO_LONG", "G"),
    ({"process": "refinig"}, "LEDGER_PROCESS_UNKNOWN", "B"),
    ({"flow": "argn"}, "LEDGER_FLOW_UNKNOWN", "C"),
    ({"period": "Mai"}, "LEDGER_PERIOD_UNREADABLE", "D"),
    ({"period": "2024-05"}, "LEDGER_PERIOD_OUTSIDE", "D"),
]


def test_faulty_exceptions_are_errors_at_their_cells_and_explain_nothing(tmp_path: Path) -> None:
    result = check_with(tmp_path, *({**GOOD, **change} for change, _, _ in FAULTY))
    outlier, *faults = result.findings
    assert (outlier.code, outlier.explained) == (OUTLIER, False)
    first = line_of_exception()
    assert [(f.code, f.cell) for f in faults] == [
        (code, f"{column}{line}") for line, (_, code, column) in enumerate(FAULTY, start=first)
    ]
    assert {(f.severity, f.sheet) for f in faults} == {("error", "exceptions")}
    assert all(f.message("zh") and f.remedy("en") for f in faults)
    assert result.ledger is None


def test_an_expired_exception_blocks_and_says_since_when(tmp_path: Path) -> None:
    result = check_with(tmp_path, {**GOOD, "expires_on": "2026-02-28"})
    outlier, expired = result.findings
    assert (outlier.code, outlier.explained) == (OUTLIER, False)
    assert (expired.code, expired.severity) == ("LEDGER_EXCEPTION_EXPIRED", "warning")
    assert "2026-02-28" in expired.message("en")
    assert not result.valid


def test_the_longest_exception_lasts_a_reporting_year_and_its_audit(tmp_path: Path) -> None:
    last = (TODAY + timedelta(days=MAX_DAYS)).isoformat()
    assert last == "2027-04-05"
    assert check_with(tmp_path, {**GOOD, "expires_on": last}).valid


def test_a_fault_elsewhere_does_not_make_an_exception_look_unused(tmp_path: Path) -> None:
    # May is 1000 times too high: an error that hides the outlier the exception is meant for.
    result = check_with(tmp_path, GOOD, factor=1000)
    assert [f.code for f in result.findings] == ["LEDGER_MAGNITUDE_IMPOSSIBLE"]


def test_an_exception_for_one_month_does_not_explain_a_whole_year(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    edited = scaled("refining", "argon", 6)(list(rows))
    path = csv_text(edited, tmp_path / "ledger.csv", site_lines(header))
    for period, explained in (("2025-01", False), ("", True)):
        row = {**GOOD, "code": "LEDGER_MAGNITUDE_UNUSUAL", "period": period}
        lines = ["# sheet: exceptions", ",".join(row), ",".join(row.values())]
        both = tmp_path / f"both{period}.csv"
        text = path.read_text(encoding="utf-8") + "\n".join(lines) + "\n"
        both.write_text(text, encoding="utf-8")
        first = check(both, today=TODAY).findings[0]
        assert (first.code, first.explained) == ("LEDGER_MAGNITUDE_UNUSUAL", explained)


TWO_PLACES = (("refining", "argon"), ("hot_rolling", "electricity"))
BLANK = {"process": "", "flow": "", "period": ""}


def check_two_places(folder: Path, *changes: dict[str, str]) -> CheckResult:
    """Argon and the power of hot rolling are both 6 times too high in May: two outliers."""
    header, rows = example("plate_mill")
    for process, flow in TWO_PLACES:
        rows = tuple(scaled(process, flow, 6, ["2025-05"])(list(rows)))
    path = csv_text(rows, folder / "ledger.csv", site_lines(header))
    exceptions = [{**GOOD, **change} for change in changes]
    lines = ["# sheet: exceptions", ",".join(EXCEPTIONS.columns)]
    lines += [",".join(row[column] for column in EXCEPTIONS.columns) for row in exceptions]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    return check(path, today=TODAY)


def test_one_text_for_several_places_is_refused_by_name(tmp_path: Path) -> None:
    result = check_two_places(tmp_path, BLANK)
    (blanket,) = result.errors
    assert (blanket.code, blanket.value) == ("LEDGER_EXCEPTION_BLANKET", OUTLIER)
    assert blanket.sheet == "exceptions"
    for lang in ("zh", "en"):
        for word in (OUTLIER, "2", "refining/argon", "hot_rolling/electricity"):
            assert word in blanket.message(lang)
    assert result.ledger is None


def test_an_exception_without_a_place_is_refused_even_for_one(tmp_path: Path) -> None:
    result = check_with(tmp_path, {**GOOD, **BLANK})
    assert [item.code for item in result.errors] == ["LEDGER_EXCEPTION_BLANKET"]
    assert "refining/argon" in result.errors[0].message("en")


def test_an_exception_for_each_place_is_taken(tmp_path: Path) -> None:
    each = [{"process": process, "flow": flow} for process, flow in TWO_PLACES]
    result = check_two_places(tmp_path, *each)
    assert result.valid, [item.message("en") for item in result.findings]


def test_the_closest_exception_explains_and_a_wider_one_has_what_is_left(tmp_path: Path) -> None:
    """The wide one is left with one place: its text is of that place alone."""
    wide = {"process": "hot_rolling", "flow": "", "period": "", "explanation": "热轧试产新规格"}
    result = check_two_places(tmp_path, wide, {})
    assert result.valid
    told = sorted(finding.exception for finding in result.findings)
    assert len(told) == 2
    assert sum("热轧试产" in text for text in told) == 1
    assert sum("检漏" in text for text in told) == 1


SCOPES = st.tuples(*[st.sampled_from(["", "a", "b"])] * 3).map(lambda parts: Scope(*parts))


@given(SCOPES, SCOPES)
def test_a_scope_covers_what_agrees_in_every_part_it_names(wanted: Scope, there: Scope) -> None:
    item = LedgerException(Cell("A2", OUTLIER), "exceptions", OUTLIER, wanted, "x", "y", TODAY)
    agrees = all(part in ("", other) for part, other in zip(wanted, there, strict=True))
    assert item.covers(OUTLIER, there) is agrees
    assert item.covers("LEDGER_MONTH_ZERO", there) is False


@given(st.text(alphabet="无-n/a. 一", max_size=LEAST_LETTERS - 1))
def test_too_short_a_text_explains_nothing(text: str) -> None:
    assert not says_something(text)


def test_the_warning_codes_are_those_the_checks_give() -> None:
    given_codes = set()
    for path in Path(factor_db.ledger.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "warning"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                given_codes.add(str(node.args[0].value))
    own = {code for code in given_codes if code.startswith("LEDGER_EXCEPTION_")}
    assert own == {"LEDGER_EXCEPTION_EXPIRED", "LEDGER_EXCEPTION_UNUSED"}
    assert given_codes - own <= WARNING_CODES
