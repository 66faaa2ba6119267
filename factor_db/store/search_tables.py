"""Tables of the factor search: derived data, rebuilt from the factors whenever needed.

They stand apart from the tables that are evidence: the audit log does not hold them (the audit
rebuilds and compares them), and a backup leaves them out. `number` grows with the reference, so
that hits come out in the order of their reference without being sorted: SQLite's full-text index
runs through its rows in the order of their numbers, and on PostgreSQL, whose index knows no order,
every term stands once for each of 128 ranges of numbers, which are asked one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypedDict

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, delete, text

SEARCH = MetaData()
NUMBERS = 2**62
_RANGE_BITS = 55
_RANGES = NUMBERS >> _RANGE_BITS
# References are compared by code point on both databases.
_CODE_POINTS = Text().with_variant(Text(collation="C"), "postgresql")

# One row a factor version. `words` holds its names, synonyms, reference and slot, each on a line
# of its own with a line break before and after, all in their comparable form.
factor_words = Table(
    "factorwords",
    SEARCH,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("sha256", Text, nullable=False, unique=True),
    Column("reference", _CODE_POINTS, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("geography", Text, nullable=False),
    Column("data_year", Integer, nullable=False),
    Column("redistribution", Text, nullable=False),
    Column("words", Text, nullable=False),
)
# One row: the form of the words and terms that the index was made with.
search_form = Table("searchform", SEARCH, Column("form", Text, primary_key=True))
_TERMS = {
    # No content, no positions: only which rows hold which terms.
    "sqlite": "CREATE VIRTUAL TABLE factorgrams USING fts5"
    "(terms, content='', detail='none', columnsize=0, tokenize='ascii')",
    "postgresql": "ALTER TABLE factorwords ADD COLUMN terms INTEGER[] NOT NULL",
}
_TERM_INDEX = "CREATE INDEX factorgrams ON factorwords USING gin (terms) WITH (fastupdate = off)"


class IndexColumns(TypedDict):
    """The columns of `factorwords`."""

    number: int
    sha256: str
    reference: str
    owner: str
    site: str
    kind: str
    geography: str
    data_year: int
    redistribution: str
    words: str


@dataclass(frozen=True, slots=True)
class IndexRow:
    """The columns of `factorwords` and the terms, numbers of 32 bits, that lead to the row."""

    columns: IndexColumns
    terms: Sequence[int]


@dataclass(frozen=True, slots=True)
class Wish:
    """What rows are wanted: a rough choice by terms, and what the columns have to be.

    A row holds all of `terms` and, if there are any, one of `any_of`; its words hold every text
    of `holds` and none of `lacks`; its columns are those of `equal`. `owner` limits field data to
    one owner (None: no limit, empty: no field data).
    """

    terms: frozenset[int] = frozenset()
    any_of: frozenset[int] = frozenset()
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    equal: Mapping[str, str | int] = field(default_factory=dict)
    owner: str | None = None


def create_search_tables(connection: Connection) -> None:
    """Create the search tables on SQLite or PostgreSQL."""
    SEARCH.create_all(connection)
    connection.execute(text(_TERMS[connection.dialect.name]))
    if connection.dialect.name != "sqlite":
        connection.execute(text(_TERM_INDEX))


def drop_search_tables(connection: Connection) -> None:
    """Drop the search tables."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TABLE factorgrams"))
    SEARCH.drop_all(connection)


@contextmanager
def filling_anew(connection: Connection) -> Iterator[None]:
    """Empty the search tables; whoever fills them inside does so faster than row by row."""
    connection.execute(delete(factor_words))
    connection.execute(delete(search_form))
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO factorgrams(factorgrams) VALUES ('delete-all')"))
        yield
    else:
        connection.execute(text("DROP INDEX factorgrams"))
        yield
        connection.execute(text(_TERM_INDEX))


def insert_rows(connection: Connection, rows: Sequence[IndexRow]) -> None:
    """Store rows with their terms."""
    if not rows:
        return
    names = [column.name for column in factor_words.c]
    columns: list[dict[str, Any]] = [dict(row.columns) for row in rows]
    if connection.dialect.name == "sqlite":
        terms = [{"number": row.columns["number"], "terms": _as_text(row.terms)} for row in rows]
        statement = "INSERT INTO factorgrams(rowid, terms) VALUES (:number, :terms)"
        connection.execute(text(statement), terms)
    else:
        names.append("terms")
        for values, row in zip(columns, rows, strict=True):
            values["terms"] = _in_range(row)
    marks = ", ".join(f":{name}" for name in names)
    statement = f"INSERT INTO factorwords({', '.join(names)}) VALUES ({marks})"
    connection.execute(text(statement), columns)


def delete_rows(connection: Connection, rows: Sequence[IndexRow]) -> None:
    """Delete rows; their terms have to be those they were stored with."""
    numbers = [{"number": row.columns["number"]} for row in rows]
    connection.execute(text("DELETE FROM factorwords WHERE number = :number"), numbers)
    if connection.dialect.name == "sqlite":
        statement = (
            "INSERT INTO factorgrams(factorgrams, rowid, terms) VALUES ('delete', :number, :terms)"
        )
        terms = [{"number": row.columns["number"], "terms": _as_text(row.terms)} for row in rows]
        connection.execute(text(statement), terms)


def rows_without_terms(connection: Connection, rows: Sequence[IndexRow]) -> set[int]:
    """Return the numbers of rows that do not hold all of their terms in the database."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT rowid FROM factorgrams WHERE factorgrams MATCH :terms AND rowid = :n")
        sought: list[Any] = [" AND ".join(_as_text(row.terms).split()) for row in rows]
    else:
        query = text("SELECT number FROM factorwords WHERE number = :n AND terms = :terms")
        sought = [_in_range(row) for row in rows]
    lacking = set()
    for row, terms in zip(rows, sought, strict=True):
        number = row.columns["number"]
        if connection.scalar(query, {"n": number, "terms": terms}) is None:
            lacking.add(number)
    return lacking


def hashes_of(connection: Connection, wish: Wish, limit: int | None) -> Iterator[str]:
    """Yield the hashes of the wanted factors in the order of their reference."""
    conditions, values = _conditions(connection, wish)
    if not wish.terms and not wish.any_of:
        yield from _plain(connection, conditions, values, limit)
    elif connection.dialect.name == "sqlite":
        yield from _by_full_text(connection, wish, conditions, values, limit)
    else:
        yield from _by_ranges(connection, wish, conditions, values, limit)


def _conditions(connection: Connection, wish: Wish) -> tuple[str, dict[str, Any]]:
    position = "instr" if connection.dialect.name == "sqlite" else "strpos"
    parts, values = ["1 = 1"], dict[str, Any]()
    for sign, texts in ((">", wish.holds), ("=", wish.lacks)):
        for part in texts:
            name = f"text{len(values)}"
            parts.append(f"{position}(words, :{name}) {sign} 0")
            values[name] = part
    for column, value in wish.equal.items():
        parts.append(f"{column} = :{column}")
        values[column] = value
    if wish.owner is not None:
        parts.append("(site = '' OR (owner = :owner AND :owner <> ''))")
        values["owner"] = wish.owner
    return _all_of(parts), values


def _all_of(conditions: Sequence[str]) -> str:
    """Return conditions joined in pairs: databases limit how deep a chain of them may be."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    return f"({_all_of(conditions[:middle])} AND {_all_of(conditions[middle:])})"


def _plain(
    connection: Connection, conditions: str, values: dict[str, Any], limit: int | None
) -> Iterator[str]:
    statement = f"SELECT sha256 FROM factorwords WHERE {conditions} ORDER BY number"
    yield from _first_column(connection, statement, values, limit)


def _by_full_text(
    connection: Connection, wish: Wish, conditions: str, values: dict[str, Any], limit: int | None
) -> Iterator[str]:
    wanted = [f"{term:x}" for term in sorted(wish.terms)]
    if wish.any_of:
        wanted.append(f"({' OR '.join(f'{term:x}' for term in sorted(wish.any_of))})")
    # CROSS JOIN keeps SQLite from turning the two around.
    statement = (
        "SELECT sha256 FROM factorgrams CROSS JOIN factorwords "
        "ON factorwords.number = factorgrams.rowid "
        f"WHERE factorgrams MATCH :match AND {conditions} ORDER BY factorgrams.rowid"
    )
    match = " AND ".join(wanted)
    yield from _first_column(connection, statement, {**values, "match": match}, limit)


def _by_ranges(
    connection: Connection, wish: Wish, conditions: str, values: dict[str, Any], limit: int | None
) -> Iterator[str]:
    # Compiling the statement would take longer than running it, as would reading all rows.
    settings = ", ".join(f"set_config('{name}', 'off', true)" for name in ("jit", "enable_seqscan"))
    connection.execute(text(f"SELECT {settings}"))
    terms = [f"terms @> {_array(wish.terms)}"] if wish.terms else []
    terms += [f"terms && {_array(wish.any_of)}"] if wish.any_of else []
    # The inner query takes each range from the series, so PostgreSQL can only ask range by range,
    # and stops at the limit. OFFSET 0 keeps it from turning the two around.
    statement = (
        f"SELECT sha256 FROM generate_series(0, {_RANGES - 1}) AS part "
        "CROSS JOIN LATERAL (SELECT sha256 FROM factorwords "
        f"WHERE {' AND '.join(terms)} AND number >> {_RANGE_BITS} = part AND {conditions} "
        "ORDER BY number OFFSET 0) AS hit"
    )
    yield from _first_column(connection, statement, values, limit)


def _first_column(
    connection: Connection, statement: str, values: Mapping[str, Any], limit: int | None
) -> Iterator[str]:
    if limit is not None:
        statement, values = f"{statement} LIMIT :limit", {**values, "limit": limit}
    for row in connection.execute(text(statement), values):
        yield row[0]


def _as_text(terms: Sequence[int]) -> str:
    return " ".join(f"{term:x}" for term in terms)


def _array(terms: frozenset[int]) -> str:
    """Return the terms, as they stand in the range `part`, as an array."""
    texts = (f"CAST({_signed(term)} AS INTEGER) # (part << 24)" for term in sorted(terms))
    return f"ARRAY[{', '.join(texts)}]"


def _in_range(row: IndexRow) -> list[int]:
    """Return a row's terms as they stand in the range of its number."""
    part = row.columns["number"] >> _RANGE_BITS
    return [_signed(term ^ part << 24) for term in row.terms]


def _signed(term: int) -> int:
    return term - (1 << 32) if term >> 31 else term
