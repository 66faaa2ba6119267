"""Rows exactly as the database holds them, and the hash of them that stands in the audit log.

A leaf holds a *group*: the rows of a table that share the first column of its primary key, which
mostly is one row. The parents of a thing and the rows of a ledger are held together, because
thousands of leaves would say no more. Values are read without conversion, so that `1.0` in place
of `1` is a change too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, select, type_coerce
from sqlalchemy.types import NullType
from sqlmodel import Session, SQLModel

from factor_db.foundation.canonical import canonical_json, content_hash, decimal_text, sha256_hex

LOG_TABLE = "auditleaf"
# An edge is recorded when its child is made, so it belongs to the child; certificates come by the
# thousand with their ledger.
_GROUPED_BY = {"lineageedge": "child", "instrumentuse": "ledger"}
_LARGEST_JSON_INTEGER = 2**53 - 1
_ROWS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Held:
    """What a leaf says of a group of rows: where they stand, their columns, their hash."""

    table: str
    key: str
    columns: tuple[str, ...]
    content: str

    @property
    def group(self) -> tuple[str, str]:
        """The table and the key of the group."""
        return self.table, self.key


def held_tables() -> list[Table]:
    """Return every table the log holds, parents before children."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name != LOG_TABLE]


def table_of(row: SQLModel) -> Table:
    """Return the table of a row object."""
    table: Table = type(row).__table__  # type: ignore[attr-defined]
    return table


def group_column(table: Table) -> Column[Any]:
    """Return the column whose value tells which rows of a table are held together."""
    return table.columns[_GROUPED_BY.get(table.name, next(iter(table.primary_key)).name)]


def group_key(table: Table, row: Mapping[str, Any]) -> str:
    """Return the key of the group a row belongs to."""
    return str(row[group_column(table).name])


def values_of(row: SQLModel) -> dict[str, Any]:
    """Return a row object's values by column, as they will be stored."""
    values = {column.name: getattr(row, column.name) for column in table_of(row).columns}
    return {
        name: decimal_text(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def held(table: Table, key: str, rows: Iterable[Mapping[str, Any]]) -> Held:
    """Return what a leaf says of a group of rows of a table."""
    columns = tuple(sorted(column.name for column in table.columns))
    return Held(table.name, key, columns, rows_hash(table, rows, columns))


def rows_hash(table: Table, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return the SHA-256 of a group of rows over the named columns, in any order of the rows."""
    shown = [
        {name: value for name, value in _in_json(table, row).items() if name in columns}
        for row in rows
    ]
    if len(shown) > 1:
        shown.sort(key=canonical_json)
    return content_hash("rows", {"rows": shown, "table": table.name})


def stored_rows(session: Session, table: Table, key: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, or of one group of it, in the order of the primary key."""
    query = select(
        *(type_coerce(column, NullType()).label(column.name) for column in table.columns)
    )
    if key is not None:
        column = group_column(table)
        query = query.where(column == (int(key) if isinstance(column.type, Integer) else key))
    query = query.order_by(*table.primary_key).execution_options(yield_per=_ROWS_AT_ONCE)
    with session.execute(query) as result:  # a reader that stops early leaves no cursor open
        for row in result.mappings():
            yield {name: _plain(table.columns[name], value) for name, value in row.items()}


def _plain(column: Column[Any], value: Any) -> Any:
    """Return a stored value in the one form of both databases."""
    if isinstance(column.type, Boolean) and type(value) is int and value in (0, 1):
        return bool(value)
    return bytes(value) if isinstance(value, memoryview) else value


def _in_json(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for hashing: bytes by their hash, and what a forger may have put in by name."""
    shown: dict[str, Any] = {}
    for column in table.columns:
        value = row[column.name]
        if isinstance(value, bytes):
            value = {"sha256": sha256_hex(value)}
        elif isinstance(value, float) or (
            isinstance(value, int) and abs(value) > _LARGEST_JSON_INTEGER
        ):
            value = {type(value).__name__: repr(value)}
        shown[column.name] = value
    return shown
