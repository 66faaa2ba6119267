"""Shared fixtures: a founded store, made once per run and copied for each test."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from factor_db.factors.release.releases import found
from factor_db.store.work import Store

sys.path.insert(0, str(Path(__file__).parent))  # test folders are no packages here

from postgres_server import create_database, database_copy, running_server

# A law is no test of speed: on a busy machine a sound example may take its time.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _can_be_interrupted() -> None:
    """A shell has what it starts in the background ignore Ctrl-C; tests of it must not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of the person who runs them."""
    for name in ("FOOTPRINT_DATABASE_URL", "FOOTPRINT_LANG", "FOOTPRINT_USER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def founded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded")
    store = Store.at(home)
    found(store)
    store.close()
    return home


@pytest.fixture
def home(founded_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own with a founded store; FOOTPRINT_HOME points at it."""
    copied = tmp_path / "home"
    shutil.copytree(founded_home, copied)
    monkeypatch.setenv("FOOTPRINT_HOME", str(copied))
    return copied


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    opened = Store.at(home)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def published_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the three example ledgers are imported, derived, reviewed and published.

    Nobody opens it: tests that count what a store holds copy it.
    """
    from footprint.study.examples import EXAMPLES, publish_own_factors

    copied = tmp_path_factory.mktemp("published") / "home"
    shutil.copytree(founded_home, copied)
    store = Store.at(copied)
    for _, site, ledger in EXAMPLES:
        publish_own_factors(store, site, ledger)
    store.close()
    return copied


@pytest.fixture
def published_store(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A store of its own where the three examples are published; FOOTPRINT_HOME points at it."""
    copied = tmp_path / "home"
    shutil.copytree(published_home, copied)
    monkeypatch.setenv("FOOTPRINT_HOME", str(copied))
    opened = Store.at(copied)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def demo_home(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published home in which commands run: results of other tests may stand in it.

    Copy `published_home`, not this one: it is open, and closing a file of an open SQLite database
    after reading it drops the locks of the whole process.
    """
    copied = tmp_path_factory.mktemp("demo") / "home"
    shutil.copytree(published_home, copied)
    return copied


@pytest.fixture(scope="session")
def demo_store(demo_home: Path) -> Iterator[Store]:
    """The store of `demo_home`, for tests that only read."""
    opened = Store.at(demo_home)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server of this run; without one the tests that need it fail."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def founded_database(postgres_server: str) -> str:
    """The name of a founded database on the server, to be copied."""
    store = Store(create_database(postgres_server, "founded"))
    found(store)
    store.close()
    return "founded"


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make the URL of a new, empty database of a kind."""
    with ExitStack() as databases:

        def make(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path / 'new.db'}"
            server = request.getfixturevalue("postgres_server")
            return databases.enter_context(database_copy(server, "template0"))

        yield make


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of an empty database, once of each kind; the environment points at it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    if request.param == "sqlite":
        yield f"sqlite:///{home / 'footprint.db'}"
    else:
        with database_copy(request.getfixturevalue("postgres_server"), "template0") as url:
            monkeypatch.setenv("FOOTPRINT_DATABASE_URL", url)
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a founded store, once on each database; the environment points at it."""
    home = tmp_path / "home"
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("founded_home"), home)
        yield f"sqlite:///{home / 'footprint.db'}"
    else:
        home.mkdir()
        server = request.getfixturevalue("postgres_server")
        with database_copy(server, request.getfixturevalue("founded_database")) as url:
            monkeypatch.setenv("FOOTPRINT_DATABASE_URL", url)
            yield url
