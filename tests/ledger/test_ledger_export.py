"""Export → import is an identity: what is written reads back to the same content.

System under test: `export_cells` and `export_ledger`, workbook and CSV, over the three example ledgers
with random texts, decimals of up to 30 digits and rows on every other sheet. The content hash covers
header, rows by meaning and the other sheets; two ledgers that differ in one digit differ in it.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example as tried
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import csv_text, example, site_lines

from factor_db.foundation.canonical import sha256_hex
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.foundation.messages import catalogue
from factor_db.ledger import check, write_template
from factor_db.ledger.checks.whole import read_cells, rows_of
from factor_db.ledger.form.cells import Cell, CellValue, RawLedger, RawRow, Table
from factor_db.ledger.form.content import ledger_content_hash
from factor_db.ledger.form.sheets import OPTIONAL_SHEETS
from factor_db.ledger.frozen.corrections import correct_cell
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.ledger.frozen.overlays import Overlay, overlaid
from factor_db.ledger.workbooks.exporting import cells_hash, export_cells, export_ledger
from factor_db.ledger.workbooks.template import write_ledger
from factor_db.store.tables import Actor
from factor_db.store.work import Store
from footprint.cli.main import main
from tools.plant_sheets import written

SHIPPED = Path(__file__).parents[2] / "factor_db" / "reference" / "examples"
SUFFIXES = (".xlsx", ".csv")
ODD_TEXTS = (
    "=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-3", "'x", "<r><t>x</t></r>", "a\nb", "a\r\nb", "a,b;c",
    '"', '"quoted"', "# sheet: meters", "_x0041_", "000123", "1e5", "TRUE", "示例铝业（集团）", "０１２",
    "https://example.org", "a\tb", "<>&", "2025-01-31", "1,234", "a ,", "\ufeffx",
)  # fmt: skip
TEXTS = st.sampled_from(ODD_TEXTS) | st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=12
)
NUMBERS = st.decimals(0, 10**12, places=6) | st.integers(0, 10**30 - 1).map(
    lambda digits: f"{digits // 10**12}.{digits % 10**12:012d}"
)


def small(name: str = "plate_mill") -> RawLedger:
    """The first rows of an example: enough for every column, quick to write."""
    raw = read_cells((SHIPPED / f"{name}.xlsx").read_bytes())
    assert raw is not None
    assert raw.ledger is not None
    return replace(raw, ledger=replace(raw.ledger, rows=tuple(raw.ledger.rows)[:15]))


SMALL = {name: small(name) for name in ("plate_mill", "extrusion_plant", "recycling_plant")}


def table(code: str, *lines: dict[str, CellValue]) -> Table:
    columns = dict.fromkeys(OPTIONAL_SHEETS[code].columns, "A")
    rows = [
        RawRow(number, {name: Cell(f"A{number}", line.get(name)) for name in columns})
        for number, line in enumerate(lines, start=2)
    ]
    return Table(code, columns, tuple(rows))


OTHERS: dict[str, tuple[dict[str, CellValue], ...]] = {
    "meters": (
        {"meter": "#1 变压器", "process": "melting", "flow": "electricity", "read_on": date(2025, 1, 31),
         "reading": 12.5, "multiplier": "1,200", "unit": "kWh", "accuracy_class": "0.5S"},
        {"meter": "#1 变压器", "process": "melting", "flow": "electricity",
         "read_on": datetime(2025, 2, 28), "reading": "123456789012345678901234567890", "unit": "kWh"},
    ),
    "stock": ({"material": "primary_ingot", "period": "2025-01", "opening": 0.1, "receipts": 1e3,
               "consumption": "1e3", "adjustment": "-0.10", "closing": 0, "unit": "t"},),
    "shared": ({"meter": "01", "period": date(2025, 1, 1), "process": "熔炼", "basis": "运行小时",
                "value": 720, "unit": "1"},),
    "exceptions": ({"code": "LEDGER_MONTH_ZERO", "explanation": "三月停炉大修", "author": "=张三",
                    "expires_on": "2026-12-31"},),
    "gaps": ({"process": "melting", "flow": "electricity", "period": "2025-02", "rule": "GAP-YEAR",
              "reason": "电表损坏"},),
    "power": ({"period": "2025-01", "source": "光伏", "generated": 1200.5, "used": "1,000.5", "fed_in": 200,
               "unit": "kWh", "method": "计量表", "note": "=1+1"},),
    "instruments": ({"serial": "0001 2025", "source": "hydro", "period": date(2025, 1, 1), "amount": "1e3",
                     "unit": "MWh", "region": "CN-SC", "cancelled_on": date(2025, 3, 1)},),
}  # fmt: skip


def read_back(path: Path) -> RawLedger:
    raw = read_cells(path.read_bytes())
    assert raw is not None
    return raw


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(SMALL)),
    suffix=st.sampled_from(SUFFIXES),
    edits=st.lists(
        st.tuples(st.sampled_from("DIJKLNO"), st.integers(2, 16), TEXTS)
        | st.tuples(st.sampled_from("FM"), st.integers(2, 16), NUMBERS.map(str)),
        max_size=8,
    ),
    note=TEXTS,
    odd=TEXTS,
    sheets=st.sets(st.sampled_from(sorted(OTHERS))),
)
@tried(
    name="plate_mill",
    suffix=".csv",
    edits=[("N", 2, "a\r\nb")],
    note='"x",\n y,',
    odd="# sheet: gaps",
    sheets={"meters"},
)
@tried(
    name="plate_mill",
    suffix=".xlsx",
    edits=[("N", 2, "<r><t>x</t></r>")],
    note="<r><t></t></r>",
    odd="_x000D_",
    sheets={*OTHERS},
)
def test_what_is_written_reads_back_to_the_same(
    name: str,
    suffix: str,
    edits: list[tuple[str, int, str]],
    note: str,
    odd: str,
    sheets: set[str],
) -> None:
    optional = {
        code: table(code, *OTHERS[code], {"note": odd} | OTHERS[code][0]) for code in sheets
    }
    site = tuple(
        replace(entry, value=replace(entry.value, value=note))
        if str(entry.key.value).startswith("note")
        else entry
        for entry in SMALL[name].site
    )
    raw = replace(SMALL[name], optional=optional, site=site)
    raw = overlaid(raw, [Overlay("ledger", f"{column}{row}", text) for column, row, text in edits])
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"导出{suffix}"
        assert export_cells(raw, path) == cells_hash(raw)
        again, first = read_back(path), path.read_bytes()
        export_cells(again, path)
        assert path.read_bytes() == first
    assert cells_hash(again) == cells_hash(raw)
    assert [row.amount for row in rows_of(again)] == [row.amount for row in rows_of(raw)]
    assert sorted(again.optional) == sorted(sheets)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_whole_example_is_exported_and_imported_again(
    name: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"ledger{suffix}"
    wanted = export_cells(read_back(SHIPPED / f"{name}.xlsx"), path)
    result, before = check(path), check(SHIPPED / f"{name}.xlsx")
    assert result.findings == ()
    assert result.ledger is not None
    assert before.ledger is not None
    assert ledger_content_hash(result.ledger) == ledger_content_hash(before.ledger)
    assert cells_hash(read_back(path)) == wanted
    header, rows = example(name)
    typed, optional = written(name, rows)
    write_ledger(tmp_path / "other.xlsx", header, typed, optional=optional)
    assert wanted == cells_hash(read_back(tmp_path / "other.xlsx"))
    only_typed = replace(read_back(path), optional={})
    other = csv_text(typed, tmp_path / "other.csv", site_lines(header))
    assert cells_hash(only_typed) == cells_hash(read_back(other))


@pytest.mark.parametrize(
    ("cell", "text"),
    [("F2", "3120.541"), ("A3", "2025-01"), ("O4", "x"), ("G2", "kg"), ("H2", "发票")],
)
def test_one_changed_cell_changes_the_hash(cell: str, text: str) -> None:
    raw = SMALL["plate_mill"]
    assert cells_hash(overlaid(raw, [Overlay("ledger", cell, text)])) != cells_hash(raw)


def test_other_sheets_and_header_are_in_the_hash() -> None:
    raw = SMALL["plate_mill"]
    seen = {cells_hash(raw)}
    for code, lines in OTHERS.items():
        seen.add(cells_hash(replace(raw, optional={code: table(code, *lines)})))
    site = tuple(entry for entry in raw.site if "note" not in str(entry.key.value))
    seen.add(cells_hash(replace(raw, site=site)))
    assert len(seen) == len(OTHERS) + 2


def test_notation_is_not_in_the_hash() -> None:
    raw = SMALL["plate_mill"]
    for cell, text in (("F2", "3,120.540"), ("A2", "2025年1月"), ("B2", "配料"), ("G2", "t ")):
        changed = overlaid(raw, [Overlay("ledger", cell, text)])
        assert cells_hash(changed) == cells_hash(raw), cell


def test_a_long_decimal_is_written_without_losing_a_digit(tmp_path: Path) -> None:
    digits = "123456789012345678.123456789012"
    raw = overlaid(SMALL["plate_mill"], [Overlay("ledger", "F2", digits)])
    for suffix in SUFFIXES:
        export_cells(raw, tmp_path / f"x{suffix}")
        assert str(rows_of(read_back(tmp_path / f"x{suffix}"))[0].amount) == digits


def test_a_text_that_a_workbook_cannot_hold_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    raw = overlaid(SMALL["plate_mill"], [Overlay("ledger", "O2", "a\ufffeb")])
    with pytest.raises(BadInput, match="EXPORT_DIFFERS"):
        export_cells(raw, tmp_path / "x.xlsx")
    assert list(tmp_path.iterdir()) == []
    export_cells(raw, tmp_path / "x.csv")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="EXPORT_SUFFIX"):
        export_cells(SMALL["plate_mill"], tmp_path / "x.pdf")


def test_csv_sections_follow_the_ledger(tmp_path: Path) -> None:
    raw = replace(
        SMALL["plate_mill"], optional={c: table(c, *lines) for c, lines in OTHERS.items()}
    )
    export_cells(raw, tmp_path / "x.csv")
    lines = list(csv.reader((tmp_path / "x.csv").read_text("utf-8-sig").splitlines()))
    sections = [line[0] for line in lines if line and line[0].startswith("# sheet")]
    assert sections == [f"# sheet: {code}" for code in OPTIONAL_SHEETS]


def exported(store: Store, path: Path, *, original: bool = False, user: str = "exporter") -> str:
    with store.work(user) as work:
        return export_ledger(
            work, ledger_of_site(work.session, "CQ-PLATE"), path, original=original
        )


def test_the_export_has_the_corrections_and_the_original_has_none(
    store: Store, tmp_path: Path
) -> None:
    source = SHIPPED / "plate_mill.xlsx"
    with store.work("exporter") as work:
        import_ledger(work, source)
    same = exported(store, tmp_path / "before.xlsx")
    assert same == cells_hash(read_back(source))
    with store.work("exporter") as work:
        file = ledger_of_site(work.session, "CQ-PLATE")
        assert correct_cell(work, file, "ledger", "O2", "=磅单 0412", "补说明").sha256
    for suffix in SUFFIXES:
        path = tmp_path / f"after{suffix}"
        assert exported(store, path) != same
        result = check(path)
        assert (result.findings, result.ledger and result.ledger.rows[0].note) == ((), "=磅单 0412")
    assert exported(store, tmp_path / "original.xlsx", original=True) == same
    assert sha256_hex((tmp_path / "original.xlsx").read_bytes()) == sha256_hex(source.read_bytes())
    with store.work("exporter") as work:
        assert import_ledger(work, tmp_path / "after.csv").sha256


def test_only_those_who_may_see_field_data_export(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        import_ledger(work, SHIPPED / "plate_mill.xlsx")
    with store.founding() as work:
        work.store(
            Actor(name="rival", role="exporter", organisation="X"), "create", "user", "rival"
        )
    for user in ("standards", "rival"):
        with pytest.raises(NotAllowed):
            exported(store, tmp_path / "x.csv", original=True, user=user)
    assert not (tmp_path / "x.csv").exists()
    assert exported(store, tmp_path / "x.csv", user="auditor")


def test_the_command_exports(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main([*arguments])
        return int(left.value.code or 0), capsys.readouterr().out

    assert run("ledger", "import", str(SHIPPED / "plate_mill.xlsx"))[0] == 0
    code, out = run("ledger", "export", "CQ-PLATE", str(tmp_path / "导出.csv"), "--json")
    assert (code, json.loads(out)["path"]) == (0, str(tmp_path / "导出.csv"))
    assert json.loads(out)["content"] == cells_hash(read_back(tmp_path / "导出.csv"))
    assert run("ledger", "export", "CQ-PLATE", str(tmp_path / "x.xlsx"), "--original")[0] == 0
    assert (tmp_path / "x.xlsx").read_bytes() == (SHIPPED / "plate_mill.xlsx").read_bytes()
    assert run("ledger", "export", "NOWHERE", str(tmp_path / "y.csv"))[0] == 2


def test_the_template_has_every_sheet_with_help_and_is_still_empty(tmp_path: Path) -> None:
    for code, form in OPTIONAL_SHEETS.items():
        for column in form.columns:
            assert f"LEDGER_HELP_{code.upper()}_{column.upper()}" in catalogue()
    for lang in ("zh", "en"):
        write_template(tmp_path / "t.xlsx", lang)
        raw = read_back(tmp_path / "t.xlsx")
        assert list(raw.optional) == list(OPTIONAL_SHEETS)
        for code, form in OPTIONAL_SHEETS.items():
            assert tuple(raw.optional[code].columns) == tuple(form.columns)
            assert not raw.optional[code].rows
        codes = {item.code for item in check(tmp_path / "t.xlsx").findings}
        assert codes == {"LEDGER_SITE_KEY_MISSING", "LEDGER_NO_ROWS"}


def test_empty_other_sheets_change_nothing(tmp_path: Path) -> None:
    """A clerk fills in the ledger of the template and leaves the other sheets empty."""
    header, rows = example("plate_mill")
    path = csv_text(rows, tmp_path / "x.csv", site_lines(header))
    with path.open("a", encoding="utf-8") as file:
        for code, form in OPTIONAL_SHEETS.items():
            file.write(f"# sheet: {code}\n{','.join(form.columns)}\n")
    assert check(path).findings == ()


def test_write_ledger_leaves_sheets_without_rows_out(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    write_ledger(tmp_path / "x.xlsx", header, rows[:3], optional={"stock": table("stock")})
    assert read_back(tmp_path / "x.xlsx").optional == {}
