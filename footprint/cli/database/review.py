"""`footprint review` and the review commands of `footprint factor`: steps, comments, sampling."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say
from footprint.cli.database.factor import OfSite, Refs, take_steps
from footprint.cli.options import SEED

app = typer.Typer(help="核查 / an auditor's work on a ledger", no_args_is_help=True)
Ref = Annotated[str, typer.Argument(help="因子 id 或 id@version / factor reference")]
Plan = Annotated[str, typer.Argument(help="抽样计划 SHA-256 / sampling plan")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
Reason = Annotated[str, typer.Option(help="理由 / reason")]


def register(factors: typer.Typer) -> None:
    """Add the review commands to `footprint factor`."""
    factors.command("take-up")(take_up)
    factors.command("return")(send_back)
    factors.command("comment")(comment)
    factors.command("comments")(list_comments)
    factors.command("resolve")(resolve)


def take_up(refs: Refs = None, site: OfSite = "", reason: Reason = "") -> None:
    """开始审核 / take submitted factors into review."""
    take_steps(refs or [], site, "take-up", reason)


def send_back(refs: Refs = None, reason: Reason = "") -> None:
    """退回草稿 / send factors back to their author, with a reason."""
    take_steps(refs or [], "", "return", reason)


def comment(
    ref: Ref,
    field: Annotated[str, typer.Argument(help="字段 / field of the record")],
    words: Annotated[str, typer.Argument(metavar="TEXT", help="意见 / what to ask")],
) -> None:
    """对因子的一个字段提意见 / comment on one field of a factor."""
    from factor_db.factors.keep.versions import find_version
    from factor_db.factors.review.comments import add_comment

    with opened_store() as store, store.work(CONTEXT.user) as work:
        sha256 = add_comment(work, find_version(work.session, ref), field, words)
    say("COMMENT_STORED", comment=sha256)


def list_comments(ref: Ref, as_json: AsJson = False) -> None:
    """列出意见 / list the comments on a factor."""
    from factor_db.factors.keep.versions import find_version
    from factor_db.factors.review.comments import comments_on

    names = ["sha256", "field", "text", "author", "at", "state", "answer"]
    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = comments_on(session, find_version(session, ref).sha256)
    rows = [[getattr(item, name) for name in names] for item in found]
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(names, rows)


def resolve(
    sha256: Annotated[str, typer.Argument(metavar="COMMENT", help="意见 / comment")],
    answer: Annotated[str, typer.Option(help="答复 / answer")] = "",
) -> None:
    """答复意见 / answer a comment."""
    from factor_db.factors.review.comments import resolve_comment

    with opened_store() as store, store.work(CONTEXT.user) as work:
        resolve_comment(work, sha256, answer)
    say("COMMENT_RESOLVED", comment=sha256)


@app.command()
def plan(
    site: Annotated[str, typer.Argument(help="场地代码 / site code")],
    size: Annotated[int, typer.Option(help="抽样行数 / rows to see")] = 25,
    seed: Annotated[int, SEED] = 1,
    period: Annotated[str | None, typer.Option(help="期间,如 2025 / period")] = None,
) -> None:
    """抽取要核对的台账行 / choose the ledger rows to see."""
    from factor_db.ledger.frozen.sampling import make_plan

    with opened_store() as store, store.work(CONTEXT.user) as work:
        print(make_plan(work, site, size=size, seed=seed, period=period))


@app.command()
def show(sha256: Plan, as_json: AsJson = False) -> None:
    """抽样计划与进度 / a plan and what was ticked."""
    from factor_db.ledger.frozen.sampling import progress

    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = progress(session, sha256)
    if as_json:
        print_json({"plan": found.plan, "ticks": found.ticks})
        return
    rows = []
    for row in found.plan["rows"]:
        seen = found.ticks[row["cell"]]
        words = [
            row["cell"],
            row["period"],
            row["process"],
            row["flow"],
            row["amount"],
            row["unit"],
        ]
        rows.append([*words, seen["outcome"] if seen else "-"])
    print_table(["cell", "period", "process", "flow", "amount", "unit", "seen"], rows)


@app.command()
def tick(
    sha256: Plan,
    cell: Annotated[str, typer.Argument(help="单元格,如 ledger!F12 / cell")],
    outcome: Annotated[str, typer.Argument(help="agrees | differs | no_evidence")],
    evidence: Annotated[Path | None, typer.Option(help="看过的文件 / file seen")] = None,
    note: Annotated[str, typer.Option(help="说明 / note")] = "",
) -> None:
    """记录一行的核对结果 / record what was seen for a row."""
    from factor_db.foundation.canonical import sha256_hex
    from factor_db.ledger.frozen.sampling import tick as record

    seen = sha256_hex(evidence.read_bytes()) if evidence else ""
    with opened_store() as store, store.work(CONTEXT.user) as work:
        record(work, sha256, cell, outcome, evidence_sha256=seen, note=note)


@app.command()
def statement(
    sha256: Plan, out: Annotated[Path, typer.Option(help="输出 / file to write")]
) -> None:
    """签发核查声明 / write the auditor's signed statement over a finished plan."""
    from footprint.certificate.auditor import write_statement

    with opened_store() as store, store.work(CONTEXT.user) as work:
        outcomes = write_statement(work, sha256, out)
    say("SAMPLING_STATEMENT_WRITTEN", path=out, **outcomes)
