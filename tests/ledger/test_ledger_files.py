"""Files: both formats say the same, the template is stable and harmless, texts are complete.

Unit cases by hand: 1 MWh = 1000 kWh; 1 m3 of gas at 20 °C = 273.15 / 293.15 = 0.93178 m3 at 0 °C;
3.56 万m3 = 35 600 m3; 97 % = 0.97.
"""

import re
import tomllib
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
import xlsxwriter
from ledger_cases import changed, check_edited, csv_text, example, find, site_lines

from factor_db.ledger import check, write_ledger, write_template
from factor_db.ledger.form.rows import property_at
from factor_db.ledger.form.sheets import LEDGER

NOT_COMPARED = {"cells", "row_number"}


def content(row: object) -> dict[str, object]:
    return {key: getattr(row, key) for key in row.__slots__ if key not in NOT_COMPARED}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["plate_mill", "extrusion_plant", "recycling_plant"])
def test_the_csv_twin_gives_the_same_rows_with_its_own_cells(name: str, tmp_path: Path) -> None:
    header, rows = example(name)
    write_ledger(tmp_path / "book.xlsx", header, rows)
    csv_text(rows, tmp_path / "twin.csv", site_lines(header))
    book, twin = check(tmp_path / "book.xlsx"), check(tmp_path / "twin.csv")
    assert book.ledger
    assert twin.ledger
    assert twin.findings == ()
    assert twin.ledger.header == book.ledger.header == header
    assert [content(row) for row in twin.ledger.rows] == [content(row) for row in book.ledger.rows]
    assert book.ledger.rows[0].cells["amount"] == "F2"
    assert twin.ledger.rows[0].cells["amount"] == "F13"


def test_a_chinese_sheet_with_a_title_dates_and_names_reads_the_same(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    names = {"melting": "熔炼", "natural_gas": "天然气", "input": "投入", "metered": "计量表"}
    path = tmp_path / "zh.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        site = book.add_worksheet("site")
        for line, text in enumerate(site_lines(header)):
            site.write_row(line, 0, text[2:].split(": ", 1))
        sheet = book.add_worksheet("台账")
        day = book.add_format({"num_format": "yyyy-mm"})
        sheet.write(0, 0, "2025 年台账")
        for column, others in enumerate(LEDGER.columns.values()):
            sheet.write(2, column + 1, others[0])
        for line, row in enumerate(rows, start=3):
            for column, key in enumerate(LEDGER.columns, start=1):
                value = getattr(row, key)
                if key == "period":
                    sheet.write_datetime(line, column, date.fromisoformat(f"{value}-15"), day)
                elif value not in ("", None):
                    value = float(value) if isinstance(value, Decimal) else value
                    sheet.write(line, column, names.get(value, value))
    result = check(path)
    assert result.findings == ()
    assert result.ledger
    assert [content(row) for row in result.ledger.rows] == [
        content(replace(row, sheet="台账")) for row in rows
    ]
    assert result.ledger.rows[0].cells["amount"] == "G4"


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("m3_20c", "0.9317755415316390926147023708"), ("万m³", "10000"), ("Nm3", "1")],
)
def test_amounts_are_kept_as_written_and_in_the_unit_of_the_flow(
    unit: str, factor: str, tmp_path: Path
) -> None:
    rows = example("plate_mill")[1]
    index = find(rows, "melting", "natural_gas")
    written = rows[index].amount / Decimal(factor)
    edit = changed("melting", "natural_gas", amount=written, unit=unit)
    result = check_edited(tmp_path, "plate_mill", edit)
    assert result.ledger
    row = result.ledger.rows[index]
    assert (row.amount, row.unit, row.unit_canonical) == (written, unit, "m3")
    assert abs(row.amount_canonical / rows[index].amount - 1) < Decimal("1e-20")


def test_a_property_holds_until_the_next_row_and_prefers_its_own_process() -> None:
    base = replace(
        example("plate_mill")[1][0], flow="natural_gas.net_calorific_value", process="melting"
    )

    def row(period: str, value: int, process: str = "melting") -> object:
        return replace(base, period=period, process=process, amount_canonical=Decimal(value))

    rows = (row("2025-07", 36), row("2025-02", 35), row("2025-01", 38, "hot_rolling"))
    place = ("natural_gas", "net_calorific_value")
    assert property_at(rows, *place, "2025-01", process="melting") == 35  # type: ignore[arg-type]
    assert property_at(rows, *place, "2025-06", process="melting") == 35  # type: ignore[arg-type]
    assert property_at(rows, *place, "2025-07", process="melting") == 36  # type: ignore[arg-type]
    assert property_at(rows, *place, "2025-07", process="hot_rolling") == 38  # type: ignore[arg-type]
    assert property_at((), *place, "2025-07") is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_template_is_stable_and_asks_only_for_content(lang: str, tmp_path: Path) -> None:
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    for path in (one, two):
        write_template(path, lang)  # type: ignore[arg-type]
    assert one.read_bytes() == two.read_bytes()
    findings = check(one).findings
    asked = {finding.value for finding in findings if finding.code == "LEDGER_SITE_KEY_MISSING"}
    assert asked == {
        "organisation_zh", "organisation_en", "uscc", "site_code", "region", "period_start",
        "period_end",
    }  # fmt: skip
    assert {finding.code for finding in findings} == {"LEDGER_SITE_KEY_MISSING", "LEDGER_NO_ROWS"}


def test_no_text_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    evil = replace(rows[0], counterparty="=1+1", evidence="https://example.com", note="@SUM(A1)")
    write_ledger(tmp_path / "book.xlsx", header, [evil, *rows[1:]])
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/" in name]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    result = check(tmp_path / "book.xlsx")
    assert result.ledger
    assert result.ledger.rows[0].counterparty == "=1+1"


def test_a_number_longer_than_a_double_survives_the_workbook(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    index = find(rows, "melting", "natural_gas")
    exact = rows[index].amount + Decimal("0.123456789012345678")
    changed_rows = list(rows)
    changed_rows[index] = replace(rows[index], amount=exact, price=exact)
    write_ledger(tmp_path / "book.xlsx", header, changed_rows)
    result = check(tmp_path / "book.xlsx")
    assert result.ledger
    assert (result.ledger.rows[index].amount, result.ledger.rows[index].price) == (exact, exact)


def test_the_site_keys_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    path = csv_text(rows, tmp_path / "ledger.csv", [])
    assert not check(path).valid
    lines = [line[2:].split(": ", 1) for line in site_lines(header)]
    toml = "\n".join(f'{key} = "{value}"' for key, value in lines)
    (tmp_path / "site.toml").write_text(toml, encoding="utf-8")
    result = check(path, site_file=tmp_path / "site.toml")
    assert result.valid
    assert result.ledger
    assert result.ledger.header == header


def test_a_note_explains_a_warning_and_nothing_explains_an_error(tmp_path: Path) -> None:
    place = ("refining", "argon")
    amount = example("plate_mill")[1][find(example("plate_mill")[1], *place)].amount
    silent = check_edited(tmp_path, "plate_mill", changed(*place, amount=amount * 6))
    assert (silent.valid, len(silent.unexplained_warnings)) == (False, 1)
    noted = changed(*place, amount=amount * 6, note="更换除气转子")
    told = check_edited(tmp_path, "plate_mill", noted)
    assert told.valid
    assert [finding.explained for finding in told.findings] == [True]
    wrong = changed(*place, amount=amount * 1000, note="更换除气转子")
    assert not check_edited(tmp_path, "plate_mill", wrong).valid


def test_every_text_is_complete_with_the_same_placeholders_in_both_languages() -> None:
    path = files("factor_db.foundation") / "messages" / "ledger.toml"
    for code, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        wanted = {"zh", "en"} if "_HELP_" in code else {"zh", "en", "remedy_zh", "remedy_en"}
        assert set(entry) == wanted, code
        for first, second in (("zh", "en"), ("remedy_zh", "remedy_en")):
            names = [set(re.findall(r"{(\w+)}", entry.get(lang, ""))) for lang in (first, second)]
            assert names[0] == names[1], (code, names)
