"""`footprint claims`: the park's published claims, re-derived with their factors."""

from __future__ import annotations

from typing import Annotated

import typer

from factor_db.foundation.errors import BadInput
from footprint.cli.context import CONTEXT, print_json


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("claims")(claims)


def claims(
    claim: Annotated[str | None, typer.Argument(help="只看一条 / one claim by its id")] = None,
    brief: Annotated[bool, typer.Option("--brief", help="只列结论 / verdicts only")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """重算已发布的声明，无需数据库 / re-derive published claims; needs no store."""
    from footprint.claims import claims_document, derived_claims
    from footprint.cli.comparisons.claim_report import detail_lines, print_overview

    found = derived_claims()
    if claim is not None:
        known = ", ".join(item.id for item in found)
        found = tuple(item for item in found if item.id == claim)
        if not found:
            raise BadInput("CLAIM_UNKNOWN", claim=claim, known=known)
    if as_json:
        print_json(claims_document(found))
        return
    print_overview(found, CONTEXT.lang)
    for line in detail_lines(found, CONTEXT.lang, brief=brief):
        print(line)
