"""A whole store in one file that either database can take back: canonical JSON, a line a row.

First line: format, schema and the head of the audit log. Then every row of every table, parents
before children, in the order of the primary key. Last line: rows by table and the SHA-256 of all
bytes before it. The same store gives the same bytes, whichever database holds it. What is derived
from the rows, as the search index, is left out and made anew; issuer keys lie outside the store.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel

from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.audit import TreeHead, tree_head
from factor_db.store.content import stored_rows
from factor_db.store.engine import open_engine, writing
from factor_db.store.sight import require_sight_of_all
from factor_db.store.work import SCHEMA_HEAD

FORMAT = "footprint-store-backup/1"
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: rows in all, and the size and root of its audit log."""

    rows: int
    size: int
    root: str


def write_backup(session: Session, path: Path) -> Backup:
    """Write the state a reading session sees to a file, whole or not at all.

    The file is readable by its owner only: it holds what the ledgers hold. Raises BadInput for a
    value that this software never stores, NotAllowed for a user who may not see all of it.
    """
    require_sight_of_all(session)
    head = tree_head(session)
    rows: Counter[str] = Counter()
    digest = hashlib.sha256()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for line in _lines(session, head, rows):
                digest.update(line)
                file.write(line)
            file.write(_line({"rows": dict(rows), "sha256": digest.hexdigest()}))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Backup(rows.total(), head["size"], head["root"])


def restore_backup(url: str, path: Path) -> Backup:
    """Fill the empty database of a URL from a backup, in one transaction, and upgrade it.

    Raises BadInput when the database holds any row, when the file is not whole, or when its schema
    does not fit tables that are there already. After an error the database holds no row.
    """
    # Alembic takes a second to import: only restoring pays for it.
    from factor_db.store.migrations.run import upgrade

    schema = str(_header(path).get("schema"))
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            fresh = not inspect(connection).has_table("alembic_version")
        if fresh:
            upgrade(engine, schema)
        with writing(engine).begin() as connection:
            done = _fill(connection, path, schema)
        upgrade(engine)
    finally:
        engine.dispose()
    return done


def _lines(session: Session, head: TreeHead, rows: Counter[str]) -> Iterator[bytes]:
    yield _line({"format": FORMAT, "head": head, "schema": SCHEMA_HEAD})
    for table in SQLModel.metadata.sorted_tables:
        for row in stored_rows(session, table):
            rows[table.name] += 1
            shown = {name: _text(value) for name, value in row.items()}
            try:
                yield _line({"row": shown, "table": table.name})
            except (TypeError, ValueError) as error:  # a forger's number, say
                raise BadInput("STORE_ROW", table=table.name, reason=str(error)) from None


def _line(value: dict[str, Any]) -> bytes:
    return canonical_json(value) + b"\n"


def _text(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _value(value: Any) -> Any:
    return base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value


def _fill(connection: Connection, path: Path, schema: str) -> Backup:
    """Insert every row of a backup; raises BadInput unless file, counts and log are whole."""
    present = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if present != schema:
        raise BadInput("STORE_BACKUP_SCHEMA", version=schema, head=present)
    stored = MetaData()
    stored.reflect(connection, only=lambda name, _: name in SQLModel.metadata.tables)
    for table in stored.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise BadInput("STORE_NOT_EMPTY", table=table.name)
    count = 0
    for name, items in groupby(_rows(path), key=itemgetter(0)):
        while batch := [row for _, row in islice(items, _ROWS_AT_ONCE)]:
            _insert(connection, path, stored.tables.get(name), batch)
            count += len(batch)
    with Session(connection) as session:
        head = tree_head(session)
    if head != _header(path).get("head"):
        raise _unreadable(path, "head")
    return Backup(count, head["size"], head["root"])


def _insert(
    connection: Connection, path: Path, table: Table | None, rows: list[dict[str, Any]]
) -> None:
    if table is None:
        raise _unreadable(path, "table")
    try:
        values = [{name: _value(value) for name, value in row.items()} for row in rows]
        connection.execute(insert(table), values)
    except (SQLAlchemyError, ValueError, KeyError, AttributeError) as error:
        raise _unreadable(path, type(error).__name__) from None


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        header = _read(path, file.readline())
    if header.get("format") != FORMAT:
        raise _unreadable(path, "format")
    return header


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield table and row of every line; at the end raise BadInput unless the file is whole."""
    rows: Counter[str] = Counter()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.readline())
        for line in file:
            item = _read(path, line)
            if set(item) != {"row", "table"}:
                if item != {"rows": dict(rows), "sha256": digest.hexdigest()} or file.read(1):
                    raise _unreadable(path, "sha256")
                return
            digest.update(line)
            rows[item["table"]] += 1
            yield item["table"], item["row"]
    raise _unreadable(path, "end")


def _read(path: Path, line: bytes) -> dict[str, Any]:
    try:
        value = strict_json(line)
    except BadInput as error:
        raise _unreadable(path, error.code) from None
    if not isinstance(value, dict):
        raise _unreadable(path, "JSON")
    return value


def _unreadable(path: Path, reason: str) -> BadInput:
    return BadInput("STORE_BACKUP_UNREADABLE", path=path, reason=reason)
