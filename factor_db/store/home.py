"""Where the store lives and who acts: settings from the environment, read when asked for."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

ROLES = ("exporter", "auditor", "standards", "park", "admin")
DEFAULT_USER = "exporter"


def home_folder() -> Path:
    """Return the folder of the store, evidence and keys (`FOOTPRINT_HOME`)."""
    chosen = os.environ.get("FOOTPRINT_HOME")
    return Path(chosen).resolve() if chosen else user_data_path("footprint")


def database_url(home: Path) -> str:
    """Return the database URL (`FOOTPRINT_DATABASE_URL`, else SQLite in the home folder)."""
    return os.environ.get("FOOTPRINT_DATABASE_URL") or f"sqlite:///{home / 'footprint.db'}"


def user_name() -> str:
    """Return who acts when nobody is named (`FOOTPRINT_USER`)."""
    return os.environ.get("FOOTPRINT_USER") or DEFAULT_USER
