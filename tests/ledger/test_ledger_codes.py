"""Every check code: a ledger with that one fault gives that code, at that cell, and nothing else.

Base: the example ledgers, which have no finding. Columns of a ledger row: A period, B process,
C flow, D product, E role, F amount, G unit, H method, M price; a CSV has 11 site lines and one
heading line, so the row at position i stands in line 13 + i.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
import xlsxwriter
from ledger_cases import (
    Edit,
    added,
    changed,
    check_edited,
    csv_text,
    dropped,
    example,
    find,
    scaled,
    site_lines,
)

from factor_db.ledger import CheckResult, check
from factor_db.ledger.files import workbook
from factor_db.ledger.form import faults
from factor_db.ledger.form.sheets import LEDGER

PLATE, EXTRUSION, RECYCLING = "plate_mill", "extrusion_plant", "recycling_plant"
GAS = ("melting", "natural_gas")
MOVED = {
    "LEDGER_FLOW_MISSING",
    "LEDGER_MONTH_MISSING",
    "LEDGER_PRODUCT_MISSING",
    "LEDGER_METAL_BALANCE_UNTESTED",
}


@dataclass(frozen=True)
class Case:
    """A fault: the code it must give, the edits that make it, and the column of its cell."""

    code: str
    edits: tuple[Edit, ...] = ()
    column: str = ""
    at: tuple[str, ...] = GAS
    name: str = PLATE
    site: dict[str, str | None] = field(default_factory=dict)
    severity: str = "error"
    cell: str = ""


def row_fault(code: str, column: str, **changes: object) -> Case:
    return Case(code, (changed(*GAS, **changes),), column)


ROW_CASES = [
    row_fault("LEDGER_CELL_EMPTY", "H", method=""),
    row_fault("LEDGER_TEXT_TOO_LONG", "O", note="长" * 2001),
    row_fault("LEDGER_PERIOD_UNREADABLE", "A", period="五月"),
    row_fault("LEDGER_PERIOD_OUTSIDE", "A", period="2052-05"),
    row_fault("LEDGER_PROCESS_UNKNOWN", "B", process="meltng"),
    row_fault("LEDGER_FLOW_UNKNOWN", "C", flow="natural gass"),
    row_fault("LEDGER_ROLE_UNKNOWN", "E", role="imput"),
    row_fault("LEDGER_METHOD_UNKNOWN", "H", method="metred"),
    row_fault("LEDGER_UNIT_UNKNOWN", "G", unit="cbm"),
    row_fault("LEDGER_UNIT_DIMENSION", "G", unit="kWh"),
    row_fault("LEDGER_AMOUNT_UNREADABLE", "F", amount="1,5"),
    row_fault("LEDGER_AMOUNT_NEGATIVE", "F", amount="-1"),
    row_fault("LEDGER_AMOUNT_NOT_FINITE", "F", amount="inf"),
    row_fault("LEDGER_PRICE_UNREADABLE", "M", price="cheap"),
    row_fault("LEDGER_ROLE_MISMATCH", "E", role="waste"),
    Case(
        "LEDGER_PROPERTY_RANGE",
        (changed("melting", "dross.aluminium_content", "2025-01", amount=60),),
        "F",
        ("melting", "dross.aluminium_content", "2025-01"),
    ),
    Case(
        "LEDGER_MONTH_MISSING", (dropped(*GAS, ["2025-05"]),), "A", (*GAS, "2025-01")
    ),
    Case(
        "LEDGER_FLOW_MISSING",
        (dropped("refining", "argon"),),
        "B",
        ("refining", "refined_metal", "2025-01"),
    ),
    Case(
        "LEDGER_PRODUCT_MISSING",
        (dropped("scalping", "scalped_slab"),),
        "B",
        ("scalping", "slab", "2025-01"),
    ),
    Case(
        "LEDGER_PRODUCT_ZERO",
        (scaled("plate_ageing", "aged_plate", 0),),
        "F",
        ("plate_ageing", "aged_plate", "2025-01"),
    ),
    Case("LEDGER_MAGNITUDE_IMPOSSIBLE", (scaled(*GAS, 1000, ["2025-05"]),), "F"),
    Case(
        "LEDGER_MAGNITUDE_UNUSUAL",
        (scaled("refining", "argon", Decimal("0.03")),),
        "F",
        ("refining", "argon", "2025-01"),
        severity="warning",
    ),
    Case(
        "LEDGER_PRODUCT_MAGNITUDE",
        (scaled("plate_ageing", "aged_plate", 1000, ["2025-05"]),),
        "F",
        ("plate_ageing", "aged_plate"),
    ),
    Case(
        "LEDGER_MONTH_OUTLIER",
        (scaled("refining", "argon", 6, ["2025-05"]),),
        "F",
        ("refining", "argon"),
        severity="warning",
    ),
    Case(
        "LEDGER_MONTH_ZERO",
        (scaled("refining", "argon", 0, ["2025-05"]),),
        "F",
        ("refining", "argon"),
        severity="warning",
    ),
    row_fault("LEDGER_CO_PRODUCT_FLOW", "E", role="co-product"),
    Case(
        "LEDGER_METAL_BALANCE",
        (changed("charging", "primary_ingot.aluminium_content", "2025-01", amount="0.96"),),
        "F",
        ("slab_casting", "slab", "2025-01"),
    ),
    Case(
        "LEDGER_METAL_BALANCE_UNTESTED",
        (dropped("melting", "dross.aluminium_content"),),
        "C",
        ("slab_casting", "slab", "2025-01"),
        severity="warning",
    ),
    Case(
        "LEDGER_MASS_BALANCE",
        (scaled("plate_sawing", "aged_plate", Decimal("1.02")),),
        "F",
        ("plate_sawing", "sawn_plate", "2025-01"),
    ),
    Case(
        "LEDGER_RECOVERY_ABOVE_DROSS",
        (changed("charging", "recovered_metal.aluminium_content", "2025-01", amount="0.99"),
         changed("melting", "dross.aluminium_content", "2025-01", amount="0.38"),
         added({"flow": "dross.alumina_content", "amount": Decimal("0.8"), "role": "waste",
                "period": "2025-01", "unit": "1"}, ("melting", "dross"))),
        "F",
        ("dross_recovery", "recovered_metal", "2025-01"),
        RECYCLING,
    ),
]  # fmt: skip
SITE_CASES = [
    Case("LEDGER_SITE_KEY_MISSING", site={"region": None}, cell="A1"),
    Case("LEDGER_SITE_KEY_UNKNOWN", site={"regoin": "CN-CQ"}, cell="A12"),
    Case("LEDGER_SITE_KEY_DUPLICATE", site={"地区": "CN-CQ"}, cell="A12"),
    Case("LEDGER_SCHEMA_VERSION", site={"schema_version": "9"}, cell="A1"),
    Case("LEDGER_USCC_FORM", site={"uscc": "91500000XXXX"}, cell="A5"),
    Case("LEDGER_USCC_CHECK_DIGIT", site={"uscc": "91500000XXXXXXX101"}, cell="A5"),
    Case("LEDGER_SITE_CODE", site={"site_code": "cq plate"}, cell="A6"),
    Case("LEDGER_REGION_UNKNOWN", site={"region": "CQ"}, cell="A7"),
    Case("LEDGER_DATE_UNREADABLE", site={"period_start": "last year"}, cell="A8"),
    Case("LEDGER_PERIOD_NOT_WHOLE_MONTHS", site={"period_start": "2025-01-02"}, cell="A8"),
    Case("LEDGER_PERIOD_ORDER", site={"period_start": "2026-01-01"}, cell="A9"),
    Case("LEDGER_PERIOD_LENGTH", site={"period_start": "2020-01-01"}, cell="A9"),
    Case("LEDGER_FLAG_UNREADABLE", site={"illustrative": "perhaps"}, cell="A10"),
]


def line_of(name: str, at: tuple[str, ...], site_lines_written: int = 11) -> int:
    return site_lines_written + 2 + find(example(name)[1], *at)


@pytest.mark.parametrize("case", ROW_CASES, ids=lambda case: case.code)
def test_one_fault_in_the_rows_gives_one_finding(case: Case, tmp_path: Path) -> None:
    result = check_edited(tmp_path, case.name, *case.edits)
    assert [(f.code, f.severity) for f in result.findings] == [(case.code, case.severity)]
    finding = result.findings[0]
    assert finding.sheet == "ledger"
    assert finding.cell[0] == case.column
    # Edits that delete rows move those below.
    if case.code not in MOVED:
        assert finding.cell == f"{case.column}{line_of(case.name, case.at)}"
    assert not result.valid
    assert (result.ledger is None) == (case.severity == "error")


@pytest.mark.parametrize("case", SITE_CASES, ids=lambda case: case.code)
def test_one_fault_in_the_header_gives_one_finding(case: Case, tmp_path: Path) -> None:
    result = check_edited(tmp_path, PLATE, site=case.site)
    assert [(f.code, f.cell, f.sheet) for f in result.findings] == [(case.code, case.cell, "site")]
    assert result.ledger is None


def test_a_duplicate_row_names_the_first(tmp_path: Path) -> None:
    result = check_edited(tmp_path, PLATE, added({}, GAS))
    (finding,) = result.findings
    assert finding.code == "LEDGER_DUPLICATE_ROW"
    assert finding.cell == f"F{13 + len(example(PLATE)[1])}"
    assert finding.params["first"] == line_of(PLATE, GAS)


@pytest.mark.parametrize(
    "column", ["counterparty", "origin", "scrap_type", "instrument", "evidence"]
)
def test_another_delivery_in_the_same_month_is_no_duplicate(column: str, tmp_path: Path) -> None:
    rows = example(RECYCLING)[1]
    scrap = ("scrap_collection", "scrap_post_consumer")
    half = rows[find(rows, *scrap)].amount / 2
    edits = (changed(*scrap, amount=half), added({column: "other", "amount": half}, scrap))
    assert check_edited(tmp_path, RECYCLING, *edits).valid
    same = (changed(*scrap, amount=half), added({"amount": half, "note": "other"}, scrap))
    codes = [f.code for f in check_edited(tmp_path, RECYCLING, *same).findings]
    assert "LEDGER_DUPLICATE_ROW" in codes


@pytest.mark.parametrize("twice", ["site", "ledger"])
def test_two_sheets_for_one_thing_are_both_named(twice: str, tmp_path: Path) -> None:
    other = {"site": "工厂", "ledger": "台账"}[twice]
    sheets = {"site": _site_rows(), "ledger": [list(LEDGER.columns)]}
    result = check(_book(tmp_path / "book.xlsx", **sheets, **{other: sheets[twice]}))
    (finding,) = [f for f in result.findings if f.code == "LEDGER_SHEET_TWICE"]
    assert (finding.sheet, finding.params["first"]) == (other, twice)
    assert result.ledger is None


def test_a_period_is_finished_on_its_last_day(tmp_path: Path) -> None:
    header, rows = example(PLATE)
    path = csv_text(rows, tmp_path / "ledger.csv", site_lines(header))
    assert check(path, today=date(2025, 12, 31)).valid
    early = check(path, today=date(2025, 12, 30))
    assert _only(early) == "LEDGER_PERIOD_FUTURE"
    assert (early.findings[0].sheet, early.findings[0].cell) == ("site", "A9")
    assert early.ledger is None


@pytest.mark.parametrize("flow", ["internal_scrap", "slab"])
def test_metal_may_be_a_co_product(flow: str, tmp_path: Path) -> None:
    sold = {"flow": flow, "role": "co-product", "unit": "t", "amount": Decimal("0.01")}
    edits = [
        added({**sold, "period": f"2025-{m:02d}"}, ("slab_casting", "water")) for m in range(1, 13)
    ]
    codes = {f.code for f in check_edited(tmp_path, PLATE, *edits).findings}
    assert "LEDGER_CO_PRODUCT_FLOW" not in codes


def test_a_flow_outside_the_model_of_its_process_is_never_dropped_silently(tmp_path: Path) -> None:
    extra = {"process": "hot_rolling", "flow": "diesel", "unit": "kg", "amount": Decimal(5)}
    months = [
        added({**extra, "period": month}, GAS) for month in [f"2025-{m:02d}" for m in range(1, 13)]
    ]
    result = check_edited(tmp_path, PLATE, *months)
    assert {f.code for f in result.findings} == {"LEDGER_FLOW_NOT_OF_PROCESS"}
    assert len(result.findings) == len(result.unexplained_warnings) == 12
    explained = [
        added({**extra, "period": f"2025-{m:02d}", "note": "叉车"}, GAS) for m in range(1, 13)
    ]
    assert check_edited(tmp_path, PLATE, *explained).valid


def test_internal_scrap_that_is_not_charged_is_found(tmp_path: Path) -> None:
    edits = (
        scaled("charging", "internal_scrap", Decimal("0.97")),
        scaled("charging", "charge_metal", Decimal("0.993")),
    )
    codes = [f.code for f in check_edited(tmp_path, PLATE, *edits).findings]
    assert codes == ["LEDGER_LOOP_BALANCE", "LEDGER_METAL_BALANCE"]


def test_a_mix_of_surface_variants_is_no_fault_of_its_own(tmp_path: Path) -> None:
    """The model takes what packing takes, so several surfaces are only more metal in its balance."""
    extra = added(
        {"process": "profile_packing", "flow": "coated_profile", "unit": "t", "amount": 1,
         "role": "input"},
        ("profile_packing", "aged_profile"),
    )  # fmt: skip
    codes = {f.code for f in check_edited(tmp_path, EXTRUSION, extra).findings}
    assert not any("VARIANT" in code for code in codes)


@pytest.mark.parametrize(
    ("name", "process", "flow"),
    [
        (RECYCLING, "charging", "prepared_scrap"),
        (RECYCLING, "charging", "recovered_metal"),
        (EXTRUSION, "profile_packing", "aged_profile"),
    ],
)
def test_flows_obligatory_by_what_the_site_runs(
    name: str, process: str, flow: str, tmp_path: Path
) -> None:
    (finding,) = check_edited(tmp_path, name, dropped(process, flow)).findings
    assert (finding.code, finding.value) == ("LEDGER_FLOW_MISSING", flow)


def test_a_faulty_part_of_a_month_makes_no_false_outlier(tmp_path: Path) -> None:
    # May's gas in two rows, 5 % readable and 95 % not: the month is not twenty times too low.
    amount = example(PLATE)[1][find(example(PLATE)[1], *GAS)].amount
    edits = (
        changed(*GAS, amount=amount * Decimal("0.05")),
        added({"counterparty": "示例燃气", "amount": "n/a"}, GAS),
    )
    codes = [finding.code for finding in check_edited(tmp_path, PLATE, *edits).findings]
    assert codes == ["LEDGER_AMOUNT_UNREADABLE"]


def test_melting_below_the_heat_of_melting_is_an_error(tmp_path: Path) -> None:
    # Gas 0.35 x 2629 / 1.019 = 903 MJ and 60 x 3.6 / 1.019 = 212 MJ: 1115 passes, 0.34 gives 1089.
    passes = check_edited(tmp_path, PLATE, scaled(*GAS, Decimal("0.35")))
    assert "LEDGER_MELTING_ENERGY" not in {f.code for f in passes.findings}
    fails = check_edited(tmp_path, PLATE, scaled(*GAS, Decimal("0.34")))
    assert "LEDGER_MELTING_ENERGY" in {f.code for f in fails.findings}


def _book(path: Path, **sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for line, cells in enumerate(rows):
                sheet.write_row(line, 0, cells)
    return path


def _site_rows() -> list[list[object]]:
    lines = [line[2:].split(": ", 1) for line in site_lines(example(PLATE)[0], note="")]
    return [list(line) for line in lines]


def _only(result: CheckResult) -> str:
    assert len(result.findings) == 1, [f.code for f in result.findings]
    return result.findings[0].code


def _sheet_cases() -> dict[str, Callable[[Path], CheckResult]]:
    heading = list(LEDGER.columns)
    row = ["2025-01", "plate_ageing", "aged_plate", "", "product", 1, "t", "weighed"]
    site = _site_rows()

    def table(**sheets: list[list[object]]) -> Callable[[Path], CheckResult]:
        return lambda folder: check(_book(folder / "book.xlsx", **sheets))

    return {
        "LEDGER_SHEET_MISSING": table(site=site),
        "LEDGER_NO_ROWS": table(site=site, ledger=[heading]),
        "LEDGER_HEADING_MISSING": table(site=site, ledger=[[h for h in heading if h != "unit"]]),
        "LEDGER_HEADING_UNKNOWN": table(site=site, ledger=[[*heading, "amout"], row]),
        "LEDGER_HEADING_DUPLICATE": table(site=site, ledger=[[*heading, "数量"], row]),
        "LEDGER_SHEET_TWICE": table(site=site, ledger=[heading, row], 台账=[heading, row]),
        "LEDGER_SHEET_UNKNOWN": table(site=site, ledger=[heading, row], Sheet3=[]),
    }


@pytest.mark.parametrize("code", sorted(_sheet_cases()))
def test_faults_of_the_sheets(code: str, tmp_path: Path) -> None:
    findings = _sheet_cases()[code](tmp_path).findings
    others = {"LEDGER_FLOW_MISSING", "LEDGER_MONTH_MISSING", "LEDGER_PRODUCT_ZERO"}
    assert [f.code for f in findings if f.code not in others] == [code]


def test_file_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def content(data: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(data)
        return path

    assert _only(check(tmp_path / "absent.xlsx")) == "LEDGER_FILE_UNREADABLE"
    assert _only(check(content(b"PK\x03\x04 no archive"))) == "LEDGER_FILE_UNREADABLE"
    assert _only(check(content(b"\xd0\xcf\x11\xe0 old"))) == "LEDGER_FILE_KIND"
    assert _only(check(content("größe,Münzen".encode("cp1252")))) == "LEDGER_CSV_ENCODING"
    monkeypatch.setattr("factor_db.ledger.checks.whole.MAX_FILE_BYTES", 3)
    assert _only(check(content(b"1234"))) == "LEDGER_FILE_TOO_LARGE"


def test_hostile_workbooks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(str(far)) as book:
        book.add_worksheet("ledger").write(1_048_575, 16_383, "x")
    assert _only(check(far)) == "LEDGER_SHEET_TOO_LARGE"
    monkeypatch.setattr(workbook, "MAX_UNPACKED_BYTES", 1000)
    assert _only(check(_book(tmp_path / "bomb.xlsx", ledger=[]))) == "LEDGER_ARCHIVE_BOMB"


def test_findings_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "MAX_FINDINGS", 5)
    header, rows = example(PLATE)
    wild = csv_text(
        [row.__class__(**{**_fields(row), "unit": "?"}) for row in rows],
        tmp_path / "wild.csv",
        site_lines(header),
    )
    findings = check(wild).findings
    assert [f.code for f in findings[-2:]] == ["LEDGER_UNIT_UNKNOWN", "LEDGER_TOO_MANY_FINDINGS"]
    assert len(findings) == 6


def _fields(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__slots__}  # type: ignore[attr-defined]


def test_every_code_of_the_catalogue_has_a_test_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    catalogue = files("factor_db.foundation") / "messages" / "ledger.toml"
    entries = tomllib.loads(catalogue.read_text(encoding="utf-8"))
    codes = [code for code in entries if "_HELP_" not in code]
    assert [code for code in codes if f'"{code}"' not in source] == []
