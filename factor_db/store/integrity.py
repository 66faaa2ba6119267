"""Whether the database itself is whole, beside what the log says of the rows in it.

A query trusts its indexes, its triggers and the form of its columns: an index rebuilt without one
row hides that row from every check that asks for it. So the database checks itself (SQLite:
`integrity_check`; PostgreSQL: every index valid and complete), and tables, indexes, triggers and
views are compared with those that the migrations make.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Connection, Table, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import Boolean, Integer, LargeBinary
from sqlmodel import Session, SQLModel

from factor_db.store.content import LOG_TABLE, held_tables
from factor_db.store.search_tables import SEARCH

# Enough to see what is wrong; a damaged page sets off thousands.
_MOST_NAMED = 20
_OF_ALEMBIC = "alembic_version"
_STORED_AS = {Boolean: "integer", Integer: "integer", LargeBinary: "blob"}


def database_faults(session: Session) -> list[str]:
    """Return what is wrong with the database itself, in words; an empty list for a whole one."""
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    checks = (_sqlite_damage, _sqlite_schema, _strange_values) if is_sqlite else (_pg_schema,)
    found: list[str] = []
    for check in checks:
        try:
            found += check(connection)
        except DBAPIError as error:
            found.append(f"{check.__name__.strip('_')}: {error.orig}")
    return found[:_MOST_NAMED]


def _sqlite_damage(connection: Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_NAMED})")
    yield from (str(row[0]) for row in rows if row[0] != "ok")
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_MOST_NAMED):
        yield f"{row[0]} row {row[1]}: no {row[2]} of that key"


def _sqlite_schema(connection: Connection) -> Iterator[str]:
    stored, made = _definitions(connection), _migrated()
    for name in sorted(set(stored) | set(made)):
        if name not in stored:
            yield f"{name}: missing"
        elif name not in made:
            yield f"{name}: not of the migrations"
        elif stored[name] != made[name]:
            yield f"{name}: defined otherwise than by the migrations"


def _definitions(connection: Connection) -> dict[str, str]:
    """Return `type name` → definition of everything an SQLite database holds, blanks made alike."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    rows = connection.exec_driver_sql(query)
    return {f"{kind} {name}": " ".join((sql or "").split()) for kind, name, sql in rows}


@cache
def _migrated() -> dict[str, str]:
    """Return the definitions of a new database that the migrations made, in memory."""
    from alembic import command

    from factor_db.store.migrations.run import configuration

    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection, connection.begin():
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return _definitions(connection)
    finally:
        engine.dispose()


def _strange_values(connection: Connection) -> Iterator[str]:
    """Yield the columns that hold values of another type than theirs: SQLite takes any in any."""
    for table in (*held_tables(), SQLModel.metadata.tables[LOG_TABLE]):
        for column in table.columns:
            kind = next((_STORED_AS[t] for t in _STORED_AS if isinstance(column.type, t)), "text")
            query = (
                f'SELECT count(*) FROM "{table.name}" WHERE "{column.name}" IS NOT NULL '
                f"AND typeof(\"{column.name}\") <> '{kind}'"
            )
            if number := connection.scalar(text(query)):
                yield f"{table.name}.{column.name}: {number} values are no {kind}"


def _pg_schema(connection: Connection) -> Iterator[str]:
    """Yield what PostgreSQL holds otherwise than the tables of this version say."""
    tables = [*SQLModel.metadata.sorted_tables, *SEARCH.sorted_tables]
    found = inspect(connection)
    names = set(found.get_table_names())
    yield from (f"table {name}: missing" for name in sorted({t.name for t in tables} - names))
    extra = names - {table.name for table in tables} - {_OF_ALEMBIC}
    yield from (f"table {name}: not of the migrations" for name in sorted(extra))
    yield from (f"view {name}: not of the migrations" for name in found.get_view_names())
    for table in tables:
        if table.name in names:
            yield from _pg_table(connection, table)
    yield from _pg_catalogue(connection)


def _pg_table(connection: Connection, table: Table) -> Iterator[str]:
    found = inspect(connection)
    columns = {column["name"] for column in found.get_columns(table.name)}
    # The search terms are a column of PostgreSQL alone.
    if columns - {"terms"} != set(table.columns.keys()):
        yield f"table {table.name}: other columns than by the migrations"
    indexes = {index["name"]: index["unique"] for index in found.get_indexes(table.name)}
    for index in table.indexes:
        if indexes.get(str(index.name)) is not bool(index.unique):
            yield f"index {index.name}: missing or defined otherwise than by the migrations"
    if set(found.get_pk_constraint(table.name)["constrained_columns"]) != {
        column.name for column in table.primary_key
    }:
        yield f"table {table.name}: another primary key than by the migrations"


def _pg_catalogue(connection: Connection) -> Iterator[str]:
    """Yield indexes that are not valid or leave rows out, unproved keys, triggers and rules."""
    own = "relnamespace = current_schema()::regnamespace"
    queries = {
        "index {}: not valid, or leaves rows out": (
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            f"WHERE c.{own} AND (NOT indisvalid OR NOT indisready OR indpred IS NOT NULL)"
        ),
        "constraint {}: not validated": (
            "SELECT conname FROM pg_constraint WHERE NOT convalidated "
            "AND connamespace = current_schema()::regnamespace"
        ),
        "trigger {}: not of the migrations": (
            "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            f"WHERE NOT tgisinternal AND c.{own}"
        ),
        "rule {}: not of the migrations": (
            "SELECT rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "
            f"WHERE c.{own} AND c.relkind = 'r'"
        ),
    }
    for words, query in queries.items():
        for (name,) in connection.execute(text(query)):
            yield words.format(name)
