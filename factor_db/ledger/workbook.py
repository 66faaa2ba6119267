"""Read an `.xlsx` workbook into cells, refusing files built to exhaust the machine.

The reader behind it lays a sheet out as a full rectangle: one cell at XFD1048576 would ask for
17 thousand million cells. So each part of the archive is walked first, with hard limits.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Any
from xml.parsers import expat

import python_calamine

from factor_db.ledger.cells import Grid, RawLedger
from factor_db.ledger.faults import Findings
from factor_db.ledger.sheets import LEDGER, OPTIONAL_SHEETS
from factor_db.ledger.tables import read_table, site_entries

MAX_FILE_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 60_000_000
MAX_PARTS = 500
MAX_ROWS = 20_000
MAX_CELLS = 1_000_000
MAX_COLUMNS = 100
_SITE_SHEETS = {"site", "厂址", "工厂", "site 厂址"}
_NAMES = {
    "site": _SITE_SHEETS,
    "ledger": {*LEDGER.names},
    **{code: {*form.names} for code, form in OPTIONAL_SHEETS.items()},
}
_HELP_SHEETS = {"vocabulary", "词汇"}
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
    return _assemble(grids, findings)


def _code(name: str) -> str | None:
    """Return which sheet of a ledger a name stands for, None for any other."""
    plain = name.strip().casefold()
    return next((code for code, names in _NAMES.items() if plain in names), None)


def _grid(book: python_calamine.CalamineWorkbook, name: str) -> Grid:
    rows: Any = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return Grid(name, [(number, values) for number, values in enumerate(rows, start=1)])


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
    rows = cells = 0

    def refuse(*_: Any) -> None:
        raise _Refused("LEDGER_FILE_UNREADABLE", reason="DTD")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal rows, cells
        tag = name.rpartition(":")[2]
        if tag == "row":
            rows += 1
            _within(max(rows, _whole(attributes.get("r", "0"))), 1)
        elif tag == "c":
            cells += 1
            _within(MAX_ROWS + 1 if cells > MAX_CELLS else 1, 1)
            if found := _CELL_REF.fullmatch(attributes.get("r", "")):
                _within(int(found[2]), _column_number(found[1]))

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    return parser


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else MAX_ROWS + 1


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _within(row: int, column: int) -> None:
    if row > MAX_ROWS or column > MAX_COLUMNS:
        raise _Refused("LEDGER_SHEET_TOO_LARGE", rows=MAX_ROWS, columns=MAX_COLUMNS)
