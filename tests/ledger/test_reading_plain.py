"""CSV without quotes is split by hand: the records and findings are those of the CSV parser.

System: texts drawn from commas, line ends, comment signs, blanks, other separators and Chinese; and
whole ledgers with comments, sections, long fields and many columns behind their head. Law: read
plainly and read with the parser, a file has the same records, cells and findings. A file in
UTF-8 with a mark (3 bytes, EF BB BF) begins behind it.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import example, site_lines

from factor_db.ledger.files import csv_file
from factor_db.ledger.files.csv_file import MAX_FIELD, CsvLines, read_csv
from factor_db.ledger.files.plain_csv import is_plain, line_start, plain_records, plain_rows
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import LEDGER

CODECS = ("utf-8", "utf-8-sig", "gb18030")
PIECES = ("a", "料", "１", ",", ",", "\n", "\n", "\r\n", "#", " ", "\t", "\x0b", "\x85", "\u2028",
          "\x00", "\ufeff", "'", "\\", "\x1c")  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
MONTH = "2025-01,melting,natural_gas,,input,1,m3,metered,,,,,,D-{},"
ALL_LINES = 1_000_000


def parsed(data: bytes, codec: str) -> list[tuple[int, list[str]]]:
    return list(csv_file._records(data, codec))


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_split_lines_are_the_parsers_records(codec: str, text: str) -> None:
    data = text.encode(codec)
    assert is_plain(data, codec)
    records = [[] if fields == [""] else fields for fields in plain_records(data, codec)]
    expected = [fields for _, fields in parsed(data, codec)]
    # The parser does not count an empty line behind the last line end.
    assert records[: len(expected)] == expected
    assert not any(records[len(expected) :])
    lines = [(at, fields[:-1]) for at, fields in CsvLines(data, codec, 1, ALL_LINES, ALL_LINES)]
    written = [(at, fields) for at, fields in parsed(data, codec) if fields]
    assert [(at, list(fields)) for at, fields in lines if any(fields) or len(fields) > 1] == [
        (at, fields) for at, fields in written if any(fields) or len(fields) > 1
    ]


@pytest.mark.parametrize(
    ("text", "codec"), [('a,"b"\n', "utf-8"), ("a\rb\r\n", "utf-8"), ("a,b\n", "utf-16-le")]
)
def test_quotes_lone_returns_and_wide_texts_go_to_the_parser(text: str, codec: str) -> None:
    assert not is_plain(text.encode(codec), codec)


def test_plain_rows_end_at_a_comment_and_before_what_breaks_a_limit() -> None:
    data = b"head\na,b\nc #1,d\n\n ,\t# sheet: meters\ne,f\n"
    start = line_start(data, 2)
    assert start == 5
    found = plain_rows(data, start, longest=10, columns=3)
    assert (found.end, found.count) == (data.index(b" ,\t#"), 3)  # the empty line counts
    assert plain_rows(data, start, longest=5, columns=3).count == 0  # `c #1,d` has 6 bytes
    assert plain_rows(data, start, longest=10, columns=1).count == 0
    assert plain_rows(b"a\nb", 0, longest=10, columns=3).count == 2  # no line end at the end


def ledger_of(lines: list[str]) -> bytes:
    head = [*site_lines(example("plate_mill")[0]), ",".join(LEDGER.columns)]
    first = [MONTH.format(number) for number in range(12)]
    return "\n".join([*head, *first, *lines, ""]).encode()


def shown(data: bytes) -> tuple[Any, ...]:
    findings = Findings()
    raw = read_csv(data, findings)
    if raw is None:
        return None, findings.collected()
    cells = None if raw.ledger is None else [*raw.ledger.rows]
    optional = {code: [*table.rows] for code, table in raw.optional.items()}
    return (raw.site, cells, optional), findings.collected()


def slowly(monkeypatch: pytest.MonkeyPatch, data: bytes) -> tuple[Any, ...]:
    with monkeypatch.context() as patched:
        patched.setattr(csv_file, "is_plain", lambda data, codec: False)
        return shown(data)


LINES = st.sampled_from(
    (*[MONTH.format("x")] * 3, MONTH.format("y #3"), "", " , ,", "# 备注", ",,# sheet: meters",
     "# sheet: gaps", "# sheet: nonsense", "# sheet: ledger", "meter,name", "a,b\x0bc")
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(LINES, max_size=12))
def test_sections_and_comments_are_found_both_ways(lines: list[str]) -> None:
    data = ledger_of(lines)
    with pytest.MonkeyPatch.context() as patched:
        assert shown(data) == slowly(patched, data)


@pytest.mark.parametrize(
    "line",
    ["x" * MAX_FIELD, "x" * (MAX_FIELD + 1), "料" * MAX_FIELD, ",".join("x" * 100),
     ",".join("x" * 101)],
)  # fmt: skip
def test_limits_hold_both_ways(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ledger_of([MONTH.format("z"), line])
    assert shown(data) == slowly(monkeypatch, data)
    codes = [finding.code for finding in shown(data)[1]]
    beyond = len(line) == MAX_FIELD + 1 or line.count(",") == 100
    assert ("LEDGER_FILE_UNREADABLE" in codes or "LEDGER_SHEET_TOO_LARGE" in codes) == beyond


def test_too_many_rows_are_refused_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "MAX_CSV_ROWS", 20)
    for more, refused in ((7, False), (8, True)):  # with the headings and 12 rows
        data = ledger_of(["", *(MONTH.format(f"m{number}") for number in range(more)), " ,"])
        codes = [finding.code for finding in shown(data)[1]]
        assert codes == (["LEDGER_SHEET_TOO_LARGE"] if refused else [])
        assert shown(data) == slowly(monkeypatch, data)
