"""`footprint certify` and `footprint verify`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from factor_db.foundation.errors import BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, say

certificates = typer.Typer(help="已签发的证书 / issued certificates", no_args_is_help=True)
_MARKS = {True: "✓", False: "✗", None: "?"}


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command("certify")(certify)
    app.command("verify")(verify)


def certify(
    calculation: Annotated[str, typer.Argument(help="计算 id / calculation id")],
    out: Annotated[Path, typer.Option(help="目录 / folder")],
    issued_at: Annotated[str, typer.Option(help="2026-11-23T08:00:00Z")] = "",
    short_period: Annotated[
        bool,
        typer.Option("--short-period", help="不足一年也出具 / a period below a year is meant"),
    ] = False,
) -> None:
    """出具签名证书 / issue a signed certificate."""
    from footprint.calculation import load_calculation
    from footprint.certificate.service import issue_certificate

    at = _instant(issued_at) if issued_at else datetime.now(UTC)
    with opened_store() as store, store.work(CONTEXT.user) as work:
        document = load_calculation(work.session, calculation)
        issued = issue_certificate(work, document, out, issued_at=at, short_period=short_period)
    say("CERTIFICATE_WRITTEN", id=issued, out=out)


def verify(
    file: Annotated[Path, typer.Argument(help="certificate.json | certificate.pdf")],
    issuer: Annotated[Path | None, typer.Option(help="issuer.json")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """离线核验证书 / verify a certificate offline."""
    from footprint.certificate.keys import read_issuer
    from footprint.certificate.service import own_issuers
    from footprint.certificate.verify import verify_file

    issuers = [read_issuer(_bytes(issuer))] if issuer else own_issuers()
    today = datetime.now(UTC).date()  # the dates of a certificate are UTC
    report = verify_file(file, issuers, today, neighbour_counts=issuer is None)
    if as_json:
        print_json(report.as_json(CONTEXT.lang))
    else:
        for check in report.checks:
            print(f"{_MARKS[check.ok]} {check.name}: {check.detail(CONTEXT.lang)}")
        print(report.verdict(CONTEXT.lang))
    raise typer.Exit(report.exit_code)


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # reading a pipe would wait for ever
        raise BadInput("FILE_UNREADABLE", path=path, reason="not a file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=error.strerror) from None


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("INSTANT_UNREADABLE", text=text) from None
    if instant.tzinfo is None:
        raise BadInput("INSTANT_UNREADABLE", text=text)
    return instant.astimezone(UTC)
