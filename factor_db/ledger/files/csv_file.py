"""Read a ledger written as CSV: site keys as leading `# key: value` lines, then tables.

The first table is the ledger; a line `# sheet: meters` starts the table of another sheet. A cell
is named as a spreadsheet would show it: column letter and line of the file. The file is gone
through twice as a stream: once for its structure and limits, once row by row.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from factor_db.ledger.files.lines import ListedLines
from factor_db.ledger.files.plain_csv import is_plain, line_start, plain_records, plain_rows
from factor_db.ledger.files.tables import HEADING_ROWS, read_table
from factor_db.ledger.files.text_encoding import encoding_of
from factor_db.ledger.files.workbook import MAX_COLUMNS
from factor_db.ledger.form.cells import Cell, CellValue, Grid, Line, RawLedger, SiteEntry, Table
from factor_db.ledger.form.faults import Findings, suggestion_label
from factor_db.ledger.form.sheets import LEDGER, SHEETS, terms_of

_SITE_LINE = re.compile(r"#\s*([^:：]+?)\s*[:：]\s*(.*)", re.DOTALL)
_SECTION_LINE = re.compile(r"#\s*(?:sheet|工作表)\s*[:：]\s*(.*)", re.IGNORECASE)
_SECTIONS = terms_of({"site": (), **{code: form.names for code, form in SHEETS.items()}})
MAX_FIELD = 32_000
MAX_CSV_ROWS = 2_000_000
# The sheets beside the ledger are held as cells; none of them has a row per delivery.
MAX_SECTION_ROWS = 250_000
MAX_SITE_BYTES = 1_000_000
# A spreadsheet that saves the file may pad the comment lines with separators or quote them.
_PADDING = '," \t'


@dataclass(frozen=True, slots=True)
class CsvLines:
    """The records of a CSV file between two of its lines, decoded and parsed as they are asked for.

    Each record has one empty field more than was written, the place of a column that is not there.
    """

    data: bytes
    codec: str
    first: int
    last: int
    total: int
    all_text: bool = True

    def __iter__(self) -> Iterator[Line]:
        if is_plain(self.data, self.codec):
            records = plain_records(self.data, self.codec, behind=",")
            numbers = range(self.first, self.last + 1)
            return zip(numbers, islice(records, self.first - 1, None), strict=False)
        return self._parsed()

    def _parsed(self) -> Iterator[Line]:
        for line, fields in _records(self.data, self.codec):
            if line > self.last:
                return
            if line >= self.first:
                fields.append("")
                yield line, fields


@dataclass(slots=True)
class _Section:
    """One table of the file: the head of the ledger, all rows of any other sheet."""

    code: str
    rows: list[Line] = field(default_factory=list)
    last: int = 0
    total: int = 0

    @property
    def has_head(self) -> bool:
        """Tell whether the rows among which the headings must stand are all there."""
        return self.total >= HEADING_ROWS

    def take(self, line: int, fields: list[str]) -> None:
        if self.code != "ledger" or not self.has_head:
            self.rows.append((line, fields))
        self.total += 1
        self.last = line


class _TooLarge(Exception):
    """A section has more rows or columns than its limit, which this carries."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


def read_csv(data: bytes, findings: Findings) -> RawLedger | None:
    """Return the cells of a CSV ledger; None when its encoding is unknown or it breaks a limit."""
    codec = encoding_of(data)
    if codec is None:
        findings.error("LEDGER_CSV_ENCODING", "", "")
        return None
    scan = _Scan(findings)
    try:
        scan.run(data, codec)
    except _TooLarge as excess:
        params = {"rows": excess.rows, "columns": MAX_COLUMNS}
        findings.error("LEDGER_SHEET_TOO_LARGE", "", "", **params)
        return None
    except csv.Error as error:
        findings.error("LEDGER_FILE_UNREADABLE", "", "", reason=str(error))
        return None
    tables = {
        section.code: table
        for section in scan.sections
        if (table := _table(section, data, codec, findings))
    }
    if all(section.code != "ledger" for section in scan.sections):
        tables |= _no_ledger(scan, findings)
    ledger = tables.pop("ledger", None)
    return RawLedger("site", tuple(scan.site), ledger, tables)


def _no_ledger(scan: _Scan, findings: Findings) -> dict[str, Table]:
    """A file of site keys alone has an empty ledger; one of other sheets lacks its ledger."""
    if scan.sections:
        findings.error("LEDGER_SHEET_MISSING", "ledger", "A1", "ledger")
        return {}
    empty = Grid("ledger", [], lambda _: ListedLines([]))
    table = read_table(empty, LEDGER, findings)
    return {"ledger": table} if table else {}


def _table(section: _Section, data: bytes, codec: str, findings: Findings) -> Table | None:
    def below(position: int) -> CsvLines | ListedLines:
        if section.code != "ledger":
            return ListedLines(section.rows[position + 1 :])
        first = section.rows[position][0] + 1 if section.rows else 1
        return CsvLines(data, codec, first, section.last, section.total - position - 1)

    return read_table(Grid(section.code, section.rows, below), SHEETS[section.code], findings)


class _Scan:
    """One walk through the file: its site entries, its sections, and its limits."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.site: list[SiteEntry] = []
        self.sections: list[_Section] = []
        self.current: _Section | None = None

    def run(self, data: bytes, codec: str) -> None:
        """Take every record; raises csv.Error and _TooLarge."""
        if not is_plain(data, codec):
            for line, fields in _records(data, codec):
                self._take(line, fields)
            return
        for line, fields in enumerate(plain_records(data, codec), start=1):
            self._take(line, fields)
            if self.current and self.current.code == "ledger" and self.current.has_head:
                self._take_rest(self.current, data, codec, line + 1)
                return

    def _take_rest(self, ledger: _Section, data: bytes, codec: str, line: int) -> None:
        """Take what comes behind the head of the ledger: its plain rows all at once."""
        start = line_start(data, line)
        rows = plain_rows(data, start, MAX_FIELD, MAX_COLUMNS)
        if ledger.total + rows.count <= MAX_CSV_ROWS:
            ledger.total += rows.count
            start, line = rows.end, line + rows.count
            ledger.last = line - 1
        for number, fields in enumerate(plain_records(data, codec, start), start=line):
            self._take(number, fields)

    def _take(self, line: int, fields: list[str]) -> None:
        text = "".join(fields)
        if len(text) > MAX_FIELD and any(len(item) > MAX_FIELD for item in fields):
            raise csv.Error("field too long")
        if len(fields) > MAX_COLUMNS:
            raise _TooLarge(MAX_CSV_ROWS)
        if text and not text.isspace():
            is_comment = text.lstrip(_PADDING).startswith("#")
            if not is_comment or not self._comment(line, _comment_text(fields)):
                self._row(line, fields)

    def _row(self, line: int, fields: list[str]) -> None:
        if self.current is None:
            self.current = self._started("ledger", "ledger", line)
        self.current.take(line, fields)
        limit = MAX_CSV_ROWS if self.current.code == "ledger" else MAX_SECTION_ROWS
        if self.current.total > limit:
            raise _TooLarge(limit)

    def _comment(self, line: int, text: str) -> bool:
        """Take a section or site line; False for a comment inside a table, which is a row there."""
        if found := _SECTION_LINE.fullmatch(text):
            self._begin(found[1], line)
            return True
        if self.current is not None:
            return False
        entry = _SITE_LINE.fullmatch(text)
        key, value = (entry[1], entry[2]) if entry else (text.lstrip("# "), "")
        self.site.append(SiteEntry("site", Cell(f"A{line}", key), Cell(f"A{line}", value)))
        return True

    def _begin(self, name: str, line: int) -> None:
        code = _SECTIONS.code(name)
        if code is None:
            hint = suggestion_label(_SECTIONS.suggestion(name))
            self.findings.error("LEDGER_SECTION_UNKNOWN", name, f"A{line}", name, hint=hint)
        self.current = None if code == "site" else self._started(code, name, line)

    def _started(self, code: str | None, name: str, line: int) -> _Section:
        """Open a section; the rows of one that is unknown or a second of its kind are left out."""
        section = _Section(code or "")
        if code is None:
            return section
        if any(other.code == code for other in self.sections):
            self.findings.error("LEDGER_SHEET_TWICE", code, f"A{line}", name, first=code)
        else:
            self.sections.append(section)
        return section


def _comment_text(fields: list[str]) -> str:
    """Return a comment line without what a spreadsheet padded it with; one whole field has none."""
    line = ",".join(fields)
    return line if len(fields) == 1 and line.startswith("#") else line.strip(_PADDING)


def _records(data: bytes, codec: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each record with the number of its first line."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding=codec, newline="")
    reader = csv.reader(text, strict=True)
    line = 1
    for fields in reader:
        yield line, fields
        line = reader.line_num + 1


def read_site_file(path: Path, findings: Findings) -> tuple[SiteEntry, ...]:
    """Return the entries of a TOML file of site keys (`--site FILE.toml`)."""
    try:
        if path.stat().st_size > MAX_SITE_BYTES:
            findings.error("LEDGER_FILE_TOO_LARGE", "site", "", path.name, limit=MAX_SITE_BYTES)
            return ()
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        findings.error("LEDGER_FILE_UNREADABLE", "site", "", path.name, reason=str(error))
        return ()
    return tuple(
        SiteEntry("site", Cell(key, key), Cell(key, value))
        for key, value in entries.items()
        if isinstance(value, CellValue)
    )
