"""The sheets of a ledger file with all their cells as the file has them, for copying it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import python_calamine

from factor_db.foundation.errors import BadInput
from factor_db.ledger.files.csv_file import CsvLines, read_csv
from factor_db.ledger.files.text_encoding import encoding_of
from factor_db.ledger.files.workbook import read_workbook
from factor_db.ledger.form.cells import CellValue
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import LEDGER, OPTIONAL_SHEETS, terms_of

_ZIP_MAGIC = b"PK\x03\x04"
_PARTS_OF_CELL = re.compile(r"([A-Z]+)(\d+)")
_SECTION = re.compile(r"#\s*(?:sheet|工作表)\s*[:：]\s*(.*)", re.IGNORECASE)
_PADDING = '," \t'
_SECTION_NAMES = terms_of(
    {"site": (), "ledger": LEDGER.names}
    | {code: form.names for code, form in OPTIONAL_SHEETS.items()}
)
# Rows a spreadsheet holds (ECMA-376); a CSV may have more.
MAX_LINES = 1_048_576
_LAST_LINE = 1 << 31


@dataclass(frozen=True, slots=True)
class SourceSheet:
    """A sheet: its name, its rows (place from 0, values from column A), and where cells went.

    `lines` maps a row number of the file to the row number in the copy; None when they are equal.
    """

    name: str
    rows: Sequence[tuple[int, Sequence[CellValue]]]
    lines: Mapping[int, int] | None = None
    letters: Mapping[str, str] = field(default_factory=dict)

    def place(self, cell: str) -> str:
        """Return where a cell of the file stands in the copy, empty when it is not there."""
        found = _PARTS_OF_CELL.fullmatch(cell)
        if found is None or self.lines is None:
            return cell
        line = self.lines.get(int(found[2]))
        return f"{self.letters.get(found[1], found[1])}{line}" if line else ""


def source_sheets(data: bytes) -> list[SourceSheet]:
    """Return the sheets of a ledger file; none when it can't be read within the limits."""
    if data.startswith(_ZIP_MAGIC):
        return _workbook_sheets(data)
    return _csv_sheets(data)


def _workbook_sheets(data: bytes) -> list[SourceSheet]:
    # The reading with all its limits comes first: what it refuses is not opened again.
    if read_workbook(data, Findings()) is None:
        return []
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    for sheet in book.sheets_metadata:
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
            grid = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            sheets.append(SourceSheet(sheet.name, list(enumerate(grid))))
    return sheets


def _csv_sheets(data: bytes) -> list[SourceSheet]:
    """Return the sections of a CSV: keys and values of the site, then each table with all lines."""
    raw, codec = read_csv(data, Findings()), encoding_of(data)
    if raw is None or codec is None:
        return []
    site = {_line(entry.value.ref): entry for entry in raw.site}
    sections: dict[str, list[tuple[int, Sequence[CellValue]]]] = {}
    name = "ledger"
    for line, fields in CsvLines(data, codec, 1, _LAST_LINE, _LAST_LINE):
        marker = _SECTION.match("".join(map(str, fields)).lstrip(_PADDING))
        if line not in site and marker:
            title = marker[1].strip(_PADDING)
            name = _SECTION_NAMES.code(title) or title
        elif line not in site and any(fields):
            sections.setdefault(name, []).append((line, fields))
    entries = [(line, (entry.key.value, entry.value.value)) for line, entry in site.items()]
    # Key and value share one cell of the file; in the copy the value has its own.
    return [
        _section_sheet(raw.site_sheet, entries, {"A": "B"}),
        *(_section_sheet(name, rows, {}) for name, rows in sections.items() if name != "site"),
    ]


def _section_sheet(
    name: str, lines: Sequence[tuple[int, Sequence[CellValue]]], letters: Mapping[str, str]
) -> SourceSheet:
    if len(lines) > MAX_LINES:
        raise BadInput("LEDGER_ANNOTATED_TOO_LARGE", sheet=name, limit=MAX_LINES)
    rows = [(at, fields) for at, (_, fields) in enumerate(lines)]
    places = {line: at for at, (line, _) in enumerate(lines, start=1)}
    return SourceSheet(name, rows, places, letters)


def _line(ref: str) -> int:
    found = _PARTS_OF_CELL.fullmatch(ref)
    return int(found[2]) if found else 0
