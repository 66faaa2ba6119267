"""Read an `.xlsx` workbook into cells, refusing files built to exhaust the machine.

The reader behind it lays a sheet out as a full rectangle: one cell at XFD1048576 would ask for
17 thousand million cells. So each part of the archive is walked first, with hard limits.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from functools import lru_cache
from typing import Any
from xml.parsers import expat

import python_calamine

from factor_db.ledger.files.error_cells import report_error_cells
from factor_db.ledger.files.lines import ListedLines
from factor_db.ledger.files.tables import read_table, site_entries
from factor_db.ledger.form.cells import Grid, Line, RawLedger
from factor_db.ledger.form.faults import FINDINGS_SHEET, Findings
from factor_db.ledger.form.sheets import LEDGER, OPTIONAL_SHEETS

MAX_WORKBOOK_BYTES = 60_000_000
# 250 000 rows of a full ledger unpack to some 500 MB of XML.
MAX_UNPACKED_BYTES = 800_000_000
MAX_PARTS = 500
MAX_ROWS = 250_000
MAX_CELLS = 6_000_000
MAX_COLUMNS = 100
# The reader lays out the rectangle around all cells, so one stray cell may cost as much as all.
MAX_AREA = 10_000_000
_SITE_SHEETS = {"site", "厂址", "工厂", "site 厂址"}
_NAMES = {
    "site": _SITE_SHEETS,
    "ledger": {*LEDGER.names},
    **{code: {*form.names} for code, form in OPTIONAL_SHEETS.items()},
}
_HELP_SHEETS = {"vocabulary", "词汇", FINDINGS_SHEET}
_CELL_REF = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_READ_CHUNK = 1 << 16


class _Refused(Exception):
    """The archive breaks a limit; carries the finding's code and parameters."""

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def read_workbook(data: bytes, findings: Findings) -> RawLedger | None:
    """Return the cells of a workbook's site and ledger sheets; None when they cannot be read."""
    try:
        _inspect(data)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        grids = {name: _grid(book, name) for name in book.sheet_names if _code(name)}
        names = book.sheet_names
    except _Refused as refusal:
        findings.error(refusal.code, "", "", **refusal.params)
        return None
    except (
        python_calamine.CalamineError,
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        OSError,
        RuntimeError,
        ValueError,
        EOFError,
    ) as error:
        findings.error("LEDGER_FILE_UNREADABLE", "", "", reason=type(error).__name__)
        return None
    for name in names:
        if _code(name) is None and name.strip().casefold() not in _HELP_SHEETS:
            findings.warning("LEDGER_SHEET_UNKNOWN", name, "A1", name)
    raw = _assemble(grids, findings)
    report_error_cells(data, raw, findings)
    return raw


def _code(name: str) -> str | None:
    """Return which sheet of a ledger a name stands for, None for any other."""
    plain = name.strip().casefold()
    return next((code for code, names in _NAMES.items() if plain in names), None)


def _grid(book: python_calamine.CalamineWorkbook, name: str) -> Grid:
    sheet = book.get_sheet_by_name(name)
    rows: Any = sheet.to_python(skip_empty_area=False)
    lines: list[Line] = list(enumerate(rows, start=1))
    merged = tuple(
        (top + 1, min(bottom + 1, len(lines)), left)
        for (top, left), (bottom, _) in sorted(sheet.merged_cell_ranges or ())
        if bottom > top
    )
    # Areas that overlap are no spreadsheet's; spreading them could take for ever.
    if sum(last - first for first, last, _ in merged) > MAX_CELLS:
        raise _Refused("LEDGER_SHEET_TOO_LARGE", rows=MAX_ROWS, columns=MAX_COLUMNS)
    return Grid(name, lines, lambda position: ListedLines(lines[position + 1 :]), merged)


def _assemble(grids: dict[str, Grid], findings: Findings) -> RawLedger:
    found: dict[str, Grid] = {}
    for name, grid in grids.items():
        code = str(_code(name))
        if code in found:
            # Which of two is meant cannot be known; reading the first alone would drop data.
            findings.error("LEDGER_SHEET_TWICE", name, "A1", name, first=found[code].sheet)
        else:
            found[code] = grid
    for code in ("site", "ledger"):
        if code not in found:
            findings.error("LEDGER_SHEET_MISSING", code, "A1", code)
    site, ledger = found.get("site"), found.get("ledger")
    optional = {
        code: table
        for code, form in OPTIONAL_SHEETS.items()
        if code in found and (table := read_table(found[code], form, findings))
    }
    return RawLedger(
        site_sheet=site.sheet if site else "site",
        site=tuple(site_entries(site)) if site else (),
        ledger=read_table(ledger, LEDGER, findings) if ledger else None,
        optional=optional,
    )


def _inspect(data: bytes) -> None:
    """Walk every part of the archive with limits on size, rows and columns; raises _Refused."""
    if len(data) > MAX_WORKBOOK_BYTES:
        raise _Refused("LEDGER_WORKBOOK_TOO_LARGE", limit=MAX_WORKBOOK_BYTES)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise _Refused("LEDGER_ARCHIVE_BOMB", limit=MAX_PARTS)
        unpacked = 0
        for part in parts:
            # The declared size may lie, so what really comes out is counted.
            with archive.open(part) as stream:
                unpacked = _walk_part(stream, unpacked)


def _walk_part(stream: Any, unpacked: int) -> int:
    parser: Any = None
    first = True
    while chunk := stream.read(_READ_CHUNK):
        unpacked += len(chunk)
        if unpacked > MAX_UNPACKED_BYTES:
            raise _Refused("LEDGER_ARCHIVE_BOMB", limit=MAX_UNPACKED_BYTES)
        if first and chunk.lstrip()[:1] in (b"<", b"\xef", b"\xff", b"\xfe"):
            parser = _limit_parser()
        first = False
        if parser is not None:
            parser.Parse(chunk, False)
    if parser is not None:
        parser.Parse(b"", True)
    return unpacked


def _limit_parser() -> Any:
    """Return an XML parser that refuses entities and cells beyond the row and column limits."""
    rows = cells = last_row = last_column = 0

    def refuse(*_: Any) -> None:
        raise _Refused("LEDGER_FILE_UNREADABLE", reason="DTD")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal rows, cells, last_row, last_column
        tag = name.rpartition(":")[2]
        if tag == "c":
            cells += 1
            if found := _CELL_REF.fullmatch(attributes.get("r", "")):
                last_column = max(last_column, _column_number(found[1]))
                last_row = max(last_row, int(found[2]))
        elif tag == "row":
            rows += 1
            last_row = max(last_row, rows, _whole(attributes.get("r", "0")))
        elif tag == "mergeCell":
            cells += 1
        else:
            return
        _within(last_row, last_column, cells)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    return parser


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else MAX_ROWS + 1


@lru_cache(maxsize=1024)
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _within(row: int, column: int, cells: int) -> None:
    too_far = row > MAX_ROWS or column > MAX_COLUMNS or row * column > MAX_AREA
    if too_far or cells > MAX_CELLS:
        raise _Refused("LEDGER_SHEET_TOO_LARGE", rows=MAX_ROWS, columns=MAX_COLUMNS)
