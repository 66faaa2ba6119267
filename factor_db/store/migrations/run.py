"""Bring a database to the newest schema, in one transaction, and keep a copy of the old file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, String, inspect

from factor_db.foundation.errors import BadInput
from factor_db.store.engine import writing
from factor_db.store.home import private_file


def configuration() -> Config:
    """Return Alembic's configuration for the revisions of this folder."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply the missing revisions; a killed upgrade leaves the schema as it was.

    An SQLite file that holds data is first copied beside itself, under its old revision. Raises
    BadInput for a schema newer than this software, or when foreign keys would not hold.
    """
    config = configuration()
    with _upgrading(engine) as connection:
        present = _revision(connection)
        _refuse_unknown(config, present)
        if present is not None and present != _target(config, revision):
            _keep_copy(connection, present)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if connection.dialect.name == "sqlite":
            _refuse_loose_keys(connection, revision)
        else:
            _order_texts_by_code_point(connection)


@contextmanager
def _upgrading(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction of an upgrade; others wait for it."""
    with writing(engine).connect() as connection:
        # Changing a table makes SQLite build it anew, which would break the keys that point to it.
        _check_keys(connection, False)
        try:
            with connection.begin():
                yield connection
        finally:
            _check_keys(connection, True)


def _check_keys(connection: Connection, on: bool) -> None:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _target(config: Config, revision: str) -> str | None:
    script = ScriptDirectory.from_config(config)
    return script.get_current_head() if revision == "head" else revision


def _refuse_unknown(config: Config, present: str | None) -> None:
    script = ScriptDirectory.from_config(config)
    known = {item.revision for item in script.walk_revisions()}
    if present is not None and present not in known:
        raise BadInput("STORE_SCHEMA_UNKNOWN", version=present, head=script.get_current_head())


def _keep_copy(connection: Connection, present: str) -> None:
    """Copy an SQLite file to `<name>.<revision>.<suffix>` beside it, whole or not at all."""
    name = connection.engine.url.database
    if connection.dialect.name != "sqlite" or not name:
        return
    path = Path(name)
    kept = path.with_suffix(f".{present}{path.suffix}")
    unfinished = kept.with_name(f".{kept.name}.{os.getpid()}")
    private_file(unfinished)
    # This transaction holds the turn to write, so a second connection copies the old state.
    source, copy = sqlite3.connect(path), sqlite3.connect(unfinished)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    unfinished.replace(kept)


def _refuse_loose_keys(connection: Connection, revision: str) -> None:
    loose = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if loose:
        tables = ", ".join(sorted({str(row[0]) for row in loose}))
        raise BadInput("STORE_UPGRADE_BROKEN", head=revision, tables=tables)


def _order_texts_by_code_point(connection: Connection) -> None:
    """Give every text column the collation "C", so that both databases sort texts alike.

    SQLite compares bytes; PostgreSQL would follow the language that its database was made with.
    """
    found = inspect(connection)
    for table in sorted(found.get_table_names()):
        for column in found.get_columns(table):
            kind = column["type"]
            if isinstance(kind, String) and kind.collation != "C":
                plain = kind.compile(connection.dialect).partition(" COLLATE")[0]
                change = f'ALTER COLUMN "{column["name"]}" TYPE {plain} COLLATE "C"'
                connection.exec_driver_sql(f'ALTER TABLE "{table}" {change}')
