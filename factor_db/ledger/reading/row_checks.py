"""The rows of the sheet `ledger` as its columns read them: unit, role and duplicates with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.cells import RawRow, Table, text_of
from factor_db.ledger.form.columns import Kind
from factor_db.ledger.form.faults import Findings, flow_label, list_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.sheets import LEDGER
from factor_db.ledger.form.vocabulary import CO_PRODUCT_CATEGORIES, PROPERTY, vocabulary
from factor_db.ledger.reading.row_reader import RowReader, SheetReader

_FREE = LEDGER.of_kind(Kind.TEXT)
# What tells two deliveries of one flow in one month apart.
DELIVERY = tuple(column for column in _FREE if column != "note")
Identity = tuple[str, str, str, str]
Delivery = tuple[str, ...] | str


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


def told_apart_by(delivery: tuple[str, ...]) -> Delivery:
    """Return what tells a delivery from others: its document where it says nothing else.

    Kept for each of a million rows, a tuple takes as much memory as the amount.
    """
    evidence = delivery[-1]
    return evidence if evidence == "".join(delivery) else delivery


class RowContext(SheetReader):
    """What reading a ledger's rows has in common: its months, its findings, and the rows so far."""

    def __init__(self, table: Table, months: tuple[str, ...], findings: Findings) -> None:
        super().__init__(table, LEDGER, months, findings)
        self.table = table
        # (month, process, flow, role) → what tells its deliveries apart → number of the row.
        self.seen: dict[Identity, dict[Delivery, int]] = {}

    def read(self, raw: RawRow) -> tuple[RowReading, bool]:
        """Return what a row says, and whether nothing about it was recorded."""
        row, said = self.row(raw), self.findings.count
        reading = _read_row(row)
        found = reading.row
        if found is None:
            return reading, False
        # Rows that differ only in amount, unit, method, price or note are one purchase typed
        # twice; another origin, scrap type or document is another delivery.
        identity = (found.period, found.process, found.flow, found.role)
        delivery = tuple(getattr(found, name) for name in DELIVERY)
        seen = self.seen.setdefault(identity, {})
        first = seen.setdefault(told_apart_by(delivery), found.row_number)
        if first != found.row_number:
            row.error("LEDGER_DUPLICATE_ROW", "amount", first=first)
            return reading._replace(row=None, duplicate=True), False
        return reading, self.findings.count == said


def read_slowly(context: RowContext) -> Iterator[RowReading]:
    """Yield every row of a table, each judged from its cells."""
    for raw in context.table.rows:
        yield context.read(raw)[0]


def _read_row(row: RowReader) -> RowReading:
    number = row.number_of_row
    process, flow = row.word("process").code, row.word("flow").code
    is_property = flow is not None and vocabulary().flows[flow].category == PROPERTY
    # A property belongs to a material; naming its process is allowed, not needed.
    row.complete(but=("process",) if is_property else ())
    month, role, method = row.month(), row.word("role").code, row.word("method").code
    amount, price = row.number("amount"), row.number("price")
    factor = row.factor(vocabulary().flows[flow].unit) if flow is not None else None
    if process and flow and role:
        _role_fits(row, process, flow, role)
    if row.faulty or not (flow and month and role and method):
        return RowReading(number, process, flow, month, None)
    if amount is None or factor is None:
        return RowReading(number, process, flow, month, None)
    return RowReading(
        number,
        process,
        flow,
        month,
        LedgerRow(
            sheet=row.sheet,
            row_number=number,
            period=month,
            process=process or "",
            flow=flow,
            role=role,
            amount=amount,
            unit=row.text("unit"),
            amount_canonical=EXACT.multiply(amount, factor),
            unit_canonical=vocabulary().flows[flow].unit,
            method=method,
            price=price,
            cells=row.refs(),
            **{name: row.text(name) for name in _FREE},
        ),
    )


def _role_fits(row: RowReader, process: str, flow: str, role: str) -> None:
    expected = vocabulary().expected_role(process, flow)
    names = {"process": process_label(process), "flow": flow_label(flow)}
    if role == "co-product":
        if vocabulary().flows[flow.split(".")[0]].category not in CO_PRODUCT_CATEGORIES:
            row.error("LEDGER_CO_PRODUCT_FLOW", "role", **names)
        return
    if role == expected:
        return
    if expected is not None:
        row.error("LEDGER_ROLE_MISMATCH", "role", expected=expected, **names)
    elif vocabulary().flows[flow].category != PROPERTY:
        places = list_label(vocabulary().reported_by(flow) or ("-",))
        cell = row.cell("flow")
        row.of.findings.warning(
            "LEDGER_FLOW_NOT_OF_PROCESS",
            row.sheet,
            cell.ref,
            text_of(cell.value),
            explained=bool(row.text("note")),
            scope=None,
            places=places,
            **names,
        )
