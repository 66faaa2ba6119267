"""Ledger rows as the store holds them, written and hashed many at a time.

One object per row would take longer than reading the file, and so would general canonical JSON.
Both are written out here for exactly these columns; tests hold them against the general functions
(`canonical_json`, `store.content.held`), byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from heapq import merge
from itertools import islice, starmap
from json.encoder import encode_basestring
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection
from sqlmodel import SQLModel

from factor_db.foundation.canonical import HASH_SCHEMA_VERSION, decimal_text, strict_json
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.reading.known_rows import collector_paused
from factor_db.store.content import Held
from factor_db.store.tables import LedgerEntry, LedgerFile
from factor_db.store.work import Work

_ROWS_PER_INSERT = 10_000
_ROWS_PER_RUN = 20_000
_TABLE = SQLModel.metadata.tables["ledgerentry"]
_COLUMNS = tuple(column.name for column in _TABLE.columns)
Stored = tuple[str, int, str, str, str, str, str, str, str, str, str, str, str]


def store_rows(work: Work, rows: Iterable[LedgerRow], frozen: LedgerFile) -> None:
    """Store the rows of a frozen ledger, with the one leaf that holds them all."""
    connection = work.session.connection()
    # Looked up once: an attribute of a mapped object takes longer than the rest of a row.
    ledger, owner = frozen.sha256, frozen.owner
    stored = (_stored(row, ledger, owner) for row in rows)
    with collector_paused(), TemporaryDirectory() as folder:
        hashed = _Ordered(folder)
        while batch := list(islice(stored, _ROWS_PER_INSERT)):
            hashed.add(starmap(_row_json, batch))
            _insert(connection, batch)
        content = Held(_TABLE.name, frozen.sha256, tuple(sorted(_COLUMNS)), _hash(hashed))
    work.record("hold", _TABLE.name, frozen.sha256, content)


def _insert(connection: Connection, batch: list[Stored]) -> None:
    statement = _TABLE.insert()
    compiled = statement.compile(dialect=connection.dialect)
    if compiled.positional:
        # Straight to the driver: naming each value would take as long as storing it.
        connection.exec_driver_sql(str(compiled), batch)
    else:
        connection.execute(statement, [_by_column(values) for values in batch])


def counterparty(row: LedgerEntry) -> str:
    """Return whom a stored row names as the other party, empty where it names nobody."""
    return _said(row, "counterparty")


def origin(row: LedgerEntry) -> str:
    """Return where a stored row says its goods were made, a region's code, or nothing."""
    return _said(row, "origin")


def evidence(row: LedgerEntry) -> str:
    """Return the names of the documents that a stored row gives, or nothing."""
    return _said(row, "evidence")


def scrap_type(row: LedgerEntry) -> str:
    """Return what a stored row says its scrap, or scrap its metal is made of, is; or nothing."""
    return _said(row, "scrap_type")


def _said(row: LedgerEntry, name: str) -> str:
    stated = strict_json(row.payload.encode()).get(name, "") if row.payload else ""
    return str(stated).strip()


def stored_row(row: LedgerRow, frozen: LedgerFile) -> LedgerEntry:
    """Return a ledger row as it is stored; the audit builds it again from the frozen file."""
    return LedgerEntry(**_by_column(_stored(row, frozen.sha256, frozen.owner)))


def _by_column(values: Stored) -> dict[str, Any]:
    named: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
    return named | {"amount": Decimal(named["amount"])}


def _stored(row: LedgerRow, ledger: str, owner: str) -> Stored:
    """Return a row's values in the order of the table's columns, the amount as its text."""
    amount = _amount_text(row.amount_canonical)
    reported = amount if row.amount is row.amount_canonical else None
    return (
        ledger,
        row.row_number,
        owner,
        row.period,
        row.process,
        row.flow,
        row.product,
        row.role,
        amount,
        row.unit_canonical,
        row.method,
        f"{row.sheet}!{row.cells['amount']}",
        row_payload(row, reported),
    )


def _amount_text(value: Decimal) -> str:
    """Return what `decimal_text` gives, faster for what people write: digits with a point."""
    text = str(value)
    if text.isdigit():
        return text
    whole, point, part = text.partition(".")
    if point and whole.isdigit() and part.isdigit():
        return text.rstrip("0").rstrip(".")
    return decimal_text(value)


def row_payload(row: LedgerRow, amount: str | None = None) -> str:
    """Return the canonical JSON (RFC 8785) of what a row says beside its columns.

    `amount` is the text of the reported amount, where it is known already.
    """
    amount = amount or _amount_text(row.amount)
    text = encode_basestring
    price = "null" if row.price is None else f'"{_amount_text(row.price)}"'
    return (
        f'{{"counterparty":{text(row.counterparty)},"evidence":{text(row.evidence)},'
        f'"instrument":{text(row.instrument)},"note":{text(row.note)},'
        f'"origin":{text(row.origin)},"price":{price},'
        f'"reported_amount":"{amount}",'
        f'"reported_unit":{text(row.unit)},"scrap_type":{text(row.scrap_type)}}}'
    )


def _row_json(
    ledger: str,
    row_number: int,
    owner: str,
    period: str,
    process: str,
    flow: str,
    product: str,
    role: str,
    amount: str,
    unit: str,
    method: str,
    cell: str,
    payload: str,
) -> str:
    """Return the canonical JSON of a stored row."""
    text = encode_basestring
    return (
        f'{{"amount":"{amount}","cell":{text(cell)},"flow":"{flow}","ledger":"{ledger}",'
        f'"method":"{method}","owner":"{owner}","payload":{text(payload)},"period":"{period}",'
        f'"process":"{process}","product":{text(product)},"role":"{role}",'
        f'"row_number":{row_number},"unit":"{unit}"}}'
    )


class _Ordered:
    """Rows in the order of their JSON: sorted run by run, merged as they are gone through.

    The JSON of a million rows at once would take half a gigabyte; it waits in files of a folder.
    Code points sort as their UTF-8 bytes do.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._runs: list[Path] = []
        self._waiting: list[bytes] = []

    def add(self, rows: Iterable[str]) -> None:
        """Take rows as JSON, which holds no line break of its own."""
        self._waiting.extend(f"{row}\n".encode() for row in rows)
        if len(self._waiting) >= _ROWS_PER_RUN:
            run = self._folder / str(len(self._runs))
            run.write_bytes(b"".join(sorted(self._waiting)))
            self._runs.append(run)
            self._waiting.clear()

    def __iter__(self) -> Iterator[bytes]:
        """Yield each row as a line."""
        with ExitStack() as files:
            runs = [files.enter_context(run.open("rb")) for run in self._runs]
            yield from merge(*runs, sorted(self._waiting))


def _hash(lines: Iterable[bytes]) -> str:
    """Return the hash that `content.rows_hash` gives the rows of these lines."""
    digest = hashlib.sha256(f'footprint/rows/v{HASH_SCHEMA_VERSION}\n{{"rows":['.encode())
    lines, between = iter(lines), b""
    while batch := b"".join(islice(lines, _ROWS_PER_INSERT)):
        digest.update(between + batch[:-1].replace(b"\n", b","))
        between = b","
    digest.update(b'],"table":"ledgerentry"}')
    return digest.hexdigest()
