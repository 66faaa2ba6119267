"""The store and its one write path.

System under test: Store, Work, the first migration. A store founded once holds five users, the
shipped factors and one release; each of these left its leaf in the log, in the same transaction.
"""

from __future__ import annotations

import multiprocessing
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, select

from factor_db.factors.audit import altered_contents
from factor_db.factors.reference import reference_factors
from factor_db.factors.releases import REFERENCE_RELEASE, found, load_release
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.audit import tree_head
from factor_db.store.tables import AuditLeaf, LedgerEntry, Organisation
from factor_db.store.work import SCHEMA_HEAD, Store


def _add_organisation(home: Path, code: str) -> None:
    opened = Store.at(home)
    with opened.work("park") as work:
        row = Organisation(code=code, name_zh=code, name_en=code)
        work.store(row, "create", "organisation", code)
    opened.close()


def _interrupted(store: Store) -> None:
    with store.work("park") as work:
        work.store(Organisation(code="X", name_zh="X", name_en="X"), "create", "organisation", "X")
        raise RuntimeError("interrupted")


def test_founding_twice_changes_nothing(store: Store) -> None:
    with store.read() as session:
        before = tree_head(session)
    assert found(store) is False
    with store.read() as session:
        assert tree_head(session) == before


def test_the_reference_release_holds_every_shipped_factor(store: Store) -> None:
    with store.read() as session:
        release = load_release(session, REFERENCE_RELEASE)
    assert {factor.ref for factor in release.factors} == {f.ref for f in reference_factors()}


def test_an_unknown_release_is_one_clear_error(store: Store) -> None:
    with store.read() as session, pytest.raises(BadInput, match="RELEASE_UNKNOWN"):
        load_release(session, "1999.01")


def test_an_unknown_user_cannot_write(store: Store) -> None:
    with pytest.raises(BadInput, match="USER_UNKNOWN"), store.work("nobody"):
        pytest.fail("the unit of work must not open")


def test_a_wrong_role_cannot_write(store: Store) -> None:
    with pytest.raises(NotAllowed), store.work("auditor") as work:
        work.require("park")


def test_a_failed_unit_of_work_leaves_row_and_leaf_behind_neither(store: Store) -> None:
    with store.read() as session:
        before = tree_head(session)
    with pytest.raises(RuntimeError, match="interrupted"):
        _interrupted(store)
    with store.read() as session:
        assert session.get(Organisation, "X") is None
        assert tree_head(session) == before


def test_the_first_revision_makes_exactly_the_tables(store: Store) -> None:
    with store.engine.connect() as connection:
        made = set(inspect(connection).get_table_names()) - {"alembic_version"}
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        columns = {
            table: {column["name"] for column in inspect(connection).get_columns(table)}
            for table in made
        }
    assert version == SCHEMA_HEAD
    assert columns == {
        name: {column.name for column in table.columns}
        for name, table in SQLModel.metadata.tables.items()
    }


def test_decimals_are_stored_as_text_without_losing_a_digit(store: Store) -> None:
    precise = Decimal("1234567890.123456789012345678")
    with store.engine.connect() as connection:
        kind = LedgerEntry.__table__.c.amount.type  # type: ignore[attr-defined]
        stored = kind.process_bind_param(precise, connection.dialect)
        assert stored == "1234567890.123456789012345678"
        assert kind.process_result_value(stored, connection.dialect) == precise


def test_a_fresh_store_has_nothing_altered(store: Store) -> None:
    with store.read() as session:
        assert altered_contents(session) == []


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE factorversion SET payload = replace(payload, '0.5777', '0.4777') WHERE factor_id = 'elec.cn.footprint.national.2024'", "factor"),
        ("UPDATE factorversion SET geography = 'GLO' WHERE factor_id = 'elec.cn.footprint.national.2024'", "factor"),
        ("UPDATE auditleaf SET entry = replace(entry, 'admin', 'nobody') WHERE position = 3", "audit leaf"),
        ("UPDATE document SET payload = replace(payload, '2026.11', '2026.12')", "document"),
    ],
)  # fmt: skip
def test_a_change_that_bypasses_the_write_path_is_named(
    store: Store, statement: str, kind: str
) -> None:
    with store.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    with store.read() as session:
        assert kind in {fault["kind"] for fault in altered_contents(session)}


def test_writers_queue_and_none_is_lost(home: Path, store: Store) -> None:
    with store.read() as session:
        before = tree_head(session)["size"]
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_organisation, args=(home, f"W{i}")) for i in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with store.read() as session:
        assert tree_head(session)["size"] == before + 4
        positions = session.exec(select(AuditLeaf.position)).all()
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert sorted(positions) == list(range(before + 4))


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE ledgerentry SET amount = '1' WHERE process = 'melting' AND flow = 'natural_gas' AND period = '2025-03' AND ledger IN (SELECT sha256 FROM ledgerfile WHERE site = 'CQ-PLATE')", "ledger"),
        ("DELETE FROM document WHERE kind = 'release'", "document"),
        ("UPDATE stateentry SET state = 'withdrawn' WHERE id = 1", "state"),
    ],
)  # fmt: skip
def test_rows_documents_and_states_are_held_against_file_and_log(
    demo_home: Path, tmp_path: Path, statement: str, kind: str
) -> None:
    copied = tmp_path / "home"
    shutil.copytree(demo_home, copied)
    store = Store.at(copied)
    with store.read() as session:
        assert altered_contents(session) == []
    with store.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    with store.read() as session:
        assert kind in {fault["kind"] for fault in altered_contents(session)}
    store.close()
