"""Cells whose formula ended in an error (`#REF!`, `#DIV/0!`): a fault of its own at its cell.

The reader of workbooks gives such a cell as empty, so it would be reported as not filled in, or
pass unseen in a column that may stay empty. The parts of the archive are looked through again.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from factor_db.ledger.form.cells import RawLedger
from factor_db.ledger.form.faults import Findings

_BOOK, _BOOK_RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR_MARKS = (b't="e"', b"t='e'")
_SITE_COLUMNS = frozenset({"A", "B"})
_CELL = re.compile(r"([A-Z]{1,3})\d{1,7}")


def report_error_cells(data: bytes, raw: RawLedger, findings: Findings) -> None:
    """Record every error cell in a column that is read; `data` has passed the archive's limits."""
    columns = {raw.site_sheet: _SITE_COLUMNS} if raw.site else {}
    for table in (raw.ledger, *raw.optional.values()):
        if table is not None:
            columns[table.sheet] = frozenset(table.columns.values())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for sheet, part in _sheet_parts(archive):
            if sheet in columns:
                for ref, text in _error_cells(archive.read(part)):
                    place = _CELL.fullmatch(ref)
                    if place and place[1] in columns[sheet]:
                        findings.error("LEDGER_CELL_ERROR", sheet, ref, text)


def _sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the name of each sheet and the part of the archive that holds its cells."""
    names = set(archive.namelist())
    if not {_BOOK, _BOOK_RELATIONS} <= names:
        return
    targets = {
        relation.get("Id", ""): relation.get("Target", "")
        for relation in ElementTree.fromstring(archive.read(_BOOK_RELATIONS))
    }
    for element in ElementTree.fromstring(archive.read(_BOOK)).iter():
        if _local(element.tag) == "sheet":
            target = targets.get(element.get(_RELATION, ""), "")
            part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            if part in names:
                yield element.get("name", ""), part


def _error_cells(part: bytes) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of every error cell of a sheet's part, in file order."""
    if not any(mark in part for mark in _ERROR_MARKS):
        return
    for _, element in ElementTree.iterparse(io.BytesIO(part)):
        tag = _local(element.tag)
        if tag == "c" and element.get("t") == "e":
            value = next((child.text for child in element if _local(child.tag) == "v"), None)
            yield element.get("r", ""), value or ""
        if tag == "row":
            element.clear()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
