"""The store and its one write path, on both databases.

System under test: Store, Work, the migrations, each once on SQLite and once on PostgreSQL. A store founded once holds five users, the
shipped factors and one release; each of these left its leaf in the log, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import inspect, text
from sqlmodel import Session, SQLModel, func, select

from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.record.reference import reference_factors
from factor_db.factors.release.releases import REFERENCE_RELEASE, found, load_release
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.audit import log_entries, tree_head
from factor_db.store.audit_log import leaf_hash
from factor_db.store.engine import writing
from factor_db.store.search_tables import SEARCH
from factor_db.store.tables import Actor, AuditLeaf, LedgerEntry, Organisation, StateEntry
from factor_db.store.work import SCHEMA_HEAD, Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A founded store, once on each database."""
    opened = Store(store_url)
    yield opened
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
        work.require_right("band.publish")


def test_a_failed_unit_of_work_leaves_row_and_leaf_behind_neither(store: Store) -> None:
    with store.read() as session:
        before = tree_head(session)
    with pytest.raises(RuntimeError, match="interrupted"):
        _interrupted(store)
    with store.read() as session:
        assert session.get(Organisation, "X") is None
        assert tree_head(session) == before


def test_the_revisions_make_exactly_the_tables(store: Store) -> None:
    with store.engine.connect() as connection:
        made = set(inspect(connection).get_table_names()) - {"alembic_version"}
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        columns = {
            table: {column["name"] for column in inspect(connection).get_columns(table)}
            for table in made
        }
    assert version == SCHEMA_HEAD
    evidence = SQLModel.metadata.tables
    assert {name: columns[name] for name in evidence} == {
        name: {column.name for column in table.columns} for name, table in evidence.items()
    }
    derived = (*SEARCH.tables, "factorgrams")  # SQLite's full-text index has tables of its own
    assert all(name.startswith(derived) for name in made - set(evidence))


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
    with writing(store.engine).begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    with store.read() as session:
        assert kind in {fault.kind for fault in altered_contents(session)}


def test_what_a_caller_adds_without_a_word_gets_its_leaf_at_the_end(store: Store) -> None:
    with store.work("park") as work:
        work.session.add(Organisation(code="X", name_zh="X", name_en="X"))
    with store.read() as session:
        *_, last = log_entries(session)
        assert (last["action"], last["kind"], last["subject"]) == ("hold", "organisation", "X")
        assert altered_contents(session) == []


def test_a_row_changed_through_the_write_path_fits_its_newest_leaf(store: Store) -> None:
    """It fits; that what is written once has a second leaf is said all the same."""
    with store.work("park") as work:
        work.session.get_one(Organisation, "park").name_en = "The aluminium park"
    with store.read() as session:
        assert session.get_one(Organisation, "park").name_en == "The aluminium park"
        assert [fault.fault for fault in altered_contents(session)] == ["twice"]


def test_a_row_deleted_through_the_write_path_is_not_missed(store: Store) -> None:
    with store.work("park") as work:
        work.session.delete(work.session.get_one(Actor, "standards"))
    with store.read() as session:
        assert [fault.fault for fault in altered_contents(session)] == ["twice"]


def test_parents_recorded_in_two_works_are_held_together(store: Store) -> None:
    for parents in (["b", "a"], ["c", "a"]):
        with store.work("park") as work:
            work.made_from("child", parents)
    with store.read() as session:
        assert altered_contents(session) == []
        *_, last = log_entries(session)
        assert last["rows"]["key"] == "child"


def test_states_are_numbered_without_gaps_whatever_failed_before(store: Store) -> None:
    with pytest.raises(RuntimeError, match="interrupted"):
        _interrupted(store)
    with store.work("park") as work:
        before = state_number(work.session)
        work.enter_state("thing", "X", "one")
        work.enter_state("thing", "X", "two")
    with store.read() as session:
        assert state_number(session) == before + 2


def state_number(session: Session) -> int:
    return int(session.exec(select(func.max(StateEntry.id))).one() or 0)


def test_a_reader_sees_one_state_of_the_store(store: Store) -> None:
    with store.read() as session:
        before = tree_head(session)
        with store.work("park") as work:
            work.session.add(Organisation(code="X", name_zh="X", name_en="X"))
        assert tree_head(session) == before
        assert session.get(Organisation, "X") is None
    with store.read() as session:
        assert session.get(Organisation, "X") is not None


def test_old_leaves_still_say_what_was_stored(store: Store) -> None:
    """The leaves of the first form, as the first version wrote them: no hash of the row in them."""
    with Session(writing(store.engine)) as session:
        for leaf in session.exec(select(AuditLeaf)).all():
            entry = strict_json(leaf.entry.encode())
            if entry["action"] == "link":  # an edge had no leaf then; its leaf stays a new one
                continue
            entry = {name: item for name, item in entry.items() if name not in ("rows", "v")}
            leaf.entry = canonical_json(entry).decode()
            leaf.leaf_hash = leaf_hash(leaf.entry.encode()).hex()
        session.commit()
    with store.read() as session:
        assert altered_contents(session) == []
    with Session(writing(store.engine)) as session:
        session.add(
            StateEntry(
                id=9_999, subject_kind="factor", subject="X", state="published", actor="park", at=""
            )
        )
        session.delete(session.get_one(Actor, "auditor"))
        session.flush()
        found = {(fault.kind, fault.subject, fault.fault) for fault in altered_contents(session)}
        assert found == {("state", "9999", "unknown"), ("actor", "auditor", "gone")}
        session.rollback()


def test_a_store_of_a_newer_version_is_one_clear_error(store: Store, store_url: str) -> None:
    with writing(store.engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadInput, match="STORE_SCHEMA_UNKNOWN"):
        Store(store_url)
