"""`footprint ledger export`, `correct`, `corrections` and `evidence`: keeping a frozen ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import printable, text
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

if TYPE_CHECKING:
    from sqlmodel import Session

    from factor_db.ledger import CheckResult
    from factor_db.ledger.frozen.corrections import Correction
    from factor_db.store.tables import LedgerFile
    from factor_db.store.work import Work

# Prints the findings of a check and returns the exit code.
Report = Callable[["CheckResult", bool], int]
Site = Annotated[str, typer.Argument(help="场地代码 / site code")]
Period = Annotated[str | None, typer.Option(help="期间,如 2025 / period")]
Reason = Annotated[str, typer.Option(help="原因 / reason")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
_SHOWN_DIGITS = 12


def register(app: typer.Typer, report: Report) -> None:
    """Add the commands to `footprint ledger`."""
    app.command()(export)
    app.command()(corrections)
    app.command()(evidence)

    @app.command()
    def correct(
        site: Site,
        cell: Annotated[str, typer.Argument(help="单元格,如 ledger!F12 / cell")] = "",
        value: Annotated[str | None, typer.Argument(help="新内容 / new content")] = None,
        reason: Reason = "",
        sheet: Annotated[str, typer.Option(help="工作表 / sheet")] = "ledger",
        period: Period = None,
        withdraw: Annotated[str | None, typer.Option(help="撤回的更正 / hash to withdraw")] = None,
        as_json: AsJson = False,
    ) -> None:
        """更正冻结台账的一个单元格 / correct one cell of a frozen ledger, or withdraw that."""
        from factor_db.ledger.frozen.corrections import correct_cell, withdraw_correction

        named, _, ref = cell.rpartition("!")
        with opened_store() as store, store.work(CONTEXT.user) as work:
            file = _ledger(work.session, site, period)
            if withdraw is not None:
                outcome = withdraw_correction(work, file, withdraw, reason)
            elif cell and value is not None:
                outcome = correct_cell(work, file, named or sheet, ref, value, reason)
            else:
                raise BadInput("CORRECTION_VALUE_MISSING", site=site)
        if outcome.sha256 is None:
            code = report(outcome.check, as_json)
            say("CORRECTION_REFUSED")
            raise typer.Exit(code)
        if as_json:
            print_json({"correction": outcome.sha256})
        elif withdraw is not None:
            say("CORRECTION_TAKEN_BACK", sha256=outcome.sha256)
        else:
            say("CORRECTION_MADE", place=f"{named or sheet}!{ref}", sha256=outcome.sha256)


def export(
    site: Site,
    file: Annotated[Path, typer.Argument(help="写到 .xlsx 或 .csv / file to write")],
    period: Period = None,
    original: Annotated[bool, typer.Option("--original", help="原文件 / as it came")] = False,
    as_json: AsJson = False,
) -> None:
    """写出更正后的台账或原文件 / write a ledger with its corrections, or as it came."""
    from factor_db.ledger.workbooks.exporting import export_ledger

    with opened_store() as store, store.work(CONTEXT.user) as work:
        frozen = _ledger(work.session, site, period)
        sha256 = export_ledger(work, frozen, file, original=original, lang=CONTEXT.lang)
        ledger = frozen.sha256
    if as_json:
        print_json({"path": str(file), "ledger": ledger, "content": sha256})
    else:
        say("EXPORT_WRITTEN", path=file, sha256=sha256)


def corrections(site: Site, period: Period = None, as_json: AsJson = False) -> None:
    """列出台账的更正 / list the corrections of a ledger."""
    from factor_db.ledger.frozen.corrections import corrections_of

    with opened_store() as store, store.work(CONTEXT.user) as work:
        file = _seen(work, site, period)
        ledger = file.sha256
        items = [_correction(work.session, item) for item in corrections_of(work.session, file)]
    if as_json:
        print_json({"ledger": ledger, "corrections": items})
    elif not items:
        say("CORRECTIONS_NONE", site=site)
    else:
        _print_corrections(items)


def evidence(
    site: Site,
    files: Annotated[list[Path] | None, typer.Argument(help="证据文件 / evidence files")] = None,
    period: Period = None,
    missing: Annotated[bool, typer.Option("--missing", help="尚缺的 / what is absent")] = False,
    as_json: AsJson = False,
) -> None:
    """附上或列出台账的证据 / attach evidence to a ledger, or list it."""
    from factor_db.ledger.frozen.evidence import attach_evidence

    if missing:
        _list_missing(site, period, as_json)
        return
    if files:
        with opened_store() as store, store.work(CONTEXT.user) as work:
            attached = attach_evidence(work, _ledger(work.session, site, period), files)
        if not as_json:
            say("EVIDENCE_ATTACHED", count=len(attached))
    _list_evidence(site, period, as_json)


def _list_evidence(site: str, period: str | None, as_json: bool) -> None:
    from factor_db.ledger.frozen.evidence import evidence_of

    with opened_store() as store, store.work(CONTEXT.user) as work:
        found = [
            {
                "file_name": row.file_name,
                "sha256": row.sha256,
                "media_type": row.media_type,
                "bytes": len(row.content),
            }
            for row in evidence_of(work.session, _seen(work, site, period))
        ]
    if as_json:
        print_json(found)
    else:
        rows = [[printable(value) for value in item.values()] for item in found]
        print_table(
            _headings(
                "KEEPING_COLUMN_NAME",
                "KEEPING_COLUMN_HASH",
                "KEEPING_COLUMN_TYPE",
                "KEEPING_COLUMN_SIZE",
            ),
            rows,
        )


def _list_missing(site: str, period: str | None, as_json: bool) -> None:
    from factor_db.ledger.checks.whole import rows_of
    from factor_db.ledger.frozen.corrections import corrected_cells
    from factor_db.ledger.frozen.evidence import evidence_of, missing_evidence

    with opened_store() as store, store.work(CONTEXT.user) as work:
        file = _seen(work, site, period)
        rows = rows_of(corrected_cells(work.session, file))
        found = missing_evidence(rows, evidence_of(work.session, file))
    if as_json:
        print_json([{"name": item.name, "cells": list(item.cells)} for item in found])
    elif not found:
        say("EVIDENCE_NONE_MISSING")
    else:
        rows_shown = [[printable(item.name), " ".join(item.cells)] for item in found]
        print_table(_headings("KEEPING_COLUMN_NAME", "KEEPING_COLUMN_CELLS"), rows_shown)


def _correction(session: Session, item: Correction) -> dict[str, str | int]:
    from factor_db.ledger.frozen.corrections import withdrawal_of

    withdrawn = withdrawal_of(session, item)
    return {
        "number": item.number,
        "sha256": item.sha256,
        "cell": item.place,
        "from": item.file_text,
        "to": item.text,
        "reason": item.reason,
        "author": item.author,
        "made_at": item.made_at,
        "state": item.state,
        "withdrawn_by": withdrawn.actor if withdrawn else "",
        "withdrawn_because": withdrawn.reason if withdrawn else "",
    }


def _print_corrections(items: list[dict[str, str | int]]) -> None:
    shown = ("number", "cell", "from", "to", "reason", "author", "made_at")
    rows = []
    for item in items:
        state = "KEEPING_STATE_WITHDRAWN" if item["withdrawn_by"] else "KEEPING_STATE_IN_FORCE"
        word = text(state, CONTEXT.lang, reason=item["withdrawn_because"])
        cells = [*(item[name] for name in shown), word, str(item["sha256"])[:_SHOWN_DIGITS]]
        rows.append([printable(cell) for cell in cells])
    names = (
        "KEEPING_COLUMN_NUMBER",
        "KEEPING_COLUMN_CELL",
        "KEEPING_COLUMN_FILE",
        "KEEPING_COLUMN_NOW",
        "KEEPING_COLUMN_REASON",
        "KEEPING_COLUMN_AUTHOR",
        "KEEPING_COLUMN_MADE",
        "KEEPING_COLUMN_STATE",
        "KEEPING_COLUMN_HASH",
    )
    print_table(_headings(*names), rows)


def _headings(*codes: str) -> list[str]:
    return [text(code, CONTEXT.lang) for code in codes]


def _ledger(session: Session, site: str, period: str | None) -> LedgerFile:
    from factor_db.ledger.frozen.importing import ledger_of_site

    return ledger_of_site(session, site, period)


def _seen(work: Work, site: str, period: str | None) -> LedgerFile:
    """Return a site's ledger for reading: its owner's people, the auditors and the park."""
    file = _ledger(work.session, site, period)
    work.require_right("ledger.export")
    work.require_owner(file.owner)
    return file
