"""Read a ledger written as CSV in UTF-8: site keys as leading `# key: value` lines, then a table.

A cell is named as a spreadsheet would show it: column letter and line of the file.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from factor_db.ledger.cells import Cell, CellValue, Grid, RawLedger, SiteEntry
from factor_db.ledger.faults import Findings
from factor_db.ledger.sheets import LEDGER
from factor_db.ledger.tables import read_table
from factor_db.ledger.workbook import MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROWS

_SITE_LINE = re.compile(r"#\s*([^:：]+?)\s*[:：]\s*(.*)")
MAX_FIELD = 32_000
# A spreadsheet that saves the file may pad the comment lines with separators or quote them.
_PADDING = '," \t'


def read_csv(data: bytes, findings: Findings) -> RawLedger | None:
    """Return the cells of a CSV ledger; None when it is not UTF-8 text or breaks a limit."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.error("LEDGER_CSV_ENCODING", "", "", position=error.start)
        return None
    site: list[SiteEntry] = []
    table: list[tuple[int, Sequence[CellValue]]] = []
    try:
        for number, fields in _records(text):
            if not table and (entry := _site_entry(number, fields)):
                site.append(entry)
            elif any(field.strip() for field in fields):
                table.append((number, fields))
            if len(table) > MAX_ROWS or len(fields) > MAX_COLUMNS:
                findings.error("LEDGER_SHEET_TOO_LARGE", "", "", rows=MAX_ROWS, columns=MAX_COLUMNS)
                return None
    except csv.Error as error:
        findings.error("LEDGER_FILE_UNREADABLE", "", "", reason=str(error))
        return None
    ledger = read_table(Grid("ledger", table), LEDGER, findings)
    return RawLedger(site_sheet="site", site=tuple(site), ledger=ledger)


def _records(text: str) -> list[tuple[int, list[str]]]:
    """Return each record with the line it starts on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, line = [], 1
    for fields in reader:
        if any(len(field) > MAX_FIELD for field in fields):
            raise csv.Error("field too long")
        records.append((line, fields))
        line = reader.line_num + 1
    return records


def _site_entry(number: int, fields: list[str]) -> SiteEntry | None:
    line = ",".join(fields).strip(_PADDING)
    if not line.startswith("#"):
        return None
    found = _SITE_LINE.fullmatch(line)
    key, value = (found[1], found[2]) if found else (line.lstrip("# "), "")
    return SiteEntry("site", Cell(f"A{number}", key), Cell(f"A{number}", value))


def read_site_file(path: Path, findings: Findings) -> tuple[SiteEntry, ...]:
    """Return the entries of a TOML file of site keys (`--site FILE.toml`)."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            findings.error("LEDGER_FILE_TOO_LARGE", "site", "", path.name, limit=MAX_FILE_BYTES)
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
