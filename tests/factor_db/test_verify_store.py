"""`audit verify` against who writes SQL: log leaves appended, indexes rebuilt, values of other types.

System under test: `verify_store` and the command, on copies of a small store (two shipped factors,
one plant's ledger, its drafts, one of them reviewed). Each forger leaves a log whose last leaf of every group fits (finding T2) or
an index without a row (T3); each is named with the factor, who wrote it and when. Expected by hand:
the untouched store has no fault, and a rival learns only that something elsewhere does not fit.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, func, select

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.search_index import rebuild_index
from factor_db.factors.keep.versions import (
    REFERENCE_OWNER,
    add_factor,
    find_version,
    load_factor,
)
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import reference_factors
from factor_db.factors.release.releases import REFERENCE_RELEASE, create_release
from factor_db.factors.review.lifecycle import take_step
from factor_db.factors.trace.whole_store import NamedFault, verify_store
from factor_db.foundation.canonical import canonical_json
from factor_db.ledger.frozen.corrections import correct_cell
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.ledger.frozen.site_ledgers import ledger_of_site
from factor_db.store.audit import WRITTEN_ONCE
from factor_db.store.audit_log import leaf_hash
from factor_db.store.content import held, held_tables, stored_rows
from factor_db.store.engine import writing
from factor_db.store.home import ROLES
from factor_db.store.integrity import database_faults
from factor_db.store.tables import Actor, AuditLeaf, Organisation
from factor_db.store.work import Store, Work
from footprint.cli.main import main

SITE, EXAMPLE = "CQ-RECYCLED", Path("factor_db/reference/examples/recycling_plant.xlsx")
GAS = "cq-recycled.2025.melting.natural_gas"
PAGES = 50 if os.environ.get("FOOTPRINT_SOAK") else 10
TABLES = {table.name: table for table in held_tables()}


@pytest.fixture(scope="module")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store: two shipped factors in a release, one plant's ledger and its drafts."""
    home = tmp_path_factory.mktemp("verify") / "home"
    store = Store.at(home)
    with store.founding() as work:
        for role in ROLES:
            work.store(Actor(name=role, role=role), "create", "actor", role)
        for code in (REFERENCE_OWNER, "park"):
            row = Organisation(code=code, name_zh=code, name_en=code)
            work.store(row, "create", "organisation", code)
        work.session.flush()
        rows = [add_factor(work, factor, "published") for factor in reference_factors()[:2]]
        create_release(work, REFERENCE_RELEASE, rows, owner=REFERENCE_OWNER)
        rebuild_index(work.session)
    with store.work("exporter") as work:
        import_ledger(work, EXAMPLE)
        derive_site(work, SITE)
        work.session.flush()
        take_step(work, f"{GAS}@1", "submit")
    with store.work("auditor") as work:
        take_step(work, f"{GAS}@1", "review")
    store.close()
    return home


@pytest.fixture(scope="module")
def module_store(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home = tmp_path_factory.mktemp("open") / "home"
    shutil.copytree(small_home, home)
    store = Store.at(home)
    yield store
    store.close()


@pytest.fixture
def copied(small_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store file of its own, to be damaged."""
    home = tmp_path / "home"
    shutil.copytree(small_home, home)
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    return home / "footprint.db"


class Undone(Exception):
    """Raised to take a unit of work back."""


@contextmanager
def undone(store: Store, user: str = "") -> Iterator[Work]:
    with suppress(Undone), store.work(user) if user else store.founding() as work:
        yield work
        raise Undone


def append(session: Session, table: str, key: str, **words: str) -> None:
    """Append the leaf that the rows of a group, as they are now, would have."""
    rows = held(TABLES[table], key, stored_rows(session, TABLES[table], key))
    position = session.exec(select(func.max(AuditLeaf.position))).one() + 1
    content = {
        "action": "hold", "actor": "forger", "at": "2099-01-01T00:00:00Z", "kind": table,
        "position": position, "subject": key, "v": 2, **words,
        "rows": {"columns": rows.columns, "key": key, "sha256": rows.content, "table": table},
    }  # fmt: skip
    entry = canonical_json(content)
    leaf = AuditLeaf(position=position, entry=entry.decode(), leaf_hash=leaf_hash(entry).hex())
    session.add(leaf)
    session.flush()


def forged(store: Store, how: Callable[[Session], None]) -> list[NamedFault]:
    with Session(writing(store.engine)) as session:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        how(session)
        found = verify_store(session)
        session.rollback()
    return list(found.faults)


def test_the_untouched_store_fits(module_store: Store) -> None:
    with module_store.read() as session:
        found = verify_store(session)
    assert (found.faults, found.elsewhere, found.earlier) == ((), False, ())


def test_a_user_made_admin_with_a_leaf_of_its_own_is_named(module_store: Store) -> None:
    def rise(session: Session) -> None:
        session.execute(text("UPDATE actor SET role = 'admin' WHERE name = 'exporter'"))
        append(session, "actor", "exporter")

    (fault,) = forged(module_store, rise)
    assert (fault.kind, fault.name, fault.fault) == ("actor", "exporter", "twice")
    assert (fault.actor, fault.at) == ("forger", "2099-01-01T00:00:00Z")


def test_a_leaf_taken_away_gives_no_other_leaf_a_wrong_name(module_store: Store) -> None:
    """A place in the log is no place in a list of what is left of it."""

    def rise(session: Session) -> None:
        session.execute(text("UPDATE actor SET role = 'admin' WHERE name = 'exporter'"))
        append(session, "actor", "exporter")
        session.execute(text("DELETE FROM auditleaf WHERE position = 3"))

    twice = [fault for fault in forged(module_store, rise) if fault.fault == "twice"]
    assert [(fault.actor, fault.at) for fault in twice] == [("forger", "2099-01-01T00:00:00Z")]


@pytest.mark.parametrize(
    "change", ["UPDATE stateentry SET actor = 'auditor2'", "DELETE FROM stateentry"]
)
def test_a_reviewer_renamed_or_a_state_taken_away_is_named(
    module_store: Store, change: str
) -> None:
    def rewrite(session: Session) -> None:
        sha256 = find_version(session, GAS).sha256
        query = f"SELECT id FROM stateentry WHERE subject = '{sha256}' AND state = 'reviewed'"
        key = session.execute(text(query)).scalar_one()
        session.execute(text(f"{change} WHERE id = {key}"))
        append(session, "stateentry", str(key), subject=sha256, kind="factor")

    (fault,) = forged(module_store, rewrite)
    assert (fault.kind, fault.name, fault.fault) == ("state", f"{GAS}@1", "twice")


def test_a_second_leaf_over_anything_written_once_is_a_fault(module_store: Store) -> None:
    for table in sorted(WRITTEN_ONCE):

        def again(session: Session, table: str = table) -> None:
            row = next(stored_rows(session, TABLES[table]))
            append(session, table, str(row[next(iter(TABLES[table].primary_key)).name]))

        assert [fault.fault for fault in forged(module_store, again)] == ["twice"], table


def test_a_field_factor_that_no_ledger_gives_is_named(module_store: Store) -> None:
    """Its hash, its leaf, its states and the search are those of an honest version."""
    with undone(module_store) as work:
        gas = load_factor(find_version(work.session, GAS))
        lower = gas.model_copy(update={"amounts": {"value": gas.value / Decimal(10)}})
        row = add_factor(work, Factor.model_validate(lower.record()), state="published")
        work.session.flush()
        found = verify_store(work.session).faults
        assert [(item.kind, item.name, item.fault) for item in found] == [
            ("factor", f"{GAS}@{row.version}", "derived")
        ]
        assert found[0].actor == "admin"


def test_a_field_factor_of_before_a_correction_still_fits(module_store: Store) -> None:
    with undone(module_store, "exporter") as work:
        file = ledger_of_site(work.session, SITE)
        rows = stored_rows(work.session, TABLES["ledgerentry"], file.sha256)
        salt = next(
            row for row in rows if row["flow"] == "flux_salt" and row["process"] == "melting"
        )
        sheet, _, cell = salt["cell"].partition("!")
        value = str(Decimal(salt["amount"]) * Decimal("1.01"))
        done = correct_cell(work, file, sheet, cell, value, "read again")
        assert done.sha256, [item.code for item in done.check.findings]
        work.seal()
        assert verify_store(work.session).faults == ()


def test_a_release_of_what_is_not_stored_is_named(module_store: Store) -> None:
    def forget(session: Session) -> None:
        sha256 = find_version(session, reference_factors()[0].id).sha256
        session.execute(text(f"DELETE FROM factorversion WHERE sha256 = '{sha256}'"))
        append(session, "factorversion", sha256)

    named = {(fault.kind, fault.fault) for fault in forged(module_store, forget)}
    assert {("factor", "twice"), ("document", "rests on nothing")} <= named


def test_time_that_runs_backwards_is_named(module_store: Store) -> None:
    def earlier(session: Session) -> None:
        session.execute(text("INSERT INTO actor VALUES ('new', 'admin', '')"))
        append(session, "actor", "new", at="2001-01-01T00:00:00Z")

    (fault,) = forged(module_store, earlier)
    assert (fault.fault, fault.actor, fault.at) == ("backwards", "forger", "2001-01-01T00:00:00Z")


def test_a_rival_learns_that_something_elsewhere_does_not_fit(module_store: Store) -> None:
    with Session(writing(module_store.engine)) as session:
        sha256 = find_version(session, GAS).sha256
        query = f"UPDATE factorversion SET quantity = 'x' WHERE sha256 = '{sha256}'"
        session.execute(text(query))
        session.info["actor"] = Actor(name="r", role="exporter", organisation="91350100M000100Y43")
        found = verify_store(session)
        assert (found.faults, found.elsewhere) == ((), True)
        session.rollback()


def test_an_index_rebuilt_without_a_row_is_named(copied: Path) -> None:
    """T3: by another definition, and by one that was put back into the schema afterwards."""
    with sqlite3.connect(copied) as connection:
        (made,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'ix_stateentry_subject'"
        ).fetchone()
        connection.execute("DROP INDEX ix_stateentry_subject")
        connection.execute(f"{made} WHERE id <> 5")
    connection.close()
    store = Store(f"sqlite:///{copied}")
    with store.read() as session:
        assert database_faults(session) == [
            "index ix_stateentry_subject: defined otherwise than by the migrations"
        ]
    store.close()
    connection = sqlite3.connect(copied, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = ? WHERE name = 'ix_stateentry_subject'", (made,)
    )
    connection.execute("PRAGMA writable_schema = RESET")
    connection.close()
    store = Store(f"sqlite:///{copied}")
    with store.read() as session:
        found = database_faults(session)
    store.close()
    assert any("missing from index ix_stateentry_subject" in words for words in found)


def test_triggers_views_and_values_of_another_type_are_named(copied: Path) -> None:
    with sqlite3.connect(copied) as connection:
        connection.execute("CREATE VIEW v AS SELECT 1")
        connection.execute("CREATE TRIGGER t AFTER INSERT ON actor BEGIN SELECT 1; END")
        connection.execute("UPDATE actor SET role = CAST(role AS BLOB) WHERE name = 'park'")
    connection.close()
    store = Store(f"sqlite:///{copied}")
    with store.read() as session:
        assert set(database_faults(session)) == {
            "trigger t: not of the migrations",
            "view v: not of the migrations",
            "actor.role: 1 values are no text",
        }
        assert {fault.kind for fault in verify_store(session).faults} == {"database", "actor"}
    store.close()


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", *words])
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def test_a_blob_where_a_text_belongs_is_said_in_words(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(copied) as connection:
        connection.execute(
            "UPDATE factorversion SET payload = CAST(payload AS BLOB) WHERE factor_id = ?", (GAS,)
        )
    connection.close()
    code, _, said = command(capsys, "factor", "show", GAS)
    assert (code, "factorversion.payload" in said) == (5, True)
    code, out, _ = command(capsys, "audit", "verify", "--json")
    found = json.loads(out)
    assert (code, found["valid"]) == (1, False)
    assert f"{GAS}@1" in {fault["name"] for fault in found["faults"]}


def test_the_command_names_factor_actor_and_time(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(copied) as connection:
        (sha256,) = connection.execute(
            "SELECT sha256 FROM factorversion WHERE factor_id = ?", (GAS,)
        ).fetchone()
        connection.execute("UPDATE factorversion SET flow = 'coal' WHERE sha256 = ?", (sha256,))
    connection.close()
    code, _, said = command(capsys, "audit", "verify")
    line = next(line for line in said.splitlines() if GAS in line)
    assert code == 1
    assert (
        f"factor {GAS}@1 (not what the log or its own hash says; entered by exporter at 20" in line
    )


@pytest.mark.parametrize("page", range(PAGES))
def test_a_damaged_page_is_named_or_was_empty(
    page: int, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pages over the whole file (fifty in the soak), each overwritten in its first half; never a traceback.

    A page may belong to the search or to nothing: then everything else still fits.
    """
    data = bytearray(copied.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    place = (len(data) // size - 1) * page // (PAGES - 1) * size
    data[place : place + size // 2] = bytes([0xA5]) * (size // 2)
    copied.write_bytes(data)
    code, _, said = command(capsys, "audit", "verify")
    assert code in (1, 5)
    assert "Traceback" not in said
    assert said.strip()


def test_both_databases_are_held_against_the_migrations(store_url: str) -> None:
    """An index without a row, a view and a missing index, on SQLite and PostgreSQL alike."""
    store = Store(store_url)
    with store.read() as session:
        assert database_faults(session) == []
    with writing(store.engine).begin() as connection:
        for change in (
            "DROP INDEX ix_stateentry_subject",
            "CREATE INDEX ix_stateentry_subject ON stateentry (subject) WHERE id <> 5",
            "DROP INDEX ix_ledgerfile_site",
            "CREATE VIEW v AS SELECT 1 AS one",
        ):
            connection.execute(text(change))
    with store.read() as session:
        found = database_faults(session)
    store.close()
    for name in ("ix_stateentry_subject", "ix_ledgerfile_site", "view v"):
        assert any(name in words for words in found), (name, found)
    assert len(found) == 3
