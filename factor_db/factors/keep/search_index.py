"""The index behind the factor search: what it holds of a factor, and how it is kept.

A factor's number lies between those of its neighbours in the order of references. Where a gap is
used up, the neighbourhood is numbered anew, evenly; a rebuilt index leaves even gaps everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from typing import Literal, cast

from sqlalchemy import Connection, func, insert, select
from sqlmodel import Session, col

from factor_db.factors.keep.search_terms import comparable, term_of, terms_of_line
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import canonical_json, sha256_hex, strict_json
from factor_db.foundation.errors import DOCUMENT_FAULTS, FootprintError
from factor_db.foundation.reference_files import reference_rows
from factor_db.store.search_tables import (
    NUMBERS,
    IndexColumns,
    IndexRow,
    delete_rows,
    factor_words,
    filling_anew,
    insert_rows,
    rows_without_terms,
    search_form,
)
from factor_db.store.tables import FactorVersion

FACETS: tuple[Literal["geography", "data_year", "kind", "redistribution"], ...] = (
    "geography",
    "data_year",
    "kind",
    "redistribution",
)
# Counts up whenever the words or terms of a factor are made otherwise than before.
_SCHEME = 2
# The same words in British and American English; IUPAC writes aluminium and sulfur.
_SPELLINGS = (("aluminium", "aluminum"), ("sulphur", "sulfur"))
# Numbered anew together: so many neighbours to each side at first, and room for each (EJ).
_NEIGHBOURS, _ROOM = 32, 2**20
_ROWS_AT_ONCE = 500


@cache
def _flow_words() -> Mapping[str, tuple[str, ...]]:
    """Return flow → its names and synonyms."""
    words = {row["code"]: [row["name_zh"], row["name_en"]] for row in reference_rows("flows.csv")}
    for row in reference_rows("synonyms.csv"):
        words[row["flow"]].append(row["word"])
    return {flow: tuple(found) for flow, found in words.items()}


@cache
def _form() -> str:
    return sha256_hex(canonical_json([_SCHEME, _SPELLINGS, _flow_words()]))


def field_term(column: str, value: str | int) -> int:
    """Return the term of all factors that have this value in a column."""
    return term_of(f"@{column}:{value}")


def sight_term(owner: str) -> int:
    """Return the term of an owner's field data; of everybody's factors for an empty owner."""
    return term_of(f"@sight:{owner}")


def index_row(factor: Factor, number: int) -> IndexRow:
    """Return what the index holds of a factor under a number."""
    flow = factor.flow.partition(".")[0]
    names = (factor.name_zh, factor.name_en, *factor.synonyms, *_flow_words().get(flow, ()))
    found = {comparable(name) for name in names}
    for british, american in _SPELLINGS:
        found |= {name.replace(british, american) for name in found}
    lines = [factor.ref, *sorted(found - {""}), comparable(factor.slot_key)]
    return with_terms(
        {
            "number": number,
            "sha256": factor.sha256,
            "reference": factor.ref,
            "owner": factor.owner,
            "site": factor.site,
            "kind": factor.kind,
            "geography": factor.geography,
            "data_year": factor.data_year,
            "redistribution": factor.redistribution,
            "words": "\n" + "\n".join(lines) + "\n",
        }
    )


def with_terms(columns: IndexColumns) -> IndexRow:
    """Return a row with the terms that its columns give."""
    terms = {field_term(name, columns[name]) for name in FACETS}
    kept = columns["site"] or (columns["kind"], columns["redistribution"]) == ("product", "owner")
    terms.add(sight_term(columns["owner"] if kept else ""))
    terms.update(*map(terms_of_line, columns["words"].strip("\n").split("\n")))
    return IndexRow(columns, sorted(terms))


def add_to_index(session: Session, factors: Sequence[Factor]) -> None:
    """Index factors that were just stored."""
    connection = session.connection()
    for factor in factors:
        insert_rows(connection, [index_row(factor, _free_number(connection, factor.ref))])


def _free_number(connection: Connection, reference: str) -> int:
    """Return a number between those of a new reference's neighbours."""
    table = factor_words.c
    lower = select(table.number).where(table.reference < reference)
    upper = select(table.number).where(table.reference > reference)
    low = connection.scalar(lower.order_by(table.reference.desc()).limit(1)) or 0
    high = connection.scalar(upper.order_by(table.reference).limit(1)) or NUMBERS
    if high - low > 1:
        return int(low + high) // 2
    _make_room(connection, low)
    return _free_number(connection, reference)


def _make_room(connection: Connection, at: int) -> None:
    """Spread the numbers around a place, over as many rows as it takes to leave room."""
    table, reach, gap = factor_words.c, _NEIGHBOURS, 0
    while gap < _ROOM:
        # One row more than is moved, to each side, bounds the room there is.
        lower = select(factor_words).where(table.number <= at).order_by(table.number.desc())
        upper = select(factor_words).where(table.number > at).order_by(table.number)
        before = connection.execute(lower.limit(reach + 1)).mappings().all()
        after = connection.execute(upper.limit(reach + 1)).mappings().all()
        low = before[reach]["number"] if len(before) > reach else 0
        high = after[reach]["number"] if len(after) > reach else NUMBERS
        rows = [
            cast(IndexColumns, dict(row)) for row in (*reversed(before[:reach]), *after[:reach])
        ]
        gap, reach = (high - low) // (len(rows) + 1), 2 * reach
    delete_rows(connection, [with_terms(row) for row in rows])
    spread: list[IndexColumns] = [
        {**row, "number": low + gap * place} for place, row in enumerate(rows, start=1)
    ]
    insert_rows(connection, [with_terms(row) for row in spread])


def index_is_behind(session: Session) -> bool:
    """Tell whether the index is not that of the stored factors, or made by another version.

    So it is after a migration, a restored backup, or a change of the shipped synonyms.
    """
    connection = session.connection()
    if connection.scalar(select(search_form.c.form)) != _form():
        return True
    indexed = connection.scalar(select(func.count()).select_from(factor_words))
    return indexed != connection.scalar(select(func.count(col(FactorVersion.sha256))))


def rebuild_index(session: Session) -> None:
    """Index every stored factor anew."""
    session.flush()
    connection = session.connection()
    keys = (col(FactorVersion.sha256), col(FactorVersion.factor_id), col(FactorVersion.version))
    known = {
        row.sha256: f"{row.factor_id}@{row.version}" for row in connection.execute(select(*keys))
    }
    hashes = sorted(known, key=known.__getitem__)
    gap = NUMBERS // (len(hashes) + 1)
    with filling_anew(connection):
        connection.execute(insert(search_form), [{"form": _form()}])
        number = 0
        for part in _factors(connection, hashes):
            rows = []
            for factor in part:
                number += gap
                rows.append(index_row(factor, number))
            insert_rows(connection, rows)


def index_faults(session: Session, unreadable: Set[str] = frozenset()) -> list[str]:
    """Return the hashes of factors whose part in the index is not what the factor gives, sorted.

    `unreadable` are hashes of factors that are known to be altered themselves; they are left out.
    """
    connection = session.connection()
    query = select(factor_words).order_by(factor_words.c.reference)
    held = {row["sha256"]: dict(row) for row in connection.execute(query).mappings()}
    numbers = [row["number"] for row in held.values()]
    wrong = set() if numbers == sorted(numbers) else set(held)
    stored = set(connection.scalars(select(col(FactorVersion.sha256))))
    wrong |= stored ^ set(held)
    for part in _factors(connection, sorted((stored & set(held)) - unreadable)):
        rows = [index_row(factor, held[factor.sha256]["number"]) for factor in part]
        lacking = rows_without_terms(connection, rows)
        for row in rows:
            sha256 = row.columns["sha256"]
            if held[sha256] != row.columns or row.columns["number"] in lacking:
                wrong.add(sha256)
    return sorted(wrong - unreadable)


def _factors(connection: Connection, hashes: Sequence[str]) -> Iterator[list[Factor]]:
    """Yield the stored factors of some hashes, in their order and in parts.

    A factor that was altered past reading is left out, so that its store can still be opened;
    the audit names it.
    """
    for start in range(0, len(hashes), _ROWS_AT_ONCE):
        part = hashes[start : start + _ROWS_AT_ONCE]
        key, payload = col(FactorVersion.sha256), col(FactorVersion.payload)
        found = connection.execute(select(key, payload).where(key.in_(part)))
        texts = {row.sha256: row.payload for row in found}
        yield [factor for sha256 in part if (factor := _readable(texts[sha256])) is not None]


def _readable(payload: str) -> Factor | None:
    try:
        return Factor.model_validate(strict_json(payload.encode()))
    except (FootprintError, *DOCUMENT_FAULTS):
        return None
