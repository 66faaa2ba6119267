"""`footprint validate`: our models against published results, and the page that shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from footprint.cli.context import print_json, say

PAGE = Path("docs/validation.md")


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("validate")(validate)


def validate(
    out: Annotated[Path | None, typer.Option(help="页面 / the page, docs/validation.md")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON; 页面只在给出 --out 时写出 / page only with --out")
    ] = False,
) -> None:
    """与已发布结果逐项对照,差额拆分 / compare with published results, differences split."""
    from footprint.validation.page import page
    from footprint.validation.report import validate as run_all

    report = run_all()
    path = out or (None if as_json else PAGE)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(report), encoding="utf-8", newline="\n")
        say(
            "VALIDATION_WRITTEN",
            path=path,
            split=len(report.splits),
            not_reached=len(report.not_reached()),
        )
    if as_json:
        print_json(report.record())
