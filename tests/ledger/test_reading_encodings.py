"""Files as plants save them: one table in every encoding is one ledger, and nothing is guessed.

System: the plate mill's example with Chinese words and texts, written as CSV in UTF-8 (with and
without mark), GB18030, UTF-16 (with mark, and either byte order without) and as a workbook. All say
the same, so all have one content hash; one changed digit has another.
"""

from __future__ import annotations

import codecs
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import csv_text, example, find, site_lines

from factor_db.ledger import CheckResult, LedgerRow, check, write_ledger
from factor_db.ledger.files.csv_file import read_csv
from factor_db.ledger.files.text_encoding import encoding_of
from factor_db.ledger.form.cells import date_of, month_of
from factor_db.ledger.form.content import ledger_content_hash
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import LEDGER

WORDS = {"melting": "熔炼", "natural_gas": "天然气", "input": "投入", "metered": "计量表"}
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")


def chinese_rows() -> list[LedgerRow]:
    """The example with Chinese texts; the supplier's name has a character outside GB 2312."""
    texts = {"counterparty": "重庆镕合燃气有限公司", "note": "五月抄表，数值已核对"}
    return [replace(row, **texts) for row in example("plate_mill")[1]]


def written(rows: Sequence[LedgerRow], path: Path) -> str:
    plain = [
        replace(row, **{key: WORDS.get(getattr(row, key), getattr(row, key)) for key in words})
        for row in rows
        for words in [("process", "flow", "role", "method")]
    ]
    return csv_text(plain, path, site_lines(example("plate_mill")[0])).read_text(encoding="utf-8")


def hash_of(path: Path) -> str:
    result = check(path)
    assert result.ledger, [finding.code for finding in result.findings]
    return ledger_content_hash(result.ledger)


def test_one_table_in_every_encoding_and_as_a_workbook_has_one_hash(tmp_path: Path) -> None:
    rows = chinese_rows()
    text = written(rows, tmp_path / "plain.csv")
    hashes = {}
    for encoding in ENCODINGS:
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.encode(encoding))
        hashes[encoding] = hash_of(path)
    write_ledger(tmp_path / "book.xlsx", example("plate_mill")[0], rows)
    hashes["xlsx"] = hash_of(tmp_path / "book.xlsx")
    shuffled = rows[:]
    random.Random(1).shuffle(shuffled)
    path = tmp_path / "shuffled.csv"
    path.write_text(written(shuffled, path), encoding="utf-8")
    hashes["shuffled"] = hash_of(path)
    assert len(set(hashes.values())) == 1, hashes
    index = find(rows, "melting", "natural_gas")
    rows[index] = replace(rows[index], amount=rows[index].amount + Decimal("0.001"))
    path.write_text(written(rows, path), encoding="utf-8")
    assert hash_of(path) not in hashes.values()


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (b"# region: CN-CQ\nperiod,amount\n", "utf-8"),
        ("月份,工序\n".encode("gb18030"), "gb18030"),
        ("数量,m³\n".encode("gb18030"), "gb18030"),
        ("größe,Münzen\n".encode("cp1252"), None),
        ("ménage,été\n".encode("cp1252"), None),
        ("月份,數量,臺灣廠區\n".encode("big5"), None),
        ("月,カタカナ,数値の\n".encode("shift_jis"), None),
        (codecs.BOM_UTF32_LE + "月份\n".encode("utf-32-le"), None),
        (codecs.BOM_UTF8 + b"\xff\xff", None),
        (codecs.BOM_UTF16_LE + b"a", None),
        (b"\x00\x01\x02\x03binary\n\x00", None),
        (b"a\x00b\x00", None),  # no line end: either order could be meant
        (b"\x81\xff\xff", None),
    ],
)  # fmt: skip
def test_an_encoding_is_told_or_refused(data: bytes, codec: str | None) -> None:
    assert encoding_of(data) == codec


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.sampled_from("月份工序熔炼天然气,.0123456789abcm\n"), min_size=1, max_size=200)
)
def test_common_text_is_never_read_as_something_else(text: str) -> None:
    for encoding in ("utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be"):
        data = f"# 备注: 表\n{text}".encode(encoding)
        codec = encoding_of(data)
        assert codec is None or data.decode(codec) == f"# 备注: 表\n{text}"
        assert codec is not None


def test_an_undecidable_file_is_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_bytes("größe,Münzen\n".encode("cp1252"))
    assert [finding.code for finding in check(path).findings] == ["LEDGER_CSV_ENCODING"]


SECTIONS = """# region: CN-CQ
period,process,flow,role,amount,unit,method
2025-01,melting,natural_gas,input,1,m3,metered
# sheet: {name}
material,period,opening,receipts,consumption,closing,unit
primary_ingot,2025-01,1,2,2,1,t
"""


@pytest.mark.parametrize("name", ["stock", "库存", "stock 库存", "STOCK"])
@pytest.mark.parametrize("mark", ["# sheet: ", '"# 工作表：'])
def test_a_section_is_a_sheet_with_the_cells_of_its_lines(name: str, mark: str) -> None:
    text = SECTIONS.format(name=name)
    text = text.replace(f"# sheet: {name}", f"{mark}{name}" + ('",,,' if mark[0] == '"' else ""))
    findings = Findings()
    raw = read_csv(text.encode(), findings)
    assert raw
    assert findings.collected() == ()
    assert raw.ledger
    assert [row.number for row in raw.ledger.rows] == [3]
    table = raw.optional["stock"]
    assert (table.sheet, [row.number for row in table.rows]) == ("stock", [6])
    assert table.rows[0].cells["closing"].ref == "F6"


def test_sections_that_are_unknown_twice_or_alone_are_named() -> None:
    def codes(text: str) -> list[tuple[str, str]]:
        findings = Findings()
        read_csv(text.encode(), findings)
        return [(finding.code, finding.cell) for finding in findings.collected()]

    assert codes(SECTIONS.format(name="stok")) == [("LEDGER_SECTION_UNKNOWN", "A4")]
    twice = SECTIONS.format(name="stock") + "# sheet: 库存\nmaterial,period\n"
    assert codes(twice) == [("LEDGER_SHEET_TWICE", "A7")]
    alone = SECTIONS.format(name="stock").replace("# region: CN-CQ", "# sheet: gaps")
    assert ("LEDGER_SHEET_MISSING", "A1") in codes(alone)


def _book(
    path: Path, merges: Sequence[tuple[int, int, int, Any]], rows: list[LedgerRow]
) -> CheckResult:
    """Write a workbook whose ledger has merged areas: first and last line from 0, column, value."""
    with xlsxwriter.Workbook(str(path)) as book:
        site = book.add_worksheet("site")
        for line, text in enumerate(site_lines(example("plate_mill")[0])):
            site.write_row(line, 0, text[2:].split(": ", 1))
        sheet = book.add_worksheet("ledger")
        sheet.write_row(0, 0, LEDGER.columns)
        covered = {
            (line, column) for one, last, column, _ in merges for line in range(one, last + 1)
        }
        for line, row in enumerate(rows, start=1):
            for column, key in enumerate(LEDGER.columns):
                value = getattr(row, key)
                if value not in ("", None) and (line, column) not in covered:
                    sheet.write(line, column, float(value) if key == "amount" else value)
        for first, last, column, value in merges:
            sheet.merge_range(first, column, last, column, value)
    return check(path)


def _in_blocks() -> list[LedgerRow]:
    return sorted(example("plate_mill")[1], key=lambda row: (row.process, row.flow, row.period))


def test_a_merged_text_holds_for_each_of_its_rows(tmp_path: Path) -> None:
    rows = _in_blocks()
    last = max(line for line, row in enumerate(rows, start=1) if row.process == rows[0].process)
    merged = _book(tmp_path / "merged.xlsx", [(1, last, 1, rows[0].process)], rows)
    plain = _book(tmp_path / "plain.xlsx", [], rows)
    assert merged.ledger
    assert plain.ledger
    assert merged.findings == plain.findings
    assert ledger_content_hash(merged.ledger) == ledger_content_hash(plain.ledger)
    assert merged.ledger.rows[1].cells["process"] == "B3"


def test_a_merged_amount_is_one_fault_and_no_number(tmp_path: Path) -> None:
    rows = _in_blocks()
    first = 1 + next(
        at for at, row in enumerate(rows) if (row.process, row.flow) == ("melting", "natural_gas")
    )
    merged = _book(tmp_path / "merged.xlsx", [(first, first + 2, 5, 3000)], rows)
    plain = _book(tmp_path / "plain.xlsx", [], rows)
    new = [finding for finding in merged.findings if finding not in plain.findings]
    assert [(finding.code, finding.cell) for finding in new] == [
        ("LEDGER_AMOUNT_MERGED", f"F{first + 1}")
    ]
    assert new[0].params == {"first": first + 1, "last": first + 3}
    assert merged.ledger is None


@pytest.mark.parametrize(
    ("typed", "month"),
    [("2025.1", "2025-01"), ("2025.10", "2025-10"), ("2025-1-31", "2025-01"), ("2025年1月", "2025-01"),
     ("202501", "2025-01"), (202501, "2025-01"), (202501.0, "2025-01"), ("20250131", "2025-01"),
     ("2025-01-31 00:00:00", "2025-01"), (2025.02, "2025-02"), (2025.11, "2025-11"),
     (2025.1, None), ("25年1月", None), ("1月", None), ("Jan-25", None), ("202513", None),
     ("2025-01-31 07:30", None), (45658, None), ("20251", None), (True, None), ("2025.1.32", None)],
)  # fmt: skip
def test_months_as_people_type_them(typed: Any, month: str | None) -> None:
    assert month_of(typed) == month


def test_dates_as_people_type_them() -> None:
    days = {str(date_of(typed)) for typed in ("2025-1-31", "2025.1.31", "2025年1月31日", 20250131)}
    assert days == {"2025-01-31"}
    assert [date_of(typed) for typed in ("2025-01", "20250132", "31.1.2025", "1/31/2025")] == [
        None
    ] * 4


def test_an_earlier_template_is_read_and_named_and_a_later_one_refused(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    now = check(csv_text(rows, tmp_path / "now.csv", site_lines(header, schema_version="2")))
    old = check(csv_text(rows, tmp_path / "old.csv", site_lines(header, schema_version="1")))
    later = check(csv_text(rows, tmp_path / "later.csv", site_lines(header, schema_version="3")))
    assert (now.upgraded_from, old.upgraded_from) == ("", "1")
    assert now.findings == old.findings
    assert now.ledger
    assert old.ledger
    assert ledger_content_hash(now.ledger) == ledger_content_hash(old.ledger)
    assert "LEDGER_SCHEMA_VERSION" in {finding.code for finding in later.findings}
