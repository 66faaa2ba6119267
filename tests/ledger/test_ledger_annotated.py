"""The annotated workbook: the ledger as it came, every finding at its cell, nothing that runs.

System under test: the plate mill's ledger with three faults (unit `?` in G5, argon 6 times too
high in May, a heading that is not known in P1) and texts that a spreadsheet would run. Row i of
the example (from 0) stands in line i + 2 of the workbook.
"""

import zipfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
import python_calamine
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from ledger_cases import csv_text, example, find, scaled, site_lines

from factor_db.foundation.errors import BadInput
from factor_db.foundation.spreadsheets import safe_text
from factor_db.ledger import LedgerRow, check, write_ledger
from factor_db.ledger.files import source_sheets as copying
from factor_db.ledger.form.faults import FINDINGS_SHEET
from factor_db.ledger.form.sheets import LEDGER
from factor_db.ledger.workbooks.annotate import annotate
from footprint.cli.main import main

HOSTILE = ("=1+1", "+1-1", "-2+3", "@SUM(A1)", "\tx", "＝1+1", '=HYPERLINK("http://x";"y")')
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def faulty_rows() -> list[LedgerRow]:
    rows = list(scaled("refining", "argon", 6, ["2025-05"])(list(example("plate_mill")[1])))
    rows[3] = replace(rows[3], unit="?")
    for at, text in enumerate(HOSTILE, start=10):
        rows[at] = replace(rows[at], counterparty=text)
    return rows


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("annotated")
    source, target = folder / "source.xlsx", folder / "copy.xlsx"
    write_ledger(source, example("plate_mill")[0], faulty_rows())
    annotate(source, check(source).findings, target, "en")
    return source, target


def sheets(path: Path) -> dict[str, list[list[object]]]:
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def comments(path: Path) -> dict[str, str]:
    """Return cell → text of all comments of a workbook."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/comments"):
                for comment in ElementTree.fromstring(archive.read(name)).iter(f"{MAIN}comment"):
                    texts = (part.text or "" for part in comment.iter(f"{MAIN}t"))
                    found[comment.get("ref", "")] = "".join(texts)
    return found


def test_every_finding_stands_at_its_cell_in_colour(annotated: tuple[Path, Path]) -> None:
    _, target = annotated
    argon = f"F{find(faulty_rows(), 'refining', 'argon') + 2}"
    texts = comments(target)
    assert set(texts) == {"G5", argon}
    assert texts["G5"].splitlines()[0] == "LEDGER_UNIT_UNKNOWN"
    assert "is not in the unit table" in texts["G5"]
    assert "kg, g, t" in texts["G5"]
    assert "LEDGER_MONTH_OUTLIER" in texts[argon]
    with zipfile.ZipFile(target) as archive:
        styles = archive.read("xl/styles.xml").decode()
        ledger = ElementTree.fromstring(archive.read("xl/worksheets/sheet3.xml"))
    fills = [colour.get("rgb") for colour in ElementTree.fromstring(styles).iter(f"{MAIN}fgColor")]
    assert {"FFF4B6B0", "FFFFE699"} <= set(fills)
    plain, red = (
        next(cell for cell in ledger.iter(f"{MAIN}c") if cell.get("r") == ref).get("s", "0")
        for ref in ("G4", "G5")
    )
    assert plain != red


def test_the_first_sheet_lists_them_with_links(annotated: tuple[Path, Path]) -> None:
    _, target = annotated
    listed = sheets(target)[FINDINGS_SHEET]
    assert next(iter(sheets(target))) == FINDINGS_SHEET
    assert [row[0] for row in listed[1:]] == ["ledger!G5", "ledger!F221"]
    assert [row[2] for row in listed[1:]] == ["LEDGER_UNIT_UNKNOWN", "LEDGER_MONTH_OUTLIER"]
    with zipfile.ZipFile(target) as archive:
        first = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "location=\"'ledger'!G5\"" in first or 'location="ledger!G5"' in first


def test_the_values_are_those_of_the_file(annotated: tuple[Path, Path]) -> None:
    source, target = annotated
    old, new = sheets(source), sheets(target)
    del new[FINDINGS_SHEET]
    assert new == old


def test_nothing_in_the_copy_runs(annotated: tuple[Path, Path]) -> None:
    _, target = annotated
    with zipfile.ZipFile(target) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    worksheets = [part for name, part in parts.items() if "worksheets/sheet" in name]
    assert all(b"<f>" not in part and b"<f " not in part for part in worksheets)
    assert b'quotePrefix="1"' in parts["xl/styles.xml"]
    texts = {row[8] for row in sheets(target)["ledger"][1:]}
    assert {text.strip() for text in HOSTILE} <= {str(text).strip() for text in texts}


def test_the_same_input_gives_the_same_bytes(annotated: tuple[Path, Path], tmp_path: Path) -> None:
    source, target = annotated
    again = tmp_path / "again.xlsx"
    annotate(source, check(source).findings, again, "en")
    assert again.read_bytes() == target.read_bytes()


def _with_value(source: Path, target: Path, changes: dict[str, object]) -> Path:
    """Write a workbook's values again with some cells of its ledger changed, as a clerk does."""
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False}) as book:
        for name, rows in sheets(source).items():
            sheet = book.add_worksheet(name)
            for line, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    sheet.write(line, column, value)
            for cell, changed in changes.items() if name == "ledger" else ():
                sheet.write(cell, changed)
    return target


def test_the_copy_mended_by_the_clerk_is_a_ledger(
    annotated: tuple[Path, Path], tmp_path: Path
) -> None:
    source, target = annotated
    assert [(f.code, f.cell) for f in check(target).findings] == [
        (f.code, f.cell) for f in check(source).findings
    ]
    rows = example("plate_mill")[1]
    at = find(rows, "refining", "argon")
    mended = {"G5": rows[3].unit, f"F{at + 2}": float(rows[at].amount)}
    result = check(_with_value(target, tmp_path / "mended.xlsx", mended))
    assert result.findings == ()
    assert result.ledger
    assert [row.amount for row in result.ledger.rows] == [row.amount for row in rows]


def test_a_csv_becomes_a_workbook_with_its_findings(tmp_path: Path) -> None:
    header, _ = example("plate_mill")
    source, target = tmp_path / "ledger.csv", tmp_path / "copy.xlsx"
    csv_text(faulty_rows(), source, site_lines(header, region="CQ"))
    findings = check(source).findings
    annotate(source, findings, target, "zh")
    again = {finding.code: f"{finding.sheet}!{finding.cell}" for finding in check(target).findings}
    assert again == {
        "LEDGER_REGION_UNKNOWN": "site!B7",
        "LEDGER_UNIT_UNKNOWN": "ledger!G5",
        "LEDGER_MONTH_OUTLIER": "ledger!F221",
    }
    assert set(comments(target)) == {"B7", "G5", "F221"}
    assert sheets(target)["ledger"][1][5] == str(faulty_rows()[0].amount)  # text stays text


def test_other_sections_unread_columns_and_explained_warnings_are_copied(tmp_path: Path) -> None:
    header, _ = example("plate_mill")
    source, target = tmp_path / "ledger.csv", tmp_path / "copy.xlsx"
    csv_text(faulty_rows()[:3], source, site_lines(header))
    text = source.read_text(encoding="utf-8").replace("evidence,note", "evidence,note,amout")
    exceptions = (
        "# sheet: exceptions\ncode,explanation,author,expires_on\n"
        "LEDGER_HEADING_UNKNOWN,旧系统导出的列,王工,2026-12-31\n"
    )
    source.write_text(text + exceptions, encoding="utf-8")
    findings = check(source, today=date(2026, 6, 1)).findings
    annotate(source, findings, target, "zh")
    unknown = next(f for f in findings if f.code == "LEDGER_HEADING_UNKNOWN")
    assert unknown.explained
    assert sheets(target)["ledger"][0][15] == "amout"
    assert sheets(target)["exceptions"][1][2] == "王工"
    assert "旧系统导出的列" in comments(target)["P1"]


def test_dates_numbers_and_flags_keep_their_kind(tmp_path: Path) -> None:
    source, target = tmp_path / "typed.xlsx", tmp_path / "copy.xlsx"
    values: list[object] = [date(2025, 1, 31), datetime(2025, 1, 31, 8, 30), 0.1, 12, True, "12"]
    with xlsxwriter.Workbook(str(source)) as book:
        sheet = book.add_worksheet("notes")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(1, 0, values[2:])
        sheet.write_datetime(0, 0, values[0], day)
        sheet.write_datetime(0, 1, values[1], time)
    annotate(source, (), target, "en")
    assert sheets(target)["notes"] == sheets(source)["notes"]
    assert sheets(target)["notes"][0][0] == date(2025, 1, 31)


def test_a_file_that_cannot_be_read_still_gives_its_list(tmp_path: Path) -> None:
    source, target = tmp_path / "broken.xlsx", tmp_path / "copy.xlsx"
    source.write_bytes(b"PK\x03\x04 no archive")
    annotate(source, check(source).findings, target, "en")
    assert list(sheets(target)) == [FINDINGS_SHEET]
    assert sheets(target)[FINDINGS_SHEET][1][2] == "LEDGER_FILE_UNREADABLE"


def test_the_source_is_never_written_over(annotated: tuple[Path, Path], tmp_path: Path) -> None:
    source, _ = annotated
    before = source.read_bytes()
    link = tmp_path / "link.xlsx"
    link.symlink_to(source)
    for target, code in (
        (source, "LEDGER_ANNOTATED_TARGET"),
        (link, "LEDGER_ANNOTATED_TARGET"),
        (tmp_path / "copy.csv", "LEDGER_ANNOTATED_KIND"),
    ):
        with pytest.raises(BadInput) as fault:
            annotate(source, (), target, "en")
        assert fault.value.code == code
    assert source.read_bytes() == before


def test_a_csv_longer_than_a_spreadsheet_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MAX_LINES", 5)
    source = csv_text(
        faulty_rows()[:9], tmp_path / "long.csv", site_lines(example("plate_mill")[0])
    )
    with pytest.raises(BadInput) as fault:
        annotate(source, (), tmp_path / "copy.xlsx", "en")
    assert fault.value.code == "LEDGER_ANNOTATED_TOO_LARGE"


def _book_with_errors(path: Path, errors: dict[str, str]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        site = book.add_worksheet("site")
        for line, text in enumerate(site_lines(example("plate_mill")[0])):
            site.write_row(line, 0, text[2:].split(": ", 1))
        sheet = book.add_worksheet("ledger")
        sheet.write_row(0, 0, list(LEDGER.columns))
        for line, row in enumerate(example("plate_mill")[1], start=1):
            for column, value in enumerate(_values(row)):
                sheet.write(line, column, value)
        for cell, text in errors.items():
            sheet.write_formula(cell, "=1/0", None, text)
    return path


def _values(row: LedgerRow) -> Iterable[object]:
    for name in LEDGER.columns:
        value = getattr(row, name)
        yield float(value) if isinstance(value, Decimal) else value


def test_a_formula_that_ended_in_an_error_is_a_fault_of_its_own(tmp_path: Path) -> None:
    # In an amount, in a column that may stay empty, in a month; and none beside the columns read.
    errors = {"F5": "#DIV/0!", "O6": "#REF!", "A8": "#N/A", "Z9": "#NAME?"}
    findings = check(_book_with_errors(tmp_path / "errors.xlsx", errors)).findings
    assert [(f.code, f.cell, f.value) for f in findings] == [
        ("LEDGER_CELL_ERROR", cell, text) for cell, text in errors.items() if cell != "Z9"
    ]


def test_the_command_writes_the_copy_and_a_readable_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "source.xlsx", tmp_path / "copy.xlsx"
    write_ledger(source, example("plate_mill")[0], faulty_rows())
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", "ledger", "check", str(source), "--annotated", str(target)])
    assert left.value.code == 2
    out, err = capsys.readouterr()
    assert out.splitlines()[:4] == [
        "sheet ledger: 2",
        "  G5    error  LEDGER_UNIT_UNKNOWN",
        "      unit '?' is not in the unit table.",
        "      → Units for this flow: kg, g, t, kt, 10kt.",
    ]
    assert "2 findings: 1 errors, 1 warnings to explain, 0 explained." in err
    assert set(comments(target)) == {"G5", "F221"}


@given(st.text(min_size=1, max_size=12))
def test_a_safe_text_never_starts_like_a_formula(text: str) -> None:
    safe = safe_text(text)
    number = text.lstrip("+-").replace(".", "", 1).isdigit()
    assert number or not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe in (text, f"'{text}")


def test_a_safe_text_leaves_numbers_alone() -> None:
    assert [safe_text(text) for text in ("-1.5", "+3", "1e-5", "-1+1", "=A1")] == [
        "-1.5", "+3", "1e-5", "'-1+1", "'=A1",
    ]  # fmt: skip
