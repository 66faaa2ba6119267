"""Connections to the two databases, SQLite and PostgreSQL, with the same promises on both.

Writers queue at the start of a transaction, so that the log's positions have no gap and nobody's
work fails at its end: SQLite by BEGIN IMMEDIATE, PostgreSQL by one advisory lock. Readers see one
state of the store from first to last query, and on PostgreSQL cannot write at all.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from factor_db.foundation.errors import BadInput, FootprintError, Unusable
from factor_db.store.home import private_file

# Five minutes (EJ): longer than any unit of work, short enough that a hung writer shows itself.
QUEUE_TIMEOUT_MS = 300_000
# Any constant will do, as long as every version of this software takes the same one.
_WRITERS_LOCK = 0x666F6F74
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's error code for a lock timeout
_TOLD = {
    sqlite3.SQLITE_FULL: "STORE_FULL",
    sqlite3.SQLITE_IOERR: "STORE_FULL",
    sqlite3.SQLITE_READONLY: "STORE_READ_ONLY",
    sqlite3.SQLITE_PERM: "STORE_READ_ONLY",
    sqlite3.SQLITE_CANTOPEN: "STORE_READ_ONLY",
    sqlite3.SQLITE_CORRUPT: "STORE_DAMAGED",
    sqlite3.SQLITE_NOTADB: "STORE_DAMAGED",
}
# PostgreSQL: disk full, read-only transaction, data and index corrupted.
_TOLD_BY_STATE = {
    "53100": "STORE_FULL",
    "25006": "STORE_READ_ONLY",
    "XX001": "STORE_DAMAGED",
    "XX002": "STORE_DAMAGED",
}
_UNDECODED = "Could not decode to UTF-8"
_PRIMARY_CODE = 0xFF  # SQLite's extended result codes carry the primary one in their low byte


def open_engine(url: str) -> Engine:
    """Return an engine for a database URL; an SQLite file is made, or closed, for its owner only.

    Raises BadInput when its driver is not installed, Unusable where no file can be made.
    """
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except ModuleNotFoundError as error:
        raise BadInput("STORE_DRIVER", driver=error.name or url.partition(":")[0]) from None
    if engine.dialect.name == "sqlite":
        if engine.url.database not in (None, "", ":memory:"):
            private_file(Path(str(engine.url.database)))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write: each waits for its turn when it begins."""
    return engine.execution_options(writes=True)


def fault_of(error: DBAPIError) -> FootprintError | None:
    """Return what a database error means to a person, or None when it is a fault of ours."""
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY_CODE
    told = _TOLD.get(code) or _TOLD_BY_STATE.get(getattr(cause, "sqlstate", None) or "")
    if told or _UNDECODED in str(cause):
        return Unusable(told or "STORE_DAMAGED", reason=str(cause))
    if getattr(cause, "sqlstate", None) == _LOCK_NOT_AVAILABLE or _is_busy(cause):
        return BadInput("STORE_BUSY", seconds=QUEUE_TIMEOUT_MS // 1000)
    if type(cause).__name__ == "DataError":  # PostgreSQL takes no NUL character in a text
        return BadInput("STORE_VALUE", reason=str(cause))
    return None


def _is_busy(cause: BaseException | None) -> bool:
    code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling begins too late; ours stands in _begin_sqlite.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={QUEUE_TIMEOUT_MS}")
    _use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _use_write_ahead_log(connection: Any) -> None:
    """Switch a new file to the write-ahead log; a file that has one stays as it is."""
    give_up = time.monotonic() + QUEUE_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # Two first openers of a new file block each other, and here SQLite does not wait.
            if not _is_busy(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        # Read committed, the default: the first look at the data comes after the turn has come.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {QUEUE_TIMEOUT_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writes", False))
