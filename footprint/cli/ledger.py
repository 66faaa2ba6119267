"""`footprint ledger`: template, check, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_BAD_INPUT, EXIT_DONE, EXIT_INVALID, BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, say

if TYPE_CHECKING:
    from factor_db.ledger import CheckResult

app = typer.Typer(help="现场台账 / field ledgers", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="台账文件 .xlsx 或 .csv / ledger file")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]


@app.command()
def template(file: File) -> None:
    """写出空白模板 / write an empty template."""
    from factor_db.ledger.template import write_template

    write_template(file, CONTEXT.lang)
    say("FILE_WRITTEN", path=file)


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """检查台账,列出全部问题 / check a ledger and list every fault."""
    from factor_db.ledger import check as check_file

    raise typer.Exit(_report(check_file(_existing(file)), as_json))


@app.command("import")
def import_file(file: File, as_json: AsJson = False) -> None:
    """检查并冻结台账 / check a ledger and freeze it."""
    from factor_db.ledger.importing import import_ledger

    with opened_store() as store, store.work(CONTEXT.user) as work:
        outcome = import_ledger(work, _existing(file))
    code = _report(outcome.check, as_json)
    if outcome.sha256 and not as_json:
        say("LEDGER_FROZEN", sha256=outcome.sha256)
    raise typer.Exit(code)


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise BadInput("FILE_ABSENT", path=file)
    return file


def _report(result: CheckResult, as_json: bool) -> int:
    findings = [finding.as_dict() for finding in result.findings]
    if as_json:
        print_json({"valid": result.valid, "findings": findings})
    else:
        for item in findings:
            print(f"{item['sheet']}!{item['cell']}  {item['severity']}  {item['code']}")
            print(
                f"    {item['message_' + CONTEXT.lang]} {item['remedy_' + CONTEXT.lang]}".rstrip()
            )
        say("LEDGER_CLEAN" if not findings else "LEDGER_FINDINGS", count=len(findings))
    if any(item["severity"] == "error" for item in findings):
        return EXIT_BAD_INPUT
    return EXIT_DONE if result.valid else EXIT_INVALID
