"""The factor search over a million factors, on SQLite and on PostgreSQL: the first 50 hits.

200 fixed questions (two to five Chinese characters, English, code prefixes). Before they are
timed, the whole hit sets and the order of the first 50 are compared with what reading every row
finds. Times are those of a fully read answer in this process, after one round to warm up; those of
the least of three rounds are printed as well, because a shared machine is never quiet.
"""

from __future__ import annotations

import heapq
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.search_corpus import ROWS, corpus, questions
from factor_db.factors.search import Facets, matching
from factor_db.factors.search_index import with_terms
from factor_db.store.search_tables import NUMBERS, filling_anew, insert_rows
from factor_db.store.work import Store
from tests.postgres_server import running_server

ROUNDS, HITS = 3, 50
_ROWS_AT_ONCE = 2000
Answer = tuple[int, int, list[str]]


@contextmanager
def _databases() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        yield {"SQLite": f"sqlite:///{Path(folder) / 'footprint.db'}", "PostgreSQL": server}


def fill(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Index the columns of made-up factors; they stand in no other table."""
    gap = NUMBERS // (len(rows) + 1)
    connection = session.connection()
    with filling_anew(connection):
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = enumerate(rows[start : start + _ROWS_AT_ONCE], start=start + 1)
            insert_rows(
                connection, [with_terms({"number": place * gap, **row}) for place, row in part]
            )


def by_reading(rows: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> dict[str, Answer]:
    """Return question → number of hits, their fingerprint and the first 50, from every row."""
    found: dict[str, Answer] = {}
    for question in asked:
        words = question.split()
        hits = [row for row in rows if all(word in row["words"] for word in words)]
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


def _line(times: Sequence[float]) -> str:
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return f"p50 {statistics.median(times):7.2f}   p95 {cuts[-1]:7.2f}   max {max(times):7.2f} ms"


def _report(name: str, store: Store, rows: Sequence[Any], expected: Mapping[str, Answer]) -> None:
    asked = list(expected)
    started = time.perf_counter()
    with store.founding() as work:
        fill(work.session, rows)
    print(f"{name}: index of {len(rows)} factors in {time.perf_counter() - started:.0f} s")
    if store.engine.dialect.name != "sqlite":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE factorwords"))
    with store.read() as session:
        times = milliseconds(session, asked)
        found = by_search(session, asked)
    print(f"  all {ROUNDS} rounds       {_line([taken for each in times for taken in each])}")
    print(f"  least of {ROUNDS} rounds  {_line([min(each) for each in times])}")
    agreed = [question for question in asked if found[question] == expected[question]]
    print(f"  hit sets and order equal to reading every row: {len(agreed)} of {len(asked)}")
    slowest = sorted(zip(map(min, times), asked, strict=True), reverse=True)[:5]
    print("  slowest: " + ", ".join(f"{asked!r} {taken:.1f} ms" for taken, asked in slowest))


def main(count: int = ROWS) -> None:
    """Print build time, times of 200 questions and agreement, for each database."""
    rows = corpus(count)
    expected = by_reading(rows, questions(rows))
    with _databases() as urls:
        for name, url in urls.items():
            store = Store(url)
            _report(name, store, rows, expected)
            store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
