"""A home of its own for the pages, with the three example ledgers published, and a certificate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st

from factor_db.store.work import Store
from footprint.calculation import calculate_study, store_calculation
from footprint.certificate.service import issue_certificate
from footprint.study import default_study


@pytest.fixture(scope="session")
def pages_home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("pages") / "home"
    shutil.copytree(demo_home, copied)
    return copied


@pytest.fixture(scope="session", autouse=True)
def _stores_closed() -> Iterator[None]:
    """The pages keep one store open per home; their caches are keyed by it, so tests don't mix."""
    yield
    st.cache_resource.clear()


@pytest.fixture
def pages(pages_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """FOOTPRINT_HOME points at the pages' home."""
    monkeypatch.setenv("FOOTPRINT_HOME", str(pages_home))
    monkeypatch.delenv("FOOTPRINT_DATABASE_URL", raising=False)
    monkeypatch.delenv("FOOTPRINT_LANG", raising=False)
    return pages_home


@pytest.fixture(scope="session")
def certificate_folder(pages_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """certificate.json, certificate.pdf and issuer.json of the plate mill, issued in this home."""
    folder = tmp_path_factory.mktemp("certificate")
    store = Store.at(pages_home)
    with pytest.MonkeyPatch.context() as patched, store.work("exporter") as work:
        patched.setenv("FOOTPRINT_HOME", str(pages_home))
        result = calculate_study(work.session, default_study("plate"))
        store_calculation(work, result)
        issue_certificate(work, result.document, folder, issued_at=datetime.now(UTC))
    store.close()
    return folder
