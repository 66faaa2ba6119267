"""`footprint store`: the whole store into one file, and back into an empty one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from footprint.cli.context import CONTEXT, opened_store, say, unusable

app = typer.Typer(help="数据库 / the store as a whole", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="备份文件 / backup file")]


@app.command()
def backup(file: File) -> None:
    """备份整个数据库 / write everything stored to one file."""
    from factor_db.store.backup import write_backup

    with opened_store() as store, store.read(CONTEXT.user) as session:
        done = write_backup(session, file)
    say("STORE_BACKED_UP", path=file, **asdict(done))


@app.command()
def restore(file: File) -> None:
    """恢复到空数据库 / fill an empty store from a backup, and verify it."""
    from sqlalchemy.exc import SQLAlchemyError

    from factor_db.factors.keep.audit import altered_contents
    from factor_db.store.backup import restore_backup
    from factor_db.store.home import database_url, home_folder, private_folder

    home = home_folder()
    private_folder(home)
    try:
        done = restore_backup(database_url(home), file)
    except SQLAlchemyError as error:
        raise unusable(error) from None
    say("STORE_RESTORED", **asdict(done))
    with opened_store() as store, store.read() as session:
        faults = altered_contents(session)
    for fault in faults:
        say("AUDIT_FAULT", kind=fault.kind, subject=fault.subject)
    raise typer.Exit(1 if faults else 0)
