"""Where the store lives and who acts: settings from the environment, read when asked for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from platformdirs import user_data_path

from factor_db.foundation.errors import Unusable

ROLES = ("exporter", "auditor", "standards", "park", "admin")
DEFAULT_USER = "exporter"
DATABASE_FILE = "footprint.db"
_OWNER_ONLY_FOLDER, _OWNER_ONLY_FILE = 0o700, 0o600


def home_folder() -> Path:
    """Return the folder of the store, evidence and keys (`FOOTPRINT_HOME`)."""
    chosen = os.environ.get("FOOTPRINT_HOME")
    return Path(chosen).resolve() if chosen else user_data_path("footprint")


def private_folder(folder: Path) -> None:
    """Create the folder of a store, for its owner only; one that holds a store is closed to others.

    A folder of somebody else's, or with nothing of ours in it yet, keeps its permissions.
    """
    if not folder.exists():
        folder.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    if (folder / DATABASE_FILE).exists() or not any(folder.iterdir()):
        _close(folder, _OWNER_ONLY_FOLDER)


def private_file(path: Path) -> None:
    """Create an empty file for its owner only, or close one that is there to all others.

    Raises Unusable where the file can be neither made nor opened.
    """
    try:
        path.touch(mode=_OWNER_ONLY_FILE)
    except OSError as error:
        if not os.access(path, os.R_OK):
            raise Unusable("STORE_READ_ONLY", reason=f"{error.strerror}: {path}") from None
    _close(path, _OWNER_ONLY_FILE)


def _close(path: Path, mode: int) -> None:
    """Take from group and others what a mode does not give; what is not ours stays as it is."""
    if os.name == "nt":  # permissions are lists there, inherited from the user's own folder
        return
    found = path.stat()
    if stat.S_IMODE(found.st_mode) & ~mode and found.st_uid == os.geteuid():
        path.chmod(stat.S_IMODE(found.st_mode) & mode)


def database_url(home: Path) -> str:
    """Return the database URL (`FOOTPRINT_DATABASE_URL`, else SQLite in the home folder)."""
    return os.environ.get("FOOTPRINT_DATABASE_URL") or f"sqlite:///{home / DATABASE_FILE}"


def user_name() -> str:
    """Return who acts when nobody is named (`FOOTPRINT_USER`)."""
    return os.environ.get("FOOTPRINT_USER") or DEFAULT_USER
