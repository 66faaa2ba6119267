"""`footprint audit`: the log's head, its proofs, and everything stored held against it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

if TYPE_CHECKING:
    from factor_db.factors.trace.whole_store import NamedFault, Verified
    from footprint.certificate.tree_heads import AuditHead, ConsistencyProof, LeafProof

app = typer.Typer(help="审计日志 / audit log", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
HeadFile = Annotated[Path | None, typer.Option("--head", help="保存的树头 / a head kept earlier")]


@app.command()
def head(
    sign: Annotated[bool, typer.Option("--sign", help="用签发方密钥签名 / sign it")] = False,
    as_json: AsJson = False,
) -> None:
    """日志的大小与树根 / size and root of the log."""
    from factor_db.store.audit import TreeHead, tree_head
    from footprint.certificate.tree_heads import signed_head

    with opened_store() as store, store.read(CONTEXT.user) as session:
        found: TreeHead = signed_head(session) if sign else tree_head(session)
    if as_json or sign:
        print_json(found)
    else:
        print(f"{found['size']} {found['root']}")


@app.command()
def verify(kept: HeadFile = None, as_json: AsJson = False) -> None:
    """核对数据库、日志与全部内容 / check database, log and everything stored."""
    from factor_db.factors.trace.whole_store import NamedFault, verify_store
    from factor_db.store.audit import tree_head
    from footprint.certificate.tree_heads import head_fault, read_head

    earlier = read_head(kept) if kept else None
    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = verify_store(session)
        now = tree_head(session)
        code = head_fault(session, earlier) if earlier else None
    faults = list(found.faults)
    if earlier and code:
        subject = f"{earlier['size']} {earlier['root']}"
        faults.insert(0, NamedFault("tree head", subject, subject, code, "", "", None))
        say(code, **_shown(earlier))
    valid = not faults and not found.elsewhere
    if as_json:
        told = {"elsewhere": found.elsewhere, "not_derived_again": list(found.earlier)}
        print_json({"valid": valid, "faults": [item.record() for item in faults], **told, **now})
    else:
        _say_faults(faults, found, now["size"])
    raise typer.Exit(0 if valid else 1)


def _say_faults(faults: list[NamedFault], found: Verified, size: int) -> None:
    from factor_db.foundation.messages import family, printable, text

    names = family("AUDIT_WORD")
    for fault in faults:
        shown = {key: printable(value) or "-" for key, value in fault.record().items()}
        shown["fault"] = text(names[fault.fault], CONTEXT.lang) if fault.fault in names else "-"
        say("AUDIT_FAULT_NAMED" if fault.actor else "AUDIT_FAULT", **shown)
    if found.earlier:
        say("AUDIT_NOT_DERIVED_AGAIN", factors=", ".join(found.earlier))
    if found.elsewhere:
        say("AUDIT_ELSEWHERE")
    clean = not faults and not found.elsewhere
    say("AUDIT_CLEAN" if clean else "AUDIT_BROKEN", count=len(faults), size=size)


@app.command()
def prove(
    out: Annotated[Path, typer.Option(help="输出 / file to write")],
    subject: Annotated[str | None, typer.Argument(help="哈希、因子、证书编号 / subject")] = None,
    leaf: Annotated[int | None, typer.Option(help="日志编号 / number of an entry")] = None,
    since: Annotated[Path | None, typer.Option(help="旧树头 / a head that the log extends")] = None,
) -> None:
    """写出可离线核对的证明 / write a proof that a stranger checks without this store."""
    from footprint.certificate.tree_heads import find_leaves, proof_of_leaf, proof_since, read_head

    if [subject, leaf, since].count(None) != 2:
        raise BadInput("AUDIT_PROVE_WHAT")
    old = read_head(since) if since else None
    with opened_store() as store, store.read(CONTEXT.user) as session:
        if old is not None:
            _write(out, proof_since(session, old))
            say("FILE_WRITTEN", path=out)
            return
        places = find_leaves(session, subject) if subject else [leaf or 0]
        _write(out, proof_of_leaf(session, places[0]))
    others = ", ".join(str(place) for place in places[1:])
    say("AUDIT_PROOF_WRITTEN", leaf=places[0], path=out, others=others or "-")


@app.command("log")
def list_acts(
    actor: Annotated[str, typer.Option(help="何人 / who")] = "",
    action: Annotated[str, typer.Option(help="何事,如 published / what was done")] = "",
    subject: Annotated[str, typer.Option(help="何物:因子、文件、哈希 / to what")] = "",
    since: Annotated[str, typer.Option(help="自,如 2026-11 / from, UTC")] = "",
    until: Annotated[str, typer.Option(help="至,如 2026-11-30 / to, UTC, included")] = "",
    out: Annotated[Path | None, typer.Option(help="CSV 文件 / CSV file to write")] = None,
    as_json: AsJson = False,
) -> None:
    """谁在何时做了什么 / who did what to which thing, and when."""
    from dataclasses import asdict

    from factor_db.factors.trace.acts import COLUMNS, Asked, acts, as_csv
    from factor_db.foundation.files import write_whole
    from factor_db.foundation.messages import printable

    asked = Asked(actor=actor, action=action, subject=subject, since=since, until=until)
    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = acts(session, asked)
    if out is not None:
        write_whole(out, as_csv(found))
        say("FILE_WRITTEN", path=out)
    if as_json:
        print_json([asdict(act) for act in found])
    elif out is None:
        rows = [[printable(value) for value in asdict(act).values()] for act in found]
        print_table(list(COLUMNS), rows)


@app.command("check-proof")
def check_proof(
    file: Annotated[Path, typer.Argument(help="证明文件 / proof file")],
    kept: HeadFile = None,
    issuer: Annotated[Path | None, typer.Option(help="签发方文件 / issuer document")] = None,
    as_json: AsJson = False,
) -> None:
    """核对证明,无需数据库 / check a proof; needs no store."""
    from footprint.certificate.keys import read_issuer
    from footprint.certificate.tree_heads import check_proof as check
    from footprint.certificate.tree_heads import read_head

    signer = read_issuer(issuer.read_bytes())["did"] if issuer else None
    checked = check(file, kept=read_head(kept) if kept else None, signer=signer)
    if as_json:
        print_json({"valid": not checked.fault, "fault": checked.fault, "head": checked.head})
    else:
        say(checked.fault or "AUDIT_PROOF_HOLDS", **_shown(checked.head))
    raise typer.Exit(1 if checked.fault else 0)


def _shown(head: AuditHead) -> dict[str, str | int]:
    return {"size": head["size"], "root": head["root"], "issuer": head.get("issuer", "-")}


def _write(path: Path, document: LeafProof | ConsistencyProof) -> None:
    from factor_db.foundation.canonical import canonical_json

    path.write_bytes(canonical_json(document))
