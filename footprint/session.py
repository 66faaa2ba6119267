"""Opening the store of a home folder, founded on first use."""

from __future__ import annotations

from pathlib import Path

from factor_db.factors.release.releases import found
from factor_db.store.home import home_folder
from factor_db.store.work import Store


def open_store(home: Path | None = None) -> Store:
    """Open the store of a home folder (default `FOOTPRINT_HOME`), creating and founding it."""
    store = Store.at(home or home_folder())
    found(store)
    return store
