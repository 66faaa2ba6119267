"""`footprint background bank`: draw the uncertainty of a background once, for every study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import text
from footprint.cli.context import CONTEXT, print_json, say
from footprint.cli.options import SEED
from footprint.cli.progress import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from footprint.engine.backgrounds.bank import Bank


def register(app: typer.Typer) -> None:
    """Add the command to those of `footprint background`."""
    app.command("bank")(bank)


def bank(
    name: Annotated[str, typer.Argument(help="背景名称或哈希开头 / background, by name or hash")],
    keys: Annotated[list[str], typer.Option("--key", help="产品键,可重复 / product, repeatable")],
    uncertainty: Annotated[
        Path, typer.Option(help="CSV:matrix,row,column,gsd / deviations of exchanges")
    ],
    samples: Annotated[int, typer.Option(min=1, help="样本数 / samples")] = 1000,
    seed: Annotated[int, SEED] = 1,
    bank_name: Annotated[
        str, typer.Option("--name", help="抽样库名称 / name of the bank")
    ] = "bank",
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """抽样背景数据库,供各研究共用;可中断后继续 / sample a background once, for every study."""
    from factor_db.store.home import home_folder
    from footprint.backgrounds.home import find_background
    from footprint.backgrounds.uncertainty import read_uncertainty
    from footprint.engine.backgrounds.bank_build import BankOrder, build_bank
    from lca_models.background.storage import read_background

    if not bank_name.replace("-", "").replace("_", "").isalnum():
        raise BadInput("BANK_NAME", name=bank_name)
    stored = find_background(home_folder(), name)
    background = read_background(stored)
    sigmas = read_uncertainty(uncertainty, background)
    folder, order = stored / "banks" / bank_name, BankOrder(keys, samples, seed)
    progress = _draw if sys.stderr.isatty() else None
    try:
        built = build_bank(folder, background, sigmas, order, progress=progress)
    except KeyboardInterrupt:
        say("BANK_STOPPED")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if built is None:
        raise RuntimeError("nobody asked for a stop")
    drawn = [int((s > 0).sum()) for s in (sigmas.technosphere_sigma, sigmas.biosphere_sigma)]
    _report(built, folder, drawn, as_json=as_json)


def _draw(done: int, samples: int) -> None:
    end = "\n" if done == samples else ""
    label = text("BANK_DRAWING", CONTEXT.lang)
    print(f"\r{label} {done:,} / {samples:,}", end=end, file=sys.stderr, flush=True)


def _report(built: Bank, folder: Path, drawn: list[int], *, as_json: bool) -> None:
    record: dict[str, Any] = {
        "background": built.record["settings"]["background_sha256"],
        "drawn_technosphere": drawn[0],
        "drawn_biosphere": drawn[1],
        "direct": built.record["direct"],
        "gases": list(built.gases),
        "method": built.record["settings"]["method"],
        "non_productive": len(built.record["non_productive"]),
        "products": len(built.keys),
        "samples": built.samples,
        "seed": built.record["settings"]["seed"],
    }
    if as_json:
        print_json(record)
        return
    for key, value in record.items():
        print(f"{key}: {', '.join(value) if isinstance(value, list) else value}")
    say("BANK_DRAWN", folder=folder)
