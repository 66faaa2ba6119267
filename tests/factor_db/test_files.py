"""Whole files and locks: two writers of one file, a writer that fails, two holders of one lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from factor_db.foundation.errors import BadInput
from factor_db.foundation.files import (
    UNFINISHED,
    locked,
    remove_unfinished,
    whole_file,
    write_whole,
)


def test_two_writers_at_once_leave_the_whole_of_the_one_that_ends_last(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with whole_file(path) as first:
        first.write(b"first, ")
        with whole_file(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
        first.write(b"whole")
    assert path.read_bytes() == b"first, whole"
    assert os.listdir(tmp_path) == ["f"]


def test_a_writer_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "f", b"old")

    def failing() -> None:
        with whole_file(tmp_path / "f") as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()
    assert os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_bytes() == b"old"
    with pytest.raises(BadInput, match="FILE_NOT_WRITTEN"):
        write_whole(tmp_path / "absent" / "f", b"new")


def test_only_what_killed_writers_of_that_file_left_is_removed(tmp_path: Path) -> None:
    """`[1]` is no pattern: the file of that name is meant."""
    for name in (f"f[1].a{UNFINISHED}", f"f1.a{UNFINISHED}", "f[1].a"):
        (tmp_path / name).touch()
    remove_unfinished(tmp_path / "f[1]")
    assert sorted(os.listdir(tmp_path)) == [f"f1.a{UNFINISHED}", "f[1].a"]


def test_a_lock_is_refused_to_a_second_holder_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path), pytest.raises(BadInput, match="FILE_BUSY"), locked(path):
        pass
    assert not path.exists()
    with locked(path):
        pass
