"""`footprint certify` and `footprint verify`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, say

if TYPE_CHECKING:
    from footprint.certificate.printed.label import LabelKind

certificates = typer.Typer(help="已签发的证书 / issued certificates", no_args_is_help=True)
_MARKS = {True: "✓", False: "✗", None: "?"}


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command("certify")(certify)
    app.command("verify")(verify)
    certificates.command("revoke")(revoke)
    certificates.command("label")(label)


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
    from footprint.calculation.calculate import load_calculation
    from footprint.certificate.service import issue_certificate

    at = _instant(issued_at) if issued_at else datetime.now(UTC)
    with opened_store() as store, store.work(CONTEXT.user) as work:
        document = load_calculation(work.session, calculation)
        issued = issue_certificate(work, document, out, issued_at=at, short_period=short_period)
    say("CERTIFICATE_WRITTEN", id=issued, out=out)


def revoke(
    certificate: Annotated[str, typer.Argument(help="证书 id 或末尾 / id or its end")],
    reason: Annotated[str, typer.Option(help="原因 / why")],
    out: Annotated[Path, typer.Option(help="状态清单文件 / status list to write")],
) -> None:
    """撤销证书并写出签名的状态清单 / revoke a certificate and write the signed status list."""
    from footprint.certificate.revoking import revoke_certificate, signed_list

    with opened_store() as store, store.work(CONTEXT.user) as work:
        revoked = revoke_certificate(work, certificate, reason)
        work.session.flush()
        listed = signed_list(work.session, illustrative=revoked.illustrative)
        out.write_bytes(listed)
    say("CERTIFICATE_REVOKED", id=revoked.name, out=out)


def label(
    file: Annotated[Path, typer.Argument(help="certificate.pdf")],
    out: Annotated[Path, typer.Option(help="标签 .svg 或 .png / label to write")],
) -> None:
    """由证书 PDF 做标签图片 / draw the label of a certificate, from its PDF alone."""
    from footprint.certificate.checks.labelling import label_of

    kinds: dict[str, LabelKind] = {".svg": "svg", ".png": "png"}
    if out.suffix.casefold() not in kinds:
        raise BadInput("CERTIFICATE_LABEL_KIND", path=out)
    out.write_bytes(label_of(_bytes(file), kinds[out.suffix.casefold()]))
    say("FILE_WRITTEN", path=out)


def verify(
    file: Annotated[Path, typer.Argument(help="certificate.json | certificate.pdf")],
    issuer: Annotated[Path | None, typer.Option(help="issuer.json")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    status: Annotated[
        Path | None, typer.Option(help="发行方的状态清单 / the issuer's status list")
    ] = None,
) -> None:
    """离线核验证书 / verify a certificate offline."""
    from footprint.certificate.checks.verify import verify_file
    from footprint.certificate.keys import read_issuer
    from footprint.certificate.service import own_issuers

    issuers = [read_issuer(_bytes(issuer))] if issuer else own_issuers()
    today = datetime.now(UTC).date()  # the dates of a certificate are UTC
    listed = strict_json(_bytes(status)) if status else None
    report = verify_file(file, issuers, today, neighbour_counts=issuer is None, status_list=listed)
    if as_json:
        print_json(report.answer(CONTEXT.lang).record())
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
