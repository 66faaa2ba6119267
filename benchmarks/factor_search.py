"""The factor search over a million factors, on SQLite and on PostgreSQL: the first 50 hits.

200 fixed questions (two to five Chinese characters, English, code prefixes). Before they are
timed, the whole hit sets and the order of the first 50 are compared with what reading every row
finds. Times are those of a fully read answer in this process, after one round to warm up; those of
the least of three rounds are printed as well, because a shared machine is never quiet.
"""

from __future__ import annotations

import heapq
import statistics
import tempfile
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.harness import Record
from benchmarks.search_corpus import ROWS, corpus, questions
from factor_db.factors.keep.search import Facets, matching
from factor_db.factors.keep.search_index import with_terms
from factor_db.store.search_tables import NUMBERS, IndexRow, filling_anew, insert_rows
from factor_db.store.work import Store
from tests.postgres_server import running_server

GROUP = "search"
ROUNDS, HITS = 3, 50
_ROWS_AT_ONCE = 2000
Answer = tuple[int, int, list[str]]


@contextmanager
def _databases() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        yield {"SQLite": f"sqlite:///{Path(folder) / 'footprint.db'}", "PostgreSQL": server}


def indexed(rows: Sequence[Mapping[str, Any]]) -> list[IndexRow]:
    """Return what the index holds of made-up factors, which stand in no other table."""
    gap = NUMBERS // (len(rows) + 1)
    found = []
    for place, columns in enumerate(rows, start=1):
        row = with_terms({"number": place * gap, **columns})
        # Lists of a hundred million numbers would not fit into the memory of a small machine.
        found.append(IndexRow(row.columns, array("I", row.terms)))
    return found


def fill(session: Session, rows: Sequence[IndexRow]) -> None:
    """Store the rows in an empty index."""
    connection = session.connection()
    with filling_anew(connection):
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            insert_rows(connection, rows[start : start + _ROWS_AT_ONCE])


def by_reading(rows: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> dict[str, Answer]:
    """Return question → number of hits, their fingerprint and the first 50, from every row."""
    texts = [row["words"] for row in rows]
    found: dict[str, Answer] = {}
    for question in asked:
        first_word, *others = question.split()
        hits = [rows[place] for place, words in enumerate(texts) if first_word in words]
        hits = [row for row in hits if all(word in row["words"] for word in others)]
        first = heapq.nsmallest(
            HITS, hits, key=lambda row: (_rank(row, question), row["reference"])
        )
        hashes = [row["sha256"] for row in hits]
        found[question] = (len(hits), _fingerprint(hashes), [row["sha256"] for row in first])
    return found


def _rank(row: Mapping[str, Any], question: str) -> int:
    if f"\n{question}\n" in row["words"]:
        return 0
    return 1 if f"\n{question}" in row["words"] else 2


def _fingerprint(hashes: Sequence[str]) -> int:
    """Return one number for a set of hashes, whatever their order."""
    return sum(int(sha256[:16], 16) for sha256 in hashes)


def by_search(session: Session, asked: Sequence[str]) -> dict[str, Answer]:
    """Return the same as `by_reading`, from the index."""
    found: dict[str, Answer] = {}
    for question in asked:
        hashes = list(matching(session, question, None, Facets()))
        first = list(matching(session, question, HITS, Facets()))
        found[question] = (len(hashes), _fingerprint(hashes), first)
    return found


def milliseconds(session: Session, asked: Sequence[str]) -> list[list[float]]:
    """Return the times of each question in each round after the first."""
    times: list[list[float]] = [[] for _ in asked]
    for turn in range(ROUNDS + 1):
        for place, question in enumerate(asked):
            started = time.perf_counter()
            list(matching(session, question, HITS, Facets()))
            if turn:
                times[place].append((time.perf_counter() - started) * 1e3)
    return times


def _rows_of(
    name: str,
    store: Store,
    rows: Sequence[IndexRow],
    expected: Mapping[str, Answer],
    read_seconds: float,
) -> Iterator[Record]:
    asked = list(expected)
    with store.founding() as work:
        fill(work.session, rows)
    if store.engine.dialect.name != "sqlite":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE factorwords"))
    with store.read() as session:
        times = milliseconds(session, asked)
        found = by_search(session, asked)
    every = [taken for each in times for taken in each]
    cuts = statistics.quantiles(every, n=20, method="inclusive")
    wrong = [question for question in asked if found[question] != expected[question]]
    yield Record(
        GROUP,
        f"first {HITS} hits among {len(rows)} factors, {name}",
        ours="search",
        against="reading every row, one run",
        unit="question",
        our_seconds=[
            statistics.median(each[turn] for each in times) / 1e3 for turn in range(ROUNDS)
        ],
        peer_seconds=[read_seconds] * ROUNDS,
        agreement=len(wrong) / len(asked),
        agreement_goal=0,
        remark=f"{len(asked)} questions, p95 {cuts[-1]:.3g} ms, longest {max(every):.3g} ms; "
        "agreement: share of questions whose hits or order differ",
    )


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the times of 200 questions and their agreement, for each database."""
    rows = corpus(size or ROWS)
    asked = questions(rows)
    started = time.perf_counter()
    expected = by_reading(rows, asked)
    read_seconds = (time.perf_counter() - started) / len(asked)
    index_rows = indexed(rows)
    with _databases() as urls:
        for name, url in urls.items():
            store = Store(url)
            yield from _rows_of(name, store, index_rows, expected, read_seconds)
            store.close()
