"""Signed heads and proofs of the audit log, as small JSON files a stranger checks without a store.

A head states size and root of the log at an instant, signed by the issuer key (`eddsa-jcs-2022`,
as on certificates). An inclusion proof shows one entry under a head; a consistency proof shows that
a later head extends an earlier one. A key in a file vouches for itself only: whoever checks has to
know the signer's `did:key`, or hold the head from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

from sqlmodel import Session, select

from factor_db.factors.keep.versions import find_version
from factor_db.factors.trace.acts import subject_in_sight
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.audit import (
    InclusionProof,
    TreeHead,
    consistency_proof,
    inclusion_proof,
    leaves_about,
    root_at,
    tree_head,
)
from factor_db.store.audit_log import extends, includes, leaf_hash
from factor_db.store.tables import Document
from factor_db.store.work import utc_now
from footprint.certificate.keys import load_keys
from footprint.certificate.proof import Proof, public_key_of, sign, verify
from footprint.certificate.service import ensure_keys, keys_folder

HEAD_TYPE = "footprint-audit-head/1"
INCLUSION_TYPE = "footprint-audit-inclusion/1"
CONSISTENCY_TYPE = "footprint-audit-consistency/1"
_HEAD_FIELDS = {"at", "issuer", "proof", "root", "size", "type"}
_DID = "did:key:"
# A path of 64 nodes belongs to a tree of 2^64 leaves: no honest file has more.
_LONGEST_PATH = 65
_HASH_DIGITS = 64
_HEX_DIGITS = frozenset("0123456789abcdef")


class AuditHead(TreeHead, total=False):
    """A head as JSON: bare, or with its instant and its issuer's signature."""

    at: str
    issuer: str
    proof: Proof
    type: str


class LeafProof(InclusionProof):
    """The proof of one leaf, with the signed head it leads to, as JSON."""

    head: AuditHead
    type: str


class ConsistencyProof(TypedDict):
    """The proof that the log of a head begins with that of an old one, as JSON."""

    head: AuditHead
    old: AuditHead
    path: list[str]
    type: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check: the fault's message code or None, and the head it rests on."""

    fault: str | None
    head: AuditHead


def signed_head(session: Session) -> AuditHead:
    """Return the log's head with this instant, signed by the issuer key of the home folder."""
    ensure_keys()
    keys = load_keys(keys_folder(), illustrative=False)
    now = utc_now()
    head = {**tree_head(session), "at": now, "issuer": keys.public["did"], "type": HEAD_TYPE}
    method = keys.public["verificationMethod"]
    return cast(AuditHead, sign(head, keys.signing, verification_method=method, created=now))


def find_leaves(session: Session, subject: str) -> list[int]:
    """Return the positions of the leaves about a hash, code, factor `id@version` or document name.

    Raises BadInput when the log says nothing about it that the session's user may see.
    """
    names = select(Document.sha256).where(Document.name == subject)
    for candidate in (subject, *sorted(session.exec(names)), *_factor_hash(session, subject)):
        if not subject_in_sight(session, candidate):
            continue
        if found := leaves_about(session, candidate):
            return found
    raise BadInput("AUDIT_SUBJECT_UNKNOWN", subject=subject)


def _factor_hash(session: Session, ref: str) -> list[str]:
    try:
        return [find_version(session, ref).sha256]
    except BadInput:
        return []


def proof_of_leaf(session: Session, index: int) -> LeafProof:
    """Return the inclusion proof of one leaf with the signed head it leads to.

    Raises BadInput for a leaf out of the user's sight, as for one that is not there.
    """
    proof = inclusion_proof(session, index)
    if not subject_in_sight(session, str(proof["entry"].get("subject", ""))):
        raise BadInput("AUDIT_LEAF_UNKNOWN", leaf=index, size=proof["tree_size"])
    return {**proof, "head": signed_head(session), "type": INCLUSION_TYPE}


def proof_since(session: Session, old: AuditHead) -> ConsistencyProof:
    """Return the consistency proof from a kept head to the present one, which it signs."""
    path = consistency_proof(session, old["size"])
    return {"head": signed_head(session), "old": old, "path": path, "type": CONSISTENCY_TYPE}


def read_head(path: Path) -> AuditHead:
    """Read a head file, signed or bare `{size, root}`; raises BadInput for anything else."""
    return _head(path, _read(path))


def head_fault(session: Session, head: AuditHead) -> str | None:
    """Return what is wrong with a kept head against this log, as a message code, or None."""
    if "proof" in head and not _signature_holds(head):
        return "AUDIT_HEAD_SIGNATURE"
    return None if root_at(session, head["size"]) == head["root"] else "AUDIT_HEAD_LOST"


def check_proof(path: Path, *, kept: AuditHead | None = None, signer: str | None = None) -> Checked:
    """Check a proof file with nothing but itself and what the checker trusts.

    `kept` is a head held from elsewhere, `signer` the `did:key` of the issuer expected. Without a
    kept head every head in the file has to be signed, all by one key. Raises BadInput for a file
    that is no proof.
    """
    proof = _read(path)
    head = _head(path, proof.get("head"))
    nodes = _path(path, proof.get("path"))
    old = head
    if proof.get("type") == CONSISTENCY_TYPE:
        old = _head(path, proof.get("old"))
        holds = extends(old["size"], _root(old), head["size"], _root(head), nodes)
    elif proof.get("type") == INCLUSION_TYPE:
        holds = _entry_stands(path, proof, head, nodes)
    else:
        raise _unreadable(path, "type")
    if not holds:
        return Checked("AUDIT_PROOF_PATH", head)
    return Checked(_fault_of_heads([old, head], kept, signer), head)


def _entry_stands(path: Path, proof: dict[str, Any], head: AuditHead, nodes: list[bytes]) -> bool:
    entry, index, size = (proof.get(name) for name in ("entry", "leaf_index", "tree_size"))
    if not isinstance(entry, dict) or type(index) is not int or type(size) is not int:
        raise _unreadable(path, "entry")
    try:
        leaf = leaf_hash(canonical_json(entry))
    except (TypeError, ValueError):  # a number that canonical JSON has no form for
        raise _unreadable(path, "entry") from None
    placed = size == head["size"] and entry.get("position") == index
    return placed and includes(leaf, index, size, nodes, _root(head))


def _fault_of_heads(
    heads: list[AuditHead], kept: AuditHead | None, signer: str | None
) -> str | None:
    signed = [head for head in heads if "proof" in head]
    if not all(_signature_holds(head) for head in signed):
        return "AUDIT_PROOF_SIGNATURE"
    if kept is not None and ((kept["size"], kept["root"]) != (heads[0]["size"], heads[0]["root"])):
        return "AUDIT_PROOF_OTHER_HEAD"
    if len(signed) < len(heads) and (kept is None or signer is not None):
        return "AUDIT_PROOF_SIGNATURE"
    signers = {head["issuer"] for head in signed} | ({signer} if signer else set())
    return None if len(signers) <= 1 else "AUDIT_PROOF_OTHER_SIGNER"


def _signature_holds(head: AuditHead) -> bool:
    """Whether a head's signature is one by the key its issuer names."""
    key = str(head["issuer"]).removeprefix(_DID)
    method = head["proof"].get("verificationMethod")
    if method != f"{_DID}{key}#{key}" or head["type"] != HEAD_TYPE:
        return False
    try:
        return verify(head, public_key_of(key))
    except ValueError:
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        value = strict_json(path.read_bytes())
    except BadInput as error:
        raise _unreadable(path, error.code) from None
    if not isinstance(value, dict):
        raise _unreadable(path, "JSON")
    return value


def _head(path: Path, value: object) -> AuditHead:
    if not isinstance(value, dict):
        raise _unreadable(path, "head")
    if set(value) not in ({"root", "size"}, _HEAD_FIELDS):
        raise _unreadable(path, "head")
    if type(value["size"]) is not int or value["size"] < 0 or not _is_hash(value["root"]):
        raise _unreadable(path, "head")
    if "proof" in value and not isinstance(value["proof"], dict):
        raise _unreadable(path, "proof")
    return cast(AuditHead, value)


def _path(path: Path, value: object) -> list[bytes]:
    if not isinstance(value, list) or len(value) > _LONGEST_PATH:
        raise _unreadable(path, "path")
    if not all(_is_hash(node) for node in value):
        raise _unreadable(path, "path")
    return [bytes.fromhex(node) for node in value]


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and len(value) == _HASH_DIGITS and set(value) <= _HEX_DIGITS


def _root(head: AuditHead) -> bytes:
    return bytes.fromhex(head["root"])


def _unreadable(path: Path, reason: str) -> BadInput:
    return BadInput("AUDIT_FILE_UNREADABLE", path=path, reason=reason)
