"""The life of a factor version, from draft to superseded or withdrawn, and who may take each step.

draft → submitted → in review → reviewed → published; an auditor may send a factor back to draft.
Author, reviewer and publisher are different people; in local single-user mode `self_reviewed` lets
one person confirm alone, and the history keeps that word.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.factors.comments import open_comments
from factor_db.factors.entry import entry_doubts
from factor_db.factors.factor import Factor
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.tables import FactorVersion, Organisation, StateEntry
from factor_db.store.work import Work, state_of

SELF_REVIEWED = "self-reviewed"
REFERENCE_OWNER = "reference"


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed step: from which states, to which, by which role, and whether it needs a reason.

    `apart_from` names the earlier step whose taker may not take this one (`draft`: the author).
    """

    sources: tuple[str, ...]
    target: str
    role: str
    needs_reason: bool = False
    apart_from: str = ""


IN_REVIEW = "in_review"
STEPS = {
    "submit": Step(("draft",), "submitted", "exporter"),
    "take-up": Step(("submitted",), IN_REVIEW, "auditor", apart_from="draft"),
    "return": Step(
        ("submitted", IN_REVIEW, "reviewed"),
        "draft",
        "auditor",
        needs_reason=True,
        apart_from="draft",
    ),
    "review": Step(("submitted", IN_REVIEW), "reviewed", "auditor", apart_from="draft"),
    "publish": Step(("reviewed",), "published", "park", apart_from="reviewed"),
    "withdraw": Step(
        ("draft", "submitted", IN_REVIEW, "reviewed", "published"), "withdrawn", "park"
    ),
}


def add_factor(
    work: Work, factor: Factor, state: str = "draft", *, reason: str = ""
) -> FactorVersion:
    """Store a factor version with its first state; the same content is stored once.

    A changed content under a known id becomes the next version of it.
    """
    work.require("exporter", "park", "standards")
    newest = newest_version(work.session, factor.id)
    if newest is not None:
        same = factor.model_copy(update={"version": newest.version})
        if Factor.model_validate(same.record()).sha256 == newest.sha256:
            return newest
        factor = Factor.model_validate({**factor.record(), "version": newest.version + 1})
    row = FactorVersion(
        sha256=factor.sha256,
        factor_id=factor.id,
        version=factor.version,
        owner=factor.owner,
        kind=factor.kind,
        process=factor.process,
        flow=factor.flow,
        quantity=factor.quantity,
        geography=factor.geography,
        site=factor.site,
        illustrative=factor.illustrative,
        payload=canonical_json(factor.record()).decode(),
    )
    work.store(row, "create", "factor", row.sha256)
    work.enter_state("factor", row.sha256, state, reason)
    parents = (
        [
            item[kind]
            for item in factor.derivation.inputs
            for kind in ("ledger", "correction")
            if kind in item
        ]
        if factor.derivation
        else []
    )
    work.made_from(row.sha256, parents + ([newest.sha256] if newest else []))
    return row


def add_by_hand(work: Work, factor: Factor, *, explanation: str = "") -> FactorVersion:
    """Store a factor record a person wrote; a site's own factors come from its ledgers alone.

    Raises BadInput for an unknown owner, a site's factor, or an unexplained doubt (`entry.py`);
    NotAllowed for another owner.
    """
    if factor.site:
        raise BadInput("FACTOR_SITE_BY_HAND", ref=factor.ref)
    if work.session.get(Organisation, factor.owner) is None or factor.owner == REFERENCE_OWNER:
        raise BadInput("FACTOR_OWNER", owner=factor.owner)
    work.require_owner(factor.owner)
    doubts = entry_doubts(work.session, factor)
    if doubts and not explanation.strip():
        listed = ", ".join(f"{item.kind} {item.ref} (x {item.ratio:.4g})" for item in doubts)
        raise BadInput("FACTOR_DOUBTS", ref=factor.ref, doubts=listed)
    return add_factor(work, factor, reason=explanation.strip())


def take_step(
    work: Work, ref: str, action: str, *, reason: str = "", self_reviewed: bool = False
) -> str:
    """Move a factor version one step on and return its new state.

    Raises BadInput for a step its state does not allow, a missing reason or an open comment;
    NotAllowed for the wrong role, or when one person would take two steps that belong apart.
    """
    step = STEPS[action]
    row = find_version(work.session, ref)
    current = state_of(work.session, row.sha256)
    state = current.state if current else ""
    if state not in step.sources:
        raise BadInput("FACTOR_STEP", ref=ref, state=state, action=action)
    work.require_owner(row.owner)
    if self_reviewed and not row.site:
        raise NotAllowed("FACTOR_SELF_REVIEW_SITE", ref=ref)
    if not self_reviewed:
        work.require(step.role)
        _require_another_person(work, row, step)
    if step.needs_reason and not reason.strip():
        raise BadInput("FACTOR_REASON_NEEDED", ref=ref, action=action)
    if action == "publish":
        if unanswered := open_comments(work.session, row.sha256):
            raise BadInput("FACTOR_COMMENTS_OPEN", ref=ref, fields=", ".join(unanswered))
        _supersede_older(work, row)
    words = " ".join(filter(None, (SELF_REVIEWED if self_reviewed else "", reason)))
    work.enter_state("factor", row.sha256, step.target, words)
    return step.target


def _require_another_person(work: Work, row: FactorVersion, step: Step) -> None:
    """Raise NotAllowed when the actor took the step that this one must be apart from."""
    entries = history(work.session, row.sha256)
    if step.apart_from == "draft":
        # The author made the first entry; a later `draft` is an auditor's return.
        earlier, code = entries[0], "FACTOR_OWN_REVIEW"
    elif step.apart_from:
        earlier = [entry for entry in entries if entry.state == step.apart_from][-1]
        code = "FACTOR_OWN_PUBLICATION"
    else:
        return
    if earlier.actor == work.actor.name:
        raise NotAllowed(code, ref=f"{row.factor_id}@{row.version}", user=earlier.actor)


def newest_version(session: Session, factor_id: str) -> FactorVersion | None:
    """Return the highest version of a factor id, or None."""
    query = select(FactorVersion).where(FactorVersion.factor_id == factor_id)
    return session.exec(query.order_by(col(FactorVersion.version).desc()).limit(1)).first()


def find_version(session: Session, ref: str) -> FactorVersion:
    """Return the version of `id@version`, or the newest of `id`; raises BadInput without one."""
    factor_id, _, version = ref.partition("@")
    row = newest_version(session, factor_id)
    if version:
        query = select(FactorVersion).where(FactorVersion.factor_id == factor_id)
        row = next((item for item in session.exec(query) if str(item.version) == version), None)
    if row is None:
        raise BadInput("FACTOR_UNKNOWN", ref=ref)
    return row


def load_factor(row: FactorVersion) -> Factor:
    """Return the factor of a stored version; raises BadInput when its content is not its hash."""
    factor = Factor.model_validate(strict_json(row.payload.encode()))
    if factor.sha256 != row.sha256:
        raise BadInput("FACTOR_ALTERED", ref=factor.ref)
    return factor


def history(session: Session, sha256: str) -> list[StateEntry]:
    """Return a version's states, oldest first."""
    query = select(StateEntry).where(StateEntry.subject == sha256).order_by(col(StateEntry.id))
    return list(session.exec(query))


def _supersede_older(work: Work, row: FactorVersion) -> None:
    query = select(FactorVersion).where(FactorVersion.factor_id == row.factor_id)
    for older in work.session.exec(query).all():
        state = state_of(work.session, older.sha256)
        if older.version < row.version and state is not None and state.state == "published":
            work.enter_state("factor", older.sha256, "superseded", f"{row.factor_id}@{row.version}")
