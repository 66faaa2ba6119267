"""Many writers at once, and writers killed at any moment, on both databases.

System under test: Store, founding, migration and units of work in processes of their own. Twenty
processes open one new store together, so each of them wants to migrate and to found it, and then
store three organisations each. Other processes are killed (SIGKILL) at random moments of units of
work, of a founding and of a migration: the store is as before or as after, and the log fits.
10 kills of a kind per database in `make test`, 100 in `make soak`; half as many of a founding.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text
from sqlmodel import Session, col, func, select

from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.release.releases import found
from factor_db.foundation.errors import BadInput
from factor_db.store import engine as engine_module
from factor_db.store.audit import log_faults
from factor_db.store.engine import open_engine, writing
from factor_db.store.migrations.run import upgrade
from factor_db.store.tables import (
    AuditLeaf,
    FactorVersion,
    LineageEdge,
    Organisation,
    StateEntry,
)
from factor_db.store.work import SCHEMA_HEAD, Store

WRITERS = 20
WORKS_EACH = 3
STATES_EACH = 20
KILLS = 100 if os.environ.get("FOOTPRINT_SOAK") else 10


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Processes that start at once, because the server they are forked from has all imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "factor_db.store.migrations.run", "psycopg"])
    return context


def write(url: str, number: int, start: Any) -> None:
    start.wait()
    store = Store(url)
    found(store)
    for step in range(WORKS_EACH):
        with store.work("park") as work:
            code = f"W{number:02}-{step}"
            row = Organisation(code=code, name_zh=code, name_en=code)
            work.store(row, "create", "organisation", code)
            work.enter_state("organisation", code, "entered")
            work.made_from("all", [code])
    store.close()


def test_twenty_writers_open_found_and_fill_one_new_store(
    empty_url: str, processes: ForkServerContext
) -> None:
    start = processes.Barrier(WRITERS)
    writers = [processes.Process(target=write, args=(empty_url, i, start)) for i in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    store = Store(empty_url)
    with store.read() as session:
        expected = {f"W{i:02}-{step}" for i in range(WRITERS) for step in range(WORKS_EACH)}
        assert set(session.exec(select(Organisation.code))) == expected | {"park", "reference"}
        parents = select(LineageEdge.parent).where(LineageEdge.child == "all")
        assert set(session.exec(parents)) == expected
        for numbers, first in ((AuditLeaf.position, 0), (StateEntry.id, 1)):
            stored = session.exec(select(numbers).order_by(col(numbers))).all()
            assert list(stored) == list(range(first, first + len(stored)))
        assert altered_contents(session) == []
    store.close()


def write_until_killed(url: str, begun: Any) -> None:
    store = Store(url)
    while True:
        with store.work("park") as work:
            row = Organisation(code=f"K{time.monotonic_ns()}", name_zh="", name_en="")
            work.store(row, "create", "organisation", row.code)
            for step in range(STATES_EACH):
                work.enter_state("organisation", row.code, f"step {step}")
            work.made_from(row.code, [f"parent {step}" for step in range(STATES_EACH)])
        begun.set()


def found_new(url: str) -> None:
    store = Store(url)
    found(store)
    store.close()


def open_store(url: str) -> None:
    Store(url).close()


def kill_after(process: BaseProcess, seconds: float) -> None:
    process.join(seconds)
    process.kill()
    process.join()


def seconds_of(process: BaseProcess) -> float:
    """Let a process run to its end and return how long it took."""
    started = time.monotonic()
    process.start()
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - started


def count(session: Session, table: type) -> int:
    return int(session.exec(select(func.count()).select_from(table)).one())


@pytest.mark.soak
def test_a_killed_writer_leaves_nothing_half_stored(
    store_url: str, processes: ForkServerContext
) -> None:
    """Each work stores an organisation, twenty states of it and twenty parents, or none of them."""
    moments = random.Random(20261123)
    store = Store(store_url)
    for _ in range(KILLS):
        begun = processes.Event()
        writer = processes.Process(target=write_until_killed, args=(store_url, begun))
        writer.start()
        begun.wait()
        kill_after(writer, moments.uniform(0, 0.4))
        with store.read() as session:
            assert log_faults(session) == []
            works = count(session, Organisation) - 2
            states = select(StateEntry).where(StateEntry.subject_kind == "organisation")
            assert len(session.exec(states).all()) == works * STATES_EACH
            edges = select(LineageEdge).where(col(LineageEdge.parent).startswith("parent "))
            assert len(session.exec(edges).all()) == works * STATES_EACH
    assert works >= KILLS, "every writer had stored one before it could be killed"
    store.close()


@pytest.mark.soak
def test_a_killed_founding_leaves_an_empty_or_a_founded_store(
    empty_url: str, processes: ForkServerContext
) -> None:
    moments = random.Random(7)
    engine = open_engine(empty_url)
    whole = seconds_of(processes.Process(target=found_new, args=(empty_url,)))
    for _ in range(KILLS // 2):
        reset(engine)
        founder = processes.Process(target=found_new, args=(empty_url,))
        founder.start()
        kill_after(founder, moments.uniform(0, whole))
        store = Store(empty_url)
        with store.read() as session:
            assert log_faults(session) == []
            assert count(session, AuditLeaf) in (0, founded_leaves(session))
        store.close()
    engine.dispose()
    found_new(empty_url)


def founded_leaves(session: Session) -> int:
    """Actors and organisations, a version and a state for each factor, the release and its link."""
    return 5 + 2 + 2 * count(session, FactorVersion) + 2


@pytest.mark.soak
def test_a_killed_migration_leaves_the_old_or_the_new_schema(
    empty_url: str, processes: ForkServerContext
) -> None:
    moments = random.Random(11)
    engine = open_engine(empty_url)
    old_store(engine)
    whole = seconds_of(processes.Process(target=open_store, args=(empty_url,)))
    for _ in range(KILLS):
        old_store(engine)
        opener = processes.Process(target=open_store, args=(empty_url,))
        opener.start()
        kill_after(opener, moments.uniform(0, whole))
        with engine.connect() as connection:
            schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            codes = connection.execute(text("SELECT code FROM organisation")).scalars().all()
            new = inspect(connection).has_table("evidencefile")
        assert schema in ("0001", SCHEMA_HEAD)
        assert (codes, new) == (["X"], schema != "0001")
        Store(empty_url).close()  # whatever was cut off is taken up again
    engine.dispose()


def old_store(engine: Engine) -> None:
    reset(engine)
    upgrade(engine, "0001")
    with writing(engine).begin() as connection:
        connection.execute(text("INSERT INTO organisation VALUES ('X', 'X', 'X', '')"))


def reset(engine: Engine) -> None:
    """Empty the database, as if it had just been made."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        for path in Path(str(engine.url.database)).parent.glob("footprint*.db*"):
            path.unlink()
    else:
        with writing(engine).begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))


def hold(url: str, held: Any, done: Any) -> None:
    store = Store(url)
    with store.work("park") as work:
        work.session.add(Organisation(code="first", name_zh="first", name_en="first"))
        held.set()
        done.wait()
    store.close()


def test_a_writer_who_waits_too_long_is_told_so(
    store_url: str, processes: ForkServerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, done = processes.Event(), processes.Event()
    holder = processes.Process(target=hold, args=(store_url, held, done))
    holder.start()
    held.wait()
    monkeypatch.setattr(engine_module, "QUEUE_TIMEOUT_MS", 200)
    store = Store(store_url)
    with pytest.raises(BadInput, match="STORE_BUSY"), store.work("park"):
        pytest.fail("the turn must not come")
    done.set()
    holder.join()
    with store.work("park") as work:
        assert work.session.get(Organisation, "first") is not None
    store.close()


def test_a_value_the_database_refuses_is_one_clear_error(store_url: str) -> None:
    store = Store(store_url)

    row = Organisation(code="a\0b", name_zh="", name_en="")
    if store.engine.dialect.name == "postgresql":
        with pytest.raises(BadInput, match="STORE_VALUE"):
            store_row(store, row)
    else:  # SQLite takes it, and the log holds it
        store_row(store, row)
    with store.read() as session:
        assert altered_contents(session) == []
    store.close()


def store_row(store: Store, row: Organisation) -> None:
    with store.work("park") as work:
        work.session.add(row)
