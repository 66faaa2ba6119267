"""Export of a ledger: a file whose import says the same, and the proof of it before it is kept.

The corrected ledger is written with every sheet it has, as a workbook or as CSV (by suffix). What
was written is read back at once; a file that would say something else is not kept.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import Language
from factor_db.ledger.checks.whole import read_cells, rows_of
from factor_db.ledger.files.tables import SITE_KEYS
from factor_db.ledger.form.cells import RawLedger, Table, text_of
from factor_db.ledger.form.content import ledger_content_hash
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.rows import SCHEMA_VERSION, Ledger, LedgerRow, SiteHeader
from factor_db.ledger.form.sheets import LEDGER, OPTIONAL_SHEETS
from factor_db.ledger.frozen.corrections import corrected_cells
from factor_db.ledger.reading.header import check_header
from factor_db.ledger.workbooks.template import cell_content, header_text, write_ledger
from factor_db.store.tables import LedgerFile
from factor_db.store.work import Work


def export_ledger(
    work: Work, file: LedgerFile, path: Path, *, original: bool = False, lang: Language = "zh"
) -> str:
    """Write a frozen ledger with its corrections, or as it came, and return its content hash.

    Raises NotAllowed for another owner or a role without sight of field data, BadInput for another
    suffix than `.xlsx` or `.csv` and for a text that the form cannot hold.
    """
    work.require("exporter", "park", "auditor")
    work.require_owner(file.owner)
    raw = read_cells(file.content) if original else corrected_cells(work.session, file)
    if raw is None:
        raise BadInput("CORRECTION_UNREADABLE", sha256=file.sha256)
    if original:
        _keep(path, lambda target: target.write_bytes(file.content))
        return cells_hash(raw)
    return export_cells(raw, path, lang=lang)


def export_cells(raw: RawLedger, path: Path, *, lang: Language = "zh") -> str:
    """Write a ledger's content as a file that reads back to the same and return its hash."""
    wanted, header = cells_hash(raw), _header(raw)
    if header is None or path.suffix.lower() not in (".xlsx", ".csv"):
        raise BadInput("EXPORT_SUFFIX", path=path.name)
    rows = _written_rows(raw)

    def write(target: Path) -> None:
        if path.suffix.lower() == ".csv":
            _write_csv(target, header, rows, raw)
        else:
            write_ledger(target, header, rows, optional=raw.optional, lang=lang)
        again = read_cells(target.read_bytes())
        if again is None or cells_hash(again) != wanted:
            raise BadInput("EXPORT_DIFFERS", path=path.name)

    _keep(path, write)
    return wanted


def cells_hash(raw: RawLedger) -> str:
    """Return the hash of what a ledger says: header and rows by meaning, and its other sheets.

    Rows that meters and gap rules give count too. Places, headings, the order of rows, the writing
    of numbers and codes and the version of the form do not.
    """
    header = _header(raw)
    said = ""
    if header is not None:
        ledger = Ledger(header=header, rows=rows_of(raw), file_sha256="", file_name="")
        said = ledger_content_hash(ledger)
    sheets = {code: list(_said(raw.optional[code])) for code in _present(raw)}
    return content_hash("ledger content", {"ledger": said, "sheets": sheets})


def _said(table: Table) -> Iterator[dict[str, Any]]:
    for row in table.rows:
        yield {
            column: cell_content(column, cell.value)
            for column, cell in row.cells.items()
            if text_of(cell.value)
        }


def _header(raw: RawLedger) -> SiteHeader | None:
    header = check_header(raw, Findings(), date.max).header
    return None if header is None else replace(header, schema_version=SCHEMA_VERSION)


def _written_rows(raw: RawLedger) -> list[LedgerRow]:
    sheet = raw.ledger.sheet if raw.ledger else ""
    return [row for row in rows_of(raw) if row.sheet == sheet]


def _present(raw: RawLedger) -> list[str]:
    return [code for code in OPTIONAL_SHEETS if code in raw.optional and raw.optional[code].rows]


def _write_csv(path: Path, header: SiteHeader, rows: list[LedgerRow], raw: RawLedger) -> None:
    # With the mark by which spreadsheet programs know the encoding.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        # The standard line end; fields with either of its characters are quoted (RFC 4180).
        writer = csv.writer(file, lineterminator="\r\n")
        for key in SITE_KEYS:
            if value := header_text(getattr(header, key)):
                writer.writerow([f"# {key}: {value}"])
        writer.writerow(LEDGER.columns)
        for row in rows:
            cells = (getattr(row, column) for column in LEDGER.columns)
            writer.writerow(["" if cell is None else str(cell) for cell in cells])
        for code in _present(raw):
            columns = OPTIONAL_SHEETS[code].columns
            writer.writerow([f"# sheet: {code}"])
            writer.writerow(columns)
            for raw_row in raw.optional[code].rows:
                values = (raw_row.cells.get(column) for column in columns)
                writer.writerow(
                    [
                        str(cell_content(column, cell.value)) if cell else ""
                        for column, cell in zip(columns, values, strict=True)
                    ]
                )


def _keep(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the target and move it there when it is whole; a failure leaves nothing."""
    with TemporaryDirectory(dir=path.absolute().parent) as folder:
        target = Path(folder) / path.name
        write(target)
        os.replace(target, path)
