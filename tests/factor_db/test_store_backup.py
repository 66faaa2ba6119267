"""Backup and restore: one file format for both databases, the same audit head on the other side.

System under test: `footprint store backup|restore` and `factor_db.store.backup`. A founded store is
written from SQLite and from PostgreSQL, and read back into an empty one of either kind.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.release.releases import found
from factor_db.foundation.canonical import canonical_json, sha256_hex, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.audit import tree_head
from factor_db.store.backup import restore_backup, write_backup
from factor_db.store.engine import open_engine, writing
from factor_db.store.home import database_url
from factor_db.store.migrations.run import configuration, upgrade
from factor_db.store.tables import Organisation
from factor_db.store.work import SCHEMA_HEAD, Store
from footprint.cli.main import main


@pytest.fixture
def backup_file(home: Path, tmp_path: Path) -> Path:
    store = Store.at(home)
    with store.read() as session:
        write_backup(session, tmp_path / "store.jsonl")
    store.close()
    return tmp_path / "store.jsonl"


def written(store: Store, path: Path) -> bytes:
    with store.read() as session:
        write_backup(session, path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restored_store_is_the_same_store(
    store_url: str, kind: str, new_url: Callable[[str], str], tmp_path: Path
) -> None:
    source, url = Store(store_url), new_url(kind)
    first = written(source, tmp_path / "first.jsonl")
    with source.read() as session:
        head = tree_head(session)
    source.close()
    done = restore_backup(url, tmp_path / "first.jsonl")
    restored = Store(url)
    assert found(restored) is False  # nothing but the search index, which a backup leaves out
    with restored.read() as session:
        assert tree_head(session) == head == {"size": done.size, "root": done.root}
        assert altered_contents(session) == []
    assert written(restored, tmp_path / "second.jsonl") == first
    with restored.work("park") as work:  # numbering goes on behind what was restored
        work.enter_state("thing", "X", "new")
    with restored.read() as session:
        assert altered_contents(session) == []
    restored.close()


def test_the_file_is_what_its_first_and_last_line_say(backup_file: Path) -> None:
    *body, last = backup_file.read_bytes().splitlines(keepends=True)
    header, end = strict_json(body[0]), strict_json(last)
    assert header["format"] == "footprint-store-backup/1"
    assert header["schema"] == SCHEMA_HEAD
    assert header["head"]["size"] == end["rows"]["auditleaf"]
    assert sum(end["rows"].values()) == len(body) - 1
    assert end["sha256"] == sha256_hex(b"".join(body))
    assert backup_file.stat().st_mode & 0o077 == 0


def test_a_store_that_holds_something_is_not_overwritten(home: Path, backup_file: Path) -> None:
    with pytest.raises(BadInput, match="STORE_NOT_EMPTY"):
        restore_backup(database_url(home), backup_file)


def _cut(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def _half_a_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1][:20]]


def _without_a_row(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], *lines[6:]]


def _with_another_word(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"Shipped reference data", b"Our own data") for line in lines]


def _with_a_tail(lines: list[bytes]) -> list[bytes]:
    return [*lines, b"{}\n"]


def _of_another_format(lines: list[bytes]) -> list[bytes]:
    return [b'{"format":"other"}\n', *lines[1:]]


def _of_an_unknown_table(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"table":"actor"', b'"table":"actors"') for line in lines]


def _with_another_head(lines: list[bytes]) -> list[bytes]:
    """Even a file whose own hash was mended has to lead to the head it states."""
    header = strict_json(lines[0])
    header["head"]["root"] = "0" * 64
    body = [canonical_json(header) + b"\n", *lines[1:-1]]
    end = {**strict_json(lines[-1]), "sha256": sha256_hex(b"".join(body))}
    return [*body, canonical_json(end) + b"\n"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "spoil",
    [_cut, _half_a_line, _without_a_row, _with_another_word, _with_a_tail, _of_another_format, _of_an_unknown_table, _with_another_head],
)  # fmt: skip
def test_a_file_that_is_not_whole_restores_nothing(
    backup_file: Path,
    spoil: Callable[[list[bytes]], list[bytes]],
    kind: str,
    new_url: Callable[[str], str],
) -> None:
    url = new_url(kind)
    lines = spoil(backup_file.read_bytes().splitlines(keepends=True))
    backup_file.write_bytes(b"".join(lines))
    with pytest.raises(BadInput, match="STORE_BACKUP_UNREADABLE"):
        restore_backup(url, backup_file)
    store = Store(url)
    with store.read() as session:
        assert tree_head(session)["size"] == 0
        assert session.get(Organisation, "reference") is None
    store.close()


def test_a_backup_of_an_older_schema_is_upgraded_when_restored(
    tmp_path: Path, new_url: Callable[[str], str]
) -> None:
    """A backup names its schema; the rows go into that schema, and then the store is upgraded."""
    lines = [canonical_json({"format": "footprint-store-backup/1", "head": {"root": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 0}, "schema": "0001"}) + b"\n"]  # fmt: skip
    row = {"code": "X", "name_en": "X", "name_zh": "X", "uscc": ""}
    lines.append(canonical_json({"row": row, "table": "organisation"}) + b"\n")
    end = {"rows": {"organisation": 1}, "sha256": sha256_hex(b"".join(lines))}
    (tmp_path / "old.jsonl").write_bytes(b"".join([*lines, canonical_json(end) + b"\n"]))
    url = new_url("sqlite")
    assert restore_backup(url, tmp_path / "old.jsonl").rows == 1
    store = Store(url)
    with store.read() as session:
        assert session.get(Organisation, "X") is not None
    store.close()


def test_an_older_file_is_kept_beside_the_upgraded_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'footprint.db'}"
    engine = open_engine(url)
    upgrade(engine, "0001")
    with writing(engine).begin() as connection:
        connection.execute(text("INSERT INTO organisation VALUES ('X', 'X', 'X', '')"))
    engine.dispose()
    Store(url).close()
    kept = open_engine(f"sqlite:///{tmp_path / 'footprint.0001.db'}")
    with kept.connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        )
        assert connection.execute(text("SELECT code FROM organisation")).scalars().all() == ["X"]
    kept.dispose()
    Store(url).close()
    assert sorted(path.name for path in tmp_path.glob("*.db")) == [
        "footprint.0001.db",
        "footprint.db",
    ]


def test_an_upgrade_that_would_break_keys_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'footprint.db'}")
    upgrade(engine, "0001")
    with engine.connect() as connection:
        connection.connection.driver_connection.executescript(  # type: ignore[union-attr]
            "PRAGMA foreign_keys=OFF; INSERT INTO site VALUES ('S', 'nobody', 'CN-CQ', 0);"
        )
    with pytest.raises(BadInput, match="STORE_UPGRADE_BROKEN"):
        upgrade(engine)
    with engine.connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        )
    engine.dispose()


def test_down_and_up_again_gives_the_same_tables(empty_url: str) -> None:
    store = Store(empty_url)
    config = configuration()
    for step in (
        lambda: command.downgrade(config, "base"),
        lambda: command.upgrade(config, "head"),
    ):
        with writing(store.engine).begin() as connection:
            config.attributes["connection"] = connection
            step()
    store.close()
    again = Store(empty_url)
    with again.read() as session:
        assert tree_head(session)["size"] == 0
    again.close()


def test_the_commands_back_up_and_restore(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main([*arguments, "--lang", "en"])
        return int(left.value.code or 0), capsys.readouterr().err

    file = tmp_path / "store.jsonl"
    assert run("store", "backup", str(file))[0] == 0
    code, err = run("store", "restore", str(file))
    assert (code, "already holds something" in err) == (2, True)
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path / "new"))
    assert run("store", "restore", str(file))[0] == 0
    assert run("audit", "verify")[0] == 0
    shutil.rmtree(tmp_path / "new")
    monkeypatch.setenv(
        "FOOTPRINT_DATABASE_URL", "postgresql+psycopg://nobody@/nothing?host=/nonexistent"
    )
    code, err = run("store", "restore", str(file))
    assert (code, "the store cannot be used" in err) == (5, True)
