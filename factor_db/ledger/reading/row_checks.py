"""Check the ledger's rows one by one: vocabulary, unit, amount, month, role, duplicates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from factor_db.foundation import units
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.cells import (
    Cell,
    RawRow,
    Table,
    decimal_of,
    is_not_finite,
    month_of,
    text_of,
)
from factor_db.ledger.form.faults import (
    Findings,
    Label,
    flow_label,
    list_label,
    process_label,
    suggestion_label,
)
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.sheets import LEDGER
from factor_db.ledger.form.vocabulary import (
    CO_PRODUCT_CATEGORIES,
    PROPERTY,
    Terms,
    units_for,
    vocabulary,
)

_CODES = {
    "process": ("LEDGER_PROCESS_UNKNOWN", "process_terms"),
    "flow": ("LEDGER_FLOW_UNKNOWN", "flow_terms"),
    "role": ("LEDGER_ROLE_UNKNOWN", "role_terms"),
    "method": ("LEDGER_METHOD_UNKNOWN", "method_terms"),
}
# What tells two deliveries of one flow in one month apart.
DELIVERY = ("product", "counterparty", "origin", "scrap_type", "instrument", "evidence")
_FREE = (*DELIVERY, "note")
_NUMBER_AND_UNIT = re.compile(r"([+-]?[\d.,]+)\s*([^\d\s.,+-][^\s]{0,15})")
Identity = tuple[str, str, str, str]
Delivery = tuple[str, ...] | str
MAX_TEXT = 2000
MAX_SEARCHES = 300


class RowReading(NamedTuple):
    """What a row says, as far as it can be read; a faulty code is taken as its nearest name.

    Later checks use the assumed process and flow of faulty rows only to stay silent about
    what the fault already explains.
    """

    number: int
    process: str | None
    flow: str | None
    month: str | None
    row: LedgerRow | None
    duplicate: bool = False


class Nearest:
    """Nearest names of unknown words, each searched once and no more than MAX_SEARCHES in all.

    A search costs milliseconds: a file of 50 000 different nonsense words would take minutes.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], str | None] = {}

    def name(self, terms: Terms, text: str) -> str | None:
        """Return the nearest name, None when none is near or too many were asked for."""
        key = (id(terms), text)
        if key not in self._found:
            if len(self._found) >= MAX_SEARCHES:
                return None
            self._found[key] = terms.suggestion(text)
        return self._found[key]


class _RowChecker:
    """Reads one row; remembers whether anything in it was faulty."""

    def __init__(self, raw: RawRow, context: RowContext) -> None:
        self.raw, self.sheet, self.findings = raw, context.table.sheet, context.findings
        self.nearest, self.merged = context.nearest, context.table.merged
        self.faulty = self.warned = False

    def cell(self, column: str) -> Cell:
        found = self.raw.cells.get(column)
        return Cell(f"A{self.raw.number}", None) if found is None else found

    def text(self, column: str) -> str:
        return text_of(self.cell(column).value)

    def error(self, code: str, column: str, **params: str | int | Label) -> None:
        self.faulty = True
        cell = self.cell(column)
        self.findings.error(code, self.sheet, cell.ref, text_of(cell.value), **params)

    def code(self, column: str) -> str | None:
        """Return the code in a vocabulary column; a faulty one reports and gives the nearest."""
        text = self.text(column)
        if not text:
            return None
        fault, terms_name = _CODES[column]
        terms: Terms = getattr(vocabulary(), terms_name)
        code = terms.code(text)
        if code is None:
            near = self.nearest.name(terms, text)
            short = Label("", "")
            if column in {"role", "method"}:
                short = list_label(terms.codes)
            self.error(fault, column, hint=suggestion_label(near), known=short)
            return near
        return code

    def empty_cells(self, is_property: bool) -> None:
        for column in LEDGER.obligatory:
            if (self.raw.number, column) in self.merged:
                continue
            # A property belongs to a material; naming its process is allowed, not needed.
            if not self.text(column) and not (is_property and column == "process"):
                heading = Label(LEDGER.columns[column][0], column)
                self.error("LEDGER_CELL_EMPTY", column, heading=heading)
        for column in _FREE:
            if len(self.text(column)) > MAX_TEXT:
                self.error("LEDGER_TEXT_TOO_LONG", column, limit=MAX_TEXT)

    def month(self, months: tuple[str, ...]) -> str | None:
        if not self.text("period"):
            return None
        month = month_of(self.cell("period").value)
        if month is None:
            self.error("LEDGER_PERIOD_UNREADABLE", "period")
        elif months and month not in months:
            self.error("LEDGER_PERIOD_OUTSIDE", "period", first=months[0], last=months[-1])
            return None
        return month

    def amount(self, column: str, unreadable: str) -> Decimal | None:
        value = self.cell(column).value
        if (self.raw.number, column) in self.merged:
            self.faulty = True
            return None
        if not text_of(value):
            return None
        if is_not_finite(value):
            self.error("LEDGER_AMOUNT_NOT_FINITE", column)
            return None
        number = decimal_of(value)
        if number is None:
            self._unreadable(unreadable, column)
        elif number < 0:
            self.error("LEDGER_AMOUNT_NEGATIVE", column)
            return None
        return number

    def _unreadable(self, code: str, column: str) -> None:
        found = _NUMBER_AND_UNIT.fullmatch(unicodedata.normalize("NFKC", self.text(column)))
        if column == "amount" and found and decimal_of(found[1]) is not None:
            unit_cell = self.cell("unit").ref
            parts = {"number": found[1], "unit": found[2], "unit_cell": unit_cell}
            self.error("LEDGER_AMOUNT_WITH_UNIT", column, **parts)
        else:
            self.error(code, column)

    def canonical(self, amount: Decimal | None, flow: str | None) -> Decimal | None:
        """Return the amount in the unit of its flow; reports an unknown or wrong unit."""
        written = self.text("unit")
        if not written or flow is None:
            return None
        unit, wanted = plain_unit(written), vocabulary().flows[flow].unit
        try:
            factor = units.conversion(unit, wanted)
        except BadInput as error:
            self._unit_fault(error, unit, wanted)
            return None
        return None if amount is None else EXACT.multiply(amount, factor)

    def _unit_fault(self, error: BadInput, unit: str, wanted: str) -> None:
        known = list_label(units_for(wanted))
        if units.is_actual_volume(unit):
            self.error("LEDGER_UNIT_ACTUAL_VOLUME", "unit")
            return
        if error.code == "UNIT_DIMENSION":
            self.error("LEDGER_UNIT_DIMENSION", "unit", wanted=wanted, known=known)
            return
        terms = vocabulary().unit_terms
        near = terms.code(unit) or self.nearest.name(terms, unit)
        hint = suggestion_label(near if near in units_for(wanted) else None)
        self.error("LEDGER_UNIT_UNKNOWN", "unit", hint=hint, known=known)

    def role_fits(self, process: str, flow: str, role: str) -> None:
        expected = vocabulary().expected_role(process, flow)
        names = {"process": process_label(process), "flow": flow_label(flow)}
        if role == "co-product":
            if vocabulary().flows[flow.split(".")[0]].category not in CO_PRODUCT_CATEGORIES:
                self.error("LEDGER_CO_PRODUCT_FLOW", "role", **names)
            return
        if role == expected:
            return
        if expected is not None:
            self.error("LEDGER_ROLE_MISMATCH", "role", expected=expected, **names)
        elif vocabulary().flows[flow].category != PROPERTY:
            places = list_label(vocabulary().reported_by(flow) or ("-",))
            cell = self.cell("flow")
            self.warned = True
            self.findings.warning(
                "LEDGER_FLOW_NOT_OF_PROCESS",
                self.sheet,
                cell.ref,
                text_of(cell.value),
                explained=bool(self.text("note")),
                scope=None,
                places=places,
                **names,
            )


def told_apart_by(delivery: tuple[str, ...]) -> Delivery:
    """Return what tells a delivery from others: its document where it says nothing else.

    Kept for each of a million rows, a tuple takes as much memory as the amount.
    """
    evidence = delivery[-1]
    return evidence if evidence == "".join(delivery) else delivery


def plain_unit(written: str) -> str:
    """Return a unit with full-width and superscript forms folded (`m³` → `m3`)."""
    return unicodedata.normalize("NFKC", written).replace(" ", "")


class RowContext:
    """What reading a table's rows has in common: its months, its findings, and the rows so far."""

    def __init__(self, table: Table, months: tuple[str, ...], findings: Findings) -> None:
        self.table, self.months, self.findings = table, months, findings
        self.nearest = Nearest()
        # (month, process, flow, role) → what tells its deliveries apart → number of the row.
        self.seen: dict[Identity, dict[Delivery, int]] = {}
        columns = table.columns
        self.letters = {name: columns.get(name, "A") for name in LEDGER.columns}

    def read(self, raw: RawRow) -> tuple[RowReading, bool]:
        """Return what a row says, and whether nothing about it was recorded."""
        checker = _RowChecker(raw, self)
        reading = _read_row(checker, self.months)
        row = reading.row
        if row is None:
            return reading, False
        # Rows that differ only in amount, unit, method, price or note are one purchase typed
        # twice; another origin, scrap type or document is another delivery.
        identity = (row.period, row.process, row.flow, row.role)
        delivery = tuple(getattr(row, name) for name in DELIVERY)
        seen = self.seen.setdefault(identity, {})
        first = seen.setdefault(told_apart_by(delivery), row.row_number)
        if first != row.row_number:
            checker.error("LEDGER_DUPLICATE_ROW", "amount", first=first)
            return reading._replace(row=None, duplicate=True), False
        return reading, not checker.warned


def read_slowly(context: RowContext) -> Iterator[RowReading]:
    """Yield every row of a table, each judged from its cells."""
    for raw in context.table.rows:
        yield context.read(raw)[0]


def _read_row(checker: _RowChecker, months: tuple[str, ...]) -> RowReading:
    raw = checker.raw
    process, flow = checker.code("process"), checker.code("flow")
    is_property = flow is not None and vocabulary().flows[flow].category == PROPERTY
    checker.empty_cells(is_property)
    month = checker.month(months)
    role, method = checker.code("role"), checker.code("method")
    amount = checker.amount("amount", "LEDGER_AMOUNT_UNREADABLE")
    price = checker.amount("price", "LEDGER_PRICE_UNREADABLE")
    canonical = checker.canonical(amount, flow)
    if process and flow and role and checker.text("role"):
        checker.role_fits(process, flow, role)
    if checker.faulty or not (flow and month and role and method):
        return RowReading(raw.number, process, flow, month, None)
    if amount is None or canonical is None:
        return RowReading(raw.number, process, flow, month, None)
    row = LedgerRow(
        sheet=checker.sheet,
        row_number=raw.number,
        period=month,
        process=process or "",
        flow=flow,
        role=role,
        amount=amount,
        unit=checker.text("unit"),
        amount_canonical=canonical,
        unit_canonical=vocabulary().flows[flow].unit,
        method=method,
        price=price,
        cells={name: cell.ref for name, cell in raw.cells.items()},
        **{name: checker.text(name) for name in _FREE},
    )
    return RowReading(raw.number, process, flow, month, row)
