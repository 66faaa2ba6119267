"""`footprint models`: the parameter tables of the models as pages, or a check of those pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from factor_db.foundation.errors import EXIT_DONE, EXIT_INVALID
from footprint.cli.context import say


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("models")(models)


def models(
    out: Annotated[Path, typer.Option(help="目录 / folder, e.g. docs/models")],
    check: Annotated[bool, typer.Option("--check", help="只比较 / compare only")] = False,
) -> None:
    """生成模型参数表 / write the parameter tables of the models."""
    from footprint.publish.model_pages import differing_pages, pages, write_pages

    if not check:
        say("MODELS_WRITTEN", count=write_pages(out), folder=out)
        return
    differing = differing_pages(out)
    if differing:
        say("MODELS_DIFFER", pages=", ".join(differing), folder=out)
    else:
        say("MODELS_SAME", count=len(pages()))
    raise typer.Exit(EXIT_INVALID if differing else EXIT_DONE)
