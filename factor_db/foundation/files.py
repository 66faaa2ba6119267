"""Files that are there whole or not at all, and the lock that keeps two runs off one output."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

from factor_db.foundation.errors import BadInput

UNFINISHED = ".unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write that takes its name only when all of it is on the disk.

    Each writer has an unfinished file of its own, so two at once leave the whole of one of them.
    Raises BadInput (FILE_NOT_WRITTEN) when the disk is full or the place can't be written to.
    """
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}{UNFINISHED}")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _not_written(path, error) from None
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises BadInput as `whole_file` does."""
    with whole_file(path) as file:
        file.write(data)


def remove_unfinished(path: Path) -> None:
    """Remove what killed writers of a file left; only for who holds the lock of its writers."""
    try:
        for left in path.parent.glob(f"{glob.escape(path.name)}.*{UNFINISHED}"):
            left.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error) from None


def _not_written(path: Path, error: OSError) -> BadInput:
    return BadInput("FILE_NOT_WRITTEN", path=path, reason=error.strerror or error)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder can't be opened there, and its entries are durable
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; raises BadInput (FILE_BUSY) when another holder has it.

    The system gives it back when a process ends in whatever way, so none is ever left behind.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _not_written(path, error) from None
    try:
        if not _taken(handle) or not _is_still(path, handle):
            raise BadInput("FILE_BUSY", path=path)
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_still(path: Path, handle: int) -> bool:
    """Tell whether the name still leads to the file locked: its holder removes it at its end."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
