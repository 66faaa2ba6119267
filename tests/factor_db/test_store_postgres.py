"""What is PostgreSQL's own: texts sorted by code point, readers that cannot write, plain errors.

System under test: the store on a real server of this run. The whole path from ledger to
calculation gives the result hash that SQLite gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import database_copy
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from factor_db.factors.keep.audit import altered_contents
from factor_db.foundation.errors import BadInput
from factor_db.store import engine as engine_module
from factor_db.store.tables import Organisation
from factor_db.store.work import Store
from footprint.cli.main import main
from footprint.study.examples import EXAMPLES, publish_own_factors

# By code point capitals stand before small letters and Chinese last; a language sorts otherwise.
CODES = ["Z", "a-b", "aB", "a_b", "ab", "铝", "B", "Ä", "10", "9"]


@pytest.fixture
def url(
    postgres_server: str, founded_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a founded database of its own; the environment points at it."""
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path))
    with database_copy(postgres_server, founded_database) as found:
        monkeypatch.setenv("FOOTPRINT_DATABASE_URL", found)
        yield found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


def test_every_text_column_sorts_by_code_point(store: Store) -> None:
    """The tables are those of the schema; a column another revision adds has to be among them."""
    query = (
        "SELECT table_name, column_name, collation_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
    )
    with store.read() as session:
        found = session.connection().execute(text(query)).all()
    assert len(found) > 40
    assert {collation for _, _, collation in found} == {"C"}


def test_texts_are_ordered_as_python_and_sqlite_order_them(store: Store) -> None:
    with store.work("park") as work:
        for code in CODES:
            work.session.add(Organisation(code=code, name_zh="", name_en=""))
    with store.read() as session:
        codes = session.exec(select(Organisation.code).order_by(col(Organisation.code))).all()
        known = session.exec(select(Organisation.code).where(Organisation.code < "a")).all()
    assert list(codes) == sorted([*CODES, "park", "reference"])
    assert set(known) == {code for code in CODES if code < "a"}


def test_a_reader_cannot_write(store: Store) -> None:
    with store.read() as session, pytest.raises(DBAPIError, match="read-only transaction"):
        session.connection().execute(text("DELETE FROM auditleaf"))


def test_the_whole_path_gives_the_hash_that_sqlite_gives(
    url: str,
    store: Store,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    _, site, ledger = next(item for item in EXAMPLES if item[0] == "plate")
    hashes = []
    for database in (url, f"sqlite:///{home / 'footprint.db'}"):
        monkeypatch.setenv("FOOTPRINT_DATABASE_URL", database)
        opened = Store(database)
        publish_own_factors(opened, site, ledger)
        with opened.read() as session:
            assert altered_contents(session) == []
        opened.close()
        with pytest.raises(SystemExit) as left:
            main(["calculate", "plate", "--json"])
        assert not left.value.code
        hashes.append([line for line in capsys.readouterr().out.splitlines() if "hash" in line])
    assert hashes[0] == hashes[1] != []


def test_a_missing_driver_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_driver(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")

    monkeypatch.setattr(engine_module, "create_engine", without_driver)
    with pytest.raises(BadInput, match=r"STORE_DRIVER\(driver=psycopg\)"):
        Store("postgresql+psycopg://localhost/footprint")


def test_a_server_that_is_not_there_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path))
    monkeypatch.setenv(
        "FOOTPRINT_DATABASE_URL", f"postgresql+psycopg://nobody@/none?host={tmp_path}"
    )
    with pytest.raises(SystemExit) as left:
        main(["audit", "verify", "--lang", "en"])
    assert left.value.code == 5
    assert "the store cannot be used" in capsys.readouterr().err
