"""Exceptions: the sheet on which a plant explains warnings, with author, scope and an end.

An exception covers the warnings of one code within its process, flow and month; an empty cell of
its scope means all. One that names no place, or explains warnings at several places by one text, is
refused: each place wants a reason of its own. Errors can't be excepted, and an exception that has
ended covers nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from factor_db.ledger.form.cells import Cell, CellValue, RawLedger, RawRow, month_of, text_of
from factor_db.ledger.form.faults import Finding, Findings, Param, Scope, list_label
from factor_db.ledger.form.sheets import EXCEPTIONS
from factor_db.ledger.form.vocabulary import normal_text, vocabulary
from factor_db.ledger.reading.row_reader import RowReader, sheet_rows

# One reporting year and the audit that follows it. EJ.
MAX_DAYS = 400
BLANKET = "LEDGER_EXCEPTION_BLANKET"
PLACES_SHOWN = 6
# A shorter text explains nothing; four Chinese characters can ("停产检修"). EJ.
LEAST_LETTERS = 4
# Words that fill the cell and say nothing.
PLACEHOLDERS = frozenset(
    {"none", "null", "unknown", "explanation", "暂无说明", "没有说明", "情况说明", "原因不明"}
)
_ROW_OF_CELL = re.compile(r"[A-Z]+(\d+)")
# Where sheets beside the ledger name the flow and the month of a row.
_FLOW_COLUMNS = ("flow", "material")
_MONTH_COLUMNS = ("period", "read_on")


@dataclass(frozen=True, slots=True)
class LedgerException:
    """One row of the sheet without a fault: what it covers, why, who says so, until when."""

    cell: Cell
    sheet: str
    code: str
    scope: Scope
    explanation: str
    author: str
    expires_on: date

    @property
    def text(self) -> str:
        """Return the place and the words of the exception, as they are shown with a warning."""
        words = f"{self.explanation} ({self.author}, {self.expires_on.isoformat()})"
        return f"{self.sheet}!{self.cell.ref}: {words}"

    def covers(self, code: str, scope: Scope) -> bool:
        """Tell whether a warning of this code and scope lies within the exception."""
        return code == self.code and all(
            wanted in ("", there) for wanted, there in zip(self.scope, scope, strict=True)
        )


def stated_exceptions(raw: RawLedger, months: tuple[str, ...]) -> tuple[LedgerException, ...]:
    """Return the exceptions of a frozen ledger without a fault, whether they have ended or not.

    What explained the import explains it later, too.
    """
    rows = sheet_rows(raw.optional.get("exceptions"), EXCEPTIONS, months, Findings())
    return tuple(item for item in map(_exception, rows) if item is not None)


def apply_exceptions(
    raw: RawLedger, months: tuple[str, ...], findings: Findings, today: date
) -> None:
    """Check the sheet `exceptions` and mark the warnings it explains; the last of all checks.

    An exception that covers nothing is reported only when the ledger has no error: a fault may
    hide the very warning it is meant for.
    """
    table = raw.optional.get("exceptions")
    if table is None:
        return
    rows = sheet_rows(table, EXCEPTIONS, months, findings)
    readings = [_checked_exception(row, today) for row in rows]
    in_force = [item for item in readings if item is not None and not _ended(item, findings, today)]
    places, used = _Places(raw, findings), set()
    explained: dict[LedgerException, dict[str, None]] = defaultdict(dict)

    def exception_of(finding: Finding) -> str:
        scope = places.scope(finding)
        covering = [item for item in in_force if item.covers(finding.code, scope)]
        used.update(covering)
        if not covering:
            return ""
        closest = min(covering, key=lambda item: item.scope.count(""))
        explained[closest][_place_of(finding, scope)] = None
        return closest.text

    findings.explain(exception_of)
    for item in in_force:
        if item not in used and not findings.has_errors:
            findings.warning("LEDGER_EXCEPTION_UNUSED", item.sheet, item.cell.ref, item.code)
    for item, found in explained.items():
        if len(found) > 1 or not _names_place(item, found):
            place = (item.sheet, item.cell.ref, item.code)
            listed = list_label([*found][:PLACES_SHOWN])
            findings.error(BLANKET, *place, count=len(found), places=listed)


def _names_place(item: LedgerException, places: Iterable[str]) -> bool:
    """Tell whether an exception names process or flow where its warnings are about any."""
    return bool(item.scope.process or item.scope.flow) or all("!" in place for place in places)


def _place_of(finding: Finding, scope: Scope) -> str:
    """Return what a finding is about beside its month: process and flow, or else its cell."""
    named = "/".join(part for part in (scope.process, scope.flow) if part)
    return named or f"{finding.sheet}!{finding.cell}"


def _ended(item: LedgerException, findings: Findings, today: date) -> bool:
    if item.expires_on >= today:
        return False
    findings.warning(
        "LEDGER_EXCEPTION_EXPIRED",
        item.sheet,
        item.cell.ref,
        item.code,
        expires_on=item.expires_on.isoformat(),
    )
    return True


def _exception(row: RowReader, last_end: date | None = None) -> LedgerException | None:
    """Return the exception of a row, or None after recording every fault of it.

    `last_end` is the last day on which it may end.
    """
    for column in EXCEPTIONS.obligatory:
        row.filled(column)
    code, day = row.word("code").code or "", row.day("expires_on")
    if day is not None and last_end is not None and day > last_end:
        limits: dict[str, Param] = {"limit": MAX_DAYS, "last": last_end.isoformat()}
        row.error("LEDGER_EXCEPTION_TOO_LONG", "expires_on", **limits)
    process, flow = row.word("process").code or "", row.word("flow").code or ""
    scope = Scope(process, flow, row.month() or "")
    explanation, author = row.text("explanation"), row.text("author")
    if explanation and not says_something(explanation):
        row.error("LEDGER_EXCEPTION_EXPLANATION", "explanation", least=LEAST_LETTERS)
    if row.faulty or day is None:
        return None
    return LedgerException(row.cell("code"), row.sheet, code, scope, explanation, author, day)


def _checked_exception(row: RowReader, today: date) -> LedgerException | None:
    found = _exception(row, today + timedelta(days=MAX_DAYS))
    row.short_enough()
    return None if row.faulty else found


def says_something(explanation: str) -> bool:
    """Tell whether a text can be an explanation: long enough, of letters, and no placeholder."""
    plain = normal_text(explanation)
    letters = [letter for letter in plain if letter.isalpha()]
    return len(letters) >= LEAST_LETTERS and len(set(letters)) > 1 and plain not in PLACEHOLDERS


class _Places:
    """What the rows with warnings are about; a ledger may have millions of rows without."""

    def __init__(self, raw: RawLedger, findings: Findings) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        for item in findings.collected():
            place = _ROW_OF_CELL.fullmatch(item.cell)
            if item.severity == "warning" and item.scope is None and place:
                wanted[item.sheet].add(int(place[1]))
        self._rows = {
            (table.sheet, row.number): row
            for table in (raw.ledger, *raw.optional.values())
            if table is not None and table.sheet in wanted
            for row in table.rows
            if row.number in wanted[table.sheet]
        }

    def scope(self, finding: Finding) -> Scope:
        """Return what a finding is about: as its check says, else as its row says."""
        if finding.scope is not None:
            return finding.scope
        place = _ROW_OF_CELL.fullmatch(finding.cell)
        row = self._rows.get((finding.sheet, int(place[1]))) if place else None
        if row is None:
            return Scope()
        words = vocabulary()
        process, flow = _first(row, ("process",)), _first(row, _FLOW_COLUMNS)
        return Scope(
            words.process_terms.code(text_of(process)) or "",
            words.flow_terms.code(text_of(flow)) or "",
            month_of(_first(row, _MONTH_COLUMNS)) or "",
        )


def _first(row: RawRow, columns: tuple[str, ...]) -> CellValue:
    return next((row.cells[name].value for name in columns if name in row.cells), None)
