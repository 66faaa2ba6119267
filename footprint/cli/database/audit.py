"""`footprint audit`: the log's head, its proofs, and everything stored held against it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import BadInput
from footprint.cli.context import opened_store, print_json, say

if TYPE_CHECKING:
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

    with opened_store() as store, store.read() as session:
        found: TreeHead = signed_head(session) if sign else tree_head(session)
    if as_json or sign:
        print_json(found)
    else:
        print(f"{found['size']} {found['root']}")


@app.command()
def verify(kept: HeadFile = None, as_json: AsJson = False) -> None:
    """重算所有哈希 / re-hash the log and everything it covers."""
    from factor_db.factors.keep.audit import altered_contents
    from factor_db.store.audit import Fault, tree_head
    from footprint.certificate.tree_heads import head_fault, read_head

    earlier = read_head(kept) if kept else None
    with opened_store() as store, store.read() as session:
        faults = altered_contents(session)
        now = tree_head(session)
        code = head_fault(session, earlier) if earlier else None
    if earlier and code:
        subject = f"{earlier['size']} {earlier['root']}"
        faults.insert(0, Fault("tree head", subject, code))
        say(code, **_shown(earlier))
    if as_json:
        print_json({"valid": not faults, "faults": [item.record() for item in faults], **now})
    else:
        for fault in faults:
            say("AUDIT_FAULT", kind=fault.kind, subject=fault.subject)
        say("AUDIT_CLEAN" if not faults else "AUDIT_BROKEN", count=len(faults), size=now["size"])
    raise typer.Exit(1 if faults else 0)


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
    with opened_store() as store, store.read() as session:
        if old is not None:
            _write(out, proof_since(session, old))
            say("FILE_WRITTEN", path=out)
            return
        places = find_leaves(session, subject) if subject else [leaf or 0]
        _write(out, proof_of_leaf(session, places[0]))
    others = ", ".join(str(place) for place in places[1:])
    say("AUDIT_PROOF_WRITTEN", leaf=places[0], path=out, others=others or "-")


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
