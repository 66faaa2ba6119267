"""`footprint portfolio`: many studies from one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_BAD_INPUT, BadInput
from factor_db.foundation.messages import code_of, error_text, printable, text
from footprint.account import CLOSURE_RULE
from footprint.cli.context import CONTEXT, print_json, say
from footprint.cli.options import DOUBTS_HELP, SEED
from footprint.cli.progress import EXIT_INTERRUPTED, Progress

if TYPE_CHECKING:
    from footprint.portfolio.files.reading import FaultyPortfolio
    from footprint.portfolio.run import PortfolioResult


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("portfolio")(portfolio)


def portfolio(
    file: Annotated[Path, typer.Argument(help="CSV | Parquet")],
    out: Annotated[Path | None, typer.Option(help="结果 / results (Parquet)")] = None,
    contributions: Annotated[
        Path | None, typer.Option(help="另写贡献表 / also write the contributions (Parquet)")
    ] = None,
    samples: Annotated[int, typer.Option(min=0, max=1_000_000, help="抽样次数 / samples")] = 0,
    seed: Annotated[int, SEED] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="进程数 / processes (default: cores)")
    ] = None,
    scheduler: Annotated[str, typer.Option(help="Dask 调度器 / scheduler, tcp://…")] = "",
    template: Annotated[
        str, typer.Option(help="写出某产品的空白文件 / write FILE to begin with: PRODUCT")
    ] = "",
    accept_doubts: Annotated[bool, typer.Option("--accept-doubts", help=DOUBTS_HELP)] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """计算一个文件中的多项研究 / calculate the studies of a file."""
    if template:
        _write_template(file, template)
        return
    if out is None:
        raise BadInput("PORTFOLIO_OUT")
    from footprint.portfolio.stopping import PortfolioStopped, Stopping

    progress = Progress("PORTFOLIO_PROGRESS")
    with Stopping() as stopping:
        try:
            with stopping.patient():
                from footprint.portfolio.files.reading import FaultyPortfolio
                from footprint.portfolio.run import run
            result = run(
                file,
                out=out,
                contributions=contributions,
                samples=samples,
                seed=seed,
                workers=workers,
                scheduler=scheduler,
                user=CONTEXT.user,
                progress=progress,
                stopping=stopping,
                accept_doubts=accept_doubts,
            )
        except KeyboardInterrupt as stopped:
            progress.end()
            kept = stopped.kept if isinstance(stopped, PortfolioStopped) else 0
            say("PORTFOLIO_STOPPED" if kept else "PORTFOLIO_STOPPED_EARLY", count=kept)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except FaultyPortfolio as found:
            _print_faults(found, as_json)
            raise typer.Exit(EXIT_BAD_INPUT) from None
        progress.end()
        if as_json:
            _print_document(result)
        else:
            _print_summary(result)
    raise typer.Exit(result.exit_code)


def _write_template(file: Path, product: str) -> None:
    from factor_db.foundation.files import write_whole
    from footprint.portfolio.files.columns import template

    if file.exists():
        raise BadInput("PORTFOLIO_EXISTS", path=file)
    write_whole(file, template(product))
    say("FILE_WRITTEN", path=file)


def _print_faults(found: FaultyPortfolio, as_json: bool) -> None:
    if as_json:
        print_json({"error": found.code, "faults": [fault.record() for fault in found.faults]})
    for fault in found.faults:
        headings = "PORTFOLIO_FAULT_HEADINGS" if fault.column else "PORTFOLIO_FAULT_FILE"
        code = "PORTFOLIO_FAULT_LINE" if fault.row else headings
        place = {"row": fault.row, "column": printable(fault.column)}
        print(text(code, CONTEXT.lang, message=fault.line(CONTEXT.lang), **place), file=sys.stderr)
    print(error_text(found, CONTEXT.lang), file=sys.stderr)


def _print_document(result: PortfolioResult) -> None:
    from footprint.portfolio.summary import summary_of

    print_json(summary_of(result).record())


_STATES = ("complete", "incomplete", "refused")


def _print_summary(result: PortfolioResult) -> None:
    if result.changed:
        say("PORTFOLIO_ANEW", changed=", ".join(result.changed))
    if result.resumed:
        say("PORTFOLIO_RESUMED", count=result.resumed)
    counts = {state: result.counts.get(state, 0) for state in _STATES}
    seconds = f"{result.seconds:.1f}"
    studies = sum(counts.values())
    print(text("PORTFOLIO_SUMMARY", CONTEXT.lang, studies=studies, seconds=seconds, **counts))
    if result.lowest and result.highest:
        print(
            text(
                "PORTFOLIO_EXTREMES",
                CONTEXT.lang,
                low=f"{result.lowest.value:.4f}",
                lowest=printable(result.lowest.study),
                high=f"{result.highest.value:.4f}",
                highest=printable(result.highest.study),
            )
        )
    marks = {"illustrative": result.illustrative, "estimates": result.estimates}
    print(text("PORTFOLIO_MARKS", CONTEXT.lang, **marks))
    _say_reasons(result)
    for path in filter(None, (result.out, result.contributions)):
        say("FILE_WRITTEN", path=path)
    say("PORTFOLIO_FLOATS")
    say("PORTFOLIO_NO_CLOSURE", rule=CLOSURE_RULE)
    if result.illustrative:
        say("RESULT_ILLUSTRATIVE")


def _say_reasons(result: PortfolioResult) -> None:
    """Say why the first studies without a total have none, and how many more there are."""
    for item in result.reasons:
        reason = item.reason_zh if CONTEXT.lang == "zh" else item.reason_en
        state = text(code_of("PORTFOLIO_STATE", item.status), CONTEXT.lang)
        say("PORTFOLIO_REASON", study=printable(item.study), state=state, reason=reason)
    if more := sum(result.codes.values()) - len(result.reasons):
        say("PORTFOLIO_REASONS_MORE", count=more)
