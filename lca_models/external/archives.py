"""The archives we know by their hash, and the one that is shipped."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from factor_db.foundation.errors import BadInput

_FOLDER = "data"
_INDEX = "archives.csv"


def known_archives() -> dict[str, dict[str, str]]:
    """Return SHA-256 → what is known of an archive (database, version, licence)."""
    text = (Path(__file__).parent / _FOLDER / _INDEX).read_text(encoding="utf-8")
    return {row["sha256"]: row for row in csv.DictReader(text.splitlines())}


def shipped_archive() -> Path:
    """Return the shipped archive; BadInput (ARCHIVE_ALTERED) unless its hash is right."""
    row = next(row for row in known_archives().values() if row["shipped"] == "yes")
    path = Path(__file__).parent / _FOLDER / row["file"]
    found = file_sha256(path)
    if found != row["sha256"]:
        raise BadInput("ARCHIVE_ALTERED", path=path.name, sha256=found)
    return path


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file; empty for a folder."""
    if path.is_dir():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
