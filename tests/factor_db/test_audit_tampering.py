"""Whatever is changed past the write path is named.

System under test: `altered_contents` over a small store on each database: two organisations and
users, one imported ledger with its rows and one evidence file, two reference factors with their
states, a release and its lineage. A forger changes one value, removes or adds one row, by SQL and
with foreign keys switched off; the transaction is rolled back after each look.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from postgres_server import database_copy
from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table, insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from factor_db.factors.keep import audit
from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.keep.versions import REFERENCE_OWNER, add_factor
from factor_db.factors.record.reference import reference_factors
from factor_db.factors.release.releases import create_release
from factor_db.foundation.canonical import canonical_json, sha256_hex, strict_json
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.audit import KINDS
from factor_db.store.audit_log import leaf_hash
from factor_db.store.content import LOG_TABLE, group_key, held, held_tables, stored_rows
from factor_db.store.engine import writing
from factor_db.store.tables import (
    Actor,
    AuditLeaf,
    Document,
    EvidenceFile,
    InstallationUse,
    InstrumentUse,
    LedgerFile,
    Organisation,
)
from factor_db.store.work import Store, Work

EXAMPLES = Path(__file__).parents[2] / "factor_db" / "reference" / "examples"
LOG = SQLModel.metadata.tables[LOG_TABLE]
TABLES = [*held_tables(), LOG]
COLUMNS = [(table, column) for table in TABLES for column in table.columns]
EXAMPLES_EACH = 400 if os.environ.get("FOOTPRINT_SOAK") else 15


def fill(store: Store) -> None:
    with store.founding() as work:
        work.store(Actor(name="park", role="park"), "create", "actor", "park")
        for code in (REFERENCE_OWNER, "park"):
            organisation = Organisation(code=code, name_zh=code, name_en=code)
            work.store(organisation, "create", "organisation", code)
        work.session.flush()
        rows = [add_factor(work, factor, "published") for factor in reference_factors()[:2]]
        create_release(work, "2026.1", rows, owner=REFERENCE_OWNER)
    with store.work("park") as work:
        ledger = import_ledger(work, EXAMPLES / "recycling_plant.xlsx").sha256
        _attach(work, str(ledger))


def _attach(work: Work, ledger: str) -> None:
    file = work.session.get_one(LedgerFile, ledger)
    content = b"a photograph of a meter"
    for owner in (file.owner, "park"):  # two holders of one file: their rows are held together
        row = EvidenceFile(
            sha256=sha256_hex(content),
            owner=owner,
            site=file.site,
            file_name="meter.jpg",
            media_type="image/jpeg",
            content=content,
        )
        work.store(row, "attach", "evidence", row.sha256)
    work.made_from(ledger, [sha256_hex(content)])
    for serial in ("GEC-1", "GEC-2"):
        use = InstrumentUse(
            serial=serial, ledger=ledger, owner=file.owner, site=file.site, cell=f"{serial}!A2"
        )
        work.session.add(use)
    for month in ("2025-01", "2025-02"):
        place = {
            "ledger": ledger,
            "owner": file.owner,
            "site": file.site,
            "cell": f"power!K{month}",
        }
        share, kwh = Decimal("0.5"), Decimal(120)
        own = {"installation": f"PARK{month}", "month": month, "share": share, "generated": kwh}
        work.session.add(InstallationUse(**place, **own))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def small(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    # The frozen file is read again for every look; the same bytes give the same rows.
    with pytest.MonkeyPatch.context() as patch, _url(request, tmp_path_factory) as url:
        patch.setattr(audit, "read_frozen", cache(audit.read_frozen))
        store = Store(url)
        fill(store)
        yield store
        store.close()


@contextmanager
def _url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('small') / 'footprint.db'}"
    else:
        with database_copy(request.getfixturevalue("postgres_server"), "template0") as url:
            yield url


@contextmanager
def forging(store: Store) -> Iterator[Session]:
    """A transaction past the write path, without foreign keys, that is taken back at the end."""
    with Session(writing(store.engine)) as session:
        if store.engine.dialect.name == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        yield session
        session.rollback()


def another(column: Column[Any], value: Any, salt: int) -> Any:
    """Return a value of the column's type other than the present one."""
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, Integer):
        return value + 1_000 + salt
    if isinstance(column.type, LargeBinary):
        return value[:-1] + bytes([value[-1] ^ (1 + salt % 255)])
    place = salt % (len(value) + 1)
    return value[:place] + "19 aZ"[salt % 5] + value[place:]


def pinned(table: Table, row: dict[str, Any]) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key]


def change(session: Session, table: Table, column: Column[Any], salt: int) -> dict[str, Any]:
    """Change one value and return the row as it was."""
    rows = list(stored_rows(session, table))
    row = rows[salt % len(rows)]
    value = another(column, row[column.name], salt)
    statement = update(table).where(*pinned(table, row)).values({column.name: text(":value")})
    if isinstance(column.type, Boolean):
        value = bool(value)
    assert session.execute(statement, {"value": value}).rowcount == 1
    return row


def named(session: Session) -> list[tuple[str, str]]:
    return [(fault.kind, fault.subject) for fault in altered_contents(session)]


def test_the_store_is_whole_and_holds_every_table(small: Store) -> None:
    with small.read() as session:
        assert altered_contents(session) == []
        assert all(next(stored_rows(session, table), None) for table in TABLES)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[str(column) for _, column in COLUMNS])
def test_a_change_in_any_column_is_named(small: Store, table: Table, column: Column[Any]) -> None:
    with forging(small) as session:
        row = change(session, table, column, 7)
        found = named(session)
        kind = KINDS.get(table.name, table.name)
        if table is LOG:
            assert found[0][0] == "audit leaf"
        else:
            assert (kind, group_key(table, row)) in found


@settings(
    max_examples=EXAMPLES_EACH,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(chosen=st.sampled_from(COLUMNS), salt=st.integers(0, 2**20))
def test_any_change_of_any_value_is_named(
    small: Store, chosen: tuple[Table, Column[Any]], salt: int
) -> None:
    table, column = chosen
    with forging(small) as session:
        try:
            row = change(session, table, column, salt)
        except IntegrityError:  # the database itself refuses a second row of the same key
            assume(False)
        kind = "audit leaf" if table is LOG else KINDS.get(table.name, table.name)
        found = named(session)
        assert kind in {word for word, _ in found}
        assert table is LOG or (kind, group_key(table, row)) in found


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_a_removed_row_is_named(small: Store, table: Table) -> None:
    with forging(small) as session:
        row = next(stored_rows(session, table))
        session.execute(table.delete().where(*pinned(table, row)))
        kind = "audit leaf" if table is LOG else KINDS.get(table.name, table.name)
        assert kind in {word for word, _ in named(session)}


@pytest.mark.parametrize("table", held_tables(), ids=[table.name for table in held_tables()])
def test_an_added_row_is_named(small: Store, table: Table) -> None:
    with forging(small) as session:
        row = next(stored_rows(session, table))
        first = next(iter(table.primary_key))
        new = {**row, first.name: another(first, row[first.name], 3)}
        if table.name == "document":
            new["name"] = "another"
        if table.name == "factorversion":
            new["version"] = 99
        if table.name == "ledgerentry":
            new["amount"] = Decimal(1)
        if table.name == "installationuse":
            new |= {"share": Decimal(1), "generated": Decimal(1)}
        session.execute(insert(table).values(new))
        assert (KINDS.get(table.name, table.name), group_key(table, new)) in named(session)


def test_a_value_that_only_reads_the_same_is_named(small: Store) -> None:
    """The amount is the same decimal in another notation, so the row object stays equal."""
    with forging(small) as session:
        session.execute(text("UPDATE ledgerentry SET amount = amount || '.0' WHERE amount = '0'"))
        assert [kind for kind, _ in named(session)] == ["ledger"]


def test_the_first_fault_is_the_first_in_the_log(small: Store) -> None:
    with forging(small) as session:
        session.execute(text("UPDATE site SET region = 'CN-XX'"))
        session.execute(text("UPDATE actor SET role = 'admin'"))
        faults = altered_contents(session)
        assert [fault.kind for fault in faults] == ["actor", "site"]
        assert [fault.fault for fault in faults] == ["altered", "altered"]
        assert faults[0].position < faults[1].position


def test_an_entry_that_is_no_json_is_named_and_stops_nothing(small: Store) -> None:
    with forging(small) as session:
        session.execute(text("UPDATE auditleaf SET entry = '{' WHERE position = 0"))
        found = altered_contents(session)
        assert (found[0].kind, found[0].subject) == ("audit leaf", "0")


def test_a_document_forged_together_with_its_leaf_is_held_against_its_own_hash(
    small: Store,
) -> None:
    """Whoever rewrites payload, leaf and leaf hash still has the document's name to explain."""
    with forging(small) as session:
        document = session.exec(select(Document).where(Document.kind == "release")).one()
        document.payload = document.payload.replace("2026.1", "2026.2")
        table: Table = Document.__table__  # type: ignore[attr-defined]
        session.flush()
        rows = [row for row in stored_rows(session, table) if row["sha256"] == document.sha256]
        for leaf in session.exec(select(AuditLeaf).order_by(col(AuditLeaf.position))):
            entry = strict_json(leaf.entry.encode())
            if entry["kind"] == "release":
                entry["rows"]["sha256"] = held(table, document.sha256, rows).content
                leaf.entry = canonical_json(entry).decode()
                leaf.leaf_hash = leaf_hash(leaf.entry.encode()).hex()
        session.flush()
        assert named(session) == [("document", document.sha256)]
