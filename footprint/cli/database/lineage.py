"""`factor graph|impact`, `certificate stale`, `release diff`: what rests on what, what changed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.messages import code_of
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

if TYPE_CHECKING:
    from footprint.calculation.stale import Drift

Ref = Annotated[str, typer.Argument(help="因子 id 或 id@version / factor reference")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]


def register(factors: typer.Typer, certificates: typer.Typer, releases: typer.Typer) -> None:
    """Add these commands to their groups."""
    factors.command("graph")(graph)
    factors.command("impact")(impact)
    certificates.command("stale")(stale)
    releases.command("diff")(diff)


def graph(
    ref: Ref,
    out: Annotated[Path | None, typer.Option(help="SVG 文件 / SVG file to write")] = None,
    as_json: AsJson = False,
) -> None:
    """因子的来龙去脉 / what a factor was made from and what rests on it."""
    from factor_db.factors.keep.versions import find_version
    from factor_db.factors.trace.lineage import lineage_graph
    from footprint.publish.lineage_drawing import draw_lineage, tree_lines

    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = lineage_graph(session, find_version(session, ref).sha256)
    if out is not None:
        out.write_text(draw_lineage(found, CONTEXT.lang), encoding="utf-8")
        say("FILE_WRITTEN", path=out)
    if as_json:
        print_json(found.record())
    elif out is None:
        print("\n".join(tree_lines(found, CONTEXT.lang)))


def impact(
    ref: Ref,
    by: Annotated[str, typer.Option("--by", help="替换它的因子 id@version 或 JSON / replacement")],
    as_json: AsJson = False,
) -> None:
    """替换该因子会影响哪些结果 / which results move if this factor is replaced."""
    from factor_db.factors.keep.versions import find_version, load_factor
    from factor_db.factors.record.from_file import read_factor
    from footprint.calculation.replacing import what_moves
    from footprint.words.shown import signed

    with opened_store() as store, store.read(CONTEXT.user) as session:
        path = Path(by)
        other = read_factor(path) if path.is_file() else load_factor(find_version(session, by))
        moved = what_moves(session, ref, other)
    if as_json:
        print_json([row.record() for row in moved])
    elif not moved:
        say("IMPACT_NONE")
    else:
        heads = ["calculation", "product", "site", "period", "old", "new", "change", "certificates"]
        rows = [
            [
                row.calculation[:12],
                row.product,
                row.site,
                row.period,
                f"{row.old_total:.4f}",
                f"{row.new_total:.4f}",
                signed(row.change, Decimal("0.0001")),
                ", ".join(name[-12:] for name in row.certificates) or "-",
            ]
            for row in moved
        ]
        print_table(heads, rows)


def stale(as_json: AsJson = False) -> None:
    """过时的证书与结果 / certificates over old factors, and stored results that moved."""
    from factor_db.factors.trace.lineage import stale_certificates
    from footprint.calculation.stale import drifted

    with opened_store() as store, store.read(CONTEXT.user) as session:
        found, moved = stale_certificates(session), drifted(session)
    if as_json:
        certificates = [item.record() for item in found]
        print_json({"certificates": certificates, "moved": [item.record() for item in moved]})
        return
    if not found:
        say("STALE_NONE")
    else:
        rows = [[item.certificate, ", ".join(item.factors)] for item in found]
        print_table(["certificate", "factors"], rows)
    _say_moved(moved)


def _say_moved(moved: list[Drift]) -> None:
    """Print what stored results come to today, why, and the revocation that is proposed."""
    if not moved:
        say("DRIFT_NONE")
    for item in moved:
        today = "-" if item.today is None else f"{item.today:.4f}"
        shown = {"id": item.calculation[:12], "product": item.product, "site": item.site}
        say("DRIFT_LINE", period=item.period, stored=f"{item.stored:.4f}", today=today, **shown)
        for kind, detail in item.reasons:
            say(code_of("DRIFT", kind), detail=detail)
        for certificate in item.certificates:
            say("DRIFT_REVOKE", certificate=certificate)


def diff(
    old: Annotated[str, typer.Argument(help="旧发布版 / old release")],
    new: Annotated[str, typer.Argument(help="新发布版 / new release")],
    out: Annotated[Path | None, typer.Option(help="CSV 或 XLSX 文件 / file to write")] = None,
    as_json: AsJson = False,
) -> None:
    """两个发布版之间的变化及原因 / what changed between two releases, and why."""
    from dataclasses import asdict

    from factor_db.factors.release.differences import release_diff, write_diff
    from factor_db.factors.release.releases import load_release

    with opened_store() as store, store.read(CONTEXT.user) as session:
        changes = release_diff(load_release(session, old), load_release(session, new))
    if out is not None:
        write_diff(changes, out)
        say("FILE_WRITTEN", path=out)
    if as_json:
        print_json([asdict(change) for change in changes])
    elif out is None:
        heads = ["factor", "reasons", "old", "new", "ratio"]
        rows = [
            [item.factor, item.reasons, item.old_amounts, item.new_amounts, item.ratio]
            for item in changes
        ]
        print_table(heads, rows)
