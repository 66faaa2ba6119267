"""`footprint factor` and `footprint release`: derive, look up, review, publish, freeze."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.factors.record.allocation_names import ALLOCATION_NAMES
from factor_db.foundation.errors import BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

if TYPE_CHECKING:
    from factor_db.factors.keep.search import Found

app = typer.Typer(help="因子 / factors", no_args_is_help=True)
releases = typer.Typer(help="发布版 / releases", no_args_is_help=True)
Ref = Annotated[str, typer.Argument(help="因子 id 或 id@version / factor reference")]
Refs = Annotated[list[str] | None, typer.Argument(metavar="[REF]...", help="因子 / references")]
ALLOCATION_HELP = "有联产品时的分配方法 / " + " or ".join(
    (", ".join(ALLOCATION_NAMES[:-1]), ALLOCATION_NAMES[-1])
)
OfSite = Annotated[str, typer.Option("--site", help="该场地的待办因子 / all that wait")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
SelfReviewed = Annotated[
    bool, typer.Option("--self-reviewed", help="单人自审 / one person confirms")
]
Reason = Annotated[str, typer.Option(help="理由 / reason")]


@app.command()
def derive(
    site: Annotated[str, typer.Option(help="场地代码 / site code")],
    period: Annotated[str | None, typer.Option(help="期间,如 2025 / period")] = None,
    allocation: Annotated[str | None, typer.Option(help=ALLOCATION_HELP)] = None,
    reason: Annotated[
        str, typer.Option(help="为何只能按价值分配 / why only value will do (economic)")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """由台账求因子(草稿)/ derive factors from a frozen ledger, as drafts."""
    from factor_db.factors.derive.derivation import derive_site
    from factor_db.ledger.frozen.site_ledgers import ledger_of_site, period_name

    with opened_store() as store, store.work(CONTEXT.user) as work:
        file = ledger_of_site(work.session, site, period)
        taken = {"period": period_name(file.period_start, file.period_end), "sha256": file.sha256}
        refs = derive_site(work, site, period, allocation, reason=reason)
        say("DERIVE_PERIOD", site=site, file=file.file_name, **taken)
    if as_json:
        print_json({"factors": refs, "period": taken["period"], "ledger": taken["sha256"]})
    else:
        print("\n".join(refs))


@app.command()
def years(
    site: Annotated[str, typer.Option(help="场地代码 / site code")], as_json: AsJson = False
) -> None:
    """各年因子并列 / a site's factors of several years side by side, with the change in %."""
    from dataclasses import asdict

    from factor_db.factors.keep.years import years_of_site
    from factor_db.foundation.canonical import plain

    with opened_store() as store, store.read(CONTEXT.user) as session:
        table = years_of_site(session, site)
    if as_json:
        print_json(plain(asdict(table)))
        return
    rows = [
        [line.process, line.flow, line.product, *map(line.shown, table.periods), line.unit]
        for line in table.lines
    ]
    print_table(["process", "flow", "product", *table.periods, "unit"], rows)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="因子 JSON / factor record")],
    explanation: Annotated[str, typer.Option(help="疑点的说明 / why a doubt is none")] = "",
) -> None:
    """录入因子(草稿)/ add a factor record as a draft."""
    from factor_db.factors.keep.entry import add_by_hand
    from factor_db.factors.record.from_file import read_factor

    factor = read_factor(file)
    with opened_store() as store, store.work(CONTEXT.user) as work:
        row = add_by_hand(work, factor, explanation=explanation)
        print(f"{row.factor_id}@{row.version}")


Limit = Annotated[int | None, typer.Option(min=1, help="最多几个 / at most so many")]
Geography = Annotated[str, typer.Option(help="地域,如 CN / geography")]
Year = Annotated[int | None, typer.Option(help="数据年份 / data year")]
Kind = Annotated[str, typer.Option(help="类型 / inventory, emission, product or parameter")]
Licence = Annotated[str, typer.Option(help="许可 / table, single_value or owner")]
Status = Annotated[str, typer.Option(help="状态,如 published / state")]


@app.command("list")
def list_factors(
    limit: Limit = None,
    geography: Geography = "",
    year: Year = None,
    kind: Kind = "",
    licence: Licence = "",
    status: Status = "",
    as_json: AsJson = False,
) -> None:
    """列出因子 / list factors."""
    _show(_found("", limit, geography, year, kind, licence, status), as_json)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="文字 / text")],
    limit: Limit = None,
    geography: Geography = "",
    year: Year = None,
    kind: Kind = "",
    licence: Licence = "",
    status: Status = "",
    as_json: AsJson = False,
) -> None:
    """按中文、英文或代码查找 / search by Chinese, English or code."""
    _show(_found(text, limit, geography, year, kind, licence, status), as_json)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="目标 .csv 或 .jsonl / target")],
    geography: Geography = "",
    year: Year = None,
    kind: Kind = "",
    status: Status = "published",
) -> None:
    """导出许可允许成表发布的因子 / write the factors whose licence allows a table."""
    from factor_db.factors.record.exporting import as_csv, as_json_lines, open_factors

    written = {".csv": as_csv, ".jsonl": as_json_lines}.get(file.suffix.casefold())
    if written is None:
        raise BadInput("FACTOR_EXPORT_KIND", path=file)
    found = _found("", None, geography, year, kind, "", status)
    chosen = open_factors(item.factor for item in found)
    file.write_bytes(written(chosen.factors))
    count, held_back = len(chosen.factors), chosen.held_back
    say("FACTORS_EXPORTED", path=file, count=count, held_back=held_back)


def _found(
    text: str,
    limit: int | None,
    geography: str,
    year: int | None,
    kind: str,
    licence: str,
    status: str,
) -> list[Found]:
    from factor_db.factors.keep.search import Facets, search_factors

    facets = Facets(geography=geography, year=year, kind=kind, licence=licence, status=status)
    with opened_store() as store, store.read(CONTEXT.user) as session:
        return search_factors(session, text, limit=limit, facets=facets)


def _show(found: list[Found], as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {**item.factor.record(), "state": item.state, "sha256": item.factor.sha256}
                for item in found
            ]
        )
        return
    from footprint.study.slot_units import unit_of_slot

    rows = []
    for item in found:
        factor = item.factor
        slot_unit = unit_of_slot(factor)
        name = factor.name_zh if CONTEXT.lang == "zh" else factor.name_en
        amounts = [item.shown_amounts, factor.unit, slot_unit]
        rows.append([factor.ref, name, *amounts, factor.geography, item.state])
    columns = ["id@version", "name", "amounts", "unit", "slot unit", "geography", "state"]
    print_table(columns, rows)


@app.command()
def show(ref: Ref) -> None:
    """一个因子的全部内容及其槽位单位 / a factor's whole record, and the unit of its slot."""
    from factor_db.factors.keep.versions import find_version, load_factor
    from footprint.study.slot_units import slot_record

    with opened_store() as store, store.read(CONTEXT.user) as session:
        factor = load_factor(find_version(session, ref))
    slot = slot_record(factor)
    print_json({**factor.record(), "sha256": factor.sha256, **({"slot": slot} if slot else {})})


@app.command("history")
def show_history(ref: Ref, as_json: AsJson = False) -> None:
    """状态历史 / state history."""
    from factor_db.factors.keep.versions import find_version, history

    with opened_store() as store, store.read(CONTEXT.user) as session:
        states = [
            {"at": entry.at, "actor": entry.actor, "state": entry.state, "reason": entry.reason}
            for entry in history(session, find_version(session, ref).sha256)
        ]
    if as_json:
        print_json(states)
    else:
        print_table(["at", "actor", "state", "reason"], [list(item.values()) for item in states])


@app.command()
def trace(ref: Ref, as_json: AsJson = False) -> None:
    """追溯到台账单元格 / trace a factor to the cells of its ledger, and to what uses it."""
    from factor_db.factors.trace.factors import trace_factor, trace_lines

    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = trace_factor(session, ref)
    if as_json:
        print_json(found)
    else:
        print("\n".join(trace_lines(found)))


def take_steps(
    refs: list[str], site: str, action: str, reason: str, self_reviewed: bool = False
) -> None:
    """Take one step with each factor, all in one unit of work: either all of them or none."""
    from factor_db.factors.review.lifecycle import take_step, waiting

    with opened_store() as store, store.work(CONTEXT.user) as work:
        chosen = [*refs, *(waiting(work.session, site, action) if site else [])]
        if not chosen:
            raise BadInput("FACTOR_NONE_WAITING", action=action, site=site or "-")
        states = [
            take_step(work, ref, action, reason=reason, self_reviewed=self_reviewed)
            for ref in chosen
        ]
    for ref, state in zip(chosen, states, strict=True):
        say("FACTOR_STATE", ref=ref, state=state)


@app.command()
def submit(refs: Refs = None, site: OfSite = "", reason: Reason = "") -> None:
    """提交审核 / submit drafts."""
    take_steps(refs or [], site, "submit", reason)


@app.command()
def review(
    refs: Refs = None, site: OfSite = "", reason: Reason = "", self_reviewed: SelfReviewed = False
) -> None:
    """审核通过 / accept in review."""
    take_steps(refs or [], site, "review", reason, self_reviewed)


@app.command()
def publish(
    refs: Refs = None, site: OfSite = "", reason: Reason = "", self_reviewed: SelfReviewed = False
) -> None:
    """发布 / publish."""
    take_steps(refs or [], site, "publish", reason, self_reviewed)


@app.command()
def withdraw(refs: Refs = None, reason: Reason = "") -> None:
    """撤回 / withdraw."""
    take_steps(refs or [], "", "withdraw", reason)


@releases.command("list")
def list_releases(as_json: AsJson = False) -> None:
    """列出发布版 / list releases."""
    from factor_db.factors.release.releases import release_names

    with opened_store() as store, store.read(CONTEXT.user) as session:
        names = release_names(session)
    if as_json:
        print_json(names)
    else:
        print("\n".join(names))


@releases.command()
def create(name: Annotated[str, typer.Argument(help="名称,如 2026.12 / name")]) -> None:
    """冻结已发布的通用因子 / freeze the published factors that belong to no site."""
    from factor_db.factors.release.releases import (
        create_release,
        load_release,
        published_for_everyone,
    )

    with opened_store() as store, store.work(CONTEXT.user) as work:
        sha256 = create_release(work, name, published_for_everyone(work.session))
        count = len(load_release(work.session, name).factors)
    say("RELEASE_CREATED", release=name, count=count, sha256=sha256)
