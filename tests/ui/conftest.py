"""A home of its own for the pages, with the three example ledgers published, and a certificate.

Browser tests need Chromium (`FOOTPRINT_CHROMIUM`, or `chromium` on the path); without it they are
skipped and say so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import streamlit as st

from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.service import issue_certificate
from footprint.study.definition import default_study
from tests.pages_server import ANSWER_MS, opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def pages_home(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("pages") / "home"
    shutil.copytree(published_home, copied)
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
        issue_certificate(work, result.result, folder, issued_at=datetime.now(UTC))
    store.close()
    return folder


@pytest.fixture(scope="session")
def address(pages_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the pages of the published home."""
    with served(pages_home, tmp_path_factory.mktemp("elsewhere")) as base:
        yield base


@pytest.fixture(scope="session")
def browser(certificate_folder: Path) -> Iterator[Browser]:
    """One browser for all tests, opened after the certificate was issued.

    The driver runs an event loop in this thread, and signing a PDF wants to start one of its own.
    """
    chromium = os.environ.get("FOOTPRINT_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no Chromium: browser tests of the pages not run")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pages not driven"
    )
    playwright.expect.set_options(timeout=ANSWER_MS)
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a Chinese reader; afterwards no request may have left the machine."""
    with opened(browser, address) as page:
        yield page
