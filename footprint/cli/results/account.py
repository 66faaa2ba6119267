"""`footprint account`: what crossed a site's gate, and whether its products add up to it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_INCOMPLETE
from factor_db.foundation.messages import error_text, text
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from footprint.closure.service import SiteAccount
    from footprint.result.account import GateLineRecord, SiteAccountRecord
    from footprint.study.definition import Study

_CELLS_SHOWN = 3


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("account")(account)


def account(
    site: Annotated[str, typer.Argument(help="场地 / site")],
    period: Annotated[str, typer.Option(help="期间 / period")] = "",
    gwp: Annotated[str, typer.Option(help="AR4 | AR5 | AR6")] = "",
    scrap_rule: Annotated[str, typer.Option(help="废料规则 / scrap rule")] = "",
    electricity_rule: Annotated[str, typer.Option(help="用电规则 / electricity rule")] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """厂区核算账 / the site account: all that crossed the gate, held against products."""
    from footprint.closure.service import account_of_site

    rules = {"scrap_rule": scrap_rule, "electricity_rule": electricity_rule}
    question = _question(site, period, gwp, {name: value for name, value in rules.items() if value})
    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = account_of_site(session, question)
    record = _record(found)
    if as_json:
        print_json(record.record())
    else:
        _print(record)
    if found.closure is None:
        reason = error_text(found.reason, CONTEXT.lang) if found.reason else "-"
        say("ACCOUNT_NO_PRODUCT", reason=reason)
    for item in record.closure.reasons if record.closure else ():
        say(item.code, **item.params)
    if found.account.missing:
        say("CLOSURE_ACCOUNT_MISSING", slots=", ".join(found.account.missing))
        raise typer.Exit(EXIT_INCOMPLETE)


def _question(site: str, period: str, gwp: str, rules: dict[str, str]) -> Study:
    from footprint.cli.results.study_options import StudyOptions
    from footprint.study.definition import default_study

    options = StudyOptions(replace(default_study("plate"), site=site, period=period))
    options.choose(f"{name}={value}" for name, value in rules.items())
    options.weigh(gwp)
    return options.checked()


def _record(found: SiteAccount) -> SiteAccountRecord:
    from footprint.judgement.record import account_record, closure_record
    from footprint.judgement.verdict import reasons_against
    from footprint.result.account import AccountRules, SiteAccountRecord
    from footprint.result.tables import Period

    where, study = found.prepared.where, found.prepared.study
    closure = None
    if found.closure is not None:
        closure = closure_record(found.closure, reasons_against(study, found.closure))
    return SiteAccountRecord(
        site=where.site,
        period=Period(start=where.period_start, end=where.period_end),
        gwp_set=study.gwp_set,
        choices=AccountRules(
            scrap_rule=study.choices.scrap_rule,
            electricity_rule=study.choices.electricity_rule,
        ),
        release=found.prepared.release.name,
        account=account_record(found.account),
        closure=closure,
    )


def _print(record: SiteAccountRecord) -> None:
    from footprint.words.closure import closure_line

    account, lang = record.account, CONTEXT.lang
    print(
        text(
            "ACCOUNT_TITLE",
            lang,
            site=record.site,
            gwp=record.gwp_set,
            total=_tonnes(account.total),
            **record.period.record(),
        )
    )
    headings = (
        "ACCOUNT_FLOW",
        "ACCOUNT_AMOUNT",
        "ACCOUNT_SCOPE",
        "ACCOUNT_TONNES",
        "ACCOUNT_CELLS",
    )
    print_table([text(code, lang) for code in headings], _rows(account.lines))
    if record.closure:
        print(closure_line(record.closure, lang))


def _rows(lines: Iterable[GateLineRecord]) -> list[list[str]]:
    from factor_db.ledger.form.vocabulary import vocabulary

    words, zh = vocabulary(), CONTEXT.lang == "zh"
    rows = []
    for line in sorted(lines, key=lambda item: -abs(item.kg_co2e)):
        flow, process = words.flows[line.flow], words.processes.get(line.process)
        name = flow.name_zh if zh else flow.name_en
        step = "" if process is None else f" @ {process.name_zh if zh else process.name_en}"
        cells = ", ".join(line.cells[:_CELLS_SHOWN])
        more = f" … ({len(line.cells)})" if len(line.cells) > _CELLS_SHOWN else ""
        amount = f"{line.amount:,.1f} {line.unit}"
        rows.append([name + step, amount, line.scope, _tonnes(line.kg_co2e), cells + more])
    return rows


def _tonnes(kilograms: Decimal) -> str:
    return f"{kilograms / 1000 + 0:,.1f}"  # no sign on nothing
