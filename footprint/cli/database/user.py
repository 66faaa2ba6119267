"""`footprint user`: who may act, in which role, for which enterprise."""

from __future__ import annotations

from typing import Annotated

import typer

from factor_db.foundation.errors import BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

app = typer.Typer(help="用户 / users", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="用户名 / name")],
    role: Annotated[str, typer.Option(help="exporter | auditor | standards | park | admin")],
    organisation: Annotated[str, typer.Option(help="统一社会信用代码 / USCC")] = "",
) -> None:
    """新增用户(需 admin)/ add a user (as admin)."""
    from factor_db.store.users import add_user

    with opened_store() as store, store.work(CONTEXT.user) as work:
        add_user(work, name, role, organisation)
    say("USER_ADDED", user=name, role=role, organisation=organisation or "-")


@app.command("list")
def list_users(as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """列出用户 / list the users."""
    from factor_db.store.users import users_of

    with opened_store() as store, store.read(CONTEXT.user) as session:
        rows = [[user.name, user.role, user.organisation] for user in users_of(session)]
    names = ["name", "role", "organisation"]
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(names, rows)


@app.command("rights")
def list_rights(
    role: Annotated[str, typer.Option(help="只列该角色可做的 / what this role may do")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """谁可以做什么 / who may do what: action, kind, owner, state, role."""
    from factor_db.store.home import ROLES
    from factor_db.store.rights import ADMIN, rights

    if role not in ("", *ROLES):
        raise BadInput("USER_ROLE", role=role, known=", ".join(ROLES))
    chosen = [row for row in rights() if role in ("", ADMIN, *row.roles)]
    names = ["action", "kinds", "owners", "states", "roles", "closed_to"]
    found = [
        [row.action, *map(" ".join, (row.kinds, row.owners, row.states, row.roles)), row.closed_to]
        for row in chosen
    ]
    if as_json:
        print_json([dict(zip(names, line, strict=True)) for line in found])
    else:
        print_table(names, [[cell or "-" for cell in line] for line in found])
