"""`footprint ledger`: template, check, import; the rest stands in `ledger_keeping.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_BAD_INPUT, EXIT_DONE, EXIT_INVALID, BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, say
from footprint.cli.database import ledger_keeping
from footprint.cli.database.findings import counts, report_lines
from footprint.cli.progress import reading

if TYPE_CHECKING:
    from factor_db.ledger import CheckResult

app = typer.Typer(help="现场台账 / field ledgers", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="台账文件 .xlsx 或 .csv / ledger file")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
SiteFile = Annotated[
    Path | None, typer.Option("--site", help="厂址信息 .toml / site keys for a CSV without them")
]

Replaces = Annotated[
    list[str] | None,
    typer.Option("--replaces", help="取代本厂的台账:期间或哈希 / a ledger this one replaces"),
]


@app.command()
def template(file: File) -> None:
    """写出空白模板 / write an empty template."""
    from factor_db.ledger.workbooks.template import write_template

    write_template(file, CONTEXT.lang)
    say("FILE_WRITTEN", path=file)


@app.command()
def check(
    file: File,
    as_json: AsJson = False,
    annotated: Annotated[
        Path | None,
        typer.Option("--annotated", help="批注副本 .xlsx / copy with every finding at its cell"),
    ] = None,
    site: SiteFile = None,
) -> None:
    """检查台账,列出全部问题 / check a ledger and list every fault."""
    from factor_db.ledger import check as check_file

    with reading(_existing(file)) as progress:
        result = check_file(file, site_file=_site(site), progress=progress)
    if annotated is not None:
        from factor_db.ledger.workbooks.annotate import annotate

        annotate(file, result.findings, annotated, CONTEXT.lang)
    code = _report(result, as_json)
    if annotated is not None and not as_json:
        say("FILE_WRITTEN", path=annotated)
    raise typer.Exit(code)


@app.command("import")
def import_file(
    file: File, as_json: AsJson = False, site: SiteFile = None, replaces: Replaces = None
) -> None:
    """检查并冻结台账 / check a ledger and freeze it."""
    from factor_db.ledger.frozen.importing import import_ledger

    site_file = _site(site)
    with (
        reading(_existing(file)) as progress,
        opened_store() as store,
        store.work(CONTEXT.user) as work,
    ):
        outcome = import_ledger(
            work, file, site_file=site_file, progress=progress, replaces=replaces or ()
        )
    code = _report(outcome.check, as_json)
    if outcome.sha256 and not as_json:
        say("LEDGER_FROZEN", sha256=outcome.sha256)
        if replaces:
            say("LEDGER_REPLACED_NOTE", count=len(replaces))
    raise typer.Exit(code)


def _site(file: Path | None) -> Path | None:
    return None if file is None else _existing(file)


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise BadInput("FILE_ABSENT", path=file)
    return file


def _report(result: CheckResult, as_json: bool) -> int:
    if as_json:
        findings = [finding.as_dict() for finding in result.findings]
        document = {"valid": result.valid, "findings": findings}
        if result.upgraded_from:
            document["upgraded_from"] = result.upgraded_from
        print_json(document)
    else:
        if result.upgraded_from:
            say("LEDGER_UPGRADED", version=result.upgraded_from)
        for line in report_lines(result.findings, CONTEXT.lang):
            print(line)
        say("LEDGER_FINDINGS" if result.findings else "LEDGER_CLEAN", **counts(result.findings))
    if result.errors:
        return EXIT_BAD_INPUT
    return EXIT_DONE if result.valid else EXIT_INVALID


ledger_keeping.register(app, _report)
