"""What could not be done is said in words, with exit code 5, apart from 1 = checked and invalid.

System: commands on a founded store (findings T12, T19). The disk is full at the store (SQLite's own
limit of pages stands for it, the same code 13) and at a file written (`/dev/full`, ENOSPC); the
home is closed; the file is no database; a text column holds a blob; a number has 10 000 digits.
Root passes by permissions, so a closed folder is played by what the system answers, EACCES.
"""

import errno
import sqlite3
from pathlib import Path

import pytest

from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store import engine as engines
from footprint.cli import main as entry
from footprint.cli.main import main

DIGITS = "9" * 10_000


def left(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as exit_of:
        main(["--lang", "en", *words])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return int(exit_of.value.code or 0), said


def test_a_full_disk_under_the_store(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = engines._prepare_sqlite

    def small(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(engines, "_prepare_sqlite", small)
    example = "factor_db/reference/examples/recycling_plant.xlsx"
    code, said = left(capsys, "--as", "exporter", "ledger", "import", example)
    assert (code, "database or disk is full" in said) == (5, True)
    monkeypatch.undo()
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    assert left(capsys, "audit", "verify")[0] == 0


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "could not be written"),
        (errno.EFBIG, "could not be written"),
        (errno.EROFS, "closed to this program"),
        (errno.EACCES, "closed to this program"),
    ],
)
def test_what_the_machine_refuses(
    number: int,
    words: str,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "refused", str(home))

    monkeypatch.setattr("factor_db.store.work.private_folder", refuse)
    code, said = left(capsys, "audit", "verify")
    assert (code, words in said, str(home) in said) == (5, True, True)


def test_a_home_that_is_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path / "home"))
    code, said = left(capsys, "factor", "list")
    assert (code, str(tmp_path / "home") in said) == (2, True)


def test_a_file_that_is_no_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "footprint.db").write_bytes(b"no database at all" * 500)
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path))
    code, said = left(capsys, "audit", "verify")
    assert (code, "damaged" in said, "not a database" in said) == (5, True, True)


def test_a_read_only_store(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = engines._prepare_sqlite

    def closed(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA query_only = ON")

    monkeypatch.setattr(engines, "_prepare_sqlite", closed)
    code, said = left(capsys, "--as", "admin", "user", "add", "x", "--role", "auditor")
    assert (code, "read-only" in said) == (5, True)


def test_a_fault_without_a_name_is_no_verdict(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def strange(*_: object, **__: object) -> None:
        raise AttributeError("'bytes' object has no attribute 'encode'")

    monkeypatch.setattr("factor_db.factors.keep.search.search_factors", strange)
    code, said = left(capsys, "factor", "list")
    assert (code, "FOOTPRINT_TRACEBACK" in said, "AttributeError" in said) == (5, True, True)
    monkeypatch.setenv("FOOTPRINT_TRACEBACK", "1")
    with pytest.raises(AttributeError):
        main(["factor", "list"])
    assert entry._MACHINE


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("study.toml", f'product = "plate"\nsamples = {DIGITS}\n'),
        ("study.toml", "a = " + "[" * 5_000 + "]" * 5_000),
    ],
)
def test_a_toml_file_beyond_reading_is_unreadable(
    name: str, content: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    code, said = left(capsys, "calculate", str(file))
    assert (code, name in said) == (2, True)


def test_json_with_a_number_beyond_reading_is_unreadable() -> None:
    with pytest.raises(BadInput, match="JSON_UNREADABLE"):
        strict_json(f'{{"a": {DIGITS}}}'.encode())
