"""Comments on single fields of a factor version: asked in review, answered before publication."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.sight import require_sight_of_factor, sees
from factor_db.store.tables import Document, FactorVersion, LineageEdge
from factor_db.store.work import Work, state_of, utc_now

KIND = "comment"
OPEN, RESOLVED = "open", "resolved"


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on one field of a factor version, and whether it is still open."""

    sha256: str
    field: str
    text: str
    author: str
    at: str
    state: str
    answer: str


def add_comment(work: Work, row: FactorVersion, field: str, text: str) -> str:
    """Store a remark on a field of a factor and return its hash.

    Raises BadInput for an unknown field or an empty text, NotAllowed for a role that does not
    review or another owner's factor.
    """
    work.require_right("factor.comment")
    work.require_owner(row.owner)
    if field not in Factor.model_fields:
        raise BadInput("COMMENT_FIELD", field=field, known=", ".join(Factor.model_fields))
    if not text.strip():
        raise BadInput("COMMENT_EMPTY", field=field)
    payload = {
        "at": utc_now(),
        "author": work.actor.name,
        "factor": row.sha256,
        "field": field,
        "text": text.strip(),
    }
    sha256 = content_hash("document", payload)
    work.document(KIND, sha256, payload, sha256, row.owner)
    work.made_from(sha256, [row.sha256])
    work.enter_state(KIND, sha256, OPEN)
    return sha256


def resolve_comment(work: Work, sha256: str, answer: str) -> None:
    """Close a comment with an answer; only its author or an auditor may.

    Raises BadInput for an unknown or closed comment or an empty answer, NotAllowed for others.
    """
    document = work.session.get(Document, sha256)
    entry = state_of(work.session, sha256)
    if (
        document is None
        or document.kind != KIND
        or not sees(work.session, document.owner)
        or entry is None
        or entry.state != OPEN
    ):
        raise BadInput("COMMENT_UNKNOWN", comment=sha256)
    if not answer.strip():
        raise BadInput("COMMENT_EMPTY", field=strict_json(document.payload.encode())["field"])
    work.require_owner(document.owner)
    if strict_json(document.payload.encode())["author"] != work.actor.name:
        work.require_right("factor.answer")
    work.enter_state(KIND, sha256, RESOLVED, answer.strip())


def comments_on(session: Session, factor_sha256: str) -> list[Comment]:
    """Return the comments on a factor version, oldest first; raises NotAllowed as `sight` does."""
    require_sight_of_factor(session, factor_sha256)
    children = select(LineageEdge.child).where(LineageEdge.parent == factor_sha256)
    query = select(Document).where(Document.kind == KIND, col(Document.sha256).in_(children))
    documents = session.exec(query)
    found = [
        _comment(session, document.sha256, strict_json(document.payload.encode()))
        for document in documents
    ]
    return sorted(found, key=lambda comment: (comment.at, comment.sha256))


def open_comments(session: Session, factor_sha256: str) -> list[str]:
    """Return the fields on which a comment is still open."""
    return [
        comment.field for comment in comments_on(session, factor_sha256) if comment.state == OPEN
    ]


def _comment(session: Session, sha256: str, payload: dict[str, str]) -> Comment:
    entry = state_of(session, sha256)
    closed = entry is not None and entry.state == RESOLVED
    return Comment(
        sha256=sha256,
        field=payload["field"],
        text=payload["text"],
        author=payload["author"],
        at=payload["at"],
        state=RESOLVED if closed else OPEN,
        answer=entry.reason if entry and closed else "",
    )
